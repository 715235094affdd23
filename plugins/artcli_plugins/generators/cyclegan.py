"""CycleGAN: paintings of others, translated into the manner of one artist.

Two translators, to the artist and back, learn from unpaired paintings: a critic on each side must
take a translation for real, and there and back again must give the picture that it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from artcli.contest.tables import Painting
from artcli.errors import ArtcliError, UsageError
from artcli.generating.paintings import Paintings, load_paintings, to_picture
from artcli.generating.request import NewWork, Request, learns
from artcli.generating.stepper import Curves, run_steps
from artcli.training.keys import key

from .cyclegan_networks import SHRINKS, Memory, PatchCritic, Translator

_CROP = 128
_MARGIN = 16
"""Pixels mirrored around a picture before it is translated: what zeros beyond its edges spoil."""


@dataclass(frozen=True)
class Options:
    """What decides a training, as the generator's options of these names say."""

    steps: int
    batch: int
    width: int
    blocks: int
    cycle: float = 2.0
    identity: float = 0.5
    lr: float = 2e-4


@learns
def cyclegan(
    request: Request,
    *,
    size: Annotated[int, Field(ge=32), "shorter side of its works"] = 256,
    crop: Annotated[
        Annotated[int, Field(ge=32, multiple_of=SHRINKS)] | None,
        "side of the pieces it learns from, at most size; none: 128, or size where that is less",
    ] = None,
    steps: Annotated[int, Field(ge=1), "steps of training for each artist"] = 4000,
    batch: Annotated[int, Field(ge=1), "pieces of the artist, and as many of others, a step"] = 4,
    width: Annotated[int, Field(ge=1), "channels of the first layer; later ones have more"] = 32,
    blocks: Annotated[int, Field(ge=0), "residual blocks of a translator"] = 6,
    cycle: Annotated[float, Field(ge=0), "weight of: there and back again gives the same"] = 2.0,
    identity: Annotated[
        float, Field(ge=0), "weight of: what is in the manner already stays as it is"
    ] = 0.5,
    lr: Annotated[float, Field(gt=0), "learning rate; falls to zero in the second half"] = 2e-4,
) -> Iterator[NewWork]:
    """Paintings of other artists in the manner of one, by a pair of translators for each artist.

    It is to learn colours, brushwork and local texture; what a picture shows stays. A translator
    begins as the identity, so few steps leave works that are near copies of others' paintings, with
    a tint. Each artist is trained from nothing: the time grows with the artists of the plan and
    with the folds.

    Source: Zhu et al. 2017, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial
    Networks"; Mao et al. 2017, "Least Squares Generative Adversarial Networks".
    """
    if crop is None:
        crop = min(_CROP, size - size % SHRINKS)
    if crop > size:
        raise UsageError(f"crop={crop} is larger than size={size}")
    options = Options(steps, batch, width, blocks, cycle, identity, lr)
    paintings: Paintings | None = None
    for artist in dict.fromkeys(wanted.artist for wanted in request.missing):
        contents = _contents(request, artist)
        if paintings is None:  # decoded once, and only if there is something to do
            paintings = replace(load_paintings(request, size), size=crop)
        shown = request.picture(contents[0], size)
        translator, curves = _train(request, artist, paintings, options, shown)
        places = [wanted for wanted in request.wanted if wanted.artist == artist]
        for place, wanted in enumerate(places):
            if wanted.id in request.made:
                continue
            content = contents[place % len(contents)]
            picture = translate(translator, request.picture(content, size))
            yield NewWork(wanted, picture, content, learnt=True, losses=curves)


def _contents(request: Request, artist: str) -> list[Painting]:
    """The paintings of others, in the order in which an artist's works take them."""
    others = [painting for painting in request.paintings if painting.artist != artist]
    for paintings, whose in ((others, "another artist"), (request.by(artist), artist)):
        if not paintings:
            raise ArtcliError(f"there is no painting of {whose} to learn from")
    order = np.random.default_rng(key(request.seed, "content", artist)).permutation(len(others))
    return [others[place] for place in order]


