"""A signature is an interface: its options from text, its mistakes in one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pytest
from pydantic import Field

from artcli.errors import EXIT_USAGE, ArtcliError, Problems, UsageError
from artcli.host.binding import Bound
from artcli.host.discovery import Host, load_host
from artcli.host.options import options_of
from artcli.host.records import Component, Registered, Source
from artcli.plugin import Use

if TYPE_CHECKING:
    from somewhere_heavy import Tensor

SOURCE = Source("artcli-test", "1.0", "installed")


def host(**targets: Callable[..., Any] | str) -> Host:
    """A host of components given as `kind_name=target`."""
    offers = {}
    for key, target in targets.items():
        kind, name = key.split("_", 1)
        offers[kind, name] = (Registered(Component(kind, name, target), SOURCE),)
    return Host(offers, ())


def focal(
    class_counts: tuple[int, ...],
    *,
    gamma: Annotated[float, Field(ge=0), "how much less the easy ones weigh"] = 2.0,
    reduction: Literal["mean", "sum"] = "mean",
) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda logits, targets: (class_counts, gamma, reduction, logits, targets)  # type: ignore


def bound_options(text: str, target: Callable[..., Any]) -> dict[str, Any]:
    return host(crop_c=target).bind("crop", text).options


def test_a_component_that_is_a_file_goes_by_its_whole_name() -> None:
    bound = Host(
        {("recipe", "a+b"): (Registered(Component("recipe", "a+b", lambda: Path("a+b")), SOURCE),)},
        (),
    ).bind("recipe", "a+b")
    assert (bound.text, bound()) == ("a+b", Path("a+b"))
    with pytest.raises(UsageError, match="no recipe 'focal:gamma=3'"):
        host(recipe_focal=lambda: Path("f")).bind("recipe", "focal:gamma=3")


def test_what_a_component_made_fails_in_its_name() -> None:
    bound = load_host().bind("loss", "focal")

    def broken(_logits: object) -> None:
        raise AttributeError("no attribute 'foo'")

    with pytest.raises(ArtcliError, match=r"loss focal.*no attribute 'foo'"):
        bound.blamed(broken)(1)
    assert bound.blamed(lambda one, two: one + two)(1, 2) == 3


def test_a_call_gets_what_the_run_gives_and_what_the_user_wrote() -> None:
    bound = host(loss_focal=focal).bind("loss", " focal:gamma=3 ")
    assert bound.text == "focal:gamma=3"
    assert bound.options == {"gamma": 3.0, "reduction": "mean"}
    assert bound((5, 7))("logits", "targets") == ((5, 7), 3.0, "mean", "logits", "targets")
    assert (bound.given("gamma"), bound.given("reduction")) == (True, False)
    assert (bound.accepts("reduction"), bound.accepts("alpha")) == (True, False)
    assert str(bound.registered[0].source) == "artcli-test 1.0"


def every_type(
    *,
    switch: bool = False,
    count: int = 1,
    rate: float = 0.5,
    word: str = "a",
    folder: Path = Path(),
    pair: tuple[float, float] = (0.9, 0.999),
    many: tuple[int, ...] = (),
    nested: tuple[tuple[int, int], ...] = (),
    names: Sequence[str] = (),
    either: int | Literal["auto"] = "auto",
    maybe: float | None = None,
    place: Path | None = Path("here"),
    text_or_number: str | float = "a",
    size: Literal[224, 384] = 224,
    limited: Annotated[int | None, Field(gt=0)] = None,
) -> None: ...


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("switch=true", True),
        ("switch=0", False),
        ("count=12", 12),
        ("rate=1e-3", 0.001),
        ("word=local-dir:/a=b", "local-dir:/a=b"),
        ("word=none", "none"),
        ("folder=/tmp/x", Path("/tmp/x")),
        ("pair=(0.8,0.9)", (0.8, 0.9)),
        ("many=(1,2,3)", (1, 2, 3)),
        ("many=7", (7,)),
        ("many=", ()),
        ("nested=((1,2),(3,4))", ((1, 2), (3, 4))),
        ("names=(a, b)", ["a", "b"]),
        ("either=3", 3),
        ("either=auto", "auto"),
        ("maybe=none", None),
        ("maybe=0.5", 0.5),
        ("place=none", None),
        ("text_or_number=0.5", 0.5),
        ("text_or_number=half", "half"),
        ("size=384", 384),
        ("limited=4", 4),
    ],
)
def test_a_text_becomes_the_value_of_the_parameters_type(text: str, value: object) -> None:
    name = text.partition("=")[0]
    found = bound_options(f"c:{text}", every_type)[name]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("switch=perhaps", "switch='perhaps': "),
        ("count=1.5", "(it takes int)"),
        ("rate=fast", "(it takes float)"),
        ("rate=nan", "finite number"),
        ("pair=0.9", "(it takes tuple[float, float])"),
        ("pair=(1,2,3)", "(it takes tuple[float, float])"),
        ("either=full", "(it takes int | auto)"),
        ("size=300", "(it takes 224 | 384)"),
        ("limited=0", "limited='0': "),
        ("cuont=3", "no option 'cuont' (did you mean 'count'?); it has switch, count"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_what_does(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        bound_options(f"c:{text}", every_type)
    assert said in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint == "see: artcli plugins show crop c"


def test_what_options_look_like_to_people() -> None:
    gamma, reduction = options_of(focal)
    assert (gamma.name, gamma.annotation, gamma.default) == ("gamma", "float >= 0", 2.0)
    assert gamma.doc == "how much less the easy ones weigh"
    assert (reduction.annotation, reduction.required) == ("mean | sum", False)


def test_every_mistake_of_a_command_line_is_said_at_once() -> None:
    found = host(loss_focal=focal, crop_c=every_type)
    with pytest.raises(Problems) as caught:
        found.bind_all(
            {
                "--loss": ("loss", "focal:gamma=-1,alpha=2"),
                "--crop": ("crop", "d"),
                "--mixer": ("mixer", "cutmix:p"),
            }
        )
    assert caught.value.exit_code == EXIT_USAGE
    assert caught.value.problems == (
        "--loss: focal: gamma='-1': input should be greater than or equal to 0 "
        "(it takes float >= 0)",
        "--loss: focal: no option 'alpha'; it has gamma, reduction",
        "--crop: there is no crop 'd'",
        "--mixer: 'cutmix:p': 'p' is not key=value",
    )
    assert str(caught.value.hint).startswith(
        "see: artcli plugins show loss focal; crop can be: c; write name:key=value"
    )


def test_an_option_may_be_required() -> None:
    def target(*, weights: Path) -> None: ...

    assert bound_options("c:weights=w", target) == {"weights": Path("w")}
    with pytest.raises(UsageError, match="c: the option weights must be given"):
        bound_options("c", target)


def sgd(_parameter_groups: list[Any], *, lr: float = 0.1) -> tuple[str, float]:
    return ("sgd", lr)


def sam(
    parameter_groups: list[Any],
    *,
    rho: float = 0.05,
    base: Annotated[Callable[..., Any], Use("optimizer")] = "sgd:lr=0.2",  # type: ignore
) -> tuple[Any, ...]:
    return ("sam", rho, base(parameter_groups))


def test_an_option_can_take_another_component() -> None:
    found = host(optimizer_sgd=sgd, optimizer_sam=sam)
    assert found.bind("optimizer", "sam")([]) == ("sam", 0.05, ("sgd", 0.2))
    bound = found.bind("optimizer", "sam:base=(sgd:lr=0.3),rho=0.1")
    assert bound([]) == ("sam", 0.1, ("sgd", 0.3))
    assert isinstance(bound.options["base"], Bound)
    assert [one.component.name for one in bound.registered] == ["sam", "sgd"]
    with pytest.raises(UsageError, match=r"^sam: base: sgd: no option 'mu'; it has lr$"):
        found.bind("optimizer", "sam:base=(sgd:mu=1)")
    with pytest.raises(UsageError, match=r"base: there is no optimizer 'sdg'.*'sgd'"):
        found.bind("optimizer", "sam:base=sdg")
    assert options_of(sam)[1].annotation == "optimizer component"


def test_such_an_option_may_be_none() -> None:
    def target(*, inner: Use["crop"] | None = None) -> None: ...  # noqa: F821, UP037

    assert bound_options("c", target) == {"inner": None}
    assert bound_options("c:inner=none", target) == {"inner": None}
    assert isinstance(bound_options("c:inner=c", target)["inner"], Bound)


def test_one_mapping_may_gather_what_the_signature_does_not_name() -> None:
    def target(*, arch: str = "a", extra: Mapping[str, Any] = {}) -> None: ...

    assert bound_options("c:arch=b,drop=0.1,depth=2,bias=false,act=gelu", target) == {
        "arch": "b",
        "extra": {"drop": 0.1, "depth": 2, "bias": False, "act": "gelu"},
    }
    assert bound_options("c", target)["extra"] == {}

    def typed(*, extra: Mapping[str, float]) -> None: ...

    assert bound_options("c:drop=1", typed) == {"extra": {"drop": 1.0}}
    with pytest.raises(UsageError, match="drop='much'"):
        bound_options("c:drop=much", typed)


def test_a_chain_joins_its_results_as_the_kind_says() -> None:
    def double(num_classes: int, *, times: int = 2) -> Any:
        return lambda images, targets, _generator: (images * times, targets + num_classes)

    bound = host(mixer_double=double).bind("mixer", "double + double:times=5")
    assert bound.text == "double+double:times=5"
    assert bound(3)(1, 0, None) == (10, 6)
    assert [len(bound.registered), bound.options["times"]] == [2, 2]
    assert bound.given("times")
    with pytest.raises(UsageError, match="a run takes one loss, not a chain"):
        host(loss_focal=focal).bind("loss", "focal+focal")


def test_the_run_can_set_an_option_that_the_user_left() -> None:
    def target(*, image_size: int = 224) -> int:
        return image_size

    bound = host(crop_c=target).bind("crop", "c")
    larger = bound.with_options(image_size=384)
    assert (bound(), larger(), larger.text) == (224, 384, "c")
    with pytest.raises(UsageError, match="no option 'side'"):
        bound.with_options(side=384)
    with pytest.raises(UsageError, match="image_size='big'"):
        bound.with_options(image_size="big")


class Opaque:
    """A type that no text can stand for."""


def no_star(gamma: float = 2.0) -> None: ...
def other_names(num_classes: int) -> None: ...
def starred(*parts: int) -> None: ...
def keywords(**options: int) -> None: ...
def untyped(*, gamma=2.0) -> None: ...  # type: ignore
def unresolved(*, gamma: Gama = 2.0) -> None: ...  # type: ignore  # noqa: F821
def wrong_default(*, gamma: float = "two") -> None: ...  # type: ignore
def odd_type(*, gamma: Opaque | None = None) -> None: ...


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (no_star, r"takes \(gamma\) where a run gives \(\)"),
        (other_names, r"takes \(num_classes\) where a run gives \(\)"),
        (starred, r"takes \*parts"),
        (keywords, r"takes \*\*options"),
        (untyped, "option gamma has no type"),
        (unresolved, "type of option gamma cannot be resolved: name 'Gama' is not defined"),
        (wrong_default, "the default gamma='two': "),
        (odd_type, "options cannot have this type"),
        ("json:nothing", "cannot be imported: AttributeError"),
        ("no_such_package:x", "cannot be imported: ModuleNotFoundError"),
        ("json:__doc__", "its target is not callable"),
    ],
)
def test_a_target_that_cannot_serve_its_kind_is_refused_by_name(
    target: Callable[..., Any] | str, said: str
) -> None:
    with pytest.raises(ArtcliError, match=said) as caught:
        host(crop_c=target).bind("crop", "c")
    assert caught.value.message.startswith("crop c (from artcli-test 1.0)")


def test_an_unused_parameter_may_have_an_underscore_and_a_class_may_be_a_target() -> None:
    class Loss:
        def __init__(self, _class_counts: tuple[int, ...], *, gamma: float = 1.0) -> None:
            self.gamma = gamma

    assert host(loss_c=Loss).bind("loss", "c:gamma=4")(()).gamma == 4.0


def test_what_fails_inside_a_target_names_its_distribution() -> None:
    def fails() -> None:
        raise ZeroDivisionError("oh")

    def advises() -> None:
        raise UsageError("use another")

    found = host(crop_fails=fails, crop_advises=advises)
    with pytest.raises(
        ArtcliError, match=r"crop fails \(from artcli-test 1.0\) failed: Zero.*: oh"
    ):
        found.bind("crop", "fails")()
    with pytest.raises(UsageError, match="use another"):
        found.bind("crop", "advises")()
