"""A small diffusion model of an artist's paintings, trained from nothing on the workspace's.

Training: a painting x is mixed with noise e to sqrt(a) x + sqrt(1 - a) e, `a` falling from 1 to 0
over a thousand timesteps, and a U-Net that is told the timestep and the artist learns to give
v = sqrt(a) e - sqrt(1 - a) x, which says what of it is noise. Making: from noise alone back to a
painting, in fewer and larger strides, along the direction that sets the artist apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from pydantic import AfterValidator, Field
from torch import Tensor, nn

from artcli.generating.paintings import load_paintings, to_picture
from artcli.generating.request import NewWork, Request, learns
from artcli.generating.stepper import run_steps
from artcli.training.ema import Ema

from .blocks import Batch, Steps, noise
from .needing import diffusers_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

TIMESTEPS = 1000
NAMELESS = 0.1  # the share of paintings whose artist is withheld, for guidance
ATTENTION_SIDE = 16  # of a side, from which on all places see each other, if not at the top
WORKS_AT_ONCE = 16
EMA_DECAY = 0.999


def _by_eights(number: int) -> int:
    if number % 8:
        raise ValueError("it has to be a multiple of 8")
    return number


@dataclass(frozen=True)
class Diffusion:
    """The way to noise and back, for artists `0` to `nobody` - 1; `nobody` is an unnamed one.

    `training` and `making` are schedulers of diffusers, with v as what is predicted.
    """

    training: Any
    making: Any
    nobody: int

    def loss(self, net: nn.Module, images: Tensor, artists: Tensor) -> Tensor:
        """The mean squared error of v, for images `(N, C, S, S)` from -1 to 1, by torch's chance.

        The timesteps of a batch lie evenly, from a start by chance: a steadier loss at no cost
        (Kingma et al. 2021).
        """
        count, device = len(images), images.device
        places = (torch.rand((), device=device) + torch.arange(count, device=device) / count) % 1
        timesteps = (places * TIMESTEPS).long()
        chance = torch.randn_like(images)
        withheld = torch.rand(count, device=device) < NAMELESS
        noisy = self.training.add_noise(images, chance, timesteps)
        found = net(noisy, timesteps, artists.masked_fill(withheld, self.nobody)).sample
        target = self.training.get_velocity(images, chance, timesteps)
        return F.mse_loss(found.float(), target)

    @torch.no_grad()
    def paint(
        self, net: nn.Module, start: Tensor, artists: Tensor, strides: int, guidance: float
    ) -> Tensor:
        """Pictures like `start`, which is noise `(N, C, S, S)`, of `artists` `(N,)`, by DDIM.

        `guidance` g goes from what is painted by nobody to what is by the artist, g times as far
        (Ho and Salimans 2022): 1 is the artist's as it was learnt.
        """
        nobody = torch.full_like(artists, self.nobody)
        self.making.set_timesteps(strides, device=start.device)
        images = start
        for timestep in self.making.timesteps:
            if guidance == 1:
                v = net(images, timestep, artists).sample
            else:
                both = net(torch.cat([images, images]), timestep, torch.cat([artists, nobody]))
                named, unnamed = both.sample.chunk(2)
                v = unnamed + guidance * (named - unnamed)
            images = self.making.step(
                v.float(), timestep, images, use_clipped_model_output=True
            ).prev_sample
        return images


def make_diffusion(diffusers: Any, artists: int) -> Diffusion:
    """The cosine schedule of Nichol and Dhariwal 2021, and DDIM's strides from its very end."""
    training = diffusers.DDPMScheduler(
        TIMESTEPS, beta_schedule="squaredcos_cap_v2", prediction_type="v_prediction"
    )
    making = diffusers.DDIMScheduler.from_config(training.config, timestep_spacing="trailing")
    return Diffusion(training, making, nobody=artists)


