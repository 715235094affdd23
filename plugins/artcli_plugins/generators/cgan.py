"""A conditional GAN: a painter and a critic of pictures, both told the artist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from artcli.generating.paintings import load_paintings, to_picture
from artcli.generating.request import NewWork, Request, learns
from artcli.generating.stepper import run_steps
from artcli.training.ema import Ema

from .blocks import (
    Batch,
    Code,
    Decay,
    Painter,
    Reader,
    Size,
    Steps,
    Temperature,
    Width,
    noise,
    show_off,
)


class Critic(nn.Module):
    """Pictures `(N, 3, S, S)` and artists `(N,)` -> how much they look like paintings by those,
    `(N,)`; `known`, from 0 to 1, is how much it asks for the artist.

    Source: Miyato and Koyama 2018, "cGANs with Projection Discriminator"; Miyato et al. 2018,
    "Spectral Normalization for Generative Adversarial Networks"; Karras et al. 2018, "Progressive
    Growing of GANs" (`spread_of`).
    """

    known = 1.0

    def __init__(self, size: int, width: int, artists: int) -> None:
        super().__init__()
        self.reader = Reader(size, width, bounded=True)
        channels = self.reader.channels
        self.mix = spectral_norm(nn.Conv2d(channels + 1, channels, 3, 1, 1))
        self.real = spectral_norm(nn.Linear(channels, 1))
        self.artist = spectral_norm(nn.Embedding(artists, channels))

    def forward(self, images: Tensor, artists: Tensor) -> Tensor:
        features = self.reader(images)
        features = F.leaky_relu(self.mix(torch.cat([features, spread_of(features)], 1)), 0.2)
        seen = features.sum((2, 3))
        looks_real: Tensor = self.real(seen)[:, 0]
        return looks_real + self.known * (self.artist(artists) * seen).sum(1)


def known_at(step: int, steps: int) -> float:
    """How much of the artists is told at `step` of `steps`: nothing in the first fifth, then more
    and more, all from the middle on.

    Told from the start, a GAN of few paintings settles on a picture for each artist, which its
    codes then hardly change; first it has to learn that paintings differ.

    Source: Shahbazi et al. 2022, "Collapse by Conditioning: Training Class-conditional GANs with
    Limited Data".
    """
    return min(1.0, max(0.0, (step / steps - 0.2) / 0.3))


def spread_of(features: Tensor) -> Tensor:
    """How far a batch's features are apart, as a channel more `(N, 1, H, W)`: of works that are all
    alike the critic can tell that they are."""
    spread = features.var(0, correction=0).add(1e-8).sqrt().mean()
    return spread.expand(len(features), 1, *features.shape[2:])


def seen_otherwise(images: Tensor, rng: np.random.Generator) -> Tensor:
    """Pictures `(N, 3, S, S)`, each with other colours, moved, and a part covered, keyed by `rng`.

    What the critic judges, paintings and works alike, so that it cannot learn a few paintings by
    heart; gradients go through. The policies and strengths are those of the paper.

    Source: Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient GAN Training".
    """
    count, size = len(images), images.shape[-1]

    def drawn(low: float, high: float) -> Tensor:
        values = rng.uniform(low, high, (count, 1, 1, 1)).astype(np.float32)
        return torch.from_numpy(values).to(images.device)

    images = images + drawn(-0.5, 0.5)
    grey = images.mean(1, keepdim=True)
    images = grey + (images - grey) * drawn(0, 2)
    middle = images.mean((1, 2, 3), keepdim=True)
    images = middle + (images - middle) * drawn(0.5, 1.5)

    far = size // 8
    places = rng.integers(2 * far + 1, size=(count, 2)).tolist()
    padded = F.pad(images, [far] * 4)
    images = torch.stack(
        [
            image[:, top : top + size, left : left + size]
            for image, (top, left) in zip(padded, places, strict=True)
        ]
    )
    shown = torch.ones(count, 1, size, size)
    half = size // 4
    for mask, (row, column) in zip(shown, rng.integers(size + 1, size=(count, 2)), strict=True):
        mask[:, max(0, row - half) : row + half, max(0, column - half) : column + half] = 0
    return images * shown.to(images.device)


@learns
def cgan(
    request: Request,
    *,
    size: Size = 128,
    steps: Steps = 20000,
    batch: Batch = 32,
    width: Width = 32,
    code: Code = 64,
    lr: Annotated[float, Field(gt=0), "Adam's rate of the painter and of the critic"] = 2e-4,
    temperature: Temperature = 1.0,
    ema: Decay = 0.999,
) -> Iterator[NewWork]:
    """A conditional GAN, trained on the paintings with what keeps a GAN of few paintings stable.

    That is the hinge loss, spectral norm in the critic, artists told to it by projection and to
    both only by and by, pictures augmented differentiably before they are judged, and works painted
    with averaged weights.

    What to expect: an artist's palette and textures, and seldom things. With some twenty paintings
    of an artist look for copies among the works.

    Source: Mirza and Osindero 2014, "Conditional Generative Adversarial Nets"; Radford et al. 2016
    (DCGAN); Lim and Ye 2017, "Geometric GAN" (the loss); Miyato et al. 2018 (spectral norm); Miyato
    and Koyama 2018 (projection); Zhao et al. 2020 (augmentation); Shahbazi et al. 2022 (artists by
    and by); Yazıcı et al. 2019, "The Unusual Effectiveness of Averaging in GAN Training".
    """
    if not request.missing:
        return
    artists = len(request.artists)
    torch.manual_seed(request.seed)
    painter = Painter(size, width, code, artists).to(request.device)
    critic = Critic(size, width, artists).to(request.device)
    average = Ema(painter, ema)
    final = average.module
    learner = torch.optim.Adam(painter.parameters(), lr, betas=(0.0, 0.99))
    teacher = torch.optim.Adam(critic.parameters(), lr, betas=(0.0, 0.99))
    paintings = load_paintings(request, size)

    def step(number: int, rng: np.random.Generator) -> Mapping[str, Tensor]:
        painter.known = critic.known = final.known = known_at(number + 1, steps)
        images, labels = paintings.batch(rng, batch)
        codes = noise(int(rng.integers(1 << 62)), batch, code).to(request.device)
        works = painter(codes, labels)

        real = critic(seen_otherwise(images, rng), labels)
        fake = critic(seen_otherwise(works.detach(), rng), labels)
        critics = (1 - real).relu().mean() + (1 + fake).relu().mean()
        teacher.zero_grad()
        critics.backward()
        teacher.step()

        critic.requires_grad_(False)
        painters = -critic(seen_otherwise(works, rng), labels).mean()
        learner.zero_grad()
        painters.backward()
        learner.step()
        critic.requires_grad_(True)
        average.update(number + 1)
        return {"painter": painters.detach(), "critic": critics.detach()}

    trained = {
        "painter": painter,
        "critic": critic,
        "average": final,
        "learner": learner,
        "teacher": teacher,
    }
    preview = show_off(final, artists, code)
    losses = run_steps(request, "cgan", steps, trained, step, what="cgan", preview=preview)
    for wanted in request.missing:
        artist = request.artists.index(wanted.artist)
        chosen = (temperature * noise(wanted.seed, 1, code)).to(request.device)
        with torch.no_grad():
            (image,) = final(chosen, torch.tensor([artist], device=request.device))
        yield NewWork(wanted, to_picture(image), learnt=True, losses=losses)
