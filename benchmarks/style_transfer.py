"""How long style transfer takes for a work, beside a plain implementation, at equal loss.

python benchmarks/style_transfer.py CONTEST [--network SPEC] [--size 256] [--steps 300] [--works 2]

CONTEST is a contest's data folder. The plain implementation is the usual one: one picture at a
time, at full size from the beginning, torch's own L-BFGS with its line search, targets computed
once, the network as it is but stopped behind the deepest layer. It starts from noise, as on the
slide, and as a control from the content. Both are given the same pictures, network, layers, weights
and losses; a step is one forward and backward pass, and from noise ours makes two thirds of them at
smaller sizes.
Compared is the time to an equal loss: the higher one of the two mean totals after all steps.

Seconds are by the clock, so let nothing else run.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
from numpy.typing import NDArray
from torch import Tensor

from artcli.contest.images import read_image, resize
from artcli.contest.tables import read_contest
from artcli.host.discovery import load_host
from artcli_plugins.generators.canvases import NOISE, Canvases, Method, Scale
from artcli_plugins.generators.colours import recoloured
from artcli_plugins.generators.features import Tapped, average_pooling, short_names
from artcli_plugins.generators.style_losses import Weights, losses, targets, total
from artcli_plugins.generators.style_transfer import SCALES

CPU = torch.device("cpu")
WEIGHTS = Weights(alpha=1, beta=30, tv=0.03)  # the generator's defaults
SCALE = 1e5  # torch's L-BFGS passes over curvature below 1e-10, as that of small losses is
STARTS = NOISE_START, _ = ("noise", "content")
Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Outcome:
    """Seconds a work and the mean total of the works after each step at full size."""

    seconds: list[float]
    totals: list[float]

    def reaches(self, loss: float) -> float | None:
        """The seconds a work until the total is as low as `loss`; None: it never is."""
        pairs = zip(self.seconds, self.totals, strict=True)
        return next((seconds for seconds, found in pairs if found <= loss), None)


class Enough(Exception):
    """The deepest layer has been reached."""


class Plain:
    """The features of a network by hooks, and nothing else done to it."""

    def __init__(self, backbone: Any, content: Sequence[str], style: Sequence[str]) -> None:
        self.content, self.style = tuple(content), tuple(style)
        self.net, self.seen = backbone.net.eval().requires_grad_(False), {}
        self.mean, self.std = (
            torch.tensor(one).view(1, 3, 1, 1) for one in (backbone.mean, backbone.std)
        )
        names = short_names(self.net)
        if names:
            average_pooling(self.net)
        order = [name for name, _ in self.net.named_modules()]
        layers = {names.get(name, name): name for name in {*content, *style} - {"pixels"}}
        deepest = max(layers, key=order.index)
        for layer, name in layers.items():
            hook = self._hook(name, layer == deepest)
            self.net.get_submodule(layer).register_forward_hook(hook)

    def _hook(self, name: str, deepest: bool) -> Any:
        def hook(_module: Any, _inputs: Any, output: Tensor) -> None:
            self.seen[name] = output
            if deepest:
                raise Enough

        return hook

    def __call__(self, pictures: Tensor) -> dict[str, Tensor]:
        ones = torch.ones_like(pictures[:, :1])
        self.seen = {"pixels": torch.cat([pictures * 2 - 1, ones], 1)}
        with suppress(Enough):
            self.net((pictures - self.mean) / self.std)
        return self.seen


def plain(
    features: Plain, content: Picture, style: Picture, start: str, seed: int, steps: int
) -> Outcome:
    """One picture, by torch's L-BFGS."""
    began = time.perf_counter()
    aim = targets(features, tensor(content), [[tensor(style)[0]]])
    noise = np.random.default_rng(seed).normal(0.5, NOISE, content.shape).astype(np.float32)
    grey = torch.from_numpy(noise).permute(2, 0, 1)[None].contiguous()
    picture = (grey if start == "noise" else tensor(content)).requires_grad_()
    optimizer = torch.optim.LBFGS(
        [picture],
        max_iter=steps,
        max_eval=steps,
        history_size=10,
        tolerance_grad=0,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )
    seconds: list[float] = []
    totals: list[float] = []

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = total(losses(features, picture, aim), WEIGHTS).sum()
        (loss * SCALE).backward()
        seconds.append(time.perf_counter() - began)
        totals.append(min(loss.item(), totals[-1] if totals else np.inf))
        return loss * SCALE

    while len(totals) < steps:
        optimizer.step(closure)
    return Outcome(seconds[:steps], totals[:steps])


