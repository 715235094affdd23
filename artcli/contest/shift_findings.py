"""What to tell of how test and training differ: what comes from cutting, and what does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from artcli.contest.findings import Finding
from artcli.contest.shift import Shift, in_words

_ENCODING = ("quality", "format", "tables", "density")
_ADVICE = {
    "detail": "One side is sharper, or was enlarged: compare pictures of both at full size.",
    "grey": "Grey pictures tell nothing of colour: augmentation that takes it away may help.",
}
_LOOK = "Compare pictures of both sides: what differs may cost score that no validation foresees."


def shift_findings(shifts: Sequence[Shift]) -> list[Finding]:
    """Whether the test is of pieces, how its files are encoded, and whatever else stands out."""
    of = {shift.name: shift for shift in shifts}
    found = [_pieces(of)] if shifts and of["width"].pieces is not None else []
    files = [of[name] for name in _ENCODING if name in of and of[name].stands_out]
    if files:
        found.append(_encoding(files))
    return found + [
        Finding(
            f"shift-{shift.name}",
            "note" if shift.expected else "warning",
            f"Test and training differ in {_told(shift)}",
            _ADVICE.get(shift.name, _LOOK),
            _distances(shift),
        )
        for shift in shifts
        if shift.stands_out and shift.name not in _ENCODING
    ]


def _pieces(of: Mapping[str, Shift]) -> Finding:
    width, height = of["width"], of["height"]
    halves = set(zip(width.train // 2, height.train // 2, strict=True))
    exactly = sum(size in halves for size in zip(width.test, height.test, strict=True))
    return Finding(
        "test-of-pieces",
        "note",
        f"The test is of pieces: {np.median(width.test):,.0f} x {np.median(height.test):,.0f}"
        " pixels, half of what paintings to learn from have",
        "Judge models on pieces and learn from crops of that size, as artcli does unless it is"
        " told otherwise.",
        (
            f"paintings to learn from: {np.median(width.train):,.0f} x"
            f" {np.median(height.train):,.0f} pixels (medians)",
            f"exactly half the size of some painting to learn from: {exactly:,} of"
            f" {len(width.test):,} pieces",
        ),
    )


def _encoding(files: Sequence[Shift]) -> Finding:
    """One finding, for all of these differ as soon as one program wrote one side."""
    return Finding(
        "shift-encoding",
        "note" if all(shift.expected for shift in files) else "warning",
        f"The files of the test are encoded otherwise: {_told(files[0])}",
        "A model may learn traces of the files in place of the paintings. artcli judges on pieces"
        " that are cut and encoded anew as JPEG of quality 95, so that its validation shows it.",
        tuple(_told(shift) for shift in files),
    )


def _told(shift: Shift) -> str:
    return f"{shift.what}, {in_words(shift.test)} against {in_words(shift.train)}"


def _distances(shift: Shift) -> tuple[str, ...]:
    lines = [f"distance {shift.distance:.2f}, where 0 is alike and 1 nothing in common"]
    if shift.pieces is not None:
        lines.append(f"from pieces cut from paintings to learn from: {shift.unexplained:.2f}")
    if shift.expected:
        lines.append(f"to be expected: {shift.expected}")
    return tuple(lines)
