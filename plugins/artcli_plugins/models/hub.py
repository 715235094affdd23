"""Files of the model hub: from its cache on this machine, else by one attempt to download."""

from __future__ import annotations

import re
from pathlib import Path

from artcli.plugin import ArtcliError, UsageError
from artcli.workspace.downloads import CONNECT_SECONDS, arriving, knock, unless_it_stalls
from artcli.workspace.files import sha256_file

SLOW = "if the network is slow, set HF_HUB_DOWNLOAD_TIMEOUT to more seconds; or "
OTHER_WEIGHTS = (
    "give a file of your own with weights=FILE (or a folder: --model timm:arch=local-dir:FOLDER), "
    "or train from random weights with pretrained=false"
)
WAYS = {"config.json": "give its files in a folder: --model timm:arch=local-dir:FOLDER"}
_SHA256 = re.compile(r"[0-9a-f]{64}")


def fetch(repository: str, filename: str) -> Path:
    """The file `filename` of `repository` (`owner/name`, or `owner/name@revision`).

    A file that is in the cache is taken from there and no network is used. Half a file never
    counts as there: the hub's client names it so only when it is whole.

    Errors: `ArtcliError`, at once, when the hub is not reached or refuses; soon, when nothing more
    comes; and when the file is not the one that the hub has.
    """
    from huggingface_hub import constants, hf_hub_download, hf_hub_url
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
    from huggingface_hub.utils import logging

    logging.set_verbosity_error()  # it warns of each attempt
    name, _, tag = repository.partition("@")
    revision = tag or None
    try:
        kept = hf_hub_download(name, filename, revision=revision, local_files_only=True)
        return _unchanged(Path(kept))
    except LocalEntryNotFoundError:
        pass
    except HFValidationError as error:
        raise UsageError(f"{name!r} is no repository of the hub", "write OWNER/NAME") from error
    try:
        knock(hf_hub_url(name, filename, revision=revision))
        made = unless_it_stalls(
            lambda: hf_hub_download(name, filename, revision=revision),
            arriving(name),
            constants.HF_HUB_DOWNLOAD_TIMEOUT + CONNECT_SECONDS,  # its own patience, and once more
        )
    except Exception as error:  # whatever the hub's client and its network library raise
        said = (str(error) or type(error).__name__).strip().splitlines()[0]
        raise ArtcliError(
            f"the pre-trained {filename} of {repository} cannot be downloaded from "
            f"{constants.ENDPOINT}: {said}",
            (SLOW if isinstance(error, TimeoutError) else "") + WAYS.get(filename, OTHER_WEIGHTS),
        ) from error
    return _unchanged(Path(made))


def _unchanged(path: Path) -> Path:
    """`path`, if it has the sum that the hub's cache names it by. Errors: `ArtcliError`.

    Only the first link of `path` has that sum. A second one, to a file that repositories share,
    has a sum of another kind.
    """
    kept, named = path.resolve(), path.readlink().name if path.is_symlink() else ""
    if _SHA256.fullmatch(named) and sha256_file(kept) != named:
        raise ArtcliError(
            f"{path} is not what the hub has: its SHA-256 differs",
            f"delete it, to have it downloaded again: {kept}",
        )
    return path
