"""Several works painted side by side, first small and then larger, until the losses are low.

In: for each work its content and styles (pictures at every size) and a seed. Out: pictures, and the
curve of each loss. It knows no painting, no file and no plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from .lbfgs import Adam, Lbfgs
from .style_losses import Features, Targets, Weights, losses, targets, total

Start = Literal["noise", "content"]
NOISE = 0.15  # its standard deviation around a middle grey; pixels are 0 to 1


@dataclass(frozen=True)
class Scale:
    """A side in pixels, how many steps are taken at it, and what is looked at there: `contents`
    `(N, S, S, 3)` uint8 and for each work the pictures of its `styles` `(H, W, 3)` uint8."""

    size: int
    steps: int
    contents: Sequence[NDArray[np.uint8]]
    styles: Sequence[Sequence[NDArray[np.uint8]]]


@dataclass(frozen=True)
class Method:
    """How canvases are painted; `lr` is Adam's."""

    weights: Weights
    optimizer: Literal["lbfgs", "adam"] = "lbfgs"
    lr: float = 0.02
    start: Start = "content"
    memory: int = 10


class Canvases:
    """N works in the making, from the smallest of the `scales` to the last.

    `step(number, rng)` takes one step of the total of them. It is made of what `state_dict` holds
    and of what it was made with, so that it goes on from there bit for bit.
    """

    def __init__(
        self,
        features: Features,
        scales: Sequence[Scale],
        seeds: Sequence[int],
        method: Method,
        device: torch.device,
    ) -> None:
        self.features, self.scales, self.method, self.device = features, scales, method, device
        self.at, self.steps = 0, sum(scale.steps for scale in scales)
        self.parts: dict[str, Tensor] = {}  # of the points that were moved to, (N,) each
        self.curves: list[Tensor] = []  # of each step, (N, losses)
        self.optimizer = self._begin(self._first(seeds), scales[0])
        self._aim: Targets | None = None

    def step(self, number: int, _rng: np.random.Generator) -> Mapping[str, Tensor]:
        """Take step `number` (from 0); the mean of each loss."""
        if self.at + 1 < len(self.scales) and number == self._ends(self.at):
            canvases, self.at, self._aim = self._canvases(), self.at + 1, None
            size = self.scales[self.at].size
            larger = F.interpolate(canvases, (size, size), mode="bicubic", align_corners=False)
            self.optimizer, self.parts = self._begin(larger, self.scales[self.at]), {}
        if self._aim is None:
            scale = self.scales[self.at]
            styles = [[self._tensor(one) for one in pictures] for pictures in scale.styles]
            contents = torch.stack([self._tensor(one) for one in scale.contents])
            self._aim = targets(self.features, contents, styles)
        seen: dict[str, Tensor] = {}

        def evaluate(points: Tensor) -> tuple[Tensor, Tensor]:
            canvases = self._canvases(points).requires_grad_()
            seen.update(losses(self.features, canvases, self._aim))  # type: ignore[arg-type]
            seen["total"] = total(seen, self.method.weights)
            gradients = torch.autograd.grad(seen["total"].sum(), canvases)[0]
            return seen["total"].detach(), gradients.flatten(1)

        moved = self.optimizer.step(evaluate)
        for part, loss in seen.items():
            former = self.parts.get(part, loss)
            self.parts[part] = torch.where(moved, loss.detach(), former.detach())
        self.curves.append(torch.stack(list(self.parts.values()), 1).cpu())
        return {part: loss.mean() for part, loss in self.parts.items()}

    def pictures(self) -> NDArray[np.uint8]:
        """The works as they are, `(N, S, S, 3)` uint8."""
        pixels = (self._canvases().clamp(0, 1) * 255).round().byte()
        return pixels.permute(0, 2, 3, 1).cpu().numpy()

    def curve(self, work: int) -> dict[str, list[float]]:
        """The losses of a work at each step: where it was then."""
        names = ("content", "style", "tv", "total")
        rows = torch.stack(self.curves)[:, work].tolist()
        return {name: [row[place] for row in rows] for place, name in enumerate(names)}

    def state_dict(self) -> dict[str, Any]:
        done = len(self.curves) == self.steps
        points = {"points": self.optimizer.points}  # all that is wanted of works that are done
        return {
            "at": self.at,
            "optimizer": points if done else self.optimizer.state_dict(),
            "parts": self.parts,
            "curves": torch.stack(self.curves) if self.curves else torch.empty(0),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.at, self._aim = state["at"], None
        self.parts = {part: loss.to(self.device) for part, loss in state["parts"].items()}
        self.curves = list(state["curves"])
        points = state["optimizer"]["points"].to(self.device)
        self.optimizer = self._begin(self._canvases(points), self.scales[self.at])
        if len(self.curves) < self.steps:
            self.optimizer.load_state_dict(state["optimizer"])

    def _first(self, seeds: Sequence[int]) -> Tensor:
        scale = self.scales[0]
        if self.method.start == "content":
            return torch.stack([self._tensor(one) for one in scale.contents])
        shape = (scale.size, scale.size, 3)
        noise = [np.random.default_rng(seed).normal(0.5, NOISE, shape) for seed in seeds]
        return torch.from_numpy(np.stack(noise)).permute(0, 3, 1, 2).float().to(self.device)

    def _begin(self, canvases: Tensor, scale: Scale) -> Lbfgs | Adam:
        points = canvases.flatten(1)
        if self.method.optimizer == "adam":
            return Adam(points, lr=self.method.lr)
        return Lbfgs(points, memory=self.method.memory)

    def _ends(self, at: int) -> int:
        """The number of the step that comes after the last one at this scale."""
        return sum(scale.steps for scale in self.scales[: at + 1])

    def _canvases(self, points: Tensor | None = None) -> Tensor:
        size = self.scales[self.at].size
        points = self.optimizer.points if points is None else points
        return points.detach().view(len(points), 3, size, size)

    def _tensor(self, picture: NDArray[np.uint8]) -> Tensor:
        """`(H, W, 3)` uint8 -> `(3, H, W)` float, 0 to 1."""
        pixels = torch.from_numpy(np.array(picture)).to(self.device)
        return pixels.permute(2, 0, 1).float() / 255
