"""The extra package that generators by diffusion need, imported only when one is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from artcli.plugin import ArtcliError


def diffusers_for(generator: str, *packages: str) -> Any:
    """The module `diffusers`, silent below errors, and with the other `packages` it needs.

    Errors: `ArtcliError` when one of them is not installed, or cannot be imported.
    """
    for package in ("diffusers", *packages):
        try:
            import_module(package)
        except ImportError as error:
            missing = isinstance(error, ModuleNotFoundError) and error.name == package
            why = "which is not installed" if missing else f"which cannot be imported: {error}"
            raise ArtcliError(
                f"the generator {generator} needs the package {package}, {why}",
                'install it: pip install "artcli[diffusion]"',
            ) from error
    diffusers = import_module("diffusers")
    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    return diffusers
