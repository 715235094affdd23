"""Numbers that are none, and memory that is short: what is kept stays good, and all is told."""

from __future__ import annotations

import gc
import json
import shutil
import tomllib
import weakref
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from command_line import Answer, artcli
from painted import MODEL, linked_copy, painted_workspace

from artcli.generating import stepper
from artcli.predicting import looking, predictions
from artcli.training import judging, loop, probe, run
from artcli.workspace.files import sha256_file
from artcli.workspace.paths import Workspace
from artcli_plugins.generators import blocks, vae
from artcli_plugins.models.backbone import Backbone

EPOCHS, STEPS = 3, 2  # and steps in each epoch
RECIPE = (
    "--model", MODEL, "--head", "layernorm:dropout=0.3", "--mixer", "cutmix", "--sampler", "log",
    "--epochs", str(EPOCHS), "--crops", "1", "--image-size", "32", "--folds", "4",
    "--workers", "0",
)  # fmt: skip
SIZE = ("--batch-size", "8")
PLACES = ("loss", "gradient", "weights", "average", "optimizer", "statistics", "validation")
SHORT = {
    "torch": lambda: torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    "Python": MemoryError,
    "the CPU's allocator": lambda: RuntimeError(
        "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory:"
        " you tried to allocate 68719476736 bytes. Error code 12 (Cannot allocate memory)"
    ),
}


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with pixels and folds made, and an undisturbed run."""
    workspace = painted_workspace(tmp_path_factory.mktemp("numbers") / "fresh", each=6, pieces=4)
    assert train(workspace, "--name", "whole", *SIZE).code == 0
    return workspace


def train(workspace: Workspace, *words: str) -> Answer:
    return artcli("train", "-w", workspace.root, *RECIPE, *words)


def resume(workspace: Workspace, *words: str) -> Answer:
    return artcli("train", "-w", workspace.root, "--resume", "x", "--workers", "0", *words)


def ending(workspace: Workspace, name: str) -> dict[str, Any]:
    """What a run ends with: hashes of its weights and of what it says."""
    fold, said = workspace.run_dir(name) / "fold-0", workspace.predictions_dir(name)
    files = [*fold.glob("step-*/*.safetensors"), *said.glob("*.npz")]
    sums = {str(file.relative_to(fold if fold in file.parents else said)): file for file in files}
    return {file: sha256_file(place) for file, place in sums.items()} | {
        "finished": (fold / "result.json").exists()
    }


def not_finite(workspace: Workspace) -> list[str]:
    """The files of the run x, of features and of generators that hold what is no number."""
    found = []
    places = (workspace.run_dir("x"), workspace.cache, workspace.generated)
    for file in chain.from_iterable(place.rglob("*.safetensors") for place in places):
        if not all(bool(t.isfinite().all()) for t in safetensors.torch.load_file(file).values()):
            found.append(f"{file.parent.name}/{file.name}")
    return found


def spoil(patch: pytest.MonkeyPatch, place: str, at: int, number: float) -> None:
    """Put `number` into `place` at optimizer step `at` (from 1), or in the epoch that it ends."""
    plain_losses, plain_step, plain_evaluate = loop.losses_of, loop.train_step, judging.evaluate
    now = {"step": 0}

    def losses(criterion: Any, output: Any, targets: torch.Tensor) -> Mapping[str, torch.Tensor]:
        told = plain_losses(criterion, output, targets)
        if now["step"] == at and place == "loss":
            told = {**told, "total": told["total"] * number}
        if now["step"] == at and place == "gradient":  # the root's slope at 0 is infinite
            told = {**told, "total": told["total"] + (output.logits * 0).sum().sqrt()}
        return told

    def step(fabric: Any, parts: Any, plan: Any, done: int, taken: Any) -> dict[str, float]:
        now["step"] = done + 1
        told = plain_step(fabric, parts, plan, done, taken)
        if now["step"] == at:
            with torch.no_grad():
                if place == "weights":
                    next(parts.model.module.parameters())[0] = number
                if place == "average":
                    next(parts.ema.module.parameters())[0] = number
                if place == "optimizer":
                    state = next(iter(parts.optimizer.optimizer.state.values()))
                    state["exp_avg"][0] = number
                if place == "statistics":
                    names = dict(parts.model.module.named_buffers())
                    next(b for n, b in names.items() if n.endswith("running_mean"))[0] = number
        return told

    def evaluate(*arguments: Any) -> torch.Tensor:
        logits = plain_evaluate(*arguments).clone()  # one that may be changed
        if place == "validation" and now["step"] >= at:
            logits[-1, 0] = number
        return logits

    patch.setattr(loop, "losses_of", losses)
    patch.setattr(loop, "train_step", step)
    patch.setattr(judging, "evaluate", evaluate)


def unprotected(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(torch, "isfinite", lambda _numbers: torch.tensor(True))
    patch.setattr(run, "refuse_non_finite", lambda *_: None)
    patch.setattr(judging, "_refuse_non_finite", lambda *_: None)
    patch.setattr(looking, "_refuse_non_finite", lambda *_: None)
    patch.setattr(predictions, "_row_faults", lambda _made: [])


def test_a_number_that_is_none_at_random_steps(
    fresh: Workspace,
    trials: Callable[[int, int], int],
    seed: int,
    shows: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = ending(fresh, "whole")

    def why(number: int) -> str:
        """What is wrong with how training met the fault, and went on without it."""
        rng = np.random.default_rng((seed, number))
        place = PLACES[number % len(PLACES)]
        at, value = int(rng.integers(1, EPOCHS * STEPS + 1)), rng.choice([np.nan, np.inf])
        what = f"{value} in {place} at step {at}"
        workspace = linked_copy(fresh, tmp_path / f"trial-{number}")
        try:
            with monkeypatch.context() as patch:
                spoil(patch, place, at, float(value))
                answer = train(workspace, "--name", "x", *SIZE)
            said = answer.err.partition("error: ")[2]
            if answer.code != 1 or "internal" in said or len(said.splitlines()) > 2:
                return f"{what}: ended with {answer.code}: {said}"
            if not any(word in said for word in ("finite", "is nan", "is inf")):
                return f"{what}: told as {said}"
            if bad := not_finite(workspace):
                return f"{what}: kept {bad}"
            kept = (workspace.run_dir("x") / "fold-0/last.json").exists()
            if kept and "last good checkpoint" not in answer.text:
                return f"{what}: does not name what is kept"
            if ending(workspace, "x")["finished"] or workspace.predictions_dir("x").exists():
                return f"{what}: there is a result"
            if (again := resume(workspace)).code:
                return f"{what}: does not go on: {again.err}"
            return "" if ending(workspace, "x") == whole else f"{what}: another end"
        finally:
            shutil.rmtree(workspace.root)

    count, tried = trials(4, 140), trials(1, 21)
    broken = [said for number in range(count) if (said := why(number))]
    with monkeypatch.context() as patch:
        unprotected(patch)
        lost = sum(bool(why(number)) for number in range(tried))
    shows(
        "numbers",
        "NaN or infinity in loss, gradient, weights, average, optimizer, batch norm or validation",
        trials=count,
        broken=broken,
        without="no number is looked at",
        control=(tried, lost),
    )


def spoil_second_fold(patch: pytest.MonkeyPatch, place: str) -> None:
    plain = run._train

    def train(*given: Any) -> Any:
        with pytest.MonkeyPatch.context() as inner:
            if given[6] == "1":
                spoil(inner, place, 2, np.nan)
            return plain(*given)

    patch.setattr(run, "_train", train)


def spoil_head(patch: pytest.MonkeyPatch, place: str) -> None:
    """Features of the body that are none, or a head's that is fitted to them; else as `spoil`."""
    plain, plain_losses = Backbone.forward, probe.losses_of

    def features(self: Backbone, images: torch.Tensor) -> torch.Tensor:
        return plain(self, images) * np.nan

    def losses(*given: Any) -> Mapping[str, torch.Tensor]:
        told = plain_losses(*given)
        return {**told, "total": told["total"] * np.nan}

    if place == "features":
        patch.setattr(Backbone, "forward", features)
    elif place == "head":
        patch.setattr(probe, "losses_of", losses)
    else:
        spoil(patch, place, 2, np.nan)


