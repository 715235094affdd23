"""Write a submission: the best run's test predictions as the CSV that the leaderboard takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from artcli.commands.options import JsonOption, Pool, PoolOption, WorkspaceOption

if TYPE_CHECKING:
    from artcli.contest.tables import Contest
    from artcli.predicting.candidates import Candidate
    from artcli.predicting.submission import Submission
    from artcli.workspace.paths import Workspace


def command(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            help="A run, or a result of artcli tta or ensemble [default: the best validation crop "
            "F1].",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The file's name in submissions/ [default: the run's]."),
    ] = None,
    pool: PoolOption = None,
    fill_bad: Annotated[
        str | None,
        typer.Option(
            metavar="ARTIST", help="Name this artist for test images that cannot be read."
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write a submission: the best run's test predictions as the CSV that the leaderboard takes.

    The folds of a run are averaged; what artcli tta and artcli ensemble made is weighed as a run
    is. The file matches sample_submission.csv in header, ids, order, encoding and names, every row
    of it is checked, and none is ever overwritten.
    """
    from artcli import console
    from artcli.contest.tables import read_contest
    from artcli.workspace.files import read_json
    from artcli.workspace.paths import find_workspace

    found = find_workspace(workspace)
    contest = read_contest(found)
    made, chosen, why = submit(found, contest, run, name=name, fill_bad=fill_bad, pool=pool)
    if json:
        console.print_json(
            {
                "submission": made.path,
                "record": made.facts,
                "run": chosen.name,
                "why": why,
                "folds": made.folds,
                "rows": len(made.rows),
                "filled": made.filled,
                "pool": read_json(made.facts)["made_from"].get("pool"),
                "formula_like": made.formulas,
                "counts": {artist: made.counts[artist] for artist in contest.artists},
            }
        )
    else:
        show(made, chosen, why, found, contest)


def submit(
    workspace: Workspace,
    contest: Contest,
    run: str | None = None,
    *,
    name: str | None = None,
    fill_bad: str | None = None,
    pool: Pool | None = None,
) -> tuple[Submission, Candidate, str]:
    """Choose a run or a result, write its submission; also which was taken, and why."""
    from artcli.commands.pooling import pool_run
    from artcli.errors import ArtcliError
    from artcli.predicting.candidates import list_candidates
    from artcli.predicting.folder import read_kept
    from artcli.predicting.submission import check_submission, choose_run, write_submission

    if not (contest.test or contest.sample_ids):
        raise ArtcliError(f"there is no test in {contest.data}, so there is nothing to submit")
    chosen, why = choose_run(list_candidates(workspace), run, workspace.flag)
    kept = read_kept(workspace, chosen.name)
    if kept is None:  # removed since it was listed
        raise ArtcliError(f"the predictions of {chosen.name} are gone")
    facts = {"why": why, "validation_crop_f1": chosen.scored, **chosen.facts()}
    groups = None
    if pool:
        check_submission(workspace, contest, kept, name=name, fill_bad=fill_bad)
        groups, facts["pool"] = pool_run(workspace, contest, kept)
    made = write_submission(
        workspace, contest, kept, name=name, fill_bad=fill_bad, groups=groups, run=facts
    )
    return made, chosen, why


def show(
    made: Submission,
    chosen: Candidate,
    why: str,
    workspace: Workspace,
    contest: Contest,
    most: int = 5,
) -> None:
    """The summary that a person reads."""
    from artcli import console

    out = console.out()
    folds = f"folds {', '.join(made.folds)} averaged" if len(made.folds) > 1 else "one model"
    origin = f", {chosen.state}" if chosen.made_by else f" ({folds})"
    console.success(f"{len(made.rows):,} rows from the {chosen.kind} {chosen.name}{origin}")
    out.print(f"Taken because {console.safe(why)}.")
    if made.filled:
        rest = f" … and {len(made.filled) - 20} more" if len(made.filled) > 20 else ""
        listed = ", ".join(made.filled[:20]) + rest
        console.warn(f"{len(made.filled)} bad images filled: {listed} (all: {made.facts.name})")
    if made.formulas:
        rest = f" … and {len(made.formulas) - 20} more" if len(made.formulas) > 20 else ""
        console.warn(
            f"a spreadsheet would take these for formulas: {', '.join(made.formulas[:20])}{rest};"
            " do not save the file from one"
        )
    trained, rows = dict(zip(contest.artists, contest.counts, strict=True)), len(made.rows)
    paintings = sum(contest.counts)
    out.print(
        console.table(
            "The artists named most",
            ["Artist", ">Pictures", ">Share", ">In training"],
            [
                (artist, f"{count:,}", _share(count, rows), _share(trained[artist], paintings))
                for artist, count in made.counts.most_common(most)
            ],
        )
    )
    never = [artist for artist in contest.artists if artist not in made.counts]
    if never:
        listed = ", ".join(never[:most]) + (", …" if len(never) > most else "")
        out.print(f"Never named: {len(never)} of {len(contest.artists)} ({console.safe(listed)})")
    out.print(f"Wrote {console.safe(made.path)}")
    if workspace.solution_csv.is_file():
        place = console.safe(workspace.flag)
        out.print(f"Next: [bold]artcli score {console.safe(made.path.name)}{place}[/]")
    else:
        out.print("Next: upload it to the contest's page.")


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else ""
