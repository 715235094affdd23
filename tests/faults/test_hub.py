"""No model hub, one that hangs, weights that are half there: an error, never random weights."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from command_line import Answer, artcli
from huggingface_hub import close_session, constants
from painted import MODEL, painted_workspace
from safetensors.torch import save
from tiny_pipeline import write_tiny_pipeline
from torch import nn

from artcli.errors import ArtcliError
from artcli.training import loop
from artcli.workspace import downloads
from artcli.workspace.paths import Workspace
from artcli_plugins.generators import diffusion
from artcli_plugins.models import backbone, hub, weights
from artcli_plugins.models.any_timm import timm_model
from artcli_plugins.models.architecture import Architecture

pytestmark = pytest.mark.usefixtures("one_thread")

TINY = "test_efficientnet"
SMALL = ("--epochs", "1", "--image-size", "32", "--batch-size", "8", "--folds", "4",
         "--workers", "0")  # fmt: skip
STYLE = ("--each", "1", "--rarest", "1", "--generator")
ASKING = {  # what is downloaded by default, and how it is asked for: in `make test` the first
    f"timm:arch={TINY}": ("train", *SMALL, "--model", f"timm:arch={TINY}"),
    "tinyvit": ("train", "--model", "tinyvit"),
    "style-transfer": ("augment-style", *STYLE, "style-transfer"),
    "hf-hub": ("train", *SMALL, "--model", "timm:arch=hf-hub:me/mine"),
    "squeezenet": ("train", *SMALL, "--model", "squeezenet"),
    "resnet18": ("train", *SMALL, "--model", "timm:arch=resnet18.a1_in1k"),
    "efficientnet_b2": ("train", *SMALL, "--model", "efficientnet_b2"),
    "diffusion": ("augment-style", *STYLE, "diffusion:pipeline=me/mine,steps=2"),
}
WAYS = {
    "squeezenet": ("weights=FILE", "pretrained=false"),
    "hf-hub": ("local-dir:FOLDER",),
    "diffusion": ("pipeline=FOLDER",),
}
NO_NETWORK = {
    "no such host": socket.gaierror(-3, "Temporary failure in name resolution"),
    "refused": ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
    "no route": OSError(errno.ENETUNREACH, "Network is unreachable"),
    "timed out": TimeoutError("timed out"),
    "forbidden": PermissionError(errno.EPERM, "Operation not permitted"),
}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return painted_workspace(tmp_path / "contest", each=4, pieces=2)


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The hub's client reads where its files are when it is imported, and keeps connections."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    close_session()
    yield
    close_session()


def use_hub(patch: pytest.MonkeyPatch, endpoint: str) -> None:
    template = endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    patch.setattr(constants, "ENDPOINT", endpoint)
    patch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


def block(patch: pytest.MonkeyPatch, error: OSError) -> None:
    """No name is found, or no connection made, by any socket of this process."""

    def fails(*_: Any, **__: Any) -> Any:
        raise error

    patch.setattr(socket, "getaddrinfo", fails)
    if not isinstance(error, socket.gaierror):
        patch.setattr(socket, "getaddrinfo", lambda *_a, **_k: [(2, 1, 6, "", ("192.0.2.1", 443))])
        patch.setattr(socket.socket, "connect", fails)


def count_steps(patch: pytest.MonkeyPatch) -> list[int]:
    steps: list[int] = []
    plain = loop.train_step

    def counted(*arguments: Any) -> Any:
        steps.append(1)
        return plain(*arguments)

    patch.setattr(loop, "train_step", counted)
    return steps


def left_by(workspace: Workspace) -> list[str]:
    """Files of runs and works, but for locks, and for a set's plan: it holds no name."""
    places = (workspace.checkpoints, workspace.predictions, workspace.generated)
    return [
        str(file.relative_to(workspace.root))
        for place in places
        for file in place.rglob("*")
        if file.is_file() and "lock" not in file.name and file.name != "set.json"
    ]


def is_one_error(answer: Answer, *said: str) -> str:
    """Why this is no error of two lines with these words in it, or nothing."""
    line, error, told = answer.err.partition("error: ")
    if answer.code != 1 or not error:
        return f"ended with {answer.code}: {line[-200:]}"
    if len(told.splitlines()) != 2 or "failed:" in told or "Traceback" in answer.err:
        return f"told in {len(told.splitlines())} lines: {told}"
    if lacking := [word for word in said if word not in told]:
        return f"does not tell {lacking}: {told}"
    return ""


