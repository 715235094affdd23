"""Who is in a contest: counts, imbalance, and what artists_info.csv says, however it is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_contests import write_csv, write_tables

from artcli.contest.overview import imbalance, life, overview
from artcli.contest.tables import read_contest


def test_artists_come_with_their_works_most_first_and_what_the_file_says_of_them(
    tmp_path: Path,
) -> None:
    data = write_tables(tmp_path, each=2)
    with (data / "train.csv").open("a", encoding="utf-8") as file:
        file.write("6,./train/0006.jpg,Cleo Iron\n")
    write_csv(
        data / "artists_info.csv",
        "name,years,genre,nationality",
        [
            'Ada Stone,1850 - 1900,"Realism, Cubism,Realism",French',
            'Ben Wood,c. 1525 \u2013 1569,Cubism,"Swiss,French"',
            "Cleo Iron,1930-,Ukiyo-e,Japanese",
        ],
    )
    found = overview(read_contest(data))
    assert [(one.name, one.works) for one in found.artists] == [
        ("Cleo Iron", 3), ("Ada Stone", 2), ("Ben Wood", 2),
    ]  # fmt: skip
    assert found.artists[0].share == pytest.approx(3 / 7)
    assert [(one.born, one.died) for one in found.artists] == [
        (1930, None), (1850, 1900), (1525, 1569),
    ]  # fmt: skip
    assert found.artists[1].genres == ("Realism", "Cubism")
    assert [(one.name, one.works, one.artists) for one in found.genres] == [
        ("Cubism", 4, ("Ada Stone", "Ben Wood")),
        ("Ukiyo-e", 3, ("Cleo Iron",)),
        ("Realism", 2, ("Ada Stone",)),
    ]
    assert [(one.name, one.works) for one in found.nationalities] == [
        ("French", 4), ("Japanese", 3), ("Swiss", 2),
    ]  # fmt: skip


def test_names_are_joined_through_aliases(tmp_path: Path) -> None:
    data = write_tables(tmp_path)
    text = (data / "artists_info.csv").read_text("utf-8")
    (data / "artists_info.csv").write_text(text.replace("Ada Stone", "Ada Stéine"), "utf-8")
    write_csv(data / "aliases.csv", "artist,name", ["Ada Stone,Ada Stéine"])
    ada = overview(read_contest(data)).artists[0]
    assert (ada.name, ada.years, ada.nationality) == ("Ada Stone", "1850 - 1900", "French")


@pytest.mark.parametrize("text", [None, "", "name,years\nAda Stone,1850", 'name,genre\n"Ada'])
def test_without_a_usable_artists_info_the_works_remain(tmp_path: Path, text: str | None) -> None:
    contest = read_contest(write_tables(tmp_path))
    (tmp_path / "artists_info.csv").unlink()
    if text is not None:
        (tmp_path / "artists_info.csv").write_text(text, "utf-8")
    found = overview(contest)
    assert [(one.works, one.genres, one.born) for one in found.artists] == [(3, (), None)] * 3
    assert (found.genres, found.nationalities) == ((), ())


def test_the_imbalance_of_known_classes() -> None:
    found = imbalance([2, 4, 1, 1, 0])
    assert (found.ratio, found.top_share) == (4.0, 7 / 8)
    assert found.effective == pytest.approx(64 / (16 + 4 + 1 + 1))
    assert found.entropy == pytest.approx(1.75)
    assert found.evenness == pytest.approx(1.75 / 2)


def test_equal_classes_are_even_and_none_are_nothing() -> None:
    even = imbalance([3] * 8)
    assert (even.ratio, even.evenness) == (1.0, pytest.approx(1.0))
    assert even.effective == pytest.approx(8)
    assert imbalance([5]).evenness == 1.0
    assert imbalance([]).effective == 0.0


@pytest.mark.parametrize(
    ("years", "born", "died"),
    [
        ("1866 - 1944", 1866, 1944),
        ("1866 – 1944", 1866, 1944),
        ("1866 \ufffd\ufffd 1944", 1866, 1944),
        ("1866 ? 1944", 1866, 1944),
        ("1866-", 1866, None),
        ("b. 1930", 1930, None),
        ("(1930)", 1930, None),
        ("- 1569", None, 1569),
        ("d. 1569", None, 1569),
        ("? – 1569", None, 1569),
        ("c. 1525 - 1569", 1525, 1569),
        ("1469/70 – 1524/1525", 1469, 1525),
        ("983 - 1050", 983, 1050),
        ("fl. 1600 - 1620", None, None),
        ("1944 - 1866", None, None),
        ("1266 - 1944", None, None),
        ("15th century", None, None),
        ("20250101", None, None),
        ("", None, None),
    ],
)
def test_a_life_is_read_however_it_is_written(
    years: str, born: int | None, died: int | None
) -> None:
    assert life(years) == (born, died)


@given(st.text() | st.text("0123456789 -–?d./"))
def test_no_text_stops_the_reading_of_years(years: str) -> None:
    born, died = life(years)
    assert born is None or died is None or 0 < died - born <= 120
