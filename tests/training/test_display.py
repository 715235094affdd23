from __future__ import annotations

import numpy as np
import pytest
from rich.progress import Progress

from artcli.host.records import Classes
from artcli.training.display import COLUMNS, Display, effective_number, epoch_line, show_draws
from artcli.training.loop import Cursor, Plan


def test_an_epochs_line_stands_under_its_columns() -> None:
    metrics = {
        "epoch": 3, "train_loss": 1.25, "validation_loss": 0.5, "f1": 0.61239, "whole_f1": 0.7,
        "images_per_second": 21.6, "best": True,
    }  # fmt: skip
    line = epoch_line(metrics, 12)
    header = "  ".join(COLUMNS)
    assert len(line.removesuffix("  [green]best[/]")) == len(header) < 72
    assert line.split() == ["3/12", "1.2500", "0.5000", "0.6124", "0.7000", "22", "[green]best[/]"]
    for name, value in zip(COLUMNS, line.split(), strict=False):
        assert line.index(value) + len(value) == header.index(name) + len(name)


def test_a_fold_of_all_paintings_has_no_scores_and_no_best() -> None:
    line = epoch_line({"epoch": 1, "train_loss": 1.0, "images_per_second": 9.0, "best": True}, 2)
    assert line.split() == ["1/2", "1.0000", "9"]


def test_a_loss_with_the_truth_known_stands_apart() -> None:
    metrics = {"epoch": 1, "train_loss": 1.0, "forced_loss": 0.25, "images_per_second": 9.0}
    line = epoch_line({**metrics, "best": False}, 2)
    assert line.split() == ["1/2", "1.0000", "9", "forced", "loss", "0.2500"]


def test_a_validation_is_shown_as_it_goes_on_and_then_training_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("artcli.console.PLAIN_LINE_EVERY_SECONDS", 0.0)
    plan = Plan(epochs=2, batches_per_epoch=5, accumulate=1, clip=0, patience=0, classes=3, seed=0)
    Display(plan, None).judging(40)(8)
    assert capsys.readouterr().err == "Validation: 8 of 40\n"

    bars = Progress(disable=True)
    display = Display(plan, bars)
    display.judging(40)(8)
    told = bars.tasks[1]
    assert (told.description, told.completed, told.total) == ("Validation", 8, 40)
    display.epoch(5, {"epoch": 1, "train_loss": 1.0, "images_per_second": 9.0, "best": True})
    display.step(Cursor(epoch=1, batch=3), 0.5, 1e-3)
    assert told.description.startswith("Epoch 2: loss 0.500")
    assert (told.completed, told.total) == (3, 5)


def test_the_effective_number_is_that_of_equally_frequent_artists() -> None:
    assert effective_number(np.array([7, 7, 7, 7])) == pytest.approx(4)
    assert effective_number(np.array([5, 0, 0])) == pytest.approx(1)
    # shares 1/2, 1/4, 1/4: an entropy of 1.5 bits
    assert effective_number(np.array([2.0, 1.0, 1.0])) == pytest.approx(2**1.5)


def test_the_draws_of_an_epoch_are_shown_by_artist(capsys: pytest.CaptureFixture[str]) -> None:
    names = tuple(f"Artist {letter}" for letter in "ABCDEFGHIJKL")
    works = np.arange(12, 0, -1)
    labels = np.repeat(np.arange(12), works)
    expected = 6.0 / works[labels]  # every artist alike, 72 draws in all
    show_draws(Classes(names, tuple(works.tolist())), labels, expected, "inverse")
    said = capsys.readouterr().err
    rows = {line.split()[1]: line.split()[2:] for line in said.splitlines() if "Artist " in line}
    assert rows == {
        "Works": ["Draws", "an", "epoch"],
        "A": ["12", "6"], "B": ["11", "6"], "C": ["10", "6"], "D": ["9", "6"],
        "I": ["4", "6"], "J": ["3", "6"], "K": ["2", "6"], "L": ["1", "6"],
    }  # fmt: skip
    assert "… 4 more" in said
    assert "of 12 by works, 12.0 by draws" in said
