"""What is shown while works are made: curves in a line, plain lines, previews."""

import math
from pathlib import Path

import numpy as np
import pytest

from artcli.contest.images import read_image
from artcli.generating import display
from artcli.generating.display import Display, shown, spark

PICTURE = np.full((4, 6, 3), 7, np.uint8)


@pytest.mark.parametrize(
    ("values", "curve"),
    [
        ([1.0, 10.0, 100.0], "▁▅█"),  # by the logarithm: halfway is ten
        ([3.0, 3.0], "▁▁"),
        ([-1.0, 0.0, 1.0], "▁▅█"),  # there is no logarithm of all of them
        ([math.nan, 2.0, 1.0], "█▁"),
        ([math.inf], ""),
    ],
)
def test_a_curve_is_a_line_of_text(values: list[float], curve: str) -> None:
    assert spark(values) == curve


def test_elsewhere_than_on_a_terminal_there_is_a_line_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(display, "_LINE_EVERY_SECONDS", -1.0)
    with shown(4, 1, tmp_path, None) as told:
        told.step("vae [x]", 3, 9, {"total": 0.51239, "style": 2.0})
        told.work(2)
    said = capsys.readouterr().err
    assert "vae [x]: step 3 of 9: total 0.5124  style 2" in said
    assert "2 of 4 works" in said


def test_a_preview_is_written_every_so_many_steps_and_at_the_end(tmp_path: Path) -> None:
    told, asked = Display(4, 0, tmp_path, preview_every=10), 0

    def preview() -> np.ndarray:
        nonlocal asked
        asked += 1
        return PICTURE

    for step in (3, 9, 12, 15, 31, 33):  # the watch is not told of every step
        told.step("0001 to 0004", step, 33, {"total": 1.0}, preview)
    told.step("0005 to 0008", 11, 33, {"total": 1.0}, preview)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [
        "0001-to-0004-000012.png", "0001-to-0004-000031.png", "0001-to-0004-000033.png",
        "0005-to-0008-000011.png",
    ]  # fmt: skip
    assert asked == len(names)  # none is made that nobody sees
    assert np.array_equal(read_image(tmp_path / names[0]), PICTURE)
    Display(4, 0, tmp_path / "none").step("x", 5, 5, {}, preview)
    assert not (tmp_path / "none").exists()
