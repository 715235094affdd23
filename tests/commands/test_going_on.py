"""A signal that a library makes its own error of: each command still says how to go on."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
from command_line import artcli
from painted import MODEL, painted_workspace

from artcli.errors import ArtcliError
from artcli.signals import ended_by_signals

SMALL = ("--model", MODEL, "--epochs", "1", "--image-size", "32")
STYLES = "style-transfer:pretrained=false,size=32,steps=3,scales=1"


def _ended(*_given: Any, **_named: Any) -> None:
    try:
        signal.raise_signal(signal.SIGTERM)
    except KeyboardInterrupt as stop:
        raise ArtcliError("a library's own") from stop


@pytest.mark.parametrize(
    ("words", "place", "hint"),
    [
        (("train", *SMALL), "training.run.run_fold", "nothing had begun: call it again"),
        (
            ("train", *SMALL, "--name", "new"),
            "commands.train.show",
            "go on with: artcli train --resume new --fold 0",
        ),
        (
            ("kfold", *SMALL),
            "predicting.fold_jobs.train_and_predict",
            "nothing had begun: call it again",
        ),
        (
            ("ladder", "baseline", *SMALL),
            "commands.ladder.climb.run_fold",
            "go on with: artcli ladder baseline",
        ),
        (
            ("augment-style", "--generator", STYLES, "--name", "new", "--rarest", "1"),
            "generating.making.Workshop.make",
            "works are made; go on with: artcli augment-style --name new",
        ),
    ],
)
def test_it_says_how_to_go_on(
    words: tuple[str, ...],
    place: str,
    hint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace = painted_workspace(tmp_path / "w")
    monkeypatch.setattr(f"artcli.{place}", _ended)
    with ended_by_signals():
        answer = artcli(*words, "-w", workspace.root)
    assert (answer.code, hint in answer.text) == (143, True), answer.err
