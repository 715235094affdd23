"""Measure how fast training is here, and whether loading pictures holds it up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from artcli.commands.options import DeviceOption, JsonOption
from artcli.commands.recipe_options import with_recipe_options
from artcli.errors import UsageError

if TYPE_CHECKING:
    from artcli.training.speed import Speed

MODEL = "timm:arch=mobilenetv2_100,pretrained=false"


@with_recipe_options
def command(
    given: dict[str, Any],
    seconds: Annotated[
        float, typer.Option(min=0.1, max=3600, help="How long each round of each figure takes.")
    ] = 4.0,
    paintings: Annotated[
        int,
        typer.Option(
            min=1, max=100_000, help="How many pictures of 1,000 x 1,300 pixels are made."
        ),
    ] = 64,
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """Measure how fast training is here, and whether loading pictures holds it up.

    Needs no workspace: it makes its own pictures in a temporary folder. Without --model it
    measures a MobileNetV2 of random weights at 224 pixels.
    """
    import tempfile
    from dataclasses import asdict
    from pathlib import Path

    from artcli import console
    from artcli.host.discovery import load_host
    from artcli.training.recipe import make_recipe
    from artcli.training.speed import measure

    if "generated" in given:
        raise UsageError("bench makes its own pictures", "leave out --with")
    recipe = make_recipe({"model": MODEL, **given})
    if recipe.freeze:
        raise UsageError("bench measures a training of the whole model", "leave out --freeze")
    with tempfile.TemporaryDirectory(prefix="artcli-bench-") as folder:
        speed = measure(
            load_host(None), recipe, Path(folder),
            device=device, seconds=seconds, paintings=paintings,
        )  # fmt: skip
    if json:
        console.print_json(
            {**asdict(speed), "cache_gain": speed.cache_gain, "recipe": recipe.model_dump()}
        )
    else:
        _show(speed, recipe.model)


def _show(speed: Speed, model: str) -> None:
    from artcli import console

    rows = [
        ("(a) training step, one batch in memory", speed.step, ""),
        ("(b) training, from the pixel cache", speed.loop, f"{speed.loop_share:.2f} of (a)"),
        ("(c) loading alone, from the cache", speed.cache, f"{speed.cache_gain:.1f} times (d)"),
        ("(d) loading alone, from JPEG", speed.jpeg, ""),
        ("(c) with augmentation", speed.augmented, f"{speed.augmented / speed.step:.1f} times (a)"),
    ]
    console.out().print(
        console.table(
            f"{console.safe(model)} at {speed.image_size} pixels on {speed.device}, "
            f"{speed.workers} loader {'process' if speed.workers == 1 else 'processes'}",
            ["What", ">Pictures/s", ">Share"],
            [(what, f"{rate:,.1f}", share) for what, rate, share in rows],
        )
    )
