"""Corrections are proposed, edited by a person, and applied once, as far as they are marked."""

from pathlib import Path

import pytest
from small_contests import write_csv, write_tables

from artcli.contest.fixes import FIXES_NAME
from artcli.contest.proposals import Written, propose, read_proposals, write_proposals
from artcli.contest.repair import find_repairs
from artcli.contest.tables import examine_contest, read_contest
from artcli.errors import Problems

FIRST = "1,0,./train/0000.jpg,Ada Stone"
TOLD = "the models say 0.93"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_tables(tmp_path / "data")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "reports" / "eda"


def lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def proposed(data: Path, folder: Path, *, to: str = "Ben Wood") -> Written:
    """Two suspects and a picture to remove, of a contest of nine paintings."""
    found = propose(
        read_contest(data),
        suspects=[("0", to, f"{TOLD}\nor so"), ("4", "Cleo Iron", "0.71")],
        removals=[("8", "truncated")],
    )
    return write_proposals(folder, found)


def test_what_is_proposed_waits_for_an_answer(data: Path, folder: Path) -> None:
    written = proposed(data, folder)
    assert lines(written.fixes) == [
        "apply,row,id,img_path,artist,new_id,new_img_path,new_artist,why",
        ",9,8,./train/0008.jpg,Cleo Iron,,,,remove this row: truncated",
        f",{FIRST},0,./train/0000.jpg,Ben Wood,{TOLD} or so",
        ",5,4,./train/0004.jpg,Ben Wood,4,./train/0004.jpg,Cleo Iron,0.71",
    ]
    assert (written.added, written.marked, written.waiting) == (3, 0, 3)
    repairs = find_repairs(data, folder)
    assert (bool(repairs), repairs.account, repairs.waiting) == (False, (), 3)


def test_an_artist_whose_name_holds_an_odd_space_is_corrected_like_any_other(
    data: Path, folder: Path
) -> None:
    for table in ("train.csv", "artists_info.csv"):
        edit(data / table, "Ada Stone", "Ada\N{NO-BREAK SPACE}Stone\N{LINE SEPARATOR}II")
    fixes = proposed(data, folder).fixes
    edit(fixes, ",1,0,", "yes,1,0,")
    find_repairs(data, folder).write(data)
    assert examine_contest(data).contest.train[0].artist == "Ben Wood"


def test_what_is_marked_is_applied_row_by_row_and_once(data: Path, folder: Path) -> None:
    fixes = proposed(data, folder).fixes
    edit(fixes, f",{FIRST}", f"YES,{FIRST}")
    edit(fixes, ",9,8,", "yes,9,8,")
    edit(fixes, ",5,4,", "no,5,4,")
    before = (data / "train.csv").read_bytes()
    repairs = find_repairs(data, folder)
    assert repairs.account == (
        "train.csv row 1: 0,./train/0000.jpg,Ada Stone -> 0,./train/0000.jpg,Ben Wood",
        "train.csv row 9: 8,./train/0008.jpg,Cleo Iron -> removed",
    )
    assert repairs.waiting == 0
    repairs.write(data)
    contest = read_contest(data)
    assert (contest.train[0].artist, len(contest.train)) == ("Ben Wood", 8)
    assert (data / "train.csv").read_bytes() == before
    written = (data / FIXES_NAME).read_bytes()
    again = find_repairs(data, folder)
    assert not again
    again.write(data)
    assert (data / FIXES_NAME).read_bytes() == written


def test_running_again_keeps_what_a_person_wrote_and_adds_what_is_new(
    data: Path, folder: Path
) -> None:
    fixes = proposed(data, folder).fixes
    edit(fixes, f",{FIRST},0,./train/0000.jpg,Ben Wood,", f"no,{FIRST},0,./train/0000.jpg,Cleo,")
    edit(fixes, "new_artist,why", "new_artist,why,my notes")
    edited = "\r\n".join(f"{line},looked" for line in lines(fixes)[1:])
    fixes.write_bytes(b"\xef\xbb\xbf" + f"{lines(fixes)[0]}\r\n{edited}\r\n".encode())
    before = fixes.read_bytes()
    assert proposed(data, folder).added == 0
    assert fixes.read_bytes() == before
    more = propose(read_contest(data), suspects=[("0", "Ben Wood", ""), ("2", "Ada Stone", "0.6")])
    assert write_proposals(folder, more).added == 1
    added = ",3,2,./train/0002.jpg,Cleo Iron,2,./train/0002.jpg,Ada Stone,0.6,\r\n"
    assert fixes.read_bytes() == before + added.encode()


