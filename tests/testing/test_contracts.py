"""Every component found keeps the contract of its kind, and a broken one does not pass."""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import albumentations as A
import numpy as np
import pytest
import torch
from torch import nn

from artcli.errors import ArtcliError
from artcli.generating.request import NewWork
from artcli.host.discovery import load_host
from artcli.host.kinds import KINDS
from artcli.plugin import Box, Component, HeadOutput, Job, View, call_job, result_of, try_job
from artcli.testing import CONTRACTS, check

HOST = load_host()

# Models are held to their contract where that is cheap, from random weights.
CHEAP_MODELS = {
    "timm": "arch=test_vit,pretrained=false",
    "tinyvit": "size=5m,pretrained=false",
    "efficientnet_b2": "pretrained=false",
    "vit": "image_size=16,patch=8,width=12,depth=2",
}
# Generators, too, with as little to learn as can be.
CHEAP_GENERATORS = {
    "style-transfer": "pretrained=false,size=32,steps=2",
    "vae": "size=16,steps=2,batch=4,width=8",
    "cgan": "size=16,steps=2,batch=4,width=8",
    "cyclegan": "size=32,steps=2,width=8",
    "ddpm": "size=16,patch=4,width=16,blocks=1,strides=2,steps=2,batch=4",
}
COMPONENTS = [
    (one.component.kind, one.component.name)
    for one in HOST.components()
    if one.component.kind in CONTRACTS
    and (one.component.kind != "model" or one.component.name in CHEAP_MODELS)
    and (one.component.kind != "generator" or one.component.name in CHEAP_GENERATORS)
]


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("kind", "name"), COMPONENTS)
def test_a_component_keeps_the_contract_of_its_kind(kind: str, name: str) -> None:
    cheap = {"model": CHEAP_MODELS, "generator": CHEAP_GENERATORS}
    options = cheap[kind][name] if kind in cheap else ""
    with one_cluster() if (kind, name) == ("executor", "ray") else contextlib.nullcontext():
        check(HOST.bind(kind, f"{name}:{options}" if options else name))


@contextlib.contextmanager
def one_cluster() -> Iterator[None]:
    """A Ray cluster that all calls of the contract share."""
    pytest.importorskip("ray", reason="the extra ray is not installed")
    from artcli_plugins.executors.ray_cluster import connected

    with connected(None):
        yield


def test_every_kind_that_is_offered_has_a_contract() -> None:
    assert set(CONTRACTS) == set(KINDS)
    assert {kind for kind, name in COMPONENTS if kind == "model"} == {"model"}


def test_options_are_written_as_on_the_command_line() -> None:
    component = Component("crop", "part", lambda *, side=1: side)  # an option without a type
    with pytest.raises(ArtcliError, match="option side has no type"):
        check(component)

    def part(*, side: float = 0.5) -> Callable[..., Box]:
        return lambda *_: Box(0.0, 0.0, side, side)

    check(Component("crop", "part", part), "side=0.25")


def test_a_failure_names_the_component_with_its_options() -> None:
    def part(*, side: float = 0.5) -> Callable[..., Any]:
        return lambda *_: (0.0, 0.0, side, side)

    with pytest.raises(AssertionError, match=r"^crop part:side=0.25: it must return a Box$"):
        check(Component("crop", "part", part), "side=0.25")


def summed(_class_counts: Any) -> Any:
    return lambda logits, targets: nn.functional.cross_entropy(logits, targets, reduction="sum")


def softmax_twice(_class_counts: Any) -> Any:
    return lambda logits, targets: nn.functional.cross_entropy(logits.softmax(1), targets)


def hardened(_class_counts: Any) -> Any:
    return lambda logits, targets: nn.functional.cross_entropy(logits, targets.argmax(1))


def overflowing(_class_counts: Any) -> Any:
    return lambda logits, targets: -(targets * logits.softmax(1).log()).sum(1).mean()


def detached(_class_counts: Any) -> Any:
    return lambda logits, targets: nn.functional.cross_entropy(logits.detach(), targets)


class Dropping(nn.Module):
    def __init__(self, num_features: int, classes: Any) -> None:
        super().__init__()
        self.linear = nn.Linear(num_features, len(classes.names))

    def forward(self, features: Any, targets: Any = None) -> HeadOutput:
        return HeadOutput(self.linear(nn.functional.dropout(features, 0.5)))


class BareLogits(Dropping):
    def forward(self, features: Any, targets: Any = None) -> Any:
        return self.linear(features)


