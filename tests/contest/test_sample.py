"""The sample contest: the shape of the real one, decided by its seed alone."""

import csv
import hashlib
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from artcli.contest.sample import paint_contest
from artcli.contest.sample.contest import share_out
from artcli.contest.sample.painters import PAINTERS
from artcli.contest.score import score_submission
from artcli.contest.tables import read_contest

SMALL = {"paintings": 56, "sides": (40, 72)}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    paint_contest(folder / "data", folder / "solution.csv", workers=1, **SMALL)
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_it_is_a_contest_like_the_real_one(sample: Path) -> None:
    contest = read_contest(sample / "data")
    assert len(contest.artists) == len(PAINTERS)
    assert len(contest.train) + len(contest.test) / 5 == 56
    assert set(contest.genres) == {genre for one in PAINTERS for genre in one.genres}
    assert {path.name for path in (sample / "data").iterdir()} == {
        "train", "test", "train.csv", "test.csv", "sample_submission.csv", "artists_info.csv",
    }  # fmt: skip
    assert contest.train[0].path.name == "0000.jpg"
    assert (contest.test[0].id, contest.test[0].path.name) == ("TEST_00000", "TEST_00000.jpg")


def test_thirty_percent_of_each_painter_is_held_out(sample: Path) -> None:
    kept = Counter(row["artist"] for row in rows(sample / "data" / "train.csv"))
    held = {row["painting"]: row["artist"] for row in rows(sample / "solution.csv")}
    for artist, out in Counter(held.values()).items():
        assert out == max(1, round(0.3 * (kept[artist] + out)))
    assert kept.keys() == set(held.values())


def test_pieces_are_quarters_and_their_order_tells_nothing(sample: Path) -> None:
    of_painting = defaultdict(list)
    for number, row in enumerate(rows(sample / "solution.csv")):
        of_painting[row["painting"]].append((number, sample / "data/test" / f"{row['id']}.jpg"))
    sizes, gaps = set(), []
    for pieces in of_painting.values():
        assert len(pieces) == 5
        (size,) = {Image.open(path).size for _, path in pieces}
        assert 20 <= min(size) <= max(size) <= 36
        assert len({path.read_bytes() for _, path in pieces}) == 5
        sizes.add(size)
        gaps += [later - sooner for (sooner, _), (later, _) in pairwise(pieces)]
    assert len(sizes) > 10, "paintings vary in size"
    assert sum(gap == 1 for gap in gaps) < 0.2 * len(gaps), "neighbours are strangers"


def test_some_photographs_are_in_black_and_white(sample: Path) -> None:
    modes = Counter(Image.open(path).mode for path in (sample / "data" / "train").iterdir())
    assert modes["RGB"] > modes["L"] > 0


def test_the_solution_scores_one_and_the_sample_submission_next_to_nothing(sample: Path) -> None:
    truth = [f"{row['id']},{row['artist']}" for row in rows(sample / "solution.csv")]
    mine = sample / "mine.csv"
    mine.write_text("\n".join(["id,artist", *truth, ""]), encoding="utf-8")
    perfect = score_submission(mine, sample / "solution.csv")
    assert (perfect.public, perfect.private, perfect.overall) == (1.0, 1.0, 1.0)
    blind = score_submission(sample / "data" / "sample_submission.csv", sample / "solution.csv")
    assert blind.overall < 0.05


def test_the_same_seed_gives_the_same_bytes_in_any_number_of_processes(
    sample: Path, tmp_path: Path
) -> None:
    paint_contest(tmp_path / "data", tmp_path / "solution.csv", workers=2, **SMALL)
    again, before = contents(tmp_path), contents(sample)
    before.pop("mine.csv", None)
    assert again == before


def test_another_seed_gives_another_contest(tmp_path: Path) -> None:
    few = {"paintings": 28, "sides": (24, 32)}
    for seed in (1, 2):
        paint_contest(tmp_path / str(seed), tmp_path / f"{seed}.csv", seed=seed, workers=1, **few)
    one, two = contents(tmp_path / "1"), contents(tmp_path / "2")
    same = {name for name in one.keys() & two.keys() if one[name] == two[name]}
    assert same <= {"artists_info.csv", "test.csv", "sample_submission.csv"}


def test_counts_have_a_long_tail() -> None:
    counts = share_out(420, 14)
    assert sum(counts) == 420
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 4 * counts[-1]
    assert sum(counts[:3]) > 420 / 3
    assert share_out(28, 14) == [2] * 14
    with pytest.raises(ValueError, match="at least 28 paintings"):
        share_out(27, 14)
