"""Paintings redone by a Stable Diffusion pipeline that others have trained: image to image."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import AfterValidator, Field

from artcli.generating.request import NewWork, Request
from artcli.generating.sources import Content, choose_sources
from artcli.plugin import ArtcliError, UsageError
from artcli.workspace.downloads import arriving, knock, unless_it_stalls

from .needing import diffusers_for

GRID = 8  # pixels of a side that pipelines take as one place
LONGEST = 2  # times the shorter side: of a longer scroll, the middle
STALL_SECONDS = 60.0  # without a byte: within them the pipeline's modules are imported, too
# The checker of old pipelines blackens nudes, which are painted.
_SAFELY: dict[str, Any] = {"use_safetensors": True, "safety_checker": None}


def _lasting(pipeline: str) -> str:
    """A folder's path made absolute, so that it means the same from anywhere; a name as it is."""
    folder = Path(pipeline).expanduser()
    named = not folder.is_absolute() and pipeline[:1] not in (".", "~")
    return pipeline if named and not folder.is_dir() else str(folder.absolute())


def diffusion(
    request: Request,
    *,
    pipeline: Annotated[
        str,
        AfterValidator(_lasting),
        "a name on the model hub, OWNER/NAME, or a folder as save_pretrained writes it",
    ] = "stable-diffusion-v1-5/stable-diffusion-v1-5",
    size: Annotated[
        int, Field(ge=64, multiple_of=GRID), "pixels of the shorter side, a multiple of 8"
    ] = 512,
    strength: Annotated[
        float, Field(gt=0, le=1), "how much of the painting is redone: 1 leaves nothing of it"
    ] = 0.6,
    guidance: Annotated[float, Field(ge=0), "how closely it follows the prompt"] = 7.5,
    steps: Annotated[
        int, Field(ge=1), "steps from noise alone; the share `strength` of them is taken"
    ] = 50,
    prompt: Annotated[
        str, "what is asked for, with {artist} for the name"
    ] = "a painting by {artist}",
    content: Annotated[
        Content, "whose painting is redone: the same artist's, or another's"
    ] = "same",
) -> Iterator[NewWork]:
    """Paintings redone by Stable Diffusion: partly turned to noise, and painted anew by a prompt.

    Any pipeline of diffusers that goes from image to image serves; weights are taken from
    safetensors alone, and no code that comes with them is run. What a work owes to the painting
    that it began with is kept track of, and folds obey it; what the pipeline itself has seen is
    not known. One that learnt from pictures of the web has most likely seen the contest's
    paintings, those of its test too: scores with such works may be better than they should be, and
    a contest may forbid them. It needs a GPU to be of use.

    Source: Rombach et al. 2022, "High-Resolution Image Synthesis with Latent Diffusion Models";
    Meng et al. 2022, "SDEdit" (image to image).
    """
    if not request.missing:
        return
    taken = int(steps * strength)
    if not taken:
        raise UsageError(
            f"diffusion: of steps={steps}, strength={strength} takes none", "take more steps"
        )
    painter = load_pipeline(pipeline, request.device)
    for wanted in request.missing:
        # For another's content too, the folds follow the artist's own paintings, as styles do.
        sources = choose_sources(request, wanted, styles=int(content == "others"), content=content)
        picture = fitting(request.picture(sources.content, size), size)
        what = f"{wanted.id}, {wanted.artist}"
        redone = redo(
            painter,
            picture,
            prompt.replace("{artist}", wanted.artist),
            wanted.seed,
            {"strength": strength, "guidance_scale": guidance, "num_inference_steps": steps},
            told=lambda step, what=what: request.watch.step(what, step, max(step, taken), {}),
        )
        yield NewWork(wanted, redone, content=sources.content)


def fitting(picture: np.ndarray, size: int) -> np.ndarray:
    """The middle of `picture` `(H, W, 3)`, at most twice as long as `size`, by whole places."""
    height, width = (min(side, LONGEST * size) // GRID * GRID for side in picture.shape[:2])
    top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    return picture[top : top + height, left : left + width]


def redo(
    painter: Any, picture: np.ndarray, prompt: str, seed: int, how: dict[str, Any], told: Any
) -> np.ndarray:
    """`picture` `(H, W, 3)` uint8 anew, keyed by `seed`; `told(step)` hears of each step.

    Errors: `ArtcliError` where the pipeline fails.
    """
    from PIL import Image

    def after(_pipeline: Any, step: int, _timestep: Any, given: dict[str, Any]) -> dict[str, Any]:
        told(step + 1)
        return given

    try:
        made = painter(
            prompt=prompt,
            image=Image.fromarray(picture),
            generator=torch.Generator().manual_seed(seed),  # of the CPU: the same on any device
            output_type="np",
            callback_on_step_end=after,
            **how,
        ).images[0]
    except (RuntimeError, TypeError, ValueError) as error:
        raise ArtcliError(
            f"the pipeline {type(painter).__name__} failed: {_in_short(error)}",
            "does it go from image to image? Out of memory: a smaller size",
        ) from error
    if not np.isfinite(made).all():
        raise ArtcliError(f"the pipeline {type(painter).__name__} gave no picture, but NaN")
    return (made.clip(0, 1) * 255).round().astype(np.uint8)


def load_pipeline(name: str, device: torch.device) -> Any:
    """The image-to-image pipeline of the hub's `name`, from its cache if it is there, or of the
    folder `name`; in half precision on a GPU.

    Errors: `ArtcliError`, at once, when it is not there, cannot be downloaded, is not whole, or is
    of another kind, and when diffusers is not installed.
    """
    diffusers = diffusers_for("diffusion", "transformers")
    folder = Path(name) if Path(name).is_absolute() else _download(diffusers, name)
    if not (folder / "model_index.json").is_file():
        raise ArtcliError(
            f"{folder} holds no pipeline: there is no model_index.json",
            "pipeline= takes a folder that diffusers' save_pretrained wrote, or OWNER/NAME",
        )
    try:
        painter = diffusers.AutoPipelineForImage2Image.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            dtype=torch.float16 if device.type == "cuda" else torch.float32,
            **_SAFELY,
        ).to(device)
    except Exception as error:  # of many libraries, each with errors of its own
        raise ArtcliError(
            f"the pipeline in {folder} cannot be loaded: {_in_short(error)}",
            "is it whole, with weights in safetensors, and one that goes from image to image?",
        ) from error
    painter.set_progress_bar_config(disable=True)
    return painter


def _download(diffusers: Any, name: str) -> Path:
    """The folder of the hub's pipeline `name`, from the cache, else by one attempt."""
    from huggingface_hub import constants, hf_hub_url, logging

    logging.set_verbosity_error()  # it warns of each attempt
    download = diffusers.DiffusionPipeline.download
    with suppress(Exception):  # it is not in the cache, or not whole
        return Path(download(name, local_files_only=True, **_SAFELY))
    try:
        if (status := knock(hf_hub_url(name, "model_index.json"))) >= 400:
            raise ConnectionError(f"the hub answers {status}")
        return Path(
            unless_it_stalls(lambda: download(name, **_SAFELY), arriving(name), STALL_SECONDS)
        )
    except Exception as error:  # whatever the hub's client and its network library raise
        raise ArtcliError(
            f"the pipeline {name} cannot be downloaded from {constants.ENDPOINT}: "
            f"{_in_short(error)}",
            "give a folder of your own with pipeline=FOLDER, or use a generator that is trained "
            "here: style-transfer, ddpm",
        ) from error


def _in_short(error: Exception) -> str:
    return ((str(error) or type(error).__name__).strip().splitlines() or [""])[0][:200]
