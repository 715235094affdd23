"""The contest's tables: read with the quirks of real copies, refused where they are wrong."""

import time
import unicodedata
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_contests import ARTISTS, write_csv, write_tables

from artcli.contest.csvfile import TextForm
from artcli.contest.problem import Problem
from artcli.contest.tables import Contest, examine_contest, read_contest
from artcli.errors import ArtcliError, Problems
from artcli.workspace.paths import Workspace

DURER, DAMAGED = "Albrecht Dürer", "Albrecht Du rer"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_tables(tmp_path / "data")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def problems_of(data: Path) -> tuple[str, ...]:
    with pytest.raises(Problems) as caught:
        read_contest(data)
    return caught.value.problems


def test_a_contest_is_read(data: Path) -> None:
    contest = read_contest(Workspace(data.parent))
    assert contest.artists == ("Ada Stone", "Ben Wood", "Cleo Iron")
    assert contest.counts == (3, 3, 3)
    assert contest.genres == ("Cubism", "Realism", "Ukiyo-e")
    assert contest.genre_matrix == ((0, 1, 0), (1, 1, 0), (0, 0, 1))
    first = contest.train[0]
    assert (first.id, first.artist, first.row, first.kind) == ("0", "Ada Stone", 1, "train")
    assert first.path == data / "train" / "0000.jpg"
    assert [piece.id for piece in contest.test] == list(contest.sample_ids)
    assert contest.test[0].artist is None
    assert contest.notices == ()


def test_the_classes_of_some_paintings_keep_the_order_of_all(data: Path) -> None:
    contest = read_contest(data)
    some = contest.classes(contest.train[:2])
    assert (some.names, some.counts) == (contest.artists, (1, 1, 0))
    assert contest.classes().counts == (3, 3, 3)
    assert some.genre_matrix == contest.genre_matrix


def test_crlf_bom_and_cp949_change_nothing_but_the_submissions_form(data: Path) -> None:
    plain = read_contest(data)
    for name, form in {
        "train.csv": TextForm(newline="\r\n"),
        "test.csv": TextForm(bom=True),
        "sample_submission.csv": TextForm("cp949", newline="\r\n"),
        "artists_info.csv": TextForm("utf-16-le", bom=True),
    }.items():
        (data / name).write_bytes(form.encode((data / name).read_text("utf-8")))
    edit_bytes = (data / "sample_submission.csv").read_bytes().replace(b"Ada", "신".encode("cp949"))
    (data / "sample_submission.csv").write_bytes(edit_bytes)
    read = read_contest(data)
    assert read.train == plain.train
    assert read.genre_matrix == plain.genre_matrix
    assert read.sample_form == TextForm("cp949", newline="\r\n")


def with_durer(data: Path, in_train: str, in_info: str) -> Path:
    edit(data / "train.csv", "Ada Stone", in_train)
    edit(data / "artists_info.csv", "Ada Stone", in_info)
    return data


def test_another_unicode_form_is_the_same_artist(data: Path) -> None:
    decomposed = unicodedata.normalize("NFD", DURER)
    contest = read_contest(with_durer(data, DURER, decomposed))
    assert contest.artists[0] == DURER
    assert contest.genre_matrix[0] == (0, 1, 0)


def test_two_unicode_forms_in_train_csv_are_one_class_with_a_notice(data: Path) -> None:
    text = (data / "train.csv").read_text("utf-8").replace("Ada Stone", DURER)
    text = text.replace(DURER, unicodedata.normalize("NFD", DURER), 1)
    (data / "train.csv").write_text(text, encoding="utf-8")
    edit(data / "artists_info.csv", "Ada Stone", DURER)
    contest = read_contest(data)
    assert contest.artists == (DURER, "Ben Wood", "Cleo Iron")
    assert contest.counts == (3, 3, 3)
    assert "is written in 2 ways (Unicode forms or spaces)" in contest.notices[0]


