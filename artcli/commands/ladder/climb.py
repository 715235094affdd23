"""Training a ladder's rows one after the other, with its report written after each run."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import fmean
from typing import TYPE_CHECKING, Any

import torch

from artcli import console
from artcli.commands.going_on import going_on
from artcli.commands.ladder.standing import refuse_other_paintings
from artcli.contest.workers import cores
from artcli.errors import ArtcliError, Interrupted, out_of_memory
from artcli.predicting.predict import predict_fold
from artcli.reporting.figures import signed
from artcli.reporting.hearing import is_done
from artcli.reporting.ladder import FOLD, Ladder, change_in_short
from artcli.reporting.measure import measure_ladder
from artcli.training.devices import pick_device
from artcli.training.run import run_fold
from artcli.workspace.runs import hold_fold, read_run

if TYPE_CHECKING:
    from artcli.commands.ladder.plan import Plan
    from artcli.contest.tables import Contest
    from artcli.host.discovery import Host
    from artcli.reporting.ladder import Row
    from artcli.workspace.paths import Workspace


def climb(
    workspace: Workspace,
    host: Host,
    contest: Contest,
    plan: Plan,
    *,
    device: str,
    workers: int | None,
    save: Callable[[Ladder], None],
    again: str,
) -> Ladder:
    """Train and judge what the plan asks for and is not there yet; `save` the ladder as it grows.

    A row that fails is kept with its reason, and the others go on. Errors: `Interrupted`, with
    everything saved and the hint `again`; as `measure_ladder`.
    """
    refuse_other_paintings(workspace, contest, plan)
    reasons, machine = dict(plan.reasons), plan.machine

    def saved() -> Ladder:
        ladder = measure_ladder(
            workspace, contest, plan.rungs, plan.standing,
            name=plan.name, budget=plan.budget, machine=machine, reasons=reasons,
        )  # fmt: skip
        save(ladder)
        return ladder

    ladder = saved()
    done = {run: is_done(workspace, run) for rung in plan.to_train for run in rung.runs}
    seconds = [read_run(workspace, run).seconds for run, finished in done.items() if finished]
    for number, rung in enumerate(plan.to_train, start=1):
        name = rung.named.name
        lacking = [
            (run, recipe)
            for run, recipe in zip(rung.runs, rung.recipes, strict=True)
            if not done[run]
        ]
        if lacking:
            change = change_in_short(ladder.row(name))
            about = f"row {number} of {len(plan.to_train)}: {name} ({change})"
            console.err().print(f"[bold]{console.safe(about)}[/]")
        reasons.pop(name, None)
        for run, recipe in lacking:
            machine, begun = _machine(device), time.monotonic()
            try:
                with going_on(lambda: again, over=True), hold_fold(workspace, run, FOLD):
                    run_fold(
                        workspace, host, contest, recipe, run, FOLD, device=device, workers=workers
                    )
                    predict_fold(workspace, host, contest, run, FOLD, test=False, device=device)
            except Interrupted:
                raise
            except Exception as error:
                if not isinstance(error, ArtcliError) and not out_of_memory(error):
                    raise
                reasons[name] = _said(error)
                hint = error.hint if isinstance(error, ArtcliError) else None
                console.warn(f"{name} failed: {reasons[name]}" + (f" ({hint})" if hint else ""))
                ladder = saved()
                break
            done[run] = True
            seconds.append(time.monotonic() - begun)
            ladder = saved()
            left = sum(not finished for finished in done.values()) * fmean(seconds)
            _tell(ladder.row(name), run, left)
    return ladder


def _tell(row: Row, run: str, left: float) -> None:
    (one,) = [trained for trained in row.trained if trained.run == run]
    ahead = ""
    if row.comparison and row.comparison.ours and len(row.trained) == 1:
        ahead = f", {signed(row.comparison.ours.value, 4)} beside {row.comparison.base}"
    rest = f"; about {console.duration(left)} left" if left else ""
    console.success(f"{run}: crop F1 {one.f1:.4f}{ahead}{rest}")


def _machine(device: str) -> dict[str, Any]:
    """Where a run is trained: its device, and how many cores there are."""
    kind = pick_device(device)
    name = torch.cuda.get_device_name() if kind == "cuda" else kind
    return {"device": name, "cores": cores(), "threads": torch.get_num_threads()}


def _said(error: BaseException) -> str:
    if isinstance(error, ArtcliError):
        return error.message
    lines = str(error).strip().splitlines()
    return f"out of memory: {lines[0]}" if lines else "out of memory"
