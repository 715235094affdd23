"""What travels between plugins and the host: small frozen records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import torch

API = 1


@dataclass(frozen=True)
class Component:
    """One thing that a plugin offers.

    `target` is `"package.module:callable"`, imported when the component is first used, or the
    callable itself. `summary` is one line for listings. `api` is the version of this interface
    that the plugin was written for.
    """

    kind: str
    name: str
    target: str | Callable[..., Any]
    summary: str = ""
    api: int = API


@dataclass(frozen=True)
class Source:
    """Where a component comes from; `distribution` names it for people and for `picks`."""

    distribution: str
    version: str
    origin: str  # "installed" or "workspace"

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}".strip()


@dataclass(frozen=True)
class Registered:
    """A component with its source."""

    component: Component
    source: Source

    @property
    def facts(self) -> dict[str, str]:
        """What is written down of a component that was used."""
        return {
            "kind": self.component.kind,
            "name": self.component.name,
            "distribution": self.source.distribution,
            "version": self.source.version,
        }


@dataclass(frozen=True)
class Failure:
    """A plugin that could not be loaded, and why."""

    source: Source
    reason: str


@dataclass(frozen=True)
class Classes:
    """The classes of a contest, in the order of the logits' columns.

    `counts` are training paintings per artist; `genre_matrix[c][g]` is 1 where artist c worked in
    genre g (an artist of unknown genre has a row of zeros).
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]
    genres: tuple[str, ...] = ()
    genre_matrix: tuple[tuple[int, ...], ...] = ()


class HeadOutput(NamedTuple):
    """What a head returns: `logits` `(N, C)`, and a scalar loss of its own to add, or None.

    A head that is taught by forcing (it is told in training what it will have to guess later) also
    returns `forced_logits` `(N, C)`, those that follow from the truth, and `forcing`, a scalar from
    0 to 1: the share of the loss that they get, `logits` getting the rest. `logits` never know the
    truth.

    A tuple, because DistributedDataParallel and Fabric look into those for tensors.
    """

    logits: torch.Tensor
    auxiliary_loss: torch.Tensor | None = None
    forced_logits: torch.Tensor | None = None
    forcing: torch.Tensor | None = None


@dataclass(frozen=True)
class View:
    """A way to look at a piece: uint8 `(B, 3, H, W)`, size → uint8 `(B, 3, size, size)`."""

    name: str
    fn: Callable[[torch.Tensor, int], torch.Tensor]


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a picture; fractions of its width and height, 0 <= left < right <= 1."""

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (0 <= self.left < self.right <= 1 and 0 <= self.top < self.bottom <= 1):
            raise ValueError(f"not a part of a picture: {self}")

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top