def test_a_label_once_corrected_can_be_doubted_again(data: Path, folder: Path) -> None:
    edit(proposed(data, folder).fixes, f",{FIRST}", f"yes,{FIRST}")
    find_repairs(data, folder).write(data)
    found = propose(read_contest(data), suspects=[("0", "Cleo Iron", "no, it is hers")])
    fixes = write_proposals(folder, found).fixes
    edit(fixes, ",1,0,./train/0000.jpg,Ben Wood", "yes,1,0,./train/0000.jpg,Ben Wood")
    repairs = find_repairs(data, folder)
    assert [line.rpartition(",")[2] for line in repairs.account] == ["Cleo Iron"]
    repairs.write(data)
    assert read_contest(data).train[0].artist == "Cleo Iron"
    assert not find_repairs(data, folder)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "jpg,Ben Wood,the",
            "jpg,Ben Wod,the",
            "row 1: 'Ben Wod' is no artist of the contest; the",
        ),
        (
            "1,0,./train/0000",
            "1,0,./train/9",
            "fixes.csv: train.csv row 1 (line 2) holds 0,./train",
        ),
        (",0,./train/0000.jpg,Ben", ",1,./train/0000.jpg,Ben", "id: '1' is already in row 1"),
        ("jpg,Ben Wood,the", "jpg,,the", "column new_artist: is blank; a row is removed where"),
        ("yes,", "perhaps,", "column apply: 'perhaps' is neither yes nor no, nor blank"),
        ("yes,1,", "yes,", "fixes.csv row 2 (line 3): 8 cells where the header has 9"),
    ],
)
def test_what_is_marked_but_does_not_fit_changes_nothing(
    data: Path, folder: Path, old: str, new: str, problem: str
) -> None:
    fixes = proposed(data, folder).fixes
    edit(fixes, f",{FIRST}", f"yes,{FIRST}")
    edit(fixes, old, new)
    with pytest.raises(Problems) as caught:
        find_repairs(data, folder)
    assert problem in str(caught.value)
    assert str(fixes) in str(caught.value)
    advice = "leave new_id, new_img_path and new_artist all blank"
    assert (advice in str(caught.value.hint)) == ("is no artist" in problem)


def test_known_faults_are_marked_and_left_alone_where_a_person_says_no(
    tmp_path: Path, folder: Path
) -> None:
    data = write_tables(tmp_path / "data")
    rows = [f"{n},./train/{n:04}.jpg,Ada Stone" for n in range(4000)]
    rows[3896] = "3896,./train/3896.jpg,Edgar Degas"
    rows[3986] = "3986,./train/3986.jpg,Titian"
    write_csv(data / "train.csv", "id,img_path,artist", rows)
    (data / "artists_info.csv").unlink()
    contest = examine_contest(data).contest
    fixes = write_proposals(folder, propose(contest, suspects=[("3896", "Titian", "0.9")])).fixes
    assert lines(fixes)[1:] == [
        f"yes,3897,{rows[3896]},3896,./train/3896.jpg,Titian,"
        "a known fault of the Dacon contest's files",
        f"yes,3987,{rows[3986]},3986,./train/3986.jpg,Alfred Sisley,"
        "a known fault of the Dacon contest's files",
    ]
    assert len(find_repairs(data, folder).changes) == 2
    edit(fixes, "yes,3987", "no,3987")
    assert find_repairs(data, folder).changes == (
        f"train.csv row 3897: {rows[3896]} -> 3896,./train/3896.jpg,Titian",
    )