def test_a_damaged_name_is_reported_with_its_candidates_and_joined_only_by_an_alias(
    data: Path,
) -> None:
    with_durer(data, DAMAGED, DURER)
    assert problems_of(data) == (
        f"train.csv row 1, column artist: {DAMAGED!r} has no row in artists_info.csv;"
        f" the nearest: {DURER!r}",
    )
    write_csv(data / "aliases.csv", "artist,name", [f"{DAMAGED},{DURER}"])
    assert read_contest(data).genre_matrix[0] == (0, 1, 0)
    write_csv(data / "aliases.csv", "artist,name", [f"{DAMAGED},Durer"])
    assert problems_of(data)[0] == (
        "aliases.csv row 1 (line 2), column name: 'Durer' is not in artists_info.csv"
    )


def test_an_alias_of_nobody_is_told(data: Path) -> None:
    write_csv(data / "aliases.csv", "artist,name", ["Ada Ston,Ada Stone"])
    assert read_contest(data).notices == (
        "aliases.csv row 1 (line 2), column artist: 'Ada Ston' is no artist of train.csv, so"
        " nothing is joined",
    )


def test_two_columns_that_were_swapped_are_told_soon(data: Path) -> None:
    """Thousands of artists, none of them known; looking each up among those known takes long."""
    rows = [f"{n},Ada Stone,./train/{n}.jpg" for n in range(6000)]
    write_csv(data / "train.csv", "id,img_path,artist", rows)
    started = time.process_time()
    told = problems_of(data)
    assert time.process_time() - started < 10
    assert sum("has no row in artists_info.csv" in line for line in told) == 6000


def test_two_names_of_equal_letters_are_kept_apart_with_a_notice(data: Path) -> None:
    edit(data / "train.csv", "0,./train/0000.jpg,Ada Stone", "0,./train/0000.jpg,Ada-Stone")
    write_csv(data / "aliases.csv", "artist,name", ["Ada-Stone,Ada Stone"])
    contest = read_contest(data)
    assert len(contest.artists) == 4
    assert "are these one artist? 'Ada Stone', 'Ada-Stone'" in contest.notices[0]


def test_damaged_dashes_in_years_cost_nothing(data: Path) -> None:
    path = data / "artists_info.csv"
    path.write_bytes(path.read_bytes().replace(b"1850 - 1900", b"1850 \x96 1900"))
    contest = read_contest(data)
    assert contest.genres == ("Cubism", "Realism", "Ukiyo-e")
    assert "damaged characters" in contest.notices[0]


def test_files_that_may_be_absent_are_noticed(data: Path) -> None:
    for name in ("test.csv", "sample_submission.csv", "artists_info.csv"):
        (data / name).unlink()
    contest = read_contest(data)
    assert (len(contest.train), contest.test, contest.sample_ids) == (9, (), ())
    assert contest.genre_matrix == ((), (), ())
    assert contest.notices == (
        "there is no test.csv: there is nothing to predict",
        "there is no sample_submission.csv: submissions will list the ids of test.csv",
        "there is no artists_info.csv: the artists' genres are unknown",
    )
    (data / "train.csv").unlink()
    assert problems_of(data) == ("train.csv is missing",)
    with pytest.raises(ArtcliError, match="is not a folder"):
        read_contest(data / "nowhere")


def test_without_a_path_column_the_id_names_the_file(data: Path) -> None:
    write_csv(
        data / "train.csv", "id,artist", [f"{n},{artist}" for n, artist in enumerate(ARTISTS)]
    )
    write_csv(data / "test.csv", "id", [f"TEST_{n:05}" for n in range(4)])
    contest = read_contest(data)
    assert contest.train[2].path == data / "train" / "0002.jpg"
    assert contest.test[3].path == data / "test" / "TEST_00003.jpg"
    write_csv(data / "train.csv", "id,artist", ["../x,Ada Stone", "1,Ben Wood"])
    assert problems_of(data) == ("train.csv row 1 (line 2), column id: '../x' cannot name a file",)


