"""The survey of a contest: everything measured, once, and kept; no picture stops it."""

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from small_contests import write_tables

from artcli.contest.survey import surveying
from artcli.contest.survey.measure import Measured, measure
from artcli.contest.survey.records import Survey
from artcli.contest.survey.surveying import survey
from artcli.contest.tables import Contest, read_contest
from artcli.workspace.locks import hold


def paint(path: Path, number: int) -> None:
    path.parent.mkdir(exist_ok=True)
    noise = np.random.default_rng(number).integers(0, 256, (12, 16 + number, 3), np.uint8)
    Image.fromarray(noise).save(path)


def painted(data: Path, **tables: int) -> Contest:
    """Nine paintings and four pieces of the test, each a picture of its own width."""
    contest = read_contest(write_tables(data, **tables))
    for number, painting in enumerate((*contest.train, *contest.test)):
        paint(painting.path, number)
    return contest


@pytest.fixture
def contest(tmp_path: Path) -> Contest:
    return painted(tmp_path / "data")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def told(found: Survey) -> list[Any]:
    """All that a survey holds, in a form that compares."""
    return [repr(found.measures), found.thumbs.tobytes(), found.styles.tobytes()]


def expected(contest: Contest) -> list[Any]:
    made = [measure(str(one.path)) for one in (*contest.train, *contest.test)]
    thumbs = np.array([one.thumb for one in made])
    styles = np.array([one.style for one in made])
    return [repr(tuple(one.measures for one in made)), thumbs.tobytes(), styles.tobytes()]


def files(cache: Path) -> list[str]:
    return sorted(path.suffix for path in (cache / "survey").iterdir())


def test_every_picture_is_there_training_first_in_the_order_of_the_tables(
    contest: Contest, cache: Path
) -> None:
    found = survey(cache, contest)
    assert found.paintings == (*contest.train, *contest.test)
    assert [one.width for one in found.measures] == [16 + number for number in range(13)]
    assert (len(found), found.measured) == (13, 13)
    assert told(found) == expected(contest)
    assert not found.thumbs.flags.writeable
    assert isinstance(found.thumbs, np.memmap)


def test_a_second_survey_reads_no_picture_and_tells_the_same(contest: Contest, cache: Path) -> None:
    survey(cache, contest)
    again = survey(cache, contest)
    assert again.measured == 0
    assert told(again) == expected(contest)


def test_only_what_changed_is_measured_again(contest: Contest, cache: Path) -> None:
    before = survey(cache, contest)
    paint(contest.test[1].path, 40)
    after = survey(cache, contest)
    assert after.measured == 1
    assert after.measures[10].width == 56
    assert told(after) == expected(contest)
    assert before.measures[10].width == 26, "what was handed out stays as it was"
    assert files(cache) == ["", ".bin", ".json"], "the former rows are gone"


def test_a_touched_or_moved_picture_is_known_by_its_content(
    contest: Contest, cache: Path, tmp_path: Path
) -> None:
    survey(cache, contest)
    os.utime(contest.train[3].path, (1, 1))
    assert survey(cache, contest).measured == 0
    (tmp_path / "data").rename(tmp_path / "moved")
    moved = read_contest(tmp_path / "moved")
    found = survey(cache, moved)
    assert found.measured == 0
    assert found.paintings[0].path.is_relative_to(tmp_path / "moved")
    assert told(found) == expected(moved)


def test_another_file_of_the_same_size_is_not_taken_for_it(contest: Contest, cache: Path) -> None:
    path = contest.train[0].path
    Image.new("RGB", (4, 4), "red").save(path, "BMP")
    survey(cache, contest)
    Image.new("RGB", (4, 4), "blue").save(path, "BMP")
    os.utime(path, (1, 1))
    found = survey(cache, contest)
    assert (found.measured, found.measures[0].colour) == (1, (0, 0, 255))


def test_rows_added_and_taken_away_leave_the_others_known(
    contest: Contest, cache: Path, tmp_path: Path
) -> None:
    survey(cache, contest)
    data = write_tables(tmp_path / "data", each=4, pieces=2)
    for number in (9, 10, 11):
        paint(data / f"train/{number:04}.jpg", number + 20)
    larger = read_contest(data)
    found = survey(cache, larger)
    assert (len(found), found.measured) == (14, 3)
    assert told(found) == expected(larger)