class Forced(nn.Module):
    """Is told the truth apart, by a logit that is lower for it, and half as much in the end."""

    def __init__(self, num_features: int, classes: Any) -> None:
        super().__init__()
        self.linear = nn.Linear(num_features, len(classes.names))
        self.register_buffer("forcing", torch.ones(()), persistent=False)

    def progress(self, done: float) -> None:
        self.forcing.fill_(1 - done / 2)

    def forward(self, features: Any, targets: Any = None) -> HeadOutput:
        logits = self.linear(features)
        if targets is None or not self.training:
            return HeadOutput(logits)
        return self.told(logits, targets)

    def told(self, logits: Any, targets: Any) -> HeadOutput:
        return HeadOutput(logits, forced_logits=logits - targets, forcing=self.forcing)


class Peeking(Forced):
    def told(self, logits: Any, targets: Any) -> HeadOutput:
        return HeadOutput(logits - targets)


class PeekingInTheTest(Forced):
    def forward(self, features: Any, targets: Any = None) -> HeadOutput:
        logits = self.linear(features)
        return HeadOutput(logits if targets is None or self.training else logits + targets)


class ForcedInTheTest(Forced):
    def forward(self, features: Any, targets: Any = None) -> HeadOutput:
        logits = self.linear(features)
        return HeadOutput(logits) if targets is None else self.told(logits, targets)


class Narrower(Forced):
    def told(self, logits: Any, targets: Any) -> HeadOutput:
        return super().told(logits, targets)._replace(forced_logits=logits[:, :2])


class Shareless(Forced):
    def told(self, logits: Any, targets: Any) -> HeadOutput:
        return HeadOutput(logits, forced_logits=logits - targets)


class Overdone(Forced):
    def progress(self, done: float) -> None:
        self.forcing.fill_(1 - 2 * done)


class Recorded(Forced):
    def __init__(self, num_features: int, classes: Any) -> None:
        super().__init__(num_features, classes)
        self.register_buffer("done", torch.zeros(()))

    def progress(self, done: float) -> None:
        self.done.fill_(done)


def test_a_head_may_tell_the_truth_apart() -> None:
    check(Component("head", "forced", Forced))


class Featureless(nn.Module):
    num_features, image_size, mean, std = 6, 8, (0.5,) * 3, (0.5,) * 3

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 8)

    def forward(self, images: Any) -> Any:
        return self.conv(images).flatten(1)


class Together(Featureless):
    def forward(self, images: Any) -> Any:
        features = super().forward(images)
        return features - features.mean(0)


class Deceived(Featureless):
    num_features = 7


class HalfDeep(Featureless):
    def depths(self) -> dict[str, int]:
        return {"conv.weight": 0}


class FromOne(Featureless):
    def depths(self) -> dict[str, int]:
        return {"conv.weight": 1, "conv.bias": 1}


def unscaled(parameter_groups: Any) -> Any:
    return torch.optim.SGD([{"params": g["params"]} for g in parameter_groups], lr=0.01)


class NeverAsks(torch.optim.SGD):
    def step(self, closure: Any = None) -> None:
        super().step()


class Forgetful(torch.optim.SGD):
    """Keeps its momentum outside its state."""

    def step(self, closure: Any = None) -> Any:
        closure()
        for group in self.param_groups:
            for weight in group["params"]:
                weight.kept = 0.9 * getattr(weight, "kept", 0) + weight.grad
                weight.data -= group["lr"] * weight.kept


class TwicePlain(torch.optim.SGD):
    """Steps twice, and does not say that it needs a closure for it."""

    def step(self, closure: Any = None) -> Any:
        super().step(closure)
        return super().step(closure)


class Halfway(TwicePlain):
    """Says so, but may fail after the first of its two steps."""

    needs_closure = True


class Hushed(torch.optim.SGD):
    """Says nothing of an error, and takes no step."""

    def step(self, closure: Any = None) -> Any:
        with contextlib.suppress(Exception):
            return super().step(closure)


def scaled_by(optimizer: type) -> Callable[..., Any]:
    def make(parameter_groups: Any) -> Any:
        for group in parameter_groups:
            group["lr"] = 0.01 * group["lr_multiplier"]
        return optimizer(parameter_groups, lr=0.01)

    return make


class Absolute(torch.optim.lr_scheduler.LRScheduler):
    def __init__(self, optimizer: Any, steps_per_epoch: int, epochs: int) -> None:
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:
        return [0.1 / (1 + self.last_epoch) for _ in self.base_lrs]


