"""Downloads that end, those that fail, and those that stand still."""

import itertools
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from huggingface_hub import constants

from artcli.workspace import downloads
from artcli.workspace.downloads import arriving, knock, unless_it_stalls


def test_what_comes_is_returned_and_what_fails_is_raised() -> None:
    assert unless_it_stalls(lambda: "file", lambda: 0, 5) == "file"

    def refused() -> str:
        raise ConnectionError("refused")

    with pytest.raises(ConnectionError, match="refused"):
        unless_it_stalls(refused, lambda: 0, 5)


def test_one_that_stands_still_is_given_up() -> None:
    started = time.monotonic()
    with pytest.raises(TimeoutError, match="nothing more came for 1 s"):
        unless_it_stalls(lambda: time.sleep(60), lambda: 7, 1)
    assert time.monotonic() - started < 5


def test_a_slow_one_is_waited_for() -> None:
    arrived = itertools.count()
    assert unless_it_stalls(lambda: time.sleep(1.0), lambda: next(arrived), 0.5) is None


def test_bytes_that_come_again_are_none() -> None:
    arrived = itertools.cycle((1, 2, 3))
    with pytest.raises(TimeoutError):
        unless_it_stalls(lambda: time.sleep(60), lambda: next(arrived), 0.5)


def test_bytes_on_the_disk_count_once_whoever_downloads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    arrived = arriving("owner/name")
    assert arrived() == 0
    blobs = tmp_path / "models--owner--name" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / "left.incomplete").write_bytes(bytes(50))
    assert arrived() == 50
    mine = blobs / "mine.incomplete"
    for there, told in ((10, 60), (20, 70), (0, 70), (20, 70), (21, 71)):  # begun anew
        mine.write_bytes(bytes(there))
        assert arrived() == told
    (blobs / "left.incomplete").unlink()
    (blobs / "another.incomplete").write_bytes(bytes(1))
    assert arrived() == 72


@contextmanager
def answering(status: int) -> Iterator[str]:
    """The address of a server that answers this to all."""

    class Answers(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/config.json"
        server.shutdown()


def test_a_hub_that_answers_is_there_and_one_out_of_order_is_not() -> None:
    for status in (200, 404):
        with answering(status) as url:
            assert knock(url) == status
    with answering(503) as url, pytest.raises(ConnectionError, match="the hub answers 503"):
        knock(url)


def test_a_name_that_is_looked_up_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(60))
    monkeypatch.setattr(downloads, "CONNECT_SECONDS", 0.5)
    started = time.monotonic()
    with pytest.raises(TimeoutError, match="nothing more came for 1 s"):
        knock("http://hub.example/config.json")
    assert time.monotonic() - started < 5
