"""Make a workspace: from a contest's files, from folders of paintings, or with a painted sample."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artcli.commands.options import JsonOption, WorkspaceOption
from artcli.errors import ArtcliError, Problems, UsageError

if TYPE_CHECKING:
    from artcli.contest.repair import Repairs
    from artcli.contest.tables import Contest
    from artcli.workspace.paths import Workspace

_LOOK = (
    "to look at all that is wrong: artcli init DIR, copy the files into DIR/data,"
    " then artcli eda -w DIR"
)


def command(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="DIR", help="The workspace to make [default: the one here, else ./workspace]."
        ),
    ] = None,
    contest: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="CONTEST_DIR", help="Check and take over a contest's files."
        ),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(
            "--from-folders",
            metavar="IMAGES",
            help="Make a contest from paintings in folders of artists, to rehearse with.",
        ),
    ] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Paint a sample contest; nothing is downloaded.")
    ] = False,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="Apply known corrections, and those that artcli eda --fix proposed and you marked"
            " yes, beside the files, row by row.",
        ),
    ] = False,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=2**63 - 1,
            help="What decides a painted or a rehearsed contest [default: 0].",
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Make a workspace from a contest, from folders of paintings, or with a painted sample.

    Without a source an empty one is made, and what to put where is said. Data that a workspace
    holds is never overwritten: run again, this checks it, and with --repair corrects it by files
    beside it (fixes.csv, aliases.csv, groups.csv).
    """
    from artcli import console

    chosen = [flag for flag in (contest, images, sample or None) if flag is not None]
    if len(chosen) > 1:
        raise UsageError("choose one of --from, --from-folders and --sample")
    if seed is not None and images is None and not sample:
        raise UsageError("--seed goes with --from-folders or --sample")
    if repair and (images is not None or sample):
        raise UsageError("--repair goes with --from, or with a workspace that has data")
    if folder is not None and workspace is not None:
        raise UsageError("name the workspace once: DIR or --workspace")
    place = folder or workspace
    if contest is not None:
        made = _from_contest(_new_root(place), contest, repair=repair)
    elif images is not None or sample:
        made = _generated(_new_root(place), images, seed or 0)
    else:
        made = _existing_or_empty(place, repair=repair)
    if json:
        console.print_json(_document(made))
    else:
        _show(made)


@dataclass(frozen=True)
class _Made:
    """A workspace and what is to be told of it; `contest` is None when it is empty."""

    workspace: Workspace
    what: str
    contest: Contest | None = None
    repairs: Repairs | None = None
    bad_tests: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    folds: tuple[str, ...] = ()


def _new_root(place: Path | None) -> Path:
    """The workspace meant: the one named, the one here, or ./workspace."""
    import os

    from artcli.workspace.paths import ENVIRONMENT_VARIABLE, SETTINGS_NAME

    if place is None and (named := os.environ.get(ENVIRONMENT_VARIABLE)):
        return Path(named)
    if place is None:
        return Path.cwd() if Path(SETTINGS_NAME).is_file() else Path("workspace")
    return place


def _from_contest(root: Path, source: Path, *, repair: bool) -> _Made:
    from artcli.contest.intake import Intake, take_over
    from artcli.contest.tables import read_contest
    from artcli.workspace.make import make_workspace

    taken: list[Intake] = []

    def fill(data: Path, solution: Path) -> None:
        try:
            taken.append(take_over(source, data, solution, repair=repair))
        except Problems as error:
            error.hint = f"{error.hint}; {_LOOK}"
            raise

    workspace = make_workspace(root, fill)
    (intake,) = taken
    return _Made(
        workspace,
        f"the contest in {intake.source} was taken over",
        read_contest(workspace),
        intake.repairs if repair else None,
        intake.bad_tests,
        intake.notices,
    )


def _generated(root: Path, images: Path | None, seed: int) -> _Made:
    from artcli.contest.tables import read_contest
    from artcli.workspace.make import make_workspace

    notices: list[str] = []

    def fill(data: Path, solution: Path) -> None:
        if images is not None:
            from artcli.contest.rehearsal import rehearse

            notices.extend(rehearse(images, data, solution, seed=seed))
        else:
            from artcli.contest.sample import paint_contest

            paint_contest(data, solution, seed=seed)

    workspace = make_workspace(root, fill)
    what = "a sample contest was painted" if images is None else f"a contest was made from {images}"
    return _Made(workspace, what, read_contest(workspace), notices=tuple(notices))


