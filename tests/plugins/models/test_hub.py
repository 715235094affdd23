"""The hub: the cache first, one attempt, and a failure at once that names the ways out."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from huggingface_hub import constants

from artcli.errors import ArtcliError, UsageError
from artcli_plugins.models import hub as module
from artcli_plugins.models.hub import fetch


def test_a_file_is_downloaded_once_and_then_taken_from_the_cache(hub) -> None:
    hub.files["/owner/name/resolve/main/model.safetensors"] = b"weights"
    assert fetch("owner/name", "model.safetensors").read_bytes() == b"weights"
    asked = len(hub.asked)
    assert asked > 0
    assert fetch("owner/name", "model.safetensors").read_bytes() == b"weights"
    assert len(hub.asked) == asked


def test_a_revision_is_asked_for(hub) -> None:
    hub.files["/owner/name/resolve/v2/config.json"] = b"{}"
    assert fetch("owner/name@v2", "config.json").read_bytes() == b"{}"


@pytest.mark.usefixtures("no_hub")
def test_where_no_hub_is_reached_it_fails_at_once_and_names_the_ways_out() -> None:
    started = time.monotonic()
    with pytest.raises(ArtcliError, match=r"model\.safetensors of owner/name cannot") as caught:
        fetch("owner/name", "model.safetensors")
    assert time.monotonic() - started < 5
    for way in ("weights=FILE", "arch=local-dir:FOLDER", "pretrained=false"):
        assert way in str(caught.value.hint)


def test_a_file_that_the_hub_does_not_have_is_asked_for_once(hub) -> None:
    with pytest.raises(ArtcliError, match="cannot be downloaded"):
        fetch("owner/name", "model.safetensors")
    assert len(hub.asked) <= 2


@pytest.mark.parametrize("name", ["", "..", "a/b/c"])
def test_what_is_no_name_of_a_repository_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is no repository of the hub") as caught:
        fetch(name, "config.json")
    assert caught.value.hint == "write OWNER/NAME"


def test_a_file_of_the_cache_that_was_changed_is_named(hub) -> None:
    hub.files["/owner/name/resolve/main/model.safetensors"] = b"weights"
    kept = fetch("owner/name", "model.safetensors").resolve()
    kept.write_bytes(b"Weights")
    with pytest.raises(ArtcliError, match="its SHA-256 differs") as caught:
        fetch("owner/name", "model.safetensors")
    assert str(kept) in str(caught.value.hint)
    kept.unlink()
    assert fetch("owner/name", "model.safetensors").read_bytes() == b"weights"


def test_a_file_that_repositories_share_is_taken(hub) -> None:
    """As the hub's client keeps what came by Xet: the blob is a link to a file of another sum."""
    hub.files["/owner/name/resolve/main/model.safetensors"] = b"weights"
    blob = fetch("owner/name", "model.safetensors").resolve()
    store = Path(constants.HF_HUB_CACHE, "blobs", "ab", "ab" * 32)
    store.parent.mkdir(parents=True)
    blob.symlink_to(blob.rename(store))
    assert fetch("owner/name", "model.safetensors").read_bytes() == b"weights"
    store.write_bytes(b"Weights")
    with pytest.raises(ArtcliError, match="its SHA-256 differs"):
        fetch("owner/name", "model.safetensors")


@pytest.fixture
def slow(hub, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A file that takes twice as long as is waited for a byte of it."""
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 1)
    monkeypatch.setattr(module, "CONNECT_SECONDS", 0.5)
    hub.pause = 0.1
    weights = hub.files["/owner/name/resolve/main/model.safetensors"] = bytes(30 * 4096)
    return weights


def test_a_slow_line_is_waited_for(slow: bytes) -> None:
    started = time.monotonic()
    assert fetch("owner/name", "model.safetensors").read_bytes() == slow
    assert time.monotonic() - started > 3


def test_the_download_of_another_process_is_waited_for(hub, slow: bytes) -> None:
    """The client's lock of a file keeps threads apart, too."""
    with ThreadPoolExecutor() as pool:
        both = [pool.submit(fetch, "owner/name", "model.safetensors") for _ in range(2)]
    assert [one.result().read_bytes() for one in both] == [slow, slow]
    assert hub.asked.count("GET /owner/name/resolve/main/model.safetensors") == 1