def test_paintings_that_belong_together_are_written_where_the_folds_look(
    data: Path, folder: Path
) -> None:
    pairs = [("0", "copies of 0", "the same file"), ("3", "copies of 0", "the same file as 0")]
    groups = write_proposals(folder, [], pairs).groups
    assert lines(groups) == [
        "id,group,why",
        "0,copies of 0,the same file",
        "3,copies of 0,the same file as 0",
    ]
    write_csv(data / "groups.csv", "id,group", ["1,mine", "2,mine"])
    repairs = find_repairs(data, folder)
    assert repairs.account == ("groups.csv: 0, 3 in the group 'copies of 0', which shares a fold",)
    repairs.write(data)
    assert lines(data / "groups.csv")[1:] == ["1,mine", "2,mine", "0,copies of 0", "3,copies of 0"]
    assert not find_repairs(data, folder)


def test_a_person_may_take_a_painting_out_of_a_group_or_rename_it(data: Path, folder: Path) -> None:
    pairs = [("0", "a", ""), ("3", "a", ""), ("6", "a", "")]
    groups = write_proposals(folder, [], pairs[:2]).groups
    edit(groups, "0,a,", "0,by hand,")
    edit(groups, "3,a,", "3,,")
    assert write_proposals(folder, [], pairs).grouped == 1
    assert lines(groups)[1:] == ["0,by hand,", "3,,", "6,by hand,"]
    assert find_repairs(data, folder).groups == (("0", "by hand"), ("6", "by hand"))


def test_cells_like_formulas_and_markup_stay_what_they_are(tmp_path: Path, folder: Path) -> None:
    names = ("=cmd()", '<script>alert("1")</script>', "@Ada, the +")
    data = write_tables(tmp_path / "data", artists=["Ada", "Ben"])
    written = [f'{n},./train/{n}.jpg,"{name.replace(chr(34), 2 * chr(34))}"' for n, name in
               enumerate(names)]  # fmt: skip
    write_csv(data / "train.csv", "id,img_path,artist", written)
    (data / "artists_info.csv").unlink()
    found = propose(read_contest(data), suspects=[("0", names[1], names[2])])
    edit(write_proposals(folder, found).fixes, ",1,0,", "yes,1,0,")
    (proposal,) = read_proposals(folder)
    assert (proposal.fix.old["artist"], proposal.why) == (names[0], names[2])
    find_repairs(data, folder).write(data)
    assert read_contest(data).train[0].artist == names[1]


def test_a_contest_without_paths_gets_those_that_its_ids_mean(data: Path, folder: Path) -> None:
    write_csv(data / "train.csv", "id,artist", ["0,Ada Stone", "1,Ben Wood", "2,Cleo Iron"])
    found = propose(read_contest(data), suspects=[("0", "Ben Wood", "")])
    assert ",1,0,./train/0000.jpg,Ada Stone" in lines(write_proposals(folder, found).fixes)[1]
    edit(folder / FIXES_NAME, ",1,0", "yes,1,0")
    find_repairs(data, folder).write(data)
    assert read_contest(data).train[0].artist == "Ben Wood"


def test_a_file_that_a_person_damaged_is_never_overwritten(data: Path, folder: Path) -> None:
    fixes = proposed(data, folder).fixes
    edit(fixes, "truncated", "truncated,and more")
    before = fixes.read_bytes()
    with pytest.raises(Problems, match="10 cells where the header has 9"):
        proposed(data, folder)
    assert fixes.read_bytes() == before


def test_nobody_is_suggested_who_is_none_of_the_contests(data: Path, folder: Path) -> None:
    with pytest.raises(ValueError, match="'Nobody' is none of the contest's artists"):
        proposed(data, folder, to="Nobody")


def test_a_file_saved_in_an_encoding_that_lacks_a_letter_becomes_utf_8(
    data: Path, folder: Path
) -> None:
    fixes = proposed(data, folder).fixes
    fixes.write_bytes(fixes.read_text("utf-8").replace("truncated", "손상").encode("cp949"))
    text = (data / "train.csv").read_text("utf-8").replace("Ben Wood", "Bén Wood")
    (data / "train.csv").write_text(text, encoding="utf-8")
    (data / "artists_info.csv").unlink()
    found = propose(read_contest(data), suspects=[("2", "Bén Wood", "0.5")])
    write_proposals(folder, found)
    last = ",3,2,./train/0002.jpg,Cleo Iron,2,./train/0002.jpg,Bén Wood,0.5"
    assert (lines(fixes)[1][-2:], lines(fixes)[-1]) == ("손상", last)


