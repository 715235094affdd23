"""From a plan to a set: fold by fold where a generator learns, work by work, and gone on with."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_contests import write_pictures, write_tables

from artcli.contest.generated.admitting import admitted
from artcli.contest.generated.records import GeneratedSet
from artcli.contest.generated.store import begin_set, read_set
from artcli.contest.splits import load_or_make_folds
from artcli.contest.tables import read_contest
from artcli.errors import ArtcliError
from artcli.generating.making import Workshop, set_facts, wanted_works
from artcli.generating.request import NewWork, Request, learns
from artcli.plugin import Component
from artcli.testing.contracts import bound_alone
from artcli.workspace.files import sha256_file
from artcli.workspace.paths import Workspace

PLAN = {"Ben Wood": 2, "Ada Stone": 1}
Generator = Callable[[Request], Iterator[NewWork]]


def mirrored(request: Request) -> Iterator[NewWork]:
    for wanted in request.missing:
        painting = request.choose(wanted.seed, request.by(wanted.artist))
        picture = request.square(painting, 16)[:, ::-1]
        yield NewWork(wanted, picture, styles=(painting,), losses={"total": [2.0, 1.0]})


@learns
def averaged(request: Request) -> Iterator[NewWork]:
    """The mean of all that it may learn from."""
    mean = np.mean([request.square(one, 16) for one in request.paintings], axis=0)
    for wanted in request.missing:
        yield NewWork(wanted, mean.astype(np.uint8), learnt=True)


class Nobody:
    def step(self, *told: Any) -> None:
        pass


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    write_tables(tmp_path / "data", each=4)
    write_pictures(tmp_path / "data")
    return Workspace(tmp_path)


def workshop(workspace: Workspace, generator: Generator) -> tuple[Workshop, GeneratedSet]:
    contest = read_contest(workspace)
    folds = load_or_make_folds(workspace, contest, 2)
    bound = bound_alone(Component("generator", "mine", generator))
    begun = begin_set(workspace, "mine", set_facts(bound, PLAN, 0, 2), {})
    shop = Workshop(contest, folds, bound, workspace.generators / "mine", "cpu", Nobody())
    return shop, begun


def made(workspace: Workspace, generator: Generator) -> GeneratedSet:
    shop, begun = workshop(workspace, generator)
    *_, found = (kept_at_once(workspace, so_far) for so_far in shop.make(begun))
    return found


def kept_at_once(workspace: Workspace, found: GeneratedSet) -> GeneratedSet:
    assert read_set(workspace, "mine") == found
    return found


def test_each_work_is_kept_with_what_it_was_made_of(workspace: Workspace) -> None:
    found = made(workspace, mirrored)
    assert found.complete
    assert [work.artist for work in found.works] == ["Ben Wood", "Ben Wood", "Ada Stone"]
    path_of = {painting.id: painting.path for painting in read_contest(workspace).train}
    for work, wanted in zip(found.works, wanted_works(found.facts), strict=True):
        (style,) = work.styles
        assert work.sources == {style: sha256_file(path_of[style])}
        assert (work.seed, work.part, work.generator) == (wanted.seed, None, "mine")


def test_one_that_learns_makes_the_plan_for_each_fold_without_its_paintings(
    workspace: Workspace,
) -> None:
    found = made(workspace, averaged)
    contest = read_contest(workspace)
    folds = load_or_make_folds(workspace, contest, 2)
    assert found.facts.parts == (0, 1)
    assert len(found.works) == 6
    for part in (0, 1):
        held = folds.validation(part)
        taken = admitted(found, held)
        assert [work.artist for work in taken] == ["Ben Wood", "Ben Wood", "Ada Stone"]
        assert {work.part for work in taken} == {part}
        for work in taken:
            assert set(work.sources) == folds.training(part)
    first, second = found.works[0].path.read_bytes(), found.works[3].path.read_bytes()
    assert first != second  # they have seen different paintings
    assert [work.part for work in admitted(found, [])] == [0, 0, 0]  # nothing is held out


def test_a_set_is_gone_on_with_where_it_stopped(workspace: Workspace, tmp_path: Path) -> None:
    whole = made(workspace, mirrored)

    def stops(request: Request) -> Iterator[NewWork]:
        yield next(mirrored(request))
        raise RuntimeError("the power went")

    other = Workspace(tmp_path.with_name(f"{tmp_path.name}-other"))
    other.root.mkdir()
    write_tables(other.data, each=4)
    write_pictures(other.data)
    with pytest.raises(ArtcliError, match="the power went") as stopped:
        made(other, stops)
    assert "generator mine" in stopped.value.message  # whose fault it is
    assert [work.id for work in read_set(other, "mine").works] == ["0001"]
    asked = []

    def noted(request: Request) -> Iterator[NewWork]:
        asked.extend(wanted.id for wanted in request.missing)
        yield from mirrored(request)

    again = made(other, noted)
    assert asked == ["0002", "0003"]
    assert [work.sha256 for work in again.works] == [work.sha256 for work in whole.works]


def test_what_is_no_work_of_the_plan_is_refused(workspace: Workspace) -> None:
    def foreign(how: Callable[[NewWork], Any]) -> Generator:
        return lambda request: map(how, mirrored(request))

    stranger = replace(read_contest(workspace).train[0], id="stranger")
    for how, said in (
        (lambda work: replace(work, styles=(stranger,)), "a source that is not among"),
        (lambda work: replace(work, wanted=replace(work.wanted, seed=1)), "nobody asked for"),
        (lambda work: replace(work, learnt=True), "mark the generator with @learns"),
        (lambda work: replace(work, picture=work.picture[..., 0]), r"has the shape \(16, 16\)"),
    ):
        with pytest.raises(ArtcliError, match=said):
            made(workspace, foreign(how))
    with pytest.raises(ArtcliError, match=r"did not make 3 of 3 works \(0001, 0002, 0003"):
        made(workspace, lambda _request: iter(()))
    assert read_set(workspace, "mine").works == ()
