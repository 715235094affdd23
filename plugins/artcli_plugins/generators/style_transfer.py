"""Neural style transfer: what one painting shows, as the artist of others would paint it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from artcli.contest.generated.records import Wanted
from artcli.generating.request import NewWork, Request
from artcli.generating.sources import Content, Sources, choose_sources
from artcli.generating.stepper import run_steps
from artcli.plugin import ArtcliError, UsageError, Use
from artcli.training.keys import key
from artcli.workspace.files import remove_tree

from .canvases import Canvases, Method, Scale, Start
from .colours import recoloured
from .features import RandomFilters, Tapped
from .style_losses import Features, Weights

SCALES = {"noise": 3, "content": 1}  # small sizes find a layout, which the content has already
_SMALLEST = 16  # pixels of a side


def style_transfer(
    request: Request,
    *,
    network: Annotated[
        Any, Use("model"), "whose features tell content and style, with weights=FILE if need be"
    ] = "timm:arch=vgg19",
    pretrained: Annotated[
        bool, "false: random filters at five scales, in place of a network that was trained"
    ] = True,
    content_layers: Annotated[
        tuple[str, ...], "where content is compared; none: conv4_2, or a stage like it"
    ] = (),
    style_layers: Annotated[
        tuple[str, ...], "where style is compared; none: conv1_1 to conv5_1, or pixels and stages"
    ] = (),
    alpha: Annotated[float, Field(ge=0), "the weight of content"] = 1.0,
    beta: Annotated[float, Field(ge=0), "the weight of style"] = 30.0,
    tv: Annotated[float, Field(ge=0), "the weight of total variation, against noise"] = 0.03,
    optimizer: Annotated[Literal["lbfgs", "adam"], "how the pixels follow the losses"] = "lbfgs",
    lr: Annotated[float, Field(gt=0), "how far adam moves a pixel in a step, of 0 to 1"] = 0.02,
    start: Annotated[Start, "begin with noise, as on the slide, or with the content"] = "content",
    size: Annotated[int, Field(ge=_SMALLEST), "side of a work, in pixels"] = 256,
    steps: Annotated[int, Field(ge=1), "steps of each work, over all scales"] = 300,
    scales: Annotated[
        Annotated[int, Field(ge=1, le=6)] | None,
        "sizes it is painted at, each twice the one before; none: 3 from noise, else size alone",
    ] = None,
    batch: Annotated[int, Field(ge=1), "works painted at once"] = 8,
    styles: Annotated[int, Field(ge=1), "paintings of the artist that a work has its style of"] = 1,
    content: Annotated[
        Content, "whose painting is painted anew: another artist's, or the same one's"
    ] = "others",
    recolour: Annotated[bool, "give the content the style's colours before it is painted"] = True,
) -> Iterator[NewWork]:
    """Paints what one painting shows in the style of others, by the artist who is wanted.

    The pixels themselves are what is optimised: `alpha` x content (how far the features are from
    those of the content painting) + `beta` x style (how far their Gram matrices are from those of
    the style's) + `tv` x total variation. Each loss is a share of what it is compared with, so
    that the weights mean the same for any network and size. A work is the middle square of its
    content. Works are painted several at once, each with L-BFGS of its own, and from noise first
    small and then larger.

    Without pre-trained weights nothing is painted, unless `pretrained=false` asks for
    random filters: they know textures and colours but no things.

    Errors: `ArtcliError` when weights cannot be had, or an artist has too few paintings.

    Source: Gatys et al. 2016, "Image Style Transfer Using Convolutional Neural Networks"; coarse to
    fine: Gatys et al. 2017, "Controlling Perceptual Factors in Neural Style Transfer"; without
    weights: Ustyuzhaninov et al. 2017, "What does it take to generate natural textures?"; slide
    "Style Transfer".
    """
    sources = {
        wanted.id: choose_sources(request, wanted, styles=styles, content=content)
        for wanted in request.wanted
    }
    features = _features(request, network, pretrained, content_layers, style_layers)
    method = Method(Weights(alpha, beta, tv), optimizer, lr, start)
    sizes = _sizes(size, scales or SCALES[start])[-steps:]  # each has a step at least
    for works in request.batches(batch):
        name = f"works-{works[0].id}"
        yield from _paint(request, name, works, sources, features, sizes, steps, method, recolour)
        remove_tree(request.folder / name)


def _paint(
    request: Request,
    name: str,
    works: Sequence[Wanted],
    sources: dict[str, Sources],
    features: Features,
    sizes: Sequence[int],
    steps: int,
    method: Method,
    recolour: bool,
) -> Iterator[NewWork]:
    """The works of a batch; their checkpoint, `name`, stays until all have been taken."""
    chosen = [sources[work.id] for work in works]
    scales = []
    for place, side in enumerate(sizes):
        shares = steps // len(sizes) + (place < steps % len(sizes))
        styles = [[request.picture(style, side) for style in one.styles] for one in chosen]
        contents = [request.square(one.content, side) for one in chosen]
        if recolour:
            contents = [recoloured(*pair) for pair in zip(contents, styles, strict=True)]
        scales.append(Scale(side, shares, contents, styles))
    seeds = [work.seed for work in works]
    canvases = Canvases(features, scales, seeds, method, request.device)
    what = f"{works[0].id} to {works[-1].id}" if len(works) > 1 else works[0].id

    def preview() -> NDArray[np.uint8]:
        return np.concatenate(canvases.pictures(), 1)

    run_steps(
        request, name, steps, {"canvases": canvases}, canvases.step, what=what, preview=preview
    )
    for place, (work, picture) in enumerate(zip(works, canvases.pictures(), strict=True)):
        if work.id not in request.made:
            one = chosen[place]
            curves = canvases.curve(place)
            yield NewWork(work, picture, one.content, one.styles, losses=curves)


def _features(
    request: Request,
    network: Any,
    pretrained: bool,
    content_layers: Sequence[str],
    style_layers: Sequence[str],
) -> Features:
    if not pretrained:
        return RandomFilters(content_layers, style_layers, request.device, request.seed)
    torch.manual_seed(key(request.seed, "network"))  # of weights that are random, where asked for
    try:
        backbone = network()
    except UsageError:
        raise
    except ArtcliError as error:
        raise ArtcliError(
            f"style-transfer: {error.message}",
            "give a file, network=(timm:arch=vgg19,weights=FILE); or another network, like "
            "network=timm:arch=local-dir:FOLDER; or random filters: pretrained=false",
        ) from error
    return Tapped(backbone, content_layers, style_layers, request.device)


def _sizes(size: int, scales: int) -> tuple[int, ...]:
    """The sides it is painted at, the last one `size`, none too small to see anything."""
    sizes = [round(size / 2**times) for times in reversed(range(scales))]
    return tuple(side for side in sizes if side >= min(_SMALLEST, size))
