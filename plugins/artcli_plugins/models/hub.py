"""Files of the model hub: from its cache on this machine, else by one attempt to download."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from artcli.plugin import ArtcliError

CONNECT_SECONDS = 5.0


def fetch(repository: str, filename: str) -> Path:
    """The file `filename` of `repository` (`owner/name`, or `owner/name@revision`).

    A file that is in the cache is taken from there and no network is used. Half a file never
    counts as there: the hub's client names it so only when it is whole.

    Errors: `ArtcliError`, at once, when the hub is not reached or refuses.
    """
    from huggingface_hub import get_session, hf_hub_download, hf_hub_url
    from huggingface_hub.errors import LocalEntryNotFoundError

    name, _, tag = repository.partition("@")
    revision = tag or None
    with suppress(LocalEntryNotFoundError):
        return Path(hf_hub_download(name, filename, revision=revision, local_files_only=True))
    try:
        # The download itself tries six times, for half a minute; so knock once before.
        answer = get_session().head(
            hf_hub_url(name, filename, revision=revision), timeout=CONNECT_SECONDS
        )
        if answer.status_code >= 500:
            raise ConnectionError(f"the hub answers {answer.status_code}")
        return Path(hf_hub_download(name, filename, revision=revision))
    except Exception as error:  # whatever the hub's client and its network library raise
        said = (str(error) or type(error).__name__).strip().splitlines()[0]
        raise ArtcliError(
            f"the pre-trained {filename} of {repository} cannot be downloaded: {said}",
            "give a file of your own with weights=FILE (or a folder: --model "
            "timm:arch=local-dir:FOLDER), or train from random weights with pretrained=false",
        ) from error
