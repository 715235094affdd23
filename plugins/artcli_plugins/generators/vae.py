"""A conditional variational autoencoder, and the codes that an artist's works are painted from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from artcli.contest.generated.records import Wanted
from artcli.generating.paintings import Paintings, load_paintings, to_picture
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

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Autoencoder(nn.Module):
    """Pictures to codes and back, both told the artist."""

    def __init__(self, size: int, width: int, code: int, artists: int) -> None:
        super().__init__()
        self.reader = Reader(size, width, bounded=False)
        self.artist = nn.Embedding(artists, code)
        self.code = nn.Linear(self.reader.channels * 16 + code, 2 * code)
        self.painter = Painter(size, width, code, artists)

    def encode(self, images: Tensor, artists: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures `(N, 3, S, S)` -> means and log variances of their codes, `(N, code)` each."""
        features = self.reader(images).flatten(1)
        mean, log_variance = self.code(torch.cat([features, self.artist(artists)], 1)).chunk(2, 1)
        return mean, log_variance.clamp(-12, 6)

    def forward(self, images: Tensor, artists: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The pictures painted anew, and means and log variances of their codes."""
        mean, log_variance = self.encode(images, artists)
        codes = mean + torch.randn_like(mean) * (log_variance / 2).exp()
        return self.painter(codes, artists), mean, log_variance


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL from N(mean, variance) to N(0, 1) in nats, `(N, code)` -> `(N,)`."""
    return (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2


@dataclass(frozen=True)
class ArtistCodes:
    """A normal distribution of codes for each artist: means `(artists, code)`, and the lower
    triangle `(code, code)` of a spread that all have in common."""

    means: Tensor
    spread: Tensor

    def draw(self, seed: int, artist: int, temperature: float) -> Tensor:
        """A code `(code,)`, keyed by `seed`."""
        return self.means[artist] + temperature * (self.spread @ noise(seed, len(self.spread)))


def artist_codes(means: Tensor, log_variances: Tensor, artists: Tensor, count: int) -> ArtistCodes:
    """The codes of paintings `(N, code)`, whose artists are `(N,)` of `count`, as distributions.

    A rare artist's few codes have a mean but hardly a covariance, so all artists share one: of what
    lies between an artist's paintings, and within a painting's own code. An artist without
    paintings has the mean 0.

    Source: Ghosh et al. 2020, "From Variational to Deterministic Autoencoders" (density estimation
    after training).
    """
    means, log_variances, artists = (
        tensor.detach().cpu() for tensor in (means.double(), log_variances.double(), artists)
    )
    works = torch.bincount(artists, minlength=count)
    sums = torch.zeros(count, means.shape[1], dtype=means.dtype).index_add_(0, artists, means)
    centres = sums / works.clamp(min=1)[:, None]
    apart = means - centres[artists]
    freedom = max(1, len(means) - int((works > 0).sum()))
    covariance = apart.T @ apart / freedom + log_variances.exp().mean(0).diag()
    return ArtistCodes(centres.float(), torch.linalg.cholesky(covariance).float())


@learns
def vae(
    request: Request,
    *,
    size: Size = 128,
    steps: Steps = 10000,
    batch: Batch = 32,
    width: Width = 32,
    code: Code = 128,
    lr: Annotated[float, Field(gt=0), "Adam's rate"] = 1e-3,
    beta: Annotated[float, Field(ge=0), "weight of the divergence from the prior"] = 1.0,
    warmup: Annotated[
        float, Field(ge=0, le=1), "share of the steps in which that weight grows from 0"
    ] = 0.3,
    temperature: Temperature = 0.8,
    ema: Decay = 0.999,
) -> Iterator[NewWork]:
    """A conditional variational autoencoder, trained on the paintings; its works are soft.

    Reader and painter are told the artist. The likelihood of a pixel is normal, of the variance
    that the batch has, so that no weight has to be found between reconstruction and divergence. A
    work is painted from a code near those of the artist's own paintings, not from the prior, much
    of which no painting has a code in.

    What to expect: the colours, the light and the composition of the artist, without outlines or
    brushwork: that is what the mean of many likely paintings looks like.

    Source: Kingma and Welling 2014, "Auto-Encoding Variational Bayes"; Sohn et al. 2015, "Learning
    Structured Output Representation using Deep Conditional Generative Models"; Rybkin et al. 2021,
    "Simple and Effective VAE Training with Calibrated Decoders"; Bowman et al. 2016, "Generating
    Sentences from a Continuous Space" (the warm-up).
    """
    if not request.missing:
        return
    artists = len(request.artists)
    torch.manual_seed(request.seed)
    net = Autoencoder(size, width, code, artists).to(request.device)
    average = Ema(net, ema)
    optimizer = torch.optim.Adam(net.parameters(), lr)
    paintings = load_paintings(request, size)

    def step(number: int, rng: np.random.Generator) -> Mapping[str, Tensor]:
        images, labels = paintings.batch(rng, batch)
        again, mean, log_variance = net(images, labels)
        error = (again - images).square().mean()
        kl = divergence(mean, log_variance).mean()
        weight = beta * min(1.0, (number + 1) / max(1.0, warmup * steps))
        values = images[0].numel()
        optimizer.zero_grad()
        (error.log() / 2 + weight * kl / values).backward()
        optimizer.step()
        average.update(number + 1)
        return {"reconstruction": error.detach(), "divergence": kl.detach()}

    trained = {"net": net, "average": average.module, "optimizer": optimizer}
    final = average.module
    preview = show_off(final.painter, artists, code)
    losses = run_steps(request, "vae", steps, trained, step, what="vae", preview=preview)
    for wanted, picture in _painted(request, final, paintings, temperature):
        yield NewWork(wanted, picture, learnt=True, losses=losses)


@torch.no_grad()
def _painted(
    request: Request, net: Autoencoder, paintings: Paintings, temperature: float
) -> Iterator[tuple[Wanted, NDArray[np.uint8]]]:
    found = [net.encode(part.whole(), part.labels) for part in paintings.split(64)]
    means, log_variances = (torch.cat(parts) for parts in zip(*found, strict=True))
    codes = artist_codes(means, log_variances, paintings.labels, len(request.artists))
    for wanted in request.missing:
        artist = request.artists.index(wanted.artist)
        chosen = codes.draw(wanted.seed, artist, temperature)[None].to(request.device)
        (image,) = net.painter(chosen, torch.tensor([artist], device=request.device))
        yield wanted, to_picture(image)
