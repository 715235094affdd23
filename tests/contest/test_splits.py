"""Folds: even for every artist, never through a group, made once and then obeyed."""

from collections import Counter, defaultdict
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_contests import write_csv, write_pictures, write_tables

from artcli.contest.splits import Folds, find_groups, load_or_make_folds, make_folds
from artcli.contest.tables import Contest, read_contest
from artcli.errors import ArtcliError, Problems, UsageError
from artcli.workspace.paths import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    data = write_tables(tmp_path / "data", each=10)
    write_pictures(data)
    for number in range(30):  # no two alike
        (data / "train" / f"{number:04}.jpg").write_bytes(b"painting %d" % number)
    return Workspace(tmp_path)


def contest(workspace: Workspace) -> Contest:
    return read_contest(workspace.data)


def rows(workspace: Workspace) -> list[str]:
    return workspace.folds_file(5).read_text().splitlines()[1:]


@st.composite
def paintings(draw: st.DrawFn) -> dict[str, str]:
    counts = draw(st.lists(st.integers(1, 23), min_size=1, max_size=6))
    artists = [f"artist {n}" for n, count in enumerate(counts) for _ in range(count)]
    return {f"p{n}": artist for n, artist in enumerate(draw(st.permutations(artists)))}


@given(paintings(), st.integers(2, 6), st.integers(0, 5))
def test_an_artists_paintings_are_spread_as_evenly_as_can_be(
    artist_of: dict[str, str], k: int, seed: int
) -> None:
    if len(artist_of) < k:
        with pytest.raises(UsageError, match=f"cannot make {k} folds"):
            make_folds(artist_of, {}, k=k, seed=seed)
        return
    folds = make_folds(artist_of, {}, k=k, seed=seed)
    assert folds.fold_of.keys() == artist_of.keys()
    for artist in set(artist_of.values()):
        own = Counter(dict.fromkeys(range(k), 0))
        own.update(folds.fold_of[key] for key, name in artist_of.items() if name == artist)
        assert max(own.values()) - min(own.values()) <= 1
    sizes = Counter(dict.fromkeys(range(k), 0)) + Counter(folds.fold_of.values())
    assert len(sizes) == k, "no fold is empty"


@given(paintings(), st.integers(2, 4), st.data())
def test_a_group_never_straddles_folds(
    artist_of: dict[str, str], k: int, data: st.DataObject
) -> None:
    names = st.sampled_from([None, "a", "b", "c", "d"])
    drawn = {key: data.draw(names) for key in artist_of}
    group_of = {key: name for key, name in drawn.items() if name}
    alone = len(artist_of) - len(group_of)
    if alone + len(set(group_of.values())) < k:
        return
    folds = make_folds(artist_of, group_of, k=k)
    where = defaultdict(set)
    for key, name in group_of.items():
        where[name].add(folds.fold_of[key])
    assert all(len(found) == 1 for found in where.values())
    for fold in range(k):
        assert folds.validation(fold) | folds.training(fold) == artist_of.keys()
        assert not folds.validation(fold) & folds.training(fold)


@given(paintings().filter(lambda drawn: len(drawn) >= 5), st.randoms())
def test_folds_depend_on_the_seed_but_not_on_the_order(
    artist_of: dict[str, str], random: Random
) -> None:
    shuffled = list(artist_of.items())
    random.shuffle(shuffled)
    assert make_folds(dict(shuffled), {}, k=5).fold_of == make_folds(artist_of, {}, k=5).fold_of


def test_another_seed_makes_other_folds() -> None:
    artist_of = {str(n): "one" for n in range(40)}
    assert make_folds(artist_of, {}, k=5, seed=0) != make_folds(artist_of, {}, k=5, seed=1)


def test_the_folds_file_is_made_once_and_then_obeyed(workspace: Workspace) -> None:
    first = load_or_make_folds(workspace, contest(workspace))
    written = rows(workspace)
    assert len(written) == 30
    assert Counter(first.fold_of.values()) == dict.fromkeys(range(5), 6)
    mine = [f"{line.split(',')[0]},{int(line.split(',')[0]) % 5}" for line in reversed(written)]
    write_csv(workspace.folds_file(5), "id,fold", mine)
    obeyed = load_or_make_folds(workspace, contest(workspace), seed=9)
    assert obeyed.fold_of == {str(n): n % 5 for n in range(30)}
    assert obeyed.validation(3) == {"3", "8", "13", "18", "23", "28"}
    assert rows(workspace) == mine, "nothing is written to a file that exists"