def _existing_or_empty(place: Path | None, *, repair: bool) -> _Made:
    from artcli.contest.pictures import check_pictures
    from artcli.contest.tables import read_contest
    from artcli.workspace.make import has_data, make_workspace
    from artcli.workspace.paths import find_workspace

    if repair:
        workspace = find_workspace(place)
        if not has_data(workspace):
            raise ArtcliError(
                f"there is no data in {workspace.root} to repair",
                "take a contest over with: artcli init --from CONTEST_DIR --repair",
            )
        return _repaired(workspace)
    workspace = make_workspace(_new_root(place))
    if not has_data(workspace):
        return _Made(workspace, "it has no data yet")
    contest = read_contest(workspace)
    bad = check_pictures(contest, workspace.checked_images)
    return _Made(workspace, "its data was checked", contest, None, bad, contest.notices)


def _repaired(workspace: Workspace) -> _Made:
    from artcli import console
    from artcli.contest.repair import find_repairs
    from artcli.contest.stale_folds import stale_folds
    from artcli.contest.tables import read_contest
    from artcli.workspace.locks import hold

    with hold(workspace.cache / "repair.lock", "the corrections of the contest", wait=True):
        repairs = find_repairs(workspace.data, workspace.reports / "eda")
        repairs.write(workspace.data)
    try:
        contest = read_contest(workspace)
    except ArtcliError:
        for line in repairs.account:  # done, although more is wrong
            console.note(f"repaired: {line}")
        raise
    return _Made(
        workspace,
        "its data was read",
        contest,
        repairs,
        notices=contest.notices,
        folds=stale_folds(workspace, contest),
    )


def _document(made: _Made) -> dict[str, Any]:
    workspace, contest = made.workspace, made.contest
    facts: dict[str, Any] = {"workspace": workspace.root, "what": made.what, "contest": None}
    if contest is not None:
        sizes = sorted(zip(contest.counts, contest.artists, strict=True))
        facts["contest"] = {
            "paintings": len(contest.train),
            "artists": len(contest.artists),
            "smallest": {"artist": sizes[0][1], "paintings": sizes[0][0]},
            "largest": {"artist": sizes[-1][1], "paintings": sizes[-1][0]},
            "genres": len(contest.genres),
            "test_pieces": len(contest.test),
            "solution": workspace.solution_csv if workspace.solution_csv.exists() else None,
        }
    return {
        **facts,
        "repaired": None if made.repairs is None else list(made.repairs.account),
        "proposals_unanswered": 0 if made.repairs is None else made.repairs.waiting,
        "folds": list(made.folds),
        "bad_test_images": list(made.bad_tests),
        "notices": list(made.notices),
        "next": f"artcli train{workspace.flag}",
    }


def _show(made: _Made) -> None:
    from artcli import console

    out = console.out()
    console.success(f"{made.workspace.root} is a workspace; {made.what}")
    if made.repairs is not None:
        lines = made.repairs.account
        out.print(f"Repairs: {len(lines) or 'none were needed'}")
        for line in lines:
            out.print(f"  {line}", markup=False)
        if waiting := made.repairs.waiting:
            fixes = made.workspace.reports / "eda" / "fixes.csv"
            out.print(
                f"{waiting:,} more {'wait' if waiting > 1 else 'waits'} for an answer: write yes or"
                f" no into the column apply of {fixes}",
                markup=False,
            )
    for line in made.folds:
        console.warn(line)
    for notice in made.notices:
        console.err().print(f"[yellow]note:[/] {console.safe(notice)}")
    if made.bad_tests:
        console.warn(
            f"bad test images: {len(made.bad_tests)}; replace them, or submit with"
            " --fill-bad ARTIST:"
        )
        for line in made.bad_tests[:20]:
            console.err().print(f"  {line}", markup=False)
    document = _document(made)
    facts = document["contest"]
    if facts is None:
        out.print(_what_to_put_where(made.workspace), markup=False)
        return
    largest, smallest = facts["largest"], facts["smallest"]
    out.print(
        f"{facts['paintings']:,} paintings by {facts['artists']} artists, from"
        f" {largest['paintings']} ({console.safe(largest['artist'])}) down to"
        f" {smallest['paintings']} ({console.safe(smallest['artist'])})"
    )
    out.print(f"{facts['genres']} genres; {facts['test_pieces']:,} pieces in the test")
    if facts["solution"]:
        out.print(f"Its answers are in {console.safe(facts['solution'])}: artcli score reads them")
    out.print(f"Next: [bold]{console.safe(document['next'])}[/]")


def _what_to_put_where(workspace: Workspace) -> str:
    return f"""\
Put a contest's files into {workspace.data}:
  train.csv                id,img_path,artist      0,./train/0000.jpg,Diego Velazquez
  test.csv                 id,img_path             TEST_00000,./test/TEST_00000.jpg
  sample_submission.csv    id,artist               TEST_00000,Edgar Degas
  artists_info.csv         name,years,genre,nationality
  train/ test/             the images
and run artcli init again to check them. Or let artcli fill it:
  artcli init --from CONTEST_DIR         take over a contest's files
  artcli init --from-folders IMAGES      make a contest from folders of paintings by artist
  artcli init --sample                   paint a sample contest"""