class Counting(Absolute):
    """Counts in a place that no state_dict keeps."""

    def get_lr(self) -> list[float]:
        group = self.optimizer.param_groups[0]["params"][0]
        group.seen = getattr(group, "seen", 0) + 1
        return [base / group.seen for base in self.base_lrs]


class Growing(A.ImageOnlyTransform):
    def apply(self, img: Any, **_: Any) -> Any:
        return np.pad(img, ((0, 1), (0, 1), (0, 0)))


class Unkeyed(A.ImageOnlyTransform):
    def apply(self, img: Any, **_: Any) -> Any:
        return img ^ np.uint8(np.random.randint(256))


def in_place(_num_classes: int) -> Any:
    def mix(images: Any, targets: Any, _generator: Any) -> Any:
        images.mul_(0.5)
        return images, targets

    return mix


def unkeyed_mix(_num_classes: int) -> Any:
    return lambda images, targets, _: (images * torch.rand(()), targets)


def heavier(_num_classes: int) -> Any:
    return lambda images, targets, _: (images, targets * 1.5)


class Unsure:
    def fit(self, oof: Any, truth: Any) -> Any:
        return lambda probabilities: probabilities.sum(0)


class Backwards:
    """Gives results as they end."""

    def run(self, jobs: Sequence[Job], done: Callable[..., None]) -> list[Any]:
        results = [call_job(job) for job in reversed(jobs)]
        for job, result in zip(reversed(jobs), results, strict=True):
            done(job, result)
        return results


class Silent:
    def run(self, jobs: Sequence[Job], done: Callable[..., None]) -> list[Any]:
        return [call_job(job) for job in jobs]


class Unstoppable:
    """Tells of a failure when all is done."""

    def run(self, jobs: Sequence[Job], done: Callable[..., None]) -> list[Any]:
        outcomes = [try_job(job) for job in jobs]
        for job, outcome in zip(jobs, outcomes, strict=True):
            done(job, result_of(outcome))
        return [result_of(outcome) for outcome in outcomes]


class Blunt:
    """Makes every error one of its own."""

    def run(self, jobs: Sequence[Job], done: Callable[..., None]) -> list[Any]:
        results = []
        for job in jobs:
            try:
                results.append(call_job(job))
            except ArtcliError as error:
                raise ArtcliError(f"a job failed: {error.message}") from error
            done(job, results[-1])
        return results


class Overwriting:
    def __init__(self, run_dir: Path) -> None:
        self.file = (run_dir / "log.json").open("w")

    def epoch(self, step: int, metrics: Any) -> None:
        self.file.write(json.dumps({"step": step, **metrics}))

    def close(self) -> None:
        self.file.close()


@pytest.mark.parametrize(
    ("text", "promise"),
    [
        ("epochs = 3\n", "open with the line: # broken: and one sentence"),
        ("# other: a sentence.\n", "open with the line: # broken: and one sentence"),
        ("# broken:\n", "open with the line: # broken: and one sentence"),
        (
            "# broken: F1 0.5, private 0.42.\n[published]\nf1 = 0.5\nprivate = 0.4\n",
            "say the published private, 0.4, in its opening comment",
        ),
    ],
)
def test_a_recipe_that_does_not_tell_of_itself_is_told_so(
    tmp_path: Path, text: str, promise: str
) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(text)
    with pytest.raises(AssertionError, match=rf"^recipe broken: it must {promise}$"):
        check(Component("recipe", "broken", lambda: path))


