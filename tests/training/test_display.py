from __future__ import annotations

from artcli.training.display import COLUMNS, epoch_line


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
