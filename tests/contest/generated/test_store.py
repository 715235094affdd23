"""Sets on disk: they come back as they were kept, and what is not as it was written is refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from artcli.contest.generated.records import GeneratedSet, GeneratedWork, SetFacts
from artcli.contest.generated.store import (
    begin_set,
    keep_learnt,
    keep_work,
    list_sets,
    read_losses,
    read_set,
)
from artcli.contest.images import read_image
from artcli.errors import ArtcliError, Problems
from artcli.workspace.files import read_json
from artcli.workspace.paths import Workspace

FACTS = SetFacts("style-transfer:size=64,styles=2", {"Dürer": 2, '=cmd|"x"': 1}, 7, 5, None)
SHA = {key: f"{n:064x}" for n, key in enumerate(("3", "a,b", "9 x", '"q"'))}
WORK = GeneratedWork(
    id="0001",
    path=Path(),
    artist="Dürer",
    generator=FACTS.generator,
    seed=2**62 + 1,
    part=None,
    content="a,b",
    styles=("3", '"q"'),
    learnt=False,
    sources={key: SHA[key] for key in ("a,b", "3", '"q"')},
    sha256="",
)
PICTURE = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def kept(workspace: Workspace, facts: SetFacts = FACTS, *works: GeneratedWork) -> GeneratedSet:
    found = begin_set(workspace, "mine", facts, {"created": "now"})
    for work in works:
        found = keep_work(found, work, PICTURE, {"total": [3.0, 1.25]})
    return found


def test_a_set_comes_back_as_it_was_kept(workspace: Workspace) -> None:
    second = replace(WORK, id="0002", artist='=cmd|"x"', content=None, styles=("9 x",),
                     sources={"9 x": SHA["9 x"]})  # fmt: skip
    found = kept(workspace, FACTS, second, WORK)
    again = read_set(workspace, "mine")
    assert again == found
    assert [work.id for work in again.works] == ["0001", "0002"]
    assert not again.complete
    assert np.array_equal(read_image(again.works[0].path), PICTURE)
    assert read_losses(again, again.works[0]) == {"total": [3.0, 1.25]}
    assert list_sets(workspace) == ["mine"]
    assert kept(workspace) == found  # begun again, it is the same
    third = keep_work(found, replace(WORK, id="0003"), PICTURE, {})
    assert third.complete
    assert read_losses(third, third.works[2]) == {}


def test_what_was_learnt_from_is_a_source(workspace: Workspace) -> None:
    facts = replace(FACTS, generator="vae", parts=(0, 1))
    assert facts.wanted == 6
    found = kept(workspace, facts)
    keep_learnt(found, 1, SHA)
    keep_learnt(found, 1, SHA)  # the same again
    work = replace(WORK, generator="vae", part=1, learnt=True, content=None, styles=(), sources=SHA)
    keep_work(found, work, PICTURE, {})
    assert read_set(workspace, "mine").works[0].sources == SHA
    with pytest.raises(ArtcliError, match="have changed since the set mine was begun"):
        keep_learnt(found, 1, {**SHA, "3": "f" * 64})


def test_a_set_that_is_not_there_says_how_to_make_it(workspace: Workspace) -> None:
    with pytest.raises(ArtcliError, match="there is no generated set other") as missing:
        read_set(workspace, "other")
    assert "artcli augment-style --name other" in str(missing.value.hint)
    kept(workspace)
    with pytest.raises(ArtcliError, match="there is no generated set other; there are mine"):
        read_set(workspace, "other")
    with pytest.raises(ArtcliError, match="cannot be a name"):
        read_set(workspace, "../mine")


def test_a_set_of_other_facts_is_not_gone_on_with(workspace: Workspace) -> None:
    kept(workspace, FACTS, WORK)
    learnt = workspace.generators / "mine" / "step-1"
    learnt.mkdir(parents=True)
    with pytest.raises(Problems, match="seed was 7, not 8"):
        begin_set(workspace, "mine", replace(FACTS, seed=8), {})
    assert learnt.exists()
    assert len(read_set(workspace, "mine").works) == 1


def test_a_set_without_works_makes_way_for_another(workspace: Workspace) -> None:
    keep_learnt(kept(workspace), 1, SHA)
    learnt = workspace.generators / "mine" / "step-1"
    learnt.mkdir(parents=True)
    assert kept(workspace).facts == FACTS
    assert learnt.exists()  # the same set goes on with what was learnt for it
    other = replace(FACTS, seed=8)
    assert kept(workspace, other) == read_set(workspace, "mine")
    assert read_set(workspace, "mine").facts == other
    assert not learnt.exists()
    assert not list((workspace.generated / "mine").glob("learnt-*"))


def test_a_full_disk_leaves_the_set_as_it_was(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = kept(workspace, FACTS, WORK)

    def full(_path: Path, _data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ArtcliError, match="No space left on device"):
        keep_work(found, replace(WORK, id="0002"), PICTURE, {})
    monkeypatch.undo()
    assert read_set(workspace, "mine") == found


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("sha256", "0" * 64, "is not the file that was written"),
        ("file", "../../../etc/passwd", "is not the file of the work"),
        ("id", "../x", "is not the file of the work"),
        ("styles", '["elsewhere"]', "the sources are not told"),
        ("styles", "{", "row 1"),
        ("source_sha256", "{}", "the sources are not told"),
        ("source_sha256", '{"a,b": "x", "3": "y", "\\"q\\"": "z"}', "does not hold what it should"),
        ("seed", "seven", "row 1"),
        ("learnt", "yes", "no part is named"),
    ],
)
def test_edited_provenance_is_refused(
    workspace: Workspace, column: str, cell: str, said: str
) -> None:
    from artcli.contest.csvfile import read_table, to_text

    found = kept(workspace, FACTS, WORK)
    path = found.folder / "provenance.csv"
    table = read_table(path, ("id",), [])
    assert table is not None
    cells = {**table.rows[0].cells, column: cell}
    path.write_text(to_text(table.header, [[cells[name] for name in table.header]]))
    with pytest.raises(Problems, match="does not serve") as refused:
        read_set(workspace, "mine")
    assert said in str(refused.value)


def test_a_picture_that_was_edited_or_is_gone_is_named(workspace: Workspace) -> None:
    found = kept(workspace, FACTS, WORK)
    found.works[0].path.write_bytes(b"another")
    with pytest.raises(Problems, match=r"0001\.png is not the file that was written"):
        read_set(workspace, "mine")
    found.works[0].path.unlink()
    with pytest.raises(Problems, match=r"0001\.png is missing"):
        read_set(workspace, "mine")


@pytest.mark.parametrize("change", [{"format": 9}, {"plan": 3}, {"seed": "x"}, {"parts": "ab"}])
def test_damaged_facts_are_refused(workspace: Workspace, change: dict[str, object]) -> None:
    path = kept(workspace).folder / "set.json"
    path.write_text(json.dumps({**read_json(path), **change}))
    with pytest.raises(ArtcliError, match=r"set\.json"):
        read_set(workspace, "mine")


def test_works_beyond_the_plan_are_refused(workspace: Workspace) -> None:
    kept(workspace, FACTS, replace(WORK, artist="Nobody of the plan"))
    with pytest.raises(Problems, match="has works that the plan in"):
        read_set(workspace, "mine")
