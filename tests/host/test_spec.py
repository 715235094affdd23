"""The option grammar: what is written is what is read, and mistakes are said in one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artcli.errors import UsageError
from artcli.host.spec import Spec, format_chain, format_spec, from_table, parse

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]*", fullmatch=True)
KEYS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]*", fullmatch=True)
BALANCED = st.recursive(
    st.text(st.characters(exclude_characters="()", exclude_categories=["Cs"]), max_size=8)
    | st.text(",+:=/ 0a", max_size=5),
    lambda inner: st.tuples(inner, inner).map("({0[0]}){0[1]}".format),
    max_leaves=4,
)
SPECS = st.builds(
    Spec, NAMES, st.dictionaries(KEYS, BALANCED, max_size=3).map(lambda d: tuple(d.items()))
)


@given(st.lists(SPECS, min_size=1, max_size=3).map(tuple))
def test_what_is_written_is_what_is_read(chain: tuple[Spec, ...]) -> None:
    assert parse(format_chain(chain)) == chain


@given(SPECS, KEYS)
def test_a_spec_can_be_a_value_of_another(inner: Spec, key: str) -> None:
    outer = Spec("sam", ((key, format_spec(inner)),))
    assert parse(parse(format_spec(outer))[0].options[0][1]) == (inner,)


@given(st.text() | st.text("a:=,+() 1"))
def test_any_other_text_is_refused_and_nothing_worse(text: str) -> None:
    try:
        read = parse(text)
    except UsageError:
        return
    assert parse(format_chain(read)) == read


@pytest.mark.parametrize(
    ("text", "specs"),
    [
        ("focal", [Spec("focal")]),
        ("focal:gamma=3", [Spec("focal", (("gamma", "3"),))]),
        (" focal: gamma = 3 ", [Spec("focal", (("gamma", "3"),))]),
        ("adamw:betas=(0.9,1),lr=1", [Spec("adamw", (("betas", "0.9,1"), ("lr", "1")))]),
        ("timm:arch=local-dir:/a=b/c", [Spec("timm", (("arch", "local-dir:/a=b/c"),))]),
        ("timm:arch=(/x86 (1)/a+b)", [Spec("timm", (("arch", "/x86 (1)/a+b"),))]),
        ("sam:base=(adamw:wd=1)", [Spec("sam", (("base", "adamw:wd=1"),))]),
        ("x:scale=(1e+3)", [Spec("x", (("scale", "1e+3"),))]),
        ("x:a=(1)(2)", [Spec("x", (("a", "(1)(2)"),))]),
        ("x:a=", [Spec("x", (("a", ""),))]),
        ("mixup:p=0.5+cutmix", [Spec("mixup", (("p", "0.5"),)), Spec("cutmix")]),
    ],
)  # fmt: skip
def test_the_grammar_by_example(text: str, specs: list[Spec]) -> None:
    assert list(parse(text)) == specs


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "'' is not a component's name"),
        ("focal:", "nothing follows the colon"),
        ("focal:gamma", "'gamma' is not key=value"),
        ("focal:gamma=1,", "'' is not key=value"),
        ("focal:2x=1", "'2x=1' is not key=value"),
        ("focal:a=1,a=2", "a is given twice"),
        ("focal:a=(1", "parentheses do not match"),
        ("focal:a=)1(", "parentheses do not match"),
        ("adamw:lr=1e+3", "'3' is not a component's name"),
        ("cutmix+", "'' is not a component's name"),
    ],
)
def test_mistakes_are_named(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert said in caught.value.message
    assert "\n" not in caught.value.message


def test_a_toml_table_says_the_same() -> None:
    table = {
        "name": "sam",
        "rho": 0.05,
        "adaptive": True,
        "betas": [0.9, 0.999],
        "base": {"name": "adamw", "lr": 1e20},
    }
    text = from_table(table)
    assert text == "sam:rho=0.05,adaptive=true,betas=(0.9,0.999),base=(adamw:lr=(1e+20))"
    assert parse(text)[0].options[-1] == ("base", "adamw:lr=(1e+20)")


def test_a_table_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(UsageError, match="needs a name"):
        from_table({"gamma": 3})
    with pytest.raises(UsageError, match="do not match"):
        from_table({"name": "timm", "arch": "a(b"})
