"""A model hub on this machine, which serves files as the real one does, or none; a saved model."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants


class Hub(ThreadingHTTPServer):
    """Serves `files` by path, with a `pause` in seconds before each 4 KiB; `asked` lists the
    requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.pause = 0.0


class _Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        content = self.server.files.get(self.path)
        self.send_response(404 if content is None else 200)
        if content is None:
            self.send_header("X-Error-Code", "EntryNotFound")
        else:
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        if self.command == "GET" and content is not None:
            for at in range(0, len(content), 4096):
                time.sleep(self.server.pause)
                self.wfile.write(content[at : at + 4096])

    do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        pass


def _use(monkeypatch: pytest.MonkeyPatch, cache: Path, port: int) -> None:
    """Let the hub's client speak to a port of this machine, with a cache of its own."""
    endpoint = f"http://127.0.0.1:{port}"
    template = endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with nothing in it yet."""
    with Hub() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        _use(monkeypatch, tmp_path / "cache", server.server_address[1])
        yield server
        server.shutdown()


@pytest.fixture
def no_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub that cannot be reached, and nothing in the cache."""
    _use(monkeypatch, tmp_path / "cache", 9)  # the port "discard", where nobody listens


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as timm saves a model: config.json and model.safetensors, with 7 classes."""
    import timm

    torch.manual_seed(7)
    model = timm.create_model("test_efficientnet", num_classes=7)
    model.pretrained_cfg.update(mean=(0.1, 0.2, 0.3), std=(0.4, 0.5, 0.6))
    folder = tmp_path_factory.mktemp("saved") / "test_efficientnet"
    timm.models.save_for_hf(model, folder, safe_serialization=True)
    return folder