def ours(
    features: Tapped, works: Sequence[tuple[Path, Path]], size: int, steps: int, start: Any
) -> Outcome:
    """All works as one batch, at as many sizes as the generator takes by itself."""
    began = time.perf_counter()
    sizes = [size // 2**times for times in reversed(range(SCALES[start]))]
    scales = []
    for side in sizes:
        pairs = [pictures(work, side) for work in works]
        contents, styles = [one for one, _ in pairs], [[style] for _, style in pairs]
        scales.append(Scale(side, steps // len(sizes), contents, styles))
    method = Method(WEIGHTS, start=start)
    canvases = Canvases(features, scales, range(len(works)), method, CPU)
    seconds, totals = [], []
    for number in range(canvases.steps):
        found = canvases.step(number, np.random.default_rng(0))
        if canvases.at == len(sizes) - 1:
            seconds.append((time.perf_counter() - began) / len(works))
            totals.append(float(found["total"]))
    return Outcome(seconds, totals)


def pictures(work: tuple[Path, Path], size: int) -> tuple[Picture, Picture]:
    """The middle square of the content in the style's colours, and the style's."""
    content, style = (square(path, size) for path in work)
    return recoloured(content, [style]), style


def square(path: Path, size: int) -> Picture:
    picture = read_image(path)
    side = min(picture.shape[:2])
    top, left = ((length - side) // 2 for length in picture.shape[:2])
    return resize(picture[top : top + side, left : left + side], size, size)


def tensor(picture: Picture) -> Tensor:
    return torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float().contiguous() / 255


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """The means over single works, step by step."""
    seconds, totals = ([getattr(one, part) for one in outcomes] for part in ("seconds", "totals"))
    return Outcome(list(np.mean(seconds, 0)), list(np.mean(totals, 0)))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("contest", type=Path)
    parser.add_argument("--network", default="timm:arch=mobilenetv2_100,pretrained=false")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--works", type=int, default=2)
    asked = parser.parse_args()
    torch.manual_seed(0)
    make = load_host().bind("model", asked.network)
    features = Tapped(make(), (), (), CPU)
    simple = Plain(make(), features.content, features.style)
    paintings = read_contest(asked.contest).train
    chosen = np.random.default_rng(0).permutation(len(paintings))[: 2 * asked.works]
    paths = [paintings[row].path for row in chosen]
    works = list(zip(paths[::2], paths[1::2], strict=True))

    shown = asked.network.rpartition("/")[2]  # no folder of this machine
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {torch.get_num_threads()} threads,")
    print(f"torch {torch.__version__}, timm {timm.__version__}; {shown},")
    print(f"{asked.size} pixels, {asked.steps} steps, {asked.works} works\n")
    print("| start of plain, of ours | s a work | final total | equal total | s to it | ratio |")
    print("|---|---:|---:|---:|---:|---:|")
    pairs = [pictures(work, asked.size) for work in works]
    usual = {
        start: together(
            [plain(simple, *pair, start, n, asked.steps) for n, pair in enumerate(pairs)]
        )
        for start in STARTS
    }
    mine = {start: ours(features, works, asked.size, asked.steps, start) for start in STARTS}
    for first, second in ((NOISE_START, NOISE_START), STARTS, (STARTS[1], STARTS[1])):
        one, other = usual[first], mine[second]
        level = max(one.totals[-1], other.totals[-1])  # both reach it
        reached = [found.reaches(level) for found in (one, other)]
        before, after = (seconds or float("nan") for seconds in reached)
        print(
            f"| {first}, {second} | {one.seconds[-1]:.1f}, {other.seconds[-1]:.1f} "
            f"| {one.totals[-1]:.4f}, {other.totals[-1]:.4f} | {level:.4f} "
            f"| {before:.1f}, {after:.1f} | {before / after:.1f} |"
        )


if __name__ == "__main__":
    main()