PLACE = "train.csv row 2 (line 3), column "


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("1,./train/0001.jpg", "0,./train/0001.jpg", "id: '0' is already in row 1"),
        ("1,./train/0001.jpg", ",./train/0001.jpg", "id: is blank"),
        ("./train/0001.jpg,Ben Wood", "./train/0001.jpg,", "artist: is blank"),
        ("1,./train/0001.jpg", "1,", "img_path: is blank"),
        ("./train/0001", r".\train\0001", "img_path: '.\\\\train\\\\0001.jpg' has backslashes;"),
        ("./train/0001", "../train/0001", "img_path: '../train/0001.jpg' leaves the data folder"),
        ("./train/0001", "train/a/../../../1", "img_path: 'train/a/../../../1.jpg' leaves the"),
        ("./train/0001", "/train/0001", "img_path: '/train/0001.jpg' is absolute; it must start"),
        ("./train/0001", "C:/train/0001", "img_path: 'C:/train/0001.jpg' is absolute; it must"),
        ("./train/0001", "./" + 300 * "x", "img_path: './" + 300 * "x" + ".jpg' cannot be a file"),
    ],
)
def test_a_wrong_row_is_refused_with_file_row_line_and_column(
    data: Path, old: str, new: str, problem: str
) -> None:
    edit(data / "train.csv", old, new)
    (found,) = problems_of(data)
    assert found.startswith(PLACE + problem)


def test_one_file_cannot_be_by_two_artists(data: Path) -> None:
    edit(data / "train.csv", "./train/0001.jpg", "train/0000.jpg")
    assert problems_of(data) == (
        "train.csv row 2, column img_path: the file of row 1, there by Ada Stone, here by Ben Wood",
    )


def test_one_artist_alone_is_no_contest(data: Path) -> None:
    edit(data / "train.csv", "Ben Wood", "Ada Stone")
    edit(data / "train.csv", "Cleo Iron", "Ada Stone")
    assert problems_of(data) == ("train.csv: all paintings are by one artist; two are needed",)


def test_links_may_not_lead_out_of_the_folder_but_may_stay_inside(data: Path) -> None:
    (outside := data.parent / "outside").mkdir()
    (outside / "0000.jpg").touch()
    (data / "train").mkdir()
    (data / "kept").mkdir()
    (data / "train" / "0000.jpg").symlink_to(outside / "0000.jpg")
    (data / "train" / "0001.jpg").symlink_to(data / "kept" / "0001.jpg")
    (data / "test").symlink_to(outside, target_is_directory=True)
    problems = problems_of(data)
    leads_out = "leads out of the data folder through a symbolic link; copy the file in"
    assert len(problems) == 5
    assert problems[0] == (
        f"train.csv row 1 (line 2), column img_path: './train/0000.jpg' {leads_out}"
    )
    assert problems[1].startswith("test.csv row 1 (line 2), column img_path: './test/TEST_00000")
    assert len(read_contest(data, follow_links=True).test) == 4


def test_test_csv_and_the_sample_must_list_the_same_ids(data: Path) -> None:
    edit(data / "sample_submission.csv", "TEST_00002", "TEST_00009")
    assert problems_of(data) == (
        "test.csv row 3 (line 4), column id: 'TEST_00002' is not in sample_submission.csv",
        "sample_submission.csv row 3 (line 4), column id: 'TEST_00009' is not in test.csv",
    )
    edit(data / "sample_submission.csv", "TEST_00009", "TEST_00001")
    assert problems_of(data) == (
        "sample_submission.csv row 3 (line 4), column id: 'TEST_00001' is already in row 2",
        "test.csv row 3 (line 4), column id: 'TEST_00002' is not in sample_submission.csv",
    )


def test_the_samples_order_and_header_are_kept(data: Path) -> None:
    sample = data / "sample_submission.csv"
    header, *rows = sample.read_text().splitlines()
    write_csv(sample, header, rows[::-1])
    assert read_contest(data).sample_ids == ("TEST_00003", "TEST_00002", "TEST_00001", "TEST_00000")
    write_csv(sample, "artist,id", ["Ada Stone,TEST_00000"])
    assert problems_of(data)[0] == (
        "sample_submission.csv line 1: the header must be 'id,artist', nothing else,"
        " but is 'artist,id'"
    )