def test_bad_pictures_are_part_of_it_and_are_looked_at_again_once_they_change(
    contest: Contest, cache: Path
) -> None:
    contest.train[2].path.write_bytes(b"<html>")
    contest.train[4].path.unlink()
    found = survey(cache, contest)
    assert found.measures[2].problem.startswith("is a web page")
    assert found.measures[4].problem == "is missing"
    assert not found.thumbs[[2, 4]].any()
    assert told(found) == expected(contest)
    assert survey(cache, contest).measured == 0
    paint(contest.train[4].path, 4)
    mended = survey(cache, contest)
    assert (mended.measured, mended.measures[4].problem) == (1, "")


def test_a_picture_that_the_system_would_not_give_is_tried_again_every_time(
    contest: Contest, cache: Path
) -> None:
    path = contest.train[1].path
    path.unlink()
    path.mkdir()
    assert survey(cache, contest).measured == 13
    assert survey(cache, contest).measured == 1


@pytest.mark.parametrize("harm", ["flipped", "cut", "gone", "no JSON", "other JSON"])
def test_a_damaged_cache_is_made_anew(contest: Contest, cache: Path, harm: str) -> None:
    survey(cache, contest)
    (rows,) = (cache / "survey").glob("*.bin")
    manifest = cache / "survey" / "survey.json"
    content = bytearray(rows.read_bytes())
    if harm == "flipped":
        content[5000] ^= 255
        rows.write_bytes(content)
    elif harm == "cut":
        rows.write_bytes(content[:-1])
    elif harm == "gone":
        rows.unlink()
    else:
        manifest.write_text("{" if harm == "no JSON" else '{"version": [0]}')
    found = survey(cache, contest)
    assert found.measured == 13
    assert told(found) == expected(contest)


def test_an_interrupted_survey_keeps_what_it_measured(
    contest: Contest, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: Iterator[int] = iter(range(13))

    def interrupted(path: str) -> Measured:
        if next(seen) == 5:
            raise KeyboardInterrupt
        return measure(path)

    with monkeypatch.context() as patched:
        patched.setattr(surveying, "measure", interrupted)
        with pytest.raises(KeyboardInterrupt):
            survey(cache, contest)
    found = survey(cache, contest)
    assert found.measured == 13 - 5
    assert told(found) == expected(contest)


def test_one_process_and_several_tell_the_same_bit_for_bit(tmp_path: Path) -> None:
    contest = painted(tmp_path / "data", each=8, pieces=4)
    alone = survey(tmp_path / "alone", contest, workers=1)
    together = survey(tmp_path / "together", contest, workers=2)
    assert told(alone) == told(together)


def test_one_picture_under_two_ids_is_in_it_twice(tmp_path: Path, cache: Path) -> None:
    data = write_tables(tmp_path / "data")
    table = (data / "train.csv").read_text("utf-8")
    (data / "train.csv").write_text(table + "77,./train/0000.jpg,Ada Stone\n", "utf-8")
    contest = read_contest(data)
    for number, painting in enumerate((*contest.train[:9], *contest.test)):
        paint(painting.path, number)
    found = survey(cache, contest)
    assert found.measures[0] == found.measures[9]
    assert survey(cache, contest).measured == 0


def test_a_contest_without_a_test_and_one_without_anything_are_surveyed(
    tmp_path: Path, cache: Path
) -> None:
    contest = painted(tmp_path / "data")
    for name in ("test.csv", "sample_submission.csv"):
        (contest.data / name).unlink()
    assert len(survey(cache, read_contest(contest.data))) == 9
    nothing = Contest(contest.data, (), (), (), (), (), (), ())
    found = survey(cache, nothing)
    assert (len(found), found.thumbs.shape[0], found.styles.shape[0]) == (0, 0, 0)
    assert survey(cache, nothing).measured == 0


def test_a_second_process_waits_and_finds_it_made(contest: Contest, cache: Path) -> None:
    script = f"""
        from pathlib import Path
        from artcli.contest.survey.surveying import survey
        from artcli.contest.tables import read_contest
        print(survey(Path({str(cache)!r}), read_contest(Path({str(contest.data)!r}))).measured)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with hold(cache / "survey" / "lock", "the survey"):
        other = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert other.stderr is not None
        line = other.stderr.readline()
        assert line.startswith("waiting for another process")
        assert line.endswith("to finish the survey\n")
        time.sleep(0.1)
        assert other.poll() is None
        kept, measured = surveying._renew(
            cache / "survey",
            None,
            [surveying._entry(one, contest.data) for one in (*contest.train, *contest.test)],
            1,
        )
    assert (len(kept.entries), measured) == (13, 13)
    assert other.communicate()[0] == "0\n"