def test_a_painting_whose_copies_are_removed_needs_no_group(data: Path, folder: Path) -> None:
    made = propose(read_contest(data), removals=[("3", "the same picture as 0")])
    fixes = write_proposals(folder, made, [("0", "a", "copies"), ("3", "a", "copies")]).fixes
    assert len(find_repairs(data, folder).groups) == 2
    edit(fixes, ",4,3,", "yes,4,3,")
    assert find_repairs(data, folder).groups == ()


def test_a_blank_artist_is_filled_in_by_what_is_marked(data: Path, folder: Path) -> None:
    edit(data / "train.csv", "4,./train/0004.jpg,Ben Wood", "4,./train/0004.jpg,")
    header = "apply,row,id,img_path,artist,new_id,new_img_path,new_artist,why"
    write_csv(folder / FIXES_NAME, header, ["yes,5,4,./train/0004.jpg,,,,Ben Wood,"])
    find_repairs(data, folder).write(data)
    assert read_contest(data).counts == (3, 3, 3)


def told(data: Path) -> list[str]:
    return [",".join(one.cells()) for one in propose(examine_contest(data).contest)]


@pytest.mark.parametrize(("row", "number"), [(5, 4), (6, 5)])  # the earlier row, or the later
def test_a_repeated_id_becomes_the_one_that_its_file_means_and_nobody_has(
    data: Path, folder: Path, row: int, number: int
) -> None:
    edit(data / "train.csv", f"\n{number},./train", f"\n{9 - number},./train")
    (line,) = told(data)
    artist = ("Ben Wood", "Cleo Iron")[row - 5]
    assert line == (
        f",{row},{9 - number},./train/000{number}.jpg,{artist},{number},./train/000{number}.jpg,"
        f"{artist},the id {9 - number} is given to several rows and {number}, which the file of"
        " this row means, to none"
    )
    fixes = write_proposals(folder, propose(examine_contest(data).contest)).fixes
    edit(fixes, f"\n,{row},", f"\nyes,{row},")
    find_repairs(data, folder).write(data)
    assert [painting.id for painting in read_contest(data).train] == list("012345678")
    assert told(data) == []


@pytest.mark.parametrize("file", ["0003.jpg", "x.jpg", "0004.jpg/x.jpg", f"{10**9}4.jpg"])
def test_no_id_is_made_up(data: Path, file: str) -> None:
    edit(data / "train.csv", "\n4,./train/0004.jpg", f"\n3,./train/{file}")
    assert told(data) == []


def test_files_whose_numbers_are_not_their_ids_mean_none(data: Path) -> None:
    edit(data / "train.csv", "./train/000", "./train/001")
    edit(data / "train.csv", "\n4,", "\n3,")
    assert told(data) == []


def test_two_rows_are_not_given_one_id(data: Path) -> None:
    edit(data / "train.csv", "\n4,./train/0004.jpg", "\n3,./train/0004.jpg")
    edit(data / "train.csv", "\n8,./train/0008.jpg", "\n3,./train/0004.jpg")
    assert [line.split(",")[1:6:4] for line in told(data)] == [["5", "4"]]


def test_the_rarer_of_two_names_that_nearly_agree_becomes_the_commoner(data: Path) -> None:
    edit(data / "train.csv", "0,./train/0000.jpg,Ada Stone", "0,./train/0000.jpg,Ada Stoone")
    assert told(data) == [
        ",1,0,./train/0000.jpg,Ada Stoone,0,./train/0000.jpg,Ada Stone,"
        "'Ada Stone' has 2 works and 'Ada Stoone' 1: a slip of the pen?"
    ]
    edit(data / "train.csv", "3,./train/0003.jpg,Ada Stone", "3,./train/0003.jpg,Ben Wood")
    assert told(data) == []  # one work each: nobody knows which is right