def test_a_recipe_names_components_that_there_are(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('# mine: one.\nbase = "focal"\nsampler = "logg"\n')
    with pytest.raises(ArtcliError, match="no sampler 'logg'"):
        check(Component("recipe", "mine", lambda: path))
    path.write_text('# mine: one, F1 0.50.\nbase = "focal"\nsampler = "log"\n[published]\nf1=0.5')
    check(Component("recipe", "mine", lambda: path))


@pytest.mark.parametrize(
    ("kind", "target", "promise"),
    [
        ("loss", summed, "be a mean over the batch"),
        ("loss", softmax_twice, "softmax too many"),
        ("loss", hardened, "heed soft targets"),
        ("loss", overflowing, "have a finite gradient"),
        ("loss", detached, "be differentiable"),
        ("head", Dropping, "repeat itself in eval mode"),
        ("head", BareLogits, "return a HeadOutput"),
        ("head", Peeking, "logits that do not know the targets"),
        ("head", PeekingInTheTest, "not look at the targets in eval mode"),
        ("head", ForcedInTheTest, "not look at the targets in eval mode"),
        ("head", Narrower, "forced_logits of the shape of its logits"),
        ("head", Shareless, "forced_logits and forcing together"),
        ("head", Overdone, "a scalar from 0 to 1 as forcing"),
        ("head", Recorded, "keep its progress out of its state_dict"),
        ("model", Together, "look at each picture on its own"),
        ("model", Deceived, "give features"),
        ("model", HalfDeep, "depths for exactly its parameters"),
        ("model", FromOne, "count depths from 0 on"),
        ("optimizer", unscaled, "lr * lr_multiplier"),
        ("optimizer", scaled_by(NeverAsks), "call the closure"),
        ("optimizer", scaled_by(Forgetful), "go on exactly as before"),
        ("optimizer", scaled_by(TwicePlain), "set needs_closure = True"),
        ("optimizer", scaled_by(Halfway), "leave the weights as they were"),
        ("optimizer", scaled_by(Hushed), "pass on the error"),
        ("scheduler", Absolute, "move all groups by one factor"),
        ("scheduler", Counting, "go on exactly as before"),
        ("sampler", lambda labels: np.ones(len(labels)) * 2, "share out N draws"),
        (
            "sampler",
            lambda labels: np.random.dirichlet(labels + 1.0) * len(labels),
            "repeat itself",
        ),
        ("sampler", lambda labels: np.ones(len(labels), int), "array of floats"),
        ("crop", lambda: lambda *_: Box(0, 0, np.random.uniform(0.1, 1), 1), "nothing else"),
        ("augmentation", lambda _image_size: A.Compose([Growing(p=1)]), "keep the shape"),
        ("augmentation", lambda _image_size: A.Compose([Unkeyed(p=1)]), "repeat itself"),
        ("augmentation", lambda _image_size: A.Compose([A.Solarize(p=1)], seed=3), "vary"),
        ("augmentation", lambda _image_size: A.Compose([A.ToFloat(p=1)]), "keep uint8"),
        ("mixer", in_place, "leave what it was given"),
        ("mixer", unkeyed_mix, "draw from the generator"),
        ("mixer", heavier, "sum to 1"),
        ("view", lambda: [View("as it is", lambda pieces, _: pieces)], "size asked for"),
        ("view", lambda: [View("a", lambda p, s: p[..., :s, :s])] * 2, "a name of its own"),
        ("view", lambda: [View("a/b", lambda p, s: p[..., :s, :s].clone())], "letters, digits"),
        ("voter", Unsure, "sum to 1"),
        ("executor", Backwards, "give results in the order of jobs"),
        ("executor", Silent, "tell of each job"),
        ("executor", Unstoppable, "let the jobs end that it has begun, and tell of them"),
        ("executor", Blunt, "its own message, hint and exit code"),
        ("observer", Overwriting, "keep what it wrote"),
        ("recipe", lambda: "a.toml", "return the Path of a file"),
    ],
)
def test_a_broken_component_is_told_what_it_must_do(
    kind: str, target: Callable[..., Any], promise: str
) -> None:
    with pytest.raises(AssertionError, match=promise.replace("*", r"\*")):
        check(Component(kind, "broken", target))


def test_generators_that_break_their_contract_do_not_pass() -> None:
    def mirrored(request: Any) -> Iterator[NewWork]:
        for wanted in request.missing:
            painting = request.choose(wanted.seed, request.by(wanted.artist))
            yield NewWork(wanted, request.square(painting, 16)[:, ::-1], styles=(painting,))

    check(Component("generator", "mirrored", mirrored))

    def changed(how: Callable[[NewWork], Any]) -> Component:
        return Component("generator", "broken", lambda request: map(how, mirrored(request)))

    def noisy(work: NewWork) -> NewWork:
        drawn = np.random.default_rng().integers(0, 256, work.picture.shape, np.uint8)
        return replace(work, picture=drawn)

    for how, said in (
        (lambda work: replace(work, styles=()), "names no source"),
        (lambda work: replace(work, picture=work.picture / 255), "no array of uint8"),
        (lambda work: replace(work, picture=work.picture[:8]), "has the shape"),
        (lambda work: replace(work, learnt=True), "mark the generator with @learns"),
        (lambda work: replace(work, losses={"total": [np.nan]}), "losses that are finite"),
        (lambda work: work.picture, "it yields ndarray"),
        (noisy, "make the same works of the same request"),
    ):
        with pytest.raises(AssertionError, match=said):
            check(changed(how))

    def lazy(request: Any) -> Iterator[NewWork]:
        yield from list(mirrored(request))[1:]

    with pytest.raises(AssertionError, match="make each work that is asked for once"):
        check(Component("generator", "lazy", lazy))