def spoil_generator(patch: pytest.MonkeyPatch, place: str) -> None:
    """At the second of its steps, after each of which it saves; or in what it paints at the end."""
    plain, plain_paint = vae.run_steps, blocks.Painter.forward

    def steps(request: Any, name: str, count: int, state: Any, step: Any, **more: Any) -> Any:
        def spoilt(number: int, rng: Any) -> Any:
            told, part = step(number, rng), state.get(place)
            if number == 1 and place == "loss":
                return dict.fromkeys(told, np.nan)
            if number == 1 and place == "optimizer":
                next(iter(part.state.values()))["exp_avg"][0] = np.nan
            elif number == 1 and part is not None:
                next(part.parameters()).data[0] = np.nan
            return told

        return plain(request, name, count, state, spoilt, save_every=0, **more)

    def paint(*given: Any) -> torch.Tensor:
        painted: torch.Tensor = plain_paint(*given)
        return painted if torch.is_grad_enabled() else painted * np.nan

    patch.setattr(vae, "run_steps", steps)
    if place == "works":
        patch.setattr(blocks.Painter, "forward", paint)


FROZEN = ("train", *RECIPE, *SIZE, "--freeze", "--mixer", "none")
PROBED = ("train", *RECIPE, *SIZE, "--probe", "2")
SMALL_VAE = "vae:steps=3,size=16,batch=2,width=4,code=2"
OTHERWISE = [
    *product(
        [("kfold", *RECIPE, *SIZE, "--epochs", "1")],
        ("loss", "weights", "validation"),
        [spoil_second_fold],
    ),
    *product([FROZEN], ("features", "loss", "average", "validation"), [spoil_head]),
    *product([PROBED], ("features", "head", "optimizer"), [spoil_head]),
    *product(
        [("augment-style", "--each", "1", "--rarest", "1", "--generator", SMALL_VAE)],
        ("loss", "net", "average", "optimizer", "works"),
        [spoil_generator],
    ),
]


