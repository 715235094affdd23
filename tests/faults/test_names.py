"""Names of files, ids and artists in any Unicode form or letter case: found exactly, or refused."""

from __future__ import annotations

import os
import random
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest
from command_line import artcli
from small_contests import write_csv, write_picture

from artcli.contest import genres, intake, tables
from artcli.contest.file_names import names_in
from artcli.contest.images import bad_images, read_image
from artcli.contest.intake import take_over
from artcli.contest.tables import Contest, read_contest
from artcli.errors import ArtcliError, Problems

Trials = Callable[[int, int], int]
WORDS = (
    "Dürer", "신윤복", "Ångström", "\u212bngström", "ﬁnch", "İstanbul", "Straße", "STRASSE",
    "Σίσυφος", "ｆｕｌｌ", "Ｗide", "e\u0323\u0307", "e\u0307\u0323", "caravaggio", "cаravаggio",
    "a\u200bb", "ガ", "ｶﾞ", "½", "1⁄2", "ǅ", "q\u0301\u0323", "Ὀδυσσεύς", "한글", "𝔄da",
)  # fmt: skip
FORMS: tuple[Callable[[str], str], ...] = (
    str, lambda name: unicodedata.normalize("NFC", name),
    lambda name: unicodedata.normalize("NFD", name),
    lambda name: unicodedata.normalize("NFKC", name),
    str.upper, str.lower, str.casefold, str.title, lambda name: f"{name}\u200b",
    lambda name: name.replace("a", "а"),  # a Cyrillic one
)  # fmt: skip

SAME = FORMS[:4]  # which keep a name the same artist's


def a_form(draw: random.Random, word: str) -> str:
    return draw.choice(FORMS)(draw.choice(FORMS)(word))


def canonical(name: str) -> str:
    return unicodedata.normalize("NFD", name)


def takes_another_file(root: Path, number: int, seed: int) -> str | None:
    """A row names a file in some form; on the disk are one or two, in forms of their own."""
    draw = random.Random(f"{seed} {number}")
    word = draw.choice(WORDS)
    asked = f"{a_form(draw, word)}.jpg"
    there = {
        f"{a_form(draw, draw.choice((word, word, 'x')))}.jpg" for _ in range(draw.randint(1, 2))
    }
    folder = draw.choice(("train", unicodedata.normalize("NFC", "Gemälde")))
    on_disk = (
        a_form(draw, folder) if canonical(folder) != folder and draw.random() < 0.5 else folder
    )
    for shade, name in enumerate(sorted(there)):
        write_picture(root / on_disk / name, 1 + 3 * shade)
    write_picture(root / "train" / "other.jpg")
    rows = [f"0,./{folder}/{asked},Ada", "1,./train/other.jpg,Ben"]
    write_csv(root / "train.csv", "id,img_path,artist", rows)
    same_folder = canonical(on_disk) == canonical(folder)
    same = [name for name in there if same_folder and canonical(name) == canonical(asked)]
    if same_folder and (on_disk, asked) == (folder, asked) and asked in there:
        same = [asked]
    wanted = same[0] if len(same) == 1 else None
    case = f"{asked!a} of {folder!a} among {', '.join(map(ascii, there))} of {on_disk!a}"
    try:
        path = read_contest(root).train[0].path
        bad = bad_images([path], workers=1)
        found = None if bad else read_image(path)
    except Problems as error:
        return f"{case}: {error}"
    if wanted is None:
        told = f"{root / folder / asked} is missing"
        return None if bad and told in bad[path] else f"{case} was found, as {path.name!a}"
    if found is None:
        return f"{case} was not found: {bad}"
    right = (found == read_image(root / on_disk / wanted)).all()
    return None if right else f"{case} is {path.name!a}"


