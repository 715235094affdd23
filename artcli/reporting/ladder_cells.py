"""A ladder's rows as text: the cells and notes that the terminal and the pages share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artcli import console
from artcli.predicting.made_by import listed
from artcli.reporting.figures import interval, moved, number, signed
from artcli.reporting.ladder import change_in_short

if TYPE_CHECKING:
    from artcli.reporting.ladder import Ladder, Row

COLUMNS = (
    "Row", "Change", ">Slide\nF1", ">Slide\nprivate", ">Our\nF1", ">95 %\ninterval",
    ">Slides'\nΔ", ">Our\nΔ", ">95 %\ninterval", "Verdict", ">Time\na run",
)  # fmt: skip
SCORES, DIFFERENCES = (0, 2, 3, 4, 5, 10), (0, 1, 6, 7, 8, 9)  # of them, for two narrow tables
DETAILS = (
    "Row", ">Train loss", ">Slide's", ">Validation loss", ">Slide's", ">F1 of whole paintings",
    ">Epochs (best)",
)  # fmt: skip


def cells(row: Row, seeds: int) -> list[str]:
    """The cells of `COLUMNS`; "" where there is nothing to say."""
    published, comparison = row.published, row.comparison
    ours = comparison.ours if comparison else None
    slides = comparison.slides_f1 if comparison else None
    return [
        row.name,
        change_in_short(row),
        number(published.f1, 4) if published else "",
        number(published.private, 4) if published else "",
        number(row.f1.value, 4) if row.f1 else "",
        interval(row.f1.low, row.f1.high) if row.f1 else "",
        "" if slides is None else signed(slides),
        signed(ours.value) if ours else "",
        moved(ours) if ours else "",
        verdict(row, seeds),
        console.duration(row.mean("seconds") or 0) if row.trained else "",
    ]


def verdict(row: Row, seeds: int) -> str:
    """Whether ours says what the slides' difference says or, before that, how far the row is."""
    if row.made:
        return ""
    if row.reason:
        return "failed"
    if row.same_as is not None and (row.comparison is None or row.comparison.ours is None):
        return f"as {row.same_as}"
    if not row.trained:
        return "waiting"
    if len(row.trained) < seeds:
        return f"{len(row.trained)} of {seeds} seeds"
    return (row.comparison and row.comparison.verdict) or ""


def details(row: Row) -> list[str]:
    """The cells of `DETAILS`: means over the seeds."""
    published = row.published
    epochs = (f"{one.epochs} ({one.best_epoch})" for one in row.trained)
    return [
        row.name,
        number(row.mean("train_loss"), 4),
        number(published.train_loss, 4) if published else "",
        number(row.mean("validation_loss"), 4),
        number(published.validation_loss, 4) if published else "",
        number(row.mean("whole_f1"), 4),
        ", ".join(epochs),
    ]


def notes(ladder: Ladder) -> list[str]:
    """What stands below the table: what failed, what is compared otherwise, what figures mean."""
    said = [f"{row.name} failed: {row.reason}" for row in ladder.rows if row.reason]
    said += [
        f"{row.name} is, at this budget, the same recipe as {row.same_as}: it was trained once."
        for row in ladder.rows
        if row.same_as is not None
    ]
    said += [
        f"{row.name} is compared with {row.comparison.base}, since {row.base} is not in the ladder."
        for row in ladder.rows
        if row.comparison is not None and row.comparison.base != row.base
    ]
    if standing := [row.name for row in ladder.rows if row.made]:
        said.append(
            f"{listed(standing)}: nothing was trained for the ladder; what was there is judged on "
            "the same pieces, beside the best of what it is made of."
        )
    if ladder.pieces:
        said += _meanings(ladder)
    return said


def _meanings(ladder: Ladder) -> list[str]:
    chance = (
        f"Each figure is the mean over {ladder.seeds} seeds, which lessens the chance of training; "
        "the interval does not cover what is left of it."
        if ladder.seeds > 1
        else "It does not cover the chance of training: another seed (--seeds) or fold may well "
        "move a row by as much."
    )
    return [
        f"F1 is the macro F1 of {ladder.pieces:,} pieces of {ladder.paintings:,} paintings that no "
        "row was trained on, at the epoch that scored best on them. Δ is the difference to the row "
        "that a recipe is built on, with a paired 95 % bootstrap interval: it covers which "
        f"paintings happened to be held out. {chance}",
        "The slides' figures are published ones, of other models, longer training and the "
        "talk's own paintings. Verdict: whether both differences have one sign; undecided where "
        "our interval holds 0.",
    ]


def budget_in_short(ladder: Ladder) -> str:
    """What was set over every row: `model timm:arch=…, epochs 5`."""
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in ladder.budget.items())