def test_all_that_is_wrong_is_said_at_once(data: Path) -> None:
    edit(data / "train.csv", "1,./train/0001.jpg", "0,./train/0001.jpg")
    edit(data / "test.csv", "./test/TEST_00001.jpg", "/etc/passwd")
    (data / "sample_submission.csv").write_bytes(b"")
    edit(data / "artists_info.csv", "Ben Wood", "Ada Stone")
    found = problems_of(data)
    assert [problem.split()[0] for problem in found] == [
        "train.csv",
        "test.csv",
        "sample_submission.csv",
        "artists_info.csv",
        "train.csv",
    ]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(["train.csv", "test.csv", "sample_submission.csv", "artists_info.csv"]),
    place=st.floats(0, 1),
    cut=st.integers(0, 12),
    put=st.one_of(
        st.binary(max_size=6),
        st.sampled_from([b"\n", b"\r", b",", b'"', b"\x00", b"\\", b"../", b"/", b"\xef\xbb\xbf"]),
    ),
)
def test_no_damage_to_a_table_ends_in_a_traceback(
    tmp_path: Path, name: str, place: float, cut: int, put: bytes
) -> None:
    data = write_tables(tmp_path / "damaged")
    whole = (data / name).read_bytes()
    at = int(place * len(whole))
    (data / name).write_bytes(whole[:at] + put + whole[at + cut :])
    with suppress(ArtcliError):
        contest = read_contest(data)
        assert isinstance(contest, Contest)
        assert all(painting.path.is_relative_to(data) for painting in contest.train)


def test_a_path_under_another_name_is_not_lost(data: Path) -> None:
    edit(data / "train.csv", "id,img_path,artist", "id,path,artist")
    assert problems_of(data) == (
        "train.csv line 1: the header 'id,path,artist' has no img_path; is it 'path'?",
    )


def codes(lines: tuple[str, ...]) -> list[str]:
    return [line.code if isinstance(line, Problem) else "" for line in lines]


def test_a_contest_with_problems_is_examined_as_far_as_it_can_be_read(data: Path) -> None:
    edit(data / "train.csv", "1,./train/0001.jpg", "0,./train/0001.jpg")
    edit(data / "train.csv", "./train/0003.jpg,Ada Stone", "./train/0003.jpg,Ada Stöne")
    edit(data / "train.csv", "./train/0005.jpg", "/etc/passwd")
    edit(data / "test.csv", "TEST_00002,", ",")
    (data / "sample_submission.csv").unlink()
    examined = examine_contest(data)
    assert codes(examined.problems) == ["repeated-id", "bad-path", "blank-cell", "unjoined-name"]
    assert codes(examined.notices) == ["table-not-there", "names-alike"]
    assert examined.offers == ("join 'Ada Stöne' with 'Ada Stone'",)
    contest = examined.contest
    assert [(one.id, one.row) for one in contest.train] == [
        ("0", 1), ("2", 3), ("3", 4), ("4", 5), ("6", 7), ("7", 8), ("8", 9),
    ]  # fmt: skip
    assert (contest.artists, contest.counts) == (
        ("Ada Stone", "Ada Stöne", "Ben Wood", "Cleo Iron"), (2, 1, 2, 2),
    )  # fmt: skip
    assert contest.genre_matrix[1] == (0, 0, 0)
    assert len(contest.test) == 3
    assert problems_of(data) == examined.problems


def test_what_a_sound_contest_is_examined_to_be_is_what_is_read(data: Path) -> None:
    examined = examine_contest(Workspace(data.parent))
    assert (examined.contest, examined.problems) == (read_contest(data), ())


def test_a_contest_of_which_no_row_can_be_used_is_not_examined(data: Path) -> None:
    write_csv(data / "train.csv", "id,img_path,artist", ["0,/x.jpg,Ada Stone"])
    with pytest.raises(Problems, match="is absolute"):
        examine_contest(data)
    (data / "train.csv").unlink()
    with pytest.raises(Problems, match=r"train\.csv is missing"):
        examine_contest(data)