def test_identical_files_and_listed_groups_share_a_fold(workspace: Workspace) -> None:
    train = workspace.data / "train"
    (train / "0007.jpg").write_bytes((train / "0000.jpg").read_bytes())
    write_csv(workspace.data / "groups.csv", "id,group", ["7,study", "12,study", "20,", "21,"])
    groups = find_groups(contest(workspace).train, workspace.data / "groups.csv")
    assert groups.keys() == {"0", "7", "12"}, "chains of both are followed"
    assert len(set(groups.values())) == 1
    folds = load_or_make_folds(workspace, contest(workspace))
    assert folds.fold_of["0"] == folds.fold_of["7"] == folds.fold_of["12"]


def test_a_mistyped_id_of_a_group_is_told(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    write_csv(workspace.data / "groups.csv", "id,group", ["7,study", "O12,study"])
    load_or_make_folds(workspace, contest(workspace))
    told = " ".join(capsys.readouterr().err.split())
    assert "groups.csv lists 1 ids that train.csv has not (O12): they keep nothing" in told


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (("3,", "33,"), "1 paintings of train.csv are not in it: 3"),
        (("3,", "33,"), "1 of its ids are not in train.csv: 33"),
        (("3,", "4,"), "row 5 (line 6), column id: '4' is there twice"),
        (("3,", "3,5 "), "row 4 (line 5), column fold: '5 "),
        (("id,fold", "id,part"), "header"),
    ],
)
def test_a_damaged_folds_file_is_refused_with_its_row(
    workspace: Workspace, damage: tuple[str, str], problem: str
) -> None:
    lines = [f"{n},{n % 5}" for n in range(30)]
    text = "\n".join(["id,fold", *lines, ""])
    old, new = damage
    text = text.replace(f"\n{old}", f"\n{new}", 1) if old != "id,fold" else text.replace(old, new)
    workspace.folds_file(5).write_text(text)
    with pytest.raises(Problems) as caught:
        load_or_make_folds(workspace, contest(workspace))
    assert any(problem in line for line in caught.value.problems), caught.value.problems
    assert "folds-5.csv does not serve" in caught.value.message
    assert "remove folds-5.csv to have new folds made" in str(caught.value.hint)


def test_an_artist_with_few_paintings_is_reported_not_crashed_on(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    table = workspace.train_csv
    lines = table.read_text("utf-8").splitlines()
    kept = [line for line in lines if "Cleo" not in line or line.startswith(("2,", "5,"))]
    write_csv(table, kept[0], kept[1:])
    folds = load_or_make_folds(workspace, contest(workspace))
    warning = " ".join(capsys.readouterr().err.split())
    assert "too few paintings to stand in each of the 5 folds" in warning
    assert "Cleo Iron (2)" in warning
    assert "Ada Stone" not in warning
    assert len(folds.fold_of) == 22


def test_a_fold_that_is_not_there_is_a_usage_error() -> None:
    folds = Folds(2, {"a": 0, "b": 1})
    for ask in (folds.validation, folds.training):
        with pytest.raises(UsageError, match="there is no fold 2") as caught:
            ask(2)
        assert caught.value.hint == "folds are 0 to 1, or all"


def test_a_painting_that_cannot_be_read_is_named(workspace: Workspace) -> None:
    found = contest(workspace)
    found.train[4].path.unlink()
    with pytest.raises(ArtcliError, match=r"0004\.jpg cannot be read"):
        find_groups(found.train, workspace.data / "groups.csv")


def test_pictures_that_are_bad_are_all_named_before_folds_are_made(workspace: Workspace) -> None:
    write_pictures(workspace.data)
    (workspace.data / "train" / "0003.jpg").unlink()
    (workspace.data / "train" / "0007.jpg").write_bytes(b"<html>")
    with pytest.raises(Problems, match="2 images cannot be used") as caught:
        load_or_make_folds(workspace, contest(workspace))
    missing, page = caught.value.problems
    assert missing.endswith("0003.jpg is missing")
    assert "0007.jpg is a web page" in page
    assert not workspace.folds_file(5).exists()