def test_a_number_that_is_none_in_folds_heads_and_generators(
    fresh: Workspace,
    full: bool,
    shows: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not full:
        pytest.skip("takes too long for make test; make faults has it")
    monkeypatch.setattr(run, "came_trained", lambda _components: True)  # else there is no probe

    def why(words: tuple[str, ...], place: str, spoil_it: Callable[..., None]) -> str:
        what, workspace = f"{words[0]}: NaN in {place}", linked_copy(fresh, tmp_path / "otherwise")
        call = (*words, "-w", workspace.root, "--name", "x")
        before = [*workspace.generated.rglob("*.png")]
        try:
            with monkeypatch.context() as patch:
                spoil_it(patch, place)
                answer = artcli(*call)
            said = answer.err.partition("error: ")[2]
            if answer.code != 1 or "internal" in said or len(said.splitlines()) > 2:
                return f"{what}: ended with {answer.code}: {said}"
            if not any(word in said for word in ("finite", "is nan", "NaN")):
                return f"{what}: told as {said}"
            if bad := not_finite(workspace):
                return f"{what}: kept {bad}"
            done = {file.parent.name for file in workspace.run_dir("x").glob("*/result.json")}
            if done != ({"fold-0"} if words[0] == "kfold" else set()):
                return f"{what}: finished are {done}"
            if [*workspace.generated.rglob("*.png")] != before:
                return f"{what}: works are kept"
            resumed = words[0] == "train" and (workspace.run_dir("x") / "recipe.toml").exists()
            again = resume(workspace) if resumed else artcli(*call)
            return f"{what}: does not go on: {again.err}" if again.code else ""
        finally:
            shutil.rmtree(workspace.root)

    broken = [said for case in OTHERWISE if (said := why(*case))]
    with monkeypatch.context() as patch:
        unprotected(patch)
        patch.setattr(stepper, "_refuse_non_finite", lambda *_: None)
        control = [bool(why(*case)) for case in (OTHERWISE[1], OTHERWISE[-3])]
    shows(
        "numbers",
        "NaN in one fold of kfold, with --freeze, with --probe, and in a generator that learns",
        trials=len(OTHERWISE),
        broken=broken,
        without="no number is looked at",
        control=(len(control), sum(control)),
    )


def test_what_a_model_says_that_is_no_number_is_not_kept(
    fresh: Workspace,
    shows: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def why(place: str) -> str:
        workspace = linked_copy(fresh, tmp_path / place)
        before = ending(workspace, "whole")
        with monkeypatch.context() as patch:
            plain = looking.PaintingModel.forward

            def forward(self: Any, *arguments: Any) -> Any:
                output = plain(self, *arguments)
                output.logits[0] = float("nan")
                return output

            patch.setattr(looking.PaintingModel, "forward", forward)
            answer = artcli("predict", "whole", "-w", workspace.root)
        if answer.code != 1 or "no number" not in answer.text:
            return f"ended with {answer.code}: {answer.err[-300:]}"
        return "" if ending(workspace, "whole") == before else "the former predictions are gone"

    broken = [said for said in [why("protected")] if said]
    with monkeypatch.context() as patch:
        unprotected(patch)
        lost = bool(why("control"))
    shows(
        "numbers",
        "a model that says NaN of a picture of the test",
        trials=1,
        broken=broken,
        without="no number is looked at",
        control=(1, int(lost)),
    )


def short_above(
    patch: pytest.MonkeyPatch, limit: int, error: Callable[[], Exception], after: int = 0
) -> None:
    """Let memory be short for batches of more than `limit`, once `after` steps are done."""
    plain = loop.train_step

    def step(fabric: Any, parts: Any, plan: Any, done: int, taken: Any) -> dict[str, float]:
        if done >= after and max(len(batch.labels) for batch in taken) > limit:
            raise error()
        return plain(fabric, parts, plan, done, taken)

    patch.setattr(loop, "train_step", step)


def test_short_memory_halves_the_batches_when_asked(
    fresh: Workspace,
    trials: Callable[[int, int], int],
    seed: int,
    shows: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wholes: dict[tuple[int, int], dict[str, Any]] = {}

    def directly(size: int, accumulate: int) -> dict[str, Any]:
        """The end of a run that was given these sizes from the beginning."""
        if (size, accumulate) not in wholes:
            workspace = linked_copy(fresh, tmp_path / f"direct-{size}-{accumulate}")
            sizes = ("--batch-size", str(size), "--accumulate", str(accumulate))
            assert train(workspace, "--name", "x", *sizes).code == 0
            wholes[size, accumulate] = ending(workspace, "x")
        return wholes[size, accumulate]

    def why(number: int) -> str:
        rng = np.random.default_rng((seed, number))
        size, limit = int(rng.integers(7, 14)), int(rng.integers(4, 7))
        kind = list(SHORT)[number % len(SHORT)]
        small, accumulate = size, 1
        while -(-13 // -(-13 // small)) > limit:  # what the largest of its even batches holds
            small, accumulate = -(-small // 2), 2 * accumulate
        what = f"{size} pictures, room for {limit}, told by {kind}"
        workspace = linked_copy(fresh, tmp_path / f"short-{number}")
        models: list[weakref.ref[Any]] = []
        plain = run.build_model

        def build(*arguments: Any) -> Any:
            models.append(weakref.ref(model := plain(*arguments)))
            alive.append(sum(one() is not None for one in models[:-1]))
            return model

        alive: list[int] = []
        try:
            with monkeypatch.context() as patch:
                short_above(patch, limit, SHORT[kind])
                patch.setattr(run, "build_model", build)
                answer = train(
                    workspace, "--name", "x", "--batch-size", str(size), "--auto-batch", "--json"
                )
            if answer.code:
                return f"{what}: {answer.err}"
            if len(models) < 2:
                return f"{what}: memory was not short"
            if any(alive):
                return f"{what}: {alive} models of former tries in memory"
            recipe = tomllib.loads((workspace.run_dir("x") / "recipe.toml").read_text())
            found = recipe["batch_size"], recipe["accumulate"]
            about = json.loads((workspace.run_dir("x") / "run.json").read_text())
            if about.get("asked", {}).get("batch_size") != size:
                return f"{what}: what was asked is not recorded"
            told = answer.json["recipe"]
            if found != (told["batch_size"], told["accumulate"]):
                return f"{what}: tells {told}"
            if found != (small, accumulate):
                return f"{what}: {found}, not {(small, accumulate)}"
            if answer.text.count("memory is short") != len(models) - 1:
                return f"{what}: not told"
            return "" if ending(workspace, "x") == directly(*found) else f"{what}: another end"
        finally:
            shutil.rmtree(workspace.root)
            gc.collect()

    count, tried = trials(2, 30), trials(1, 6)
    broken = [said for number in range(count) if (said := why(number))]
    with monkeypatch.context() as patch:
        patch.setattr(run, "out_of_memory", lambda _error: False)
        lost = sum(bool(why(number)) for number in range(tried))
    shows(
        "numbers",
        "memory short, with --auto-batch: as a run that had the smaller batches from the beginning",
        trials=count,
        broken=broken,
        without="the library's error goes on its way",
        control=(tried, lost),
    )


def test_short_memory_is_told_with_the_ways_out(
    fresh: Workspace,
    full: bool,
    shows: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = ending(fresh, "whole")

    def why(number: int, kind: str, after: int, words: tuple[str, ...]) -> str:
        workspace = linked_copy(fresh, tmp_path / f"told-{number}")
        try:
            with monkeypatch.context() as patch:
                short_above(patch, 3, SHORT[kind], after)
                answer = train(workspace, "--name", "x", *SIZE, *words)
            if answer.code != 1 or "memory is short for batches of 8" not in answer.text:
                return f"{kind}: {answer.err[-400:]}"
            if "--batch-size 4 --accumulate 2" not in answer.text:
                return f"{kind}: no way on in {answer.err}"
            if after >= STEPS and "last good checkpoint" not in answer.text:
                return f"{kind}: does not name what is kept: {answer.err}"
            if (again := resume(workspace)).code:
                return f"{kind}: does not go on: {again.err}"
            return "" if ending(workspace, "x") == whole else f"{kind}: another end"
        finally:
            shutil.rmtree(workspace.root)

    cases: list[tuple[str, int, tuple[str, ...]]] = [("torch", 3, ("--auto-batch",))]
    cases += [(kind, after, ()) for kind in SHORT for after in (0, 3)] if full else []
    cases += [] if full else [("the CPU's allocator", 0, ())]
    broken = [said for n, case in enumerate(cases) if (said := why(n, *case))]
    with monkeypatch.context() as patch:
        patch.setattr(run, "out_of_memory", lambda _error: False)
        lost = sum(bool(why(n, *case)) for n, case in enumerate(cases[:1]))
    shows(
        "numbers",
        "memory short, not asked or with a checkpoint there: one line, and the run goes on later",
        trials=len(cases),
        broken=broken,
        without="the library's error goes on its way",
        control=(1, lost),
    )


def test_all_folds_of_a_run_take_the_smaller_batches(
    fresh: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = linked_copy(fresh, tmp_path / "kfold")
    words = ("kfold", "-w", workspace.root, *RECIPE, "--epochs", "1", *SIZE, "--auto-batch")
    short_above(monkeypatch, 4, SHORT["torch"])
    answer = artcli(*words, "--name", "x", "--json")
    assert answer.code == 0, answer.err
    assert answer.text.count("memory is short") == 1
    recipe = answer.json["runs"][0]["recipe"]
    assert (recipe["batch_size"], recipe["accumulate"]) == (4, 2)
    refused = artcli(*words, "--executor", "processes")
    assert refused.code == 2
    assert "leave out --executor" in refused.text


def test_a_batch_of_one_picture_is_refused_where_batch_norm_needs_more(
    fresh: Workspace, tmp_path: Path
) -> None:
    workspace = linked_copy(fresh, tmp_path / "one")
    answer = train(workspace, "--name", "x", "--batch-size", "1")
    assert answer.code == 1
    assert "batch norm learns nothing from a batch of one picture" in answer.text
    assert "internal error" not in answer.text
