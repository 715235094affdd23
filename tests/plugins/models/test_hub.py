"""The hub: the cache first, one attempt, and a failure at once that names the ways out."""

import time

import pytest

from artcli.errors import ArtcliError, UsageError
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