@pytest.fixture
def asked_in_vain(
    workspace: Workspace, seed: int, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[str, float]]:
    """What is wrong with how it is told that nothing can be downloaded, and after how long.

    Given the number of the trial, what is asked for, and what is there `instead`, as where an
    error is swallowed: an object, its attribute, and what that then is.
    """

    def why(number: int, what: str, instead: tuple[Any, ...] = ()) -> tuple[str, float]:
        kind = random.Random(f"{seed} {number}").choice(list(NO_NETWORK))
        told = WAYS.get(what, ("weights=FILE", "pretrained=false"))
        where = () if what == "squeezenet" else ("https://hub.example", "cannot be downloaded")
        with monkeypatch.context() as patch:
            use_hub(patch, "https://hub.example")
            block(patch, NO_NETWORK[kind])
            steps = count_steps(patch)
            if instead:
                patch.setattr(*instead)
            started = time.monotonic()
            answer = artcli(*ASKING[what], "-w", workspace.root, "--name", f"n{number}")
            took = time.monotonic() - started
        wrong = is_one_error(answer, *where, *told)
        if not wrong and (steps or left_by(workspace)):
            wrong = f"{len(steps)} steps made, left {left_by(workspace)}"
        if not wrong and took > 10:
            wrong = f"it took {took:.0f} s"
        return wrong and f"{what}, {kind}: {wrong}", took

    return why


def test_no_hub_is_reached(
    workspace: Workspace,
    asked_in_vain: Callable[..., tuple[str, float]],
    trials: Callable[[int, int], int],
    full: bool,
    shows: Callable[..., None],
) -> None:
    asked = [what for what in ASKING if what != "diffusion"][: trials(4, len(ASKING))]
    count = trials(4, 5 * len(asked))
    told = [asked_in_vain(n, asked[n % len(asked)]) for n in range(count)]
    broken = [wrong for wrong, _ in told if wrong]
    # The names that were asked for in vain can be taken.
    again = artcli("train", *SMALL, "--model", MODEL, "-w", workspace.root, "--name", "n0")
    broken += [] if again.code == 0 else [f"the name is taken: {again.err}"]
    small = "style-transfer:pretrained=false,steps=1,size=64"
    number = asked.index("style-transfer")
    again = artcli("augment-style", *STYLE, small, "-w", workspace.root, "--name", f"n{number}")
    broken += [] if again.code == 0 else [f"the set's name is taken: {again.err}"]
    random_weights = (Architecture, "weights_file", lambda _self: None)
    tried = range(1000, 1005 if full else 1001)
    control = [asked_in_vain(n, f"timm:arch={TINY}", random_weights)[0] for n in tried]
    shows(
        "hub", f"sockets blocked: {', '.join(asked)}", trials=count, broken=broken,
        without="where no weights are to be had, the model is built without",
        control=(len(tried), sum(map(bool, control))),
        figures=f"told within {max(took for _, took in told):.1f} s",
    )  # fmt: skip


def test_no_hub_of_pipelines_is_reached(
    asked_in_vain: Callable[..., tuple[str, float]],
    full: bool,
    shows: Callable[..., None],
    tmp_path: Path,
) -> None:
    if not full:
        pytest.skip("takes too long for make test; make faults has it")
    reason = "the extra artcli[diffusion] is not installed"
    pytest.importorskip("diffusers", reason=reason)
    pytest.importorskip("transformers", reason=reason)
    random_weights = write_tiny_pipeline(tmp_path / "tiny")  # what it imports does not count
    told = [asked_in_vain(n, "diffusion") for n in range(5)]
    instead = (diffusion, "_download", lambda *_: random_weights)
    shows(
        "hub", "sockets blocked: a diffusion pipeline", trials=len(told),
        broken=[wrong for wrong, _ in told if wrong],
        without="one of random weights is taken in its place",
        control=(1, bool(asked_in_vain(1000, "diffusion", instead)[0])),
        figures=f"told within {max(took for _, took in told):.1f} s",
    )  # fmt: skip