def _train(
    request: Request,
    artist: str,
    paintings: Paintings,
    options: Options,
    shown: NDArray[np.uint8],
) -> tuple[Translator, Curves]:
    """The translator into the manner of `artist`, trained, and its losses; previews are `shown`
    and its translation."""
    number = request.artists.index(artist)
    name = f"cyclegan-{number}"
    torch.manual_seed(key(request.seed, name, "first weights"))
    pair = Pair(
        paintings.where(paintings.labels == number),
        paintings.where(paintings.labels != number),
        options,
        request.device,
    )
    curves = run_steps(
        request,
        name,
        options.steps,
        pair.state(),
        pair.step,
        what=f"cyclegan, {artist}",
        preview=lambda: np.hstack([shown, translate(pair.to_own, shown)]),
    )
    return pair.to_own, curves


class Pair:
    """Two translators, their critics, and all else that a step of their training changes."""

    def __init__(
        self, own: Paintings, others: Paintings, options: Options, device: torch.device
    ) -> None:
        self.own, self.others, self.options = own, others, options
        self.to_own = Translator(options.width, options.blocks)
        self.to_others = Translator(options.width, options.blocks)
        self.critic_of_own = PatchCritic(options.width)
        self.critic_of_others = PatchCritic(options.width)
        self.translators = nn.ModuleList([self.to_own, self.to_others]).to(device)
        self.critics = nn.ModuleList([self.critic_of_own, self.critic_of_others]).to(device)
        self.painting, self.judging = (
            torch.optim.Adam(networks.parameters(), lr=options.lr, betas=(0.5, 0.999))
            for networks in (self.translators, self.critics)
        )
        self.memory_of_own, self.memory_of_others = Memory(), Memory()

    def state(self) -> dict[str, Any]:
        parts = ("translators", "critics", "painting", "judging")
        memories = ("memory_of_own", "memory_of_others")
        return {part: getattr(self, part) for part in (*parts, *memories)}

    def step(self, number: int, rng: np.random.Generator) -> dict[str, Tensor]:
        """The translators learn from the critics as they are, then these from the translations."""
        options = self.options
        half = options.steps / 2
        rate = options.lr * min(1.0, (options.steps - number) / half)
        for group in (*self.painting.param_groups, *self.judging.param_groups):
            group["lr"] = rate
        own, _ = self.own.batch(rng, options.batch)
        others, _ = self.others.batch(rng, options.batch)

        self.critics.requires_grad_(False)
        like_own, own_kept = self.to_own(torch.cat([others, own])).chunk(2)
        like_others, others_kept = self.to_others(torch.cat([own, others])).chunk(2)
        losses = {
            "adversarial": _real(self.critic_of_own(like_own))
            + _real(self.critic_of_others(like_others)),
            "cycle": F.l1_loss(self.to_others(like_own), others)
            + F.l1_loss(self.to_own(like_others), own),
            "identity": F.l1_loss(own_kept, own) + F.l1_loss(others_kept, others),
        }
        total = losses["adversarial"] + options.cycle * losses["cycle"]
        self.painting.zero_grad()
        (total + options.identity * losses["identity"]).backward()
        self.painting.step()

        self.critics.requires_grad_(True)
        seen_own = self.memory_of_own.exchange(like_own, rng)
        seen_others = self.memory_of_others.exchange(like_others, rng)
        losses["critic"] = told_apart(self.critic_of_own, own, seen_own) + told_apart(
            self.critic_of_others, others, seen_others
        )
        self.judging.zero_grad()
        losses["critic"].backward()
        self.judging.step()
        return {name: loss.detach() for name, loss in losses.items()}


def _real(judged: Tensor) -> Tensor:
    """Least squares from taking all for real."""
    return (judged - 1).square().mean()


def told_apart(critic: Callable[[Tensor], Tensor], real: Tensor, made: Tensor) -> Tensor:
    """How far, in squares, a critic is from judging the real 1 and what was made 0."""
    return (_real(critic(real)) + critic(made).square().mean()) / 2


@torch.no_grad()
def translate(translator: Translator, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture `(H, W, 3)` in the manner that `translator` has learnt, of the same shape."""
    height, width = picture.shape[:2]
    below, right = -height % SHRINKS, -width % SHRINKS
    around = ((_MARGIN, _MARGIN + below), (_MARGIN, _MARGIN + right), (0, 0))
    pixels = torch.from_numpy(np.pad(picture, around, "reflect")).permute(2, 0, 1)
    device = next(translator.parameters()).device
    translated = translator(pixels[None].to(device).float() / 127.5 - 1)[0]
    return to_picture(translated[:, _MARGIN : _MARGIN + height, _MARGIN : _MARGIN + width])
