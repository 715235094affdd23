"""Look at pieces in several ways, measure whether that helps, and predict the test so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from shlex import join
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artcli.commands.options import BatchSizeOption, DeviceOption, JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from artcli.contest.tables import Contest
    from artcli.host.discovery import Bound
    from artcli.host.records import View
    from artcli.predicting.folder import Kept
    from artcli.predicting.view_gains import Gains
    from artcli.workspace.paths import Workspace


def command(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN", help="Runs with models, or results of tta to leave views out of."
        ),
    ],
    views: Annotated[
        str | None,
        typer.Option(
            metavar="SPEC",
            help="The views: none, flips, crops, scales or a plugin's, joined by + [default: "
            "flips].",
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="VIEW", help="Leave this view out; may be given several times."),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The result's name, of one run [default: RUN-tta]."),
    ] = None,
    batch_size: BatchSizeOption = None,
    device: DeviceOption = "auto",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Look at pieces in several ways, measure whether that helps, and predict the test so.

    The views are measured on the validation pieces first: each alone, and beside the plain look,
    with the difference that it makes. The mean over the views is kept as a result that submit and
    ensemble take like a run. Leaving views out of such a result needs no further look.
    """
    from artcli import console
    from artcli.commands.view_tables import show_next, show_result
    from artcli.contest.tables import read_contest
    from artcli.errors import UsageError
    from artcli.host.discovery import load_host
    from artcli.host.kinds import KINDS
    from artcli.predicting.tta import gains_of, kept_views, look_again
    from artcli.training.devices import pick_device
    from artcli.workspace.paths import find_workspace
    from artcli.workspace.runs import hold_folds

    runs = list(dict.fromkeys(runs))
    if name is not None and len(runs) > 1:
        raise UsageError("--name names the result of one run", "leave it out, or name one run")
    found = find_workspace(workspace)
    host = load_host(found)
    bound = None if views is None else host.bind("view", views)
    default = host.bind("view", str(KINDS["view"].default))
    plans = [_plan(found, run, name, bound, default, without or []) for run in runs]
    if len({plan.result for plan in plans}) < len(plans):
        raise UsageError("a run and a result of it take two commands", "name one of them")
    pick_device(device)
    contest = read_contest(found)
    for notice in contest.notices:
        console.note(notice)
    documents = []
    for plan in plans:
        if plan.facts is not None:
            seen = kept_views(found, plan.source, plan.facts)
        else:
            with hold_folds(found, plan.run):
                seen = look_again(
                    found, host, contest, plan.run, plan.views,
                    batch_size=batch_size, device=device,
                )  # fmt: skip
        gains = gains_of(contest, seen, plan.averaged)
        documents.append(_keep(found, contest, plan, seen, gains))
        if not json:
            show_result(found, documents[-1], gains)
    if json:
        console.print_json({"results": documents})
    elif contest.test:
        show_next(found, documents)


@dataclass(frozen=True)
class _Plan:
    """What is to be made, decided before any work.

    `source`: a run, or (with its `facts`) a result of tta whose kept views are averaged anew;
    `run`: whose models look; `views`: what they look with, of the spec `text`; `averaged`: the
    names of the views whose mean is the result.
    """

    source: str
    run: str
    result: str
    text: str
    views: Sequence[View]
    averaged: Sequence[str]
    left_out: Sequence[str]
    facts: Mapping[str, Any] | None = None

    @property
    def line(self) -> str:
        """The command that makes this."""
        chosen = ["--views", self.text] if self.facts is None else []
        left_out = [word for view in self.left_out for word in ("--without", view)]
        return join(["artcli", "tta", self.source, *chosen, *left_out, "--name", self.result])


def _plan(
    workspace: Workspace,
    source: str,
    name: str | None,
    chosen: Bound | None,
    default: Bound,
    left_out: Sequence[str],
) -> _Plan:
    """Errors: whatever can be known to be wrong before any work."""
    from artcli.errors import ArtcliError, UsageError
    from artcli.predicting.folder import read_facts, result_name
    from artcli.predicting.made_by import members, way_back
    from artcli.predicting.predict import trained_folds
    from artcli.predicting.tta import views_of, without
    from artcli.workspace.runs import run_parts

    is_run = workspace.run_dir(source) in run_parts(workspace, source)
    facts = None if is_run else read_facts(workspace, source)
    if facts is None:
        trained_folds(workspace, source)
        bound = chosen or default
        views = views_of(bound)
        averaged = without([view.name for view in views], left_out)
        views = [view for view in views if view.name in averaged]
        result = result_name(workspace, name, f"{source}-tta")
        return _Plan(source, source, result, bound.text, views, averaged, left_out)
    made_by = facts.get("made_by", {})
    if made_by.get("command") != "tta":
        hint = "only a run that was trained here can look at pictures again"
        if made_by:
            of = join(members(made_by))
            hint = f"look with what it is made of: artcli tta {of}{workspace.flag}"
        raise ArtcliError(f"{source} has predictions, but no model", hint)
    known = made_by.keys() >= {"run", "views", "seen", "averaged", "looked"}
    if not (known and set(made_by["averaged"]) <= set(made_by["seen"])):
        hint = way_back(source, facts, workspace.flag)
        raise ArtcliError(f"{source} does not say which views it is the mean of", hint)
    run = made_by["run"]
    if chosen is not None:
        raise UsageError(
            f"{source} is a result of tta, whose views are known: {', '.join(made_by['averaged'])}",
            f"look with others: artcli tta {run} --views {chosen.text}{workspace.flag}",
        )
    averaged = without(made_by["averaged"], left_out)
    result = result_name(workspace, name, f"{run}-tta")
    return _Plan(source, run, result, made_by["views"], (), averaged, left_out, facts)


def _keep(
    workspace: Workspace,
    contest: Contest,
    plan: _Plan,
    seen: Sequence[Kept],
    gains: Gains | None,
) -> dict[str, Any]:
    """Keep the mean; a document of it."""
    from artcli import console
    from artcli.errors import ArtcliError, Problems
    from artcli.predicting.folder import keep_result
    from artcli.predicting.tta import averaged, beside

    mean = averaged(contest, seen, plan.averaged)
    if mean.oof is None and mean.test is None:
        raise ArtcliError("there is no test, and no painting was held out: nothing to look at")
    if mean.bad:
        told = f"{len(mean.bad)} test images cannot be read"
        console.warn(Problems(told, [*mean.bad.values()]).message)
    some = f"{len(plan.averaged)} views of " if plan.left_out else ""
    made_by = {
        "command": "tta",
        "of": [plan.source],
        "how": some + plan.text,
        "line": plan.line,
        "run": plan.run,
        "views": plan.text,
        "seen": [one.name for one in seen],
        "averaged": plan.averaged,
        "left_out": plan.left_out,
        "looked": dict(mean.folds),
        "measured": gains.document() if gains else None,
    }
    folder = keep_result(
        workspace, contest, plan.result,
        made_by=made_by, oof=mean.oof, test=mean.test, bad=mean.bad, beside=beside(seen),
    )  # fmt: skip
    return {
        "result": plan.result,
        **made_by,
        "predictions": folder,
        "bad_test_images": dict(mean.bad),
    }