def test_files_are_found_in_whatever_form_their_names_are(
    shows: Callable[..., None],
    trials: Trials,
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = trials(150, 3000)

    def tried(number: int) -> str | None:
        return takes_another_file(tmp_path / str(number), number, seed)

    broken = [why for number in range(count) if (why := tried(number))]

    def whatever_looks_so(folder: Path, text: str, _names: object) -> Path:
        """As a disk does that takes no notice of case, and a program that takes none of widths."""
        parts = Path(text).parts
        for name in sorted(path.name for path in (folder / parts[0]).glob("*")):
            if _loose(name) == _loose(parts[-1]):
                return folder / parts[0] / name
        return folder / text

    monkeypatch.setattr(tables, "on_disk", whatever_looks_so)
    control = sum(bool(tried(number + count)) for number in range(count))
    shows(
        "names",
        "names of pictures",
        trials=count,
        broken=broken,
        without="case and compatibility forms are taken for one",
        control=(count, control),
    )


def _loose(name: str) -> str:
    return unicodedata.normalize("NFKD", name).casefold()


def test_a_missing_picture_is_told_with_what_is_there_instead(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.JPG")
    (problem,) = bad_images([tmp_path / "A.jpg"], workers=1).values()
    assert problem == f"{tmp_path / 'A.jpg'} is missing; there is 'a.JPG'"
    write_picture(tmp_path / unicodedata.normalize("NFD", "ü.jpg"))
    write_picture(tmp_path / "Ü.jpg")
    (problem,) = bad_images([tmp_path / "ü.JPG"], workers=1).values()
    assert "; there is 'u\u0308.jpg' and 'Ü.jpg'" in problem


def test_two_paths_of_one_file_are_refused(tmp_path: Path) -> None:
    """Where the disk has one form alone, the other row's picture is lost."""
    write_picture(tmp_path / "train" / unicodedata.normalize("NFD", "ü.jpg"))
    write_picture(tmp_path / "train" / "other.jpg")
    names = ("ü.jpg", unicodedata.normalize("NFD", "ü.jpg"), "other.jpg")
    rows = [f"{row},train/{name},{'AAB'[row]}" for row, name in enumerate(names)]
    write_csv(tmp_path / "train.csv", "id,img_path,artist", rows)
    with pytest.raises(Problems, match=r"is on this disk the file of 'train/ü\.jpg', row 1"):
        read_contest(tmp_path)


def contest_of_two_cases(root: Path) -> Path:
    """A contest whose rows name `A.jpg` and `a.jpg`, on a disk that takes the one for the other:
    both can be opened, as one file, and one is listed."""
    write_picture(root / "train" / "a.jpg", 1)
    (root / "train" / "A.jpg").hardlink_to(root / "train" / "a.jpg")
    write_picture(root / "train" / "b.jpg", 2)
    rows = ["0,./train/a.jpg,Ada", "1,./train/A.jpg,Ada", "2,./train/b.jpg,Ben"]
    write_csv(root / "train.csv", "id,img_path,artist", rows)
    return root


def takes_one_for_two(root: Path) -> str | None:
    try:
        contest = read_contest(contest_of_two_cases(root))
    except Problems as error:
        told = "train.csv row 2 (line 3), column img_path: './train/A.jpg'"
        return None if error.problems[0].startswith(told) else str(error)
    return f"one file is {len(contest.train) - 1} paintings"


def changes_the_contest(root: Path, monkeypatch: pytest.MonkeyPatch) -> str | None:
    """A contest with `A.jpg` and `a.jpg` is taken over, to a disk that takes one for the other."""
    source = root / "contest"
    for number, name in enumerate("aAbc"):
        write_picture(source / "train" / f"{name}.jpg", number)
    rows = [f"{row},./train/{name}.jpg,{'AABB'[row]}" for row, name in enumerate("aAbc")]
    write_csv(source / "train.csv", "id,img_path,artist", rows)
    before = _bytes_of(source)
    data = root / "data"
    data.mkdir()

    def as_one(file: Path, target: Path) -> None:
        bring_in(file, target.with_name(target.name.casefold()))

    bring_in = intake.bring_in
    with monkeypatch.context() as patch:
        patch.setattr(intake, "bring_in", as_one)
        try:
            take_over(source, data, root / "solution.csv")
        except ArtcliError as error:
            named = "A.jpg cannot be brought in" in error.message
            return None if named and _bytes_of(source) == before else str(error)
    changed = [name for name, data in _bytes_of(source).items() if before[name] != data]
    return f"taken over; changed in the contest itself: {changed}"


def _bytes_of(folder: Path) -> Mapping[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_case_clashes_are_refused_on_disks_that_take_no_notice_of_case(
    shows: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listed(folder: Path) -> Mapping[str, list[str]]:
        return {form: names for form, names in names_in(folder).items() if form != "A.jpg"}

    monkeypatch.setattr(tables, "names_in", listed)
    first = [
        takes_one_for_two(tmp_path / "one"),
        changes_the_contest(tmp_path / "two", monkeypatch),
    ]
    monkeypatch.setattr(tables, "_same_file", lambda *_: False)
    monkeypatch.setattr(intake.os.path, "lexists", lambda _path: False)
    then = [takes_one_for_two(tmp_path / "3"), changes_the_contest(tmp_path / "4", monkeypatch)]
    shows(
        "names",
        "names that differ in letter case, where the disk takes no notice of it",
        trials=len(first),
        broken=[why for why in first if why],
        without="files are not compared, and what is there is written over",
        control=(len(then), sum(map(bool, then))),
    )


def two_spellings(number: int, seed: int) -> tuple[list[str], list[str]]:
    """Artists of train.csv, some in two spellings, and names of artists_info.csv, most of them
    theirs in some spelling."""
    draw = random.Random(f"{seed} {number}")
    words = draw.sample(WORDS, 3)
    train = [a_form(draw, word) for word in words]
    train += [draw.choice(SAME)(draw.choice(train)), a_form(draw, draw.choice(words))]
    theirs = {_form(name): draw.choice(SAME)(name) for name in train if draw.random() < 0.95}
    others = [a_form(draw, draw.choice(words)) for _ in range(3)]
    info = [*theirs.values(), *(one for one in others if draw.random() < 0.1)]
    info += [one for one in others if _form(one) not in theirs]
    draw.shuffle(info)
    return train, list(dict.fromkeys(info))


def joinable(train: list[str], info: list[str]) -> tuple[set[str], set[str]]:
    """The forms of artists whom one name alone of `info` fits, and of those whom none fits; of
    whom two fit, the spelling decides."""
    fits = {form: [_form(name) for name in info].count(form) for form in map(_form, train)}
    return {form for form in fits if fits[form] == 1}, {form for form in fits if not fits[form]}


REFUSED = re.compile(r"train\.csv row (\d+), column artist: .* has no row in artists_info\.csv")


def joins_another_artist(root: Path, number: int, seed: int) -> str | None:
    """Spellings of artists in train.csv, joined to those of artists_info.csv."""
    train, info = two_spellings(number, seed)
    root.mkdir()
    paths = [f"{row},./{row}.jpg,{name}" for row, name in enumerate(train)]
    write_csv(root / "train.csv", "id,img_path,artist", paths)
    lines = [f"{name},,genre {row}" for row, name in enumerate(info)]
    write_csv(root / "artists_info.csv", "name,years,genre", lines)
    forms = [_form(name) for name in train]
    one_fits, none_fits = joinable(train, info)
    case = f"{train!a} and {info!a}"
    try:
        contest: Contest = read_contest(root)
    except Problems as error:
        found = [REFUSED.match(line) for line in error.problems]
        refused = {forms[int(match[1]) - 1] for match in found if match}
        if refused & one_fits or none_fits - refused:
            return f"{case}: {refused!a} are refused"
        return None if all(found) or len(set(forms)) == 1 else f"{case}: {error.problems}"
    if none_fits:
        return f"{case}: {none_fits!a} are joined"
    artists = [str(painting.artist) for painting in contest.train]
    for one, artist in enumerate(artists):
        for other, second in enumerate(artists):
            if (artist == second) != (forms[one] == forms[other]):
                return f"{case}: {artist!a} and {second!a} are {artist == second}"
    for place, artist in enumerate(contest.artists):
        (genre,) = [
            contest.genres[g] for g, is_so in enumerate(contest.genre_matrix[place]) if is_so
        ]
        if _form(info[int(genre.split()[1])]) != _form(artist):
            return f"{case}: {artist!a} is joined to {genre}"
    return None


def _form(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).split())


def test_artists_are_joined_by_one_name_alone(
    shows: Callable[..., None],
    trials: Trials,
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = trials(100, 3000)
    pairs = [two_spellings(number, seed) for number in range(count)]
    joined = sum(joinable(train, info)[0] == {*map(_form, train)} for train, info in pairs)
    assert joined > count / 2

    def tried(number: int) -> str | None:
        return joins_another_artist(tmp_path / str(number), number, seed)

    def by_letters(names: Iterable[str], known: Iterable[str]) -> dict[str, str]:
        loose = {_loose(name).replace("а", "a"): name for name in known}
        return {
            name: there for name in names if (there := loose.get(_loose(name).replace("а", "a")))
        }

    broken, controls = [why for number in range(count) if (why := tried(number))], []
    for turn, matcher in enumerate((by_letters, lambda *_: {}), start=1):
        monkeypatch.setattr(genres, "match_names", matcher)
        numbers = range(turn * count, turn * count + trials(50, count))
        controls.append([number for number in numbers if tried(number)])
        assert controls[-1], "nothing broke without the protection"
    shows(
        "names",
        "artists of train.csv and of artists_info.csv",
        trials=count,
        broken=broken,
        without="letter case, marks and Cyrillic letters are taken for one; or nobody is joined",
        control=(len(controls) * len(numbers), sum(map(len, controls))),
        figures=f"all artists could be joined in {joined:,} trials",
    )


def takes_another_id(root: Path, number: int, seed: int) -> str | None:
    """Ids of test.csv in a form, those of the sample in another: the same bytes, or refused."""
    draw = random.Random(f"{seed} {number}")
    words = draw.sample(WORDS, 3)
    test = list(dict.fromkeys(a_form(draw, word) for word in words))
    sample = [a_form(draw, name) if draw.random() < 0.3 else name for name in test]
    write_csv(root / "train.csv", "id,img_path,artist", ["0,a.jpg,Ada", "1,b.jpg,Ben"])
    write_csv(
        root / "test.csv", "id,img_path", [f"{key},{row}.jpg" for row, key in enumerate(test)]
    )
    write_csv(root / "sample_submission.csv", "id,artist", [f"{key},Ada" for key in sample])
    case = f"{test!a} and {sample!a}"
    try:
        contest = read_contest(root)
    except Problems as error:
        strange = {*test} ^ {*sample} or len({*sample}) < len(sample)
        named = all(
            any(repr(key) in line for line in error.problems) for key in {*test} ^ {*sample}
        )
        return None if strange and named else f"{case}: {error}"
    return None if {*contest.sample_ids} == {one.id for one in contest.test} else case


def test_ids_are_the_same_letter_by_letter(
    shows: Callable[..., None],
    trials: Trials,
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = trials(100, 2000)

    def tried(number: int) -> str | None:
        return takes_another_id(tmp_path / str(number), number, seed)

    broken = [why for number in range(count) if (why := tried(number))]
    monkeypatch.setattr(tables, "_strangers", lambda *_: [])
    control = sum(bool(tried(number + count)) for number in range(count))
    shows(
        "names",
        "ids of test.csv and of sample_submission.csv",
        trials=count,
        broken=broken,
        without="the two are not compared",
        control=(count, control),
    )


def test_an_id_in_another_form_is_told_so(tmp_path: Path) -> None:
    write_csv(tmp_path / "train.csv", "id,img_path,artist", ["0,a.jpg,Ada", "1,b.jpg,Ben"])
    write_csv(tmp_path / "test.csv", "id,img_path", ["u\u0308,0.jpg"])
    write_csv(tmp_path / "sample_submission.csv", "id,artist", ["ü,Ada"])
    with pytest.raises(Problems, match=r"where it is written in another Unicode form \('\\xfc'\)"):
        read_contest(tmp_path)


FOLDERS = (
    *(
        "Dürer",
        "신윤복",
        "=cmd",
        "<b>",
        "Ada_Stone",
        "Ada Stone",
        "ADA STONE",
        "a\u200bb",
        "Be\u202en",
    ),
    *(
        b"D\xfcrer",
        b"\xff\xfe",
        b"Be\x1bn",
        b"Be\nn",
        b"Be\tn",
        b"Ben\x7f",
        b" ",
        b"_",
        b"___",
        b"...",
    ),
    *(b"'", b'"', b"a,b", b"-rf", b"~", b"$HOME", b"%s", b"{}", b"con", b"\xc2\x85x", "é" * 120),
)
UNWRITABLE = (b"\xfc", b"\xff", b"\x1b", b"\n", b"\t", b"\x7f", b"\xc2\x85")


def makes_another_artist(root: Path, number: int, seed: int) -> str | None:
    """`init --from-folders` of folders with odd names: each is an artist, or refused by name."""
    draw = random.Random(f"{seed} {number}")
    chosen = [os.fsencode(name) for name in draw.sample(FOLDERS, 2)]
    for turn, name in enumerate((b"Zoe", *chosen)):
        for work in range(3):
            place = Path(os.fsdecode(os.fsencode(root / "images") + b"/" + name))
            write_picture(place / f"{work}.jpg", 5 * turn + work)
    bad = [
        name for name in chosen if any(mark in name for mark in UNWRITABLE) or not name.strip(b" _")
    ]
    bad = [name for name in bad if not name.startswith(b"...")]
    done = artcli("init", root / "ws", "--from-folders", root / "images", "--json")
    case = f"{chosen}: {done.code} {done.err[:300]}"
    if "internal error" in done.err or "Traceback" in done.err:
        return case
    if bad:
        told = all(repr(os.fsdecode(name))[1:-1] in done.err for name in bad)
        clean = not (root / "ws" / "data").exists()
        return None if done.code == 1 and told and clean else case
    hidden = (b"...",)
    known = [name.decode() for name in (b"Zoe", *chosen) if name not in hidden]
    wanted = {unicodedata.normalize("NFC", " ".join(n.replace("_", " ").split())) for n in known}
    if done.code:
        return case
    made = {str(one.artist) for one in read_contest(root / "ws" / "data").train}
    return None if made == wanted else f"{case}: {made!a} for {wanted!a}"


def test_folders_name_artists_or_are_refused(
    shows: Callable[..., None],
    trials: Trials,
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = trials(12, 150)

    def tried(number: int) -> str | None:
        return makes_another_artist(tmp_path / str(number), number, seed)

    broken = [why for number in range(count) if (why := tried(number))]
    monkeypatch.setattr("artcli.contest.galleries._require_names", lambda *_: None)
    control = sum(bool(tried(number + count)) for number in range(count))
    shows(
        "names",
        "folders that are to be artists",
        trials=count,
        broken=broken,
        without="their names are not looked at",
        control=(count, control),
    )
