"""Mirrored pieces."""

from __future__ import annotations

from typing import Annotated

from artcli.plugin import View

from .fitting import PLAIN, fit


def flips(
    *, vertical: Annotated[bool, "whether it is turned upside down, too"] = False
) -> list[View]:
    """The piece as it is, and mirrored left to right.

    A painting seen in a mirror is nearly as likely as itself, and training shows both; upside down
    it is not (light falls from above), so `vertical` is off.

    Source: Krizhevsky et al. 2012, "ImageNet Classification with Deep Convolutional Neural
    Networks" (section 4.1).
    """
    mirror = View("mirror", lambda pieces, size: fit(pieces.flip(3), size))
    upside_down = View("upside-down", lambda pieces, size: fit(pieces.flip(2), size))
    return [PLAIN, mirror, *([upside_down] if vertical else [])]