def make_net(
    diffusers: Any,
    artists: int,
    *,
    side: int,
    channels: int,
    width: int,
    blocks: int,
    dropout: float,
) -> Any:
    """A U-Net for `(N, channels, side, side)` that halves the side until it is 8, or odd.

    It has `width` channels at the top, twice as many below, four times from the third halving on,
    and attention below the top where the side is at most 16; an embedding for each of the
    `artists`, and one for nobody.
    """
    sides = [side]
    while sides[-1] > 8 and sides[-1] % 2 == 0:
        sides.append(sides[-1] // 2)
    kinds = ["", *("Attn" if side <= ATTENTION_SIDE else "" for side in sides[1:])]
    return diffusers.UNet2DModel(
        sample_size=side,
        in_channels=channels,
        out_channels=channels,
        block_out_channels=tuple(width * (1, 2, 2, 4)[min(n, 3)] for n in range(len(sides))),
        layers_per_block=blocks,
        down_block_types=tuple(f"{kind}DownBlock2D" for kind in kinds),
        up_block_types=tuple(f"{kind}UpBlock2D" for kind in reversed(kinds)),
        norm_num_groups=8,
        attention_head_dim=width,
        resnet_time_scale_shift="scale_shift",
        dropout=dropout,
        num_class_embeds=artists + 1,
    )


@learns
def ddpm(
    request: Request,
    *,
    size: Annotated[
        int, Field(ge=16), AfterValidator(_by_eights), "side of the pictures, a multiple of 8"
    ] = 64,
    steps: Steps = 20_000,
    batch: Batch = 64,
    width: Annotated[
        int, Field(ge=8), AfterValidator(_by_eights), "channels at full size, a multiple of 8"
    ] = 64,
    blocks: Annotated[int, Field(ge=1), "residual blocks of each size"] = 2,
    patch: Annotated[
        Literal[1, 2, 4], "side of the squares of pixels that it takes as one place: 2 is quicker"
    ] = 1,
    lr: Annotated[float, Field(gt=0), "learning rate of AdamW"] = 5e-4,
    dropout: Annotated[float, Field(ge=0, lt=1), "dropout inside the U-Net"] = 0.1,
    strides: Annotated[int, Field(ge=1, le=TIMESTEPS), "strides from noise to a picture"] = 50,
    guidance: Annotated[
        float,
        Field(ge=0),
        "how far towards the artist: 0 nobody in particular, 1 as learnt, more exaggerates",
    ] = 2.0,
) -> Iterator[NewWork]:
    """A small diffusion model that knows the artists, trained from nothing on the workspace.

    One model learns all artists, so that those of few works share what the others taught it. A few
    hundred paintings are little for it, and it wants a GPU: a short training leaves colours
    and masses covered with noise. Trained for long it may repeat paintings
    of artists with few works: look at the nearest real ones. And a picture of 64 pixels is a blur
    to a network that looks at 224: a judge decides whether it helps.

    Source: Ho et al. 2020, "Denoising Diffusion Probabilistic Models"; Nichol and Dhariwal 2021,
    "Improved Denoising Diffusion Probabilistic Models"; Salimans and Ho 2022, "Progressive
    Distillation" (v); Song et al. 2021, "Denoising Diffusion Implicit Models"; Ho and Salimans
    2022, "Classifier-Free Diffusion Guidance"; Hoogeboom et al. 2023, "simple diffusion" (patches).
    """
    if not request.missing:
        return
    diffusers = diffusers_for("ddpm")
    paintings = load_paintings(request, size)
    torch.manual_seed(request.seed)
    net = make_net(
        diffusers,
        len(request.artists),
        side=size // patch,
        channels=3 * patch**2,
        width=width,
        blocks=blocks,
        dropout=dropout,
    ).to(request.device)
    average = Ema(net, EMA_DECAY)
    optimizer = torch.optim.AdamW(net.parameters(), lr, weight_decay=0.01)
    diffusion = make_diffusion(diffusers, len(request.artists))

    def step(number: int, rng: np.random.Generator) -> dict[str, Tensor]:
        images, artists = paintings.batch(rng, batch)
        for group in optimizer.param_groups:
            group["lr"] = lr * _rate(number, steps)
        with torch.autocast(request.device.type, torch.bfloat16, request.device.type == "cuda"):
            loss = diffusion.loss(net, F.pixel_unshuffle(images, patch), artists)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        average.update(number + 1)
        return {"v": loss.detach()}

    def paint(artists: Sequence[str], seeds: Sequence[int], strides: int) -> Tensor:
        places = [request.artists.index(artist) for artist in artists]
        start = torch.stack([noise(seed, 3, size, size) for seed in seeds])
        images = diffusion.paint(
            average.module,
            F.pixel_unshuffle(start, patch).to(request.device),
            torch.tensor(places, device=request.device),
            strides,
            guidance,
        )
        return F.pixel_shuffle(images, patch)

    def preview() -> NDArray[np.uint8]:
        shown = request.wanted[:: max(1, len(request.wanted) // 4)][:4]
        images = paint([one.artist for one in shown], [one.seed for one in shown], min(strides, 10))
        return np.hstack([to_picture(image) for image in images])

    net.train()
    state = {"net": net, "average": average.module, "optimizer": optimizer}
    losses = run_steps(request, "ddpm", steps, state, step, what="ddpm", preview=preview)
    for works in request.batches(WORKS_AT_ONCE):
        images = paint([one.artist for one in works], [one.seed for one in works], strides)
        for wanted, image in zip(works, images, strict=True):
            yield NewWork(wanted, to_picture(image), learnt=True, losses=losses)


def _rate(number: int, steps: int) -> float:
    """The share of the learning rate at step `number`: up over a twentieth, then down to 0."""
    warm = max(1, steps // 20)
    return min((number + 1) / warm, (steps - number) / max(1, steps - warm))