class Hangs(ThreadingHTTPServer):
    """A hub that leaves off as `kind` says, for `seconds` from when it is first asked; then it has
    nothing.

    unfound: its name is looked up for ever. deaf: it takes connections and says nothing. mute: it
    answers the first request alone. half: it sends the first half of a file, from wherever it is
    asked for. closes: the same, and hangs up. anew: the first part of a large file, whatever is
    asked for, and hangs up.
    """

    KINDS = ("unfound", "deaf", "mute", "half", "closes", "anew")
    daemon_threads = True

    def __init__(self, kind: str, seconds: float) -> None:
        super().__init__(("127.0.0.1", 0), _Hanging)
        self.kind, self.asked, self.over = kind, 0, threading.Event()
        self.since, self.seconds = 0.0, seconds
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def ask(self) -> int:
        """How many times it has been asked."""
        self.asked += 1
        if self.asked == 1:
            self.since = time.monotonic()
            threading.Timer(self.seconds, self.over.set).start()
        return self.asked

    def look_up(self, *_: Any, **__: Any) -> Any:
        self.ask()
        self.over.wait()
        raise NO_NETWORK["no such host"]

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()


class _Hanging(BaseHTTPRequestHandler):
    server: Hangs

    def do_GET(self) -> None:
        kind, over = self.server.kind, self.server.over
        asked = self.server.ask()
        if kind == "deaf" or (kind == "mute" and asked > 1):
            over.wait()
        size = 40_000_000 if kind == "anew" else 1_000_000
        self.send_response(404 if over.is_set() else 200)
        self.send_header("ETag", f'"{"0" * 64}"')
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("Content-Length", "0" if over.is_set() else str(size))
        self.end_headers()
        if self.command == "GET" and not over.is_set():
            self.wfile.write(bytes(size // 2))
            self.wfile.flush()
            if kind in ("half", "mute"):
                over.wait()

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


def test_a_hub_that_hangs(
    workspace: Workspace,
    full: bool,
    seed: int,
    shows: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In `make faults` real processes with the patience that they have by default."""
    words = [*ASKING[f"timm:arch={TINY}"], "-w", str(workspace.root), "--name", "x"]

    def in_process(kind: str, *, protected: bool) -> str:
        with Hangs(kind, 4) as server, monkeypatch.context() as patch:
            use_hub(patch, server.endpoint)
            patch.setattr(
                constants, "HF_HUB_CACHE", str(tmp_path / f"hub-{server.server_address[1]}")
            )
            patch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 0.5)
            patch.setattr(downloads, "CONNECT_SECONDS", 0.5)
            patch.setattr(hub, "CONNECT_SECONDS", 0.5)
            if kind == "unfound":
                patch.setattr(socket, "getaddrinfo", server.look_up)
            if not protected:
                patch.setattr(hub, "knock", lambda _url: 200)
                patch.setattr(hub, "unless_it_stalls", lambda download, *_: download())
            return judged(artcli(*words), server)

    def in_a_process(kind: str) -> str:
        with Hangs(kind, patience + 5) as server:  # and its end, and a machine that has other work
            cache = {"HF_HOME": str(tmp_path / f"home-{kind}"), "HF_ENDPOINT": server.endpoint}
            told = subprocess.run(
                [sys.executable, "-m", "artcli", *words],
                env={**os.environ, **cache, "OMP_NUM_THREADS": "1"},
                capture_output=True, text=True, timeout=400, check=False,
            )  # fmt: skip
            return judged(Answer(told.returncode, told.stdout, told.stderr), server)

    patience = 3 * hub.CONNECT_SECONDS + constants.DEFAULT_DOWNLOAD_TIMEOUT
    slowest = 0.0

    def judged(answer: Answer, server: Hangs) -> str:
        nonlocal slowest
        took = time.monotonic() - server.since
        wrong = is_one_error(answer, server.endpoint, "weights=FILE", "pretrained=false")
        if not wrong and server.over.is_set():
            wrong = f"it was not given up in {took:.0f} s"
        if not wrong and left_by(workspace):
            wrong = f"left {left_by(workspace)}"
        slowest = max(slowest, took)
        return wrong and f"{server.kind}: {wrong}"

    few = random.Random(seed).sample(Hangs.KINDS, 2)
    kinds = Hangs.KINDS if full else few
    in_process("half", protected=True)  # what is imported only now would count, too
    broken = [wrong for kind in kinds if (wrong := in_process(kind, protected=True))]
    real = [kind for kind in kinds if kind != "unfound"] if full else []
    slowest = 0.0
    broken += [wrong for kind in real if (wrong := in_a_process(kind))]
    told = f"in real processes given up after {slowest:.0f} s at most; allowed are {patience:.0f} s"
    tried = ["deaf", "half", "mute", "unfound"] if full else ["half"]
    control = sum(bool(in_process(kind, protected=False)) for kind in tried)
    shows(
        "hub", f"a hub that hangs: {', '.join(kinds)}", trials=len(kinds) + len(real),
        broken=broken, without="the hub's client may take its time", control=(len(tried), control),
        figures=told if full else "",
    )  # fmt: skip


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    return trained(TINY)


@pytest.fixture(scope="module")
def another() -> dict[str, torch.Tensor]:
    return trained("test_resnet")


def trained(arch: str) -> dict[str, torch.Tensor]:
    """Weights none of which is what a new model begins with."""
    torch.manual_seed(7)
    new = timm.create_model(arch, num_classes=7).state_dict()
    return {
        name: t + torch.rand(t.shape) if t.is_floating_point() else t for name, t in new.items()
    }


PAGE = b"<!DOCTYPE html>\n<html><body>503 Service Unavailable</body></html>\n"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:1234\nsize 500000\n"
OF_BYTES = ("empty", "cut", "flipped", "page", "pointer", "zeros")  # what happens to a file
OF_TENSORS = ("missing", "more", "renamed", "another", "shape", "nan", "inf", "head alone", "none")
PLACES = ("weights=w.safetensors", "weights=w.pth", "model.safetensors", "pytorch_model.bin", "hub")


def as_file(state: dict[str, torch.Tensor], name: str, path: Path) -> bytes:
    if name.endswith("safetensors") or name == "hub":
        return save(state)
    torch.save(state, path)
    return path.read_bytes()


def of_bytes(kind: str, whole: bytes, place: str, rng: random.Random) -> bytes:
    """What became of a file. Of safetensors the header is changed: the numbers have no sum."""
    headed = place.endswith("safetensors")
    at = rng.randrange(8 + struct.unpack("<Q", whole[:8])[0] if headed else len(whole))
    if kind == "flipped":
        return whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) + whole[at + 1 :]
    if kind == "zeros":  # a file whose room was set aside, and which was never filled
        return whole[:at] + bytes(len(whole) - at)
    cut = whole[: rng.randrange(1, len(whole))]
    return {"empty": b"", "cut": cut, "page": PAGE, "pointer": POINTER}[kind]


def of_tensors(
    kind: str,
    state: dict[str, torch.Tensor],
    another: dict[str, torch.Tensor],
    rng: random.Random,
) -> dict[str, torch.Tensor]:
    changed = {name: tensor.clone() for name, tensor in state.items()}
    body = [name for name, t in changed.items() if t.is_floating_point() and "classif" not in name]
    name = rng.choice(body)
    if kind in ("missing", "renamed"):
        taken = changed.pop(name)
        changed |= {f"{name}s": taken} if kind == "renamed" else {}
    elif kind == "more":
        changed[rng.choice(("extra.weight", f"{name}.1", f"ema.{name}"))] = torch.ones(2)
    elif kind == "shape":
        changed[name] = changed[name][:-1].clone()
    elif kind in ("nan", "inf"):
        changed[name].view(-1)[rng.randrange(changed[name].numel())] = float(kind)
    elif kind == "head alone":
        changed = {name: changed[name] for name in changed if "classif" in name}
    elif kind == "another":
        changed = another
    else:
        changed = {}
    return changed


def placed(place: str, content: bytes, whole: bytes, folder: Path) -> tuple[str, Path]:
    """Write a file; how the model is asked for it, and what an error has to name."""
    if place.startswith("weights="):
        path = folder / place.partition("=")[2]
        path.write_bytes(content)
        return f"timm:arch={TINY},weights={path}", path
    if place == "hub":
        repository = folder / "hub" / f"models--timm--{TINY}.r160_in1k"
        kept = repository / "blobs" / hashlib.sha256(whole).hexdigest()
        path = repository / "snapshots" / ("0" * 40) / "model.safetensors"
        for file, text in ((kept, content), (repository / "refs" / "main", b"0" * 40)):
            file.parent.mkdir(parents=True)
            file.write_bytes(text)
        path.parent.mkdir(parents=True)
        path.symlink_to(kept)
        return f"timm:arch={TINY}", path
    config = {
        "architecture": TINY,
        "num_classes": 7,
        "pretrained_cfg": {"classifier": "classifier"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / place).write_bytes(content)
    return f"timm:arch=local-dir:{folder}", folder / place


def built(model: str) -> dict[str, torch.Tensor]:
    options = dict(part.split("=", 1) for part in model.partition(":")[2].split(","))
    file = options.get("weights")
    return timm_model(arch=options["arch"], weights=Path(file) if file else None).net.state_dict()


def trusting(patch: pytest.MonkeyPatch) -> None:
    """Whatever a file lacks, stays as it is; what cannot be read, is not."""
    plain_load, plain_read = nn.Module.load_state_dict, backbone.read_weights

    def load_some(self: nn.Module, state: Any, strict: bool = False, **more: Any) -> Any:
        return plain_load(self, state, strict=strict and False, **more)

    def read(path: Path) -> dict[str, torch.Tensor]:
        try:
            return plain_read(path)
        except ArtcliError:
            return {}

    patch.setattr(nn.Module, "load_state_dict", load_some)
    patch.setattr(backbone, "read_weights", read)
    patch.setattr(weights, "_refuse_damaged_parts", lambda _path: None)
    patch.setattr(hub, "_unchanged", lambda path: path)


def test_weights_half_downloaded_or_of_something_else(
    workspace: Workspace,
    state: dict[str, torch.Tensor],
    another: dict[str, torch.Tensor],
    trials: Callable[[int, int], int],
    seed: int,
    shows: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kinds = (*OF_BYTES, *OF_TENSORS)

    def made(number: int, folder: Path) -> tuple[str, str, Path]:
        rng = random.Random(f"{seed} {number}")
        kind, place = kinds[number % len(kinds)], rng.choice(PLACES)
        if number >= 2 * len(kinds):  # most are cut off or changed somewhere
            kind = rng.choice((*kinds, *4 * ("cut", "flipped")))
        folder.mkdir(parents=True)
        whole = as_file(state, place, folder / "whole.pth")
        if kind in OF_BYTES:
            content = of_bytes(kind, whole, place, rng)
        else:
            content = whole = as_file(
                of_tensors(kind, state, another, rng), place, folder / "changed.pth"
            )
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder / "hub"))
        return f"{kind}, {place}", *placed(place, content, whole, folder)

    def why(number: int, *, protected: bool) -> str:
        """Weights that are others than those in the file before it was changed."""
        what, model, path = made(number, tmp_path / f"{number}-{protected}")
        with monkeypatch.context() as patch:
            if not protected:
                trusting(patch)
            try:
                own = built(model)
            except ArtcliError as error:
                return "" if str(path) in error.message else f"{what}: not named: {error}"
            except Exception as error:
                return f"{what}: {type(error).__name__}: {error}"
        same = all(torch.equal(tensor, state[name]) for name, tensor in own.items())
        return "" if same else f"{what}: taken"

    def told(number: int) -> str:
        """The same from the command line, where nothing is trained."""
        what, model, path = made(number, tmp_path / f"told-{number}")
        with monkeypatch.context() as patch:
            steps = count_steps(patch)
            words = ("train", *SMALL, "--model", model, "-w", workspace.root, "--name", "x")
            wrong = is_one_error(artcli(*words), str(path))
        wrong = wrong or (f"{len(steps)} steps, {left_by(workspace)}" if steps else "")
        return wrong and f"{what}: {wrong}"

    count, lines = trials(2 * len(kinds), 1000), trials(2, len(kinds))
    broken = [wrong for n in range(count) if (wrong := why(n, protected=True))]
    broken += [wrong for n in range(lines) if (wrong := told(n if lines > 2 else 7 * n))]
    tried = range(len(OF_BYTES), len(OF_BYTES) + trials(6, 200))
    control = sum(bool(why(n, protected=False)) for n in tried)
    shows(
        "hub", f"weights {', '.join(kinds)}: in {', '.join(PLACES)} (of a safetensors file without "
        "a sum the header is cut or changed, not the numbers)", trials=count + lines,
        broken=broken, control=(len(tried), control),
        without="sums are not compared, errors of reading and keys that are missing passed over",
    )  # fmt: skip
