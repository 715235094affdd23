"""What artcli can mend is written beside the contest's files, told row by row, and once only."""

from pathlib import Path

import pytest
from small_contests import ARTISTS, write_csv, write_tables

from artcli.contest.repair import find_repairs
from artcli.contest.tables import read_contest
from artcli.errors import Problems

DACON = {3896: "3896,./train/3896.jpg,Edgar Degas", 3986: "3896,./train/3896.jpg,Titian"}


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """The Dacon contest's two rows, and one name that lost its mark."""
    write_tables(
        tmp_path, genres={**ARTISTS, "Albrecht Dürer": "Renaissance", "Titian": "Mannerism"}
    )
    rows = [
        f"{n},./train/{n:04}.jpg,{'Ada Stone' if n % 2 else 'Albrecht Du rer'}" for n in range(4000)
    ]
    for row, text in DACON.items():
        rows[row] = text
    write_csv(tmp_path / "train.csv", "id,img_path,artist", rows)
    with (tmp_path / "artists_info.csv").open("a", encoding="utf-8") as file:
        file.write("Edgar Degas,,,\nAlfred Sisley,,,\n")
    return tmp_path


def test_the_offer_is_made_when_the_contest_is_refused(damaged: Path) -> None:
    with pytest.raises(Problems) as caught:
        read_contest(damaged)
    assert len(caught.value.problems) == 3
    assert "row 3987 (line 3988), column id: '3896' is already in row 3897" in str(caught.value)
    assert "'Albrecht Du rer' has no row in artists_info.csv; the nearest: 'Albrecht Dürer'" in str(
        caught.value
    )
    assert caught.value.hint == (
        "artcli init --repair would correct 2 rows of train.csv (a known fault of the Dacon"
        " contest's files); join 'Albrecht Du rer' with 'Albrecht Dürer'"
    )


def test_repairs_leave_train_csv_alone_and_find_nothing_more_to_do(damaged: Path) -> None:
    before = (damaged / "train.csv").read_bytes()
    repairs = find_repairs(damaged)
    assert repairs.account == (
        f"train.csv row 3897: {DACON[3896]} -> 3896,./train/3896.jpg,Titian",
        f"train.csv row 3987: {DACON[3986]} -> 3986,./train/3986.jpg,Alfred Sisley",
        "'Albrecht Du rer' of train.csv is 'Albrecht Dürer' of artists_info.csv",
    )
    repairs.write(damaged)
    assert (damaged / "train.csv").read_bytes() == before
    contest = read_contest(damaged)
    assert (contest.train[3896].artist, contest.train[3986].artist) == ("Titian", "Alfred Sisley")
    durer = contest.genre_matrix[contest.artists.index("Albrecht Du rer")]
    assert [genre for genre, there in zip(contest.genres, durer, strict=True) if there] == [
        "Renaissance"
    ]
    assert not find_repairs(damaged)
    assert (damaged / "aliases.csv").read_text("utf-8") == (
        "artist,name\nAlbrecht Du rer,Albrecht Dürer\n"
    )


def test_repairs_are_added_to_corrections_that_are_there(damaged: Path) -> None:
    own = "1,0,./train/0000.jpg,Albrecht Du rer,0,./train/0000.jpg,Cleo Iron"
    header = "row,id,img_path,artist,new_id,new_img_path,new_artist"
    write_csv(damaged / "fixes.csv", header, [own])
    find_repairs(damaged).write(damaged)
    assert (damaged / "fixes.csv").read_text().splitlines()[:2] == [header, own]
    assert read_contest(damaged).train[0].artist == "Cleo Iron"


def test_repairs_can_be_written_elsewhere(
    damaged: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("corrections")
    find_repairs(damaged).write(damaged, elsewhere)
    assert not (damaged / "fixes.csv").exists()
    assert len(read_contest(damaged, corrections=elsewhere).train) == 4000


def test_a_sound_contest_needs_none(tmp_path: Path) -> None:
    assert not find_repairs(write_tables(tmp_path))
    assert not find_repairs(tmp_path / "nowhere")
