"""Make new works for the artists who have few, and judge whether they help."""

from __future__ import annotations

from typing import Annotated

import typer

from artcli.commands.options import (
    DeviceOption,
    JsonOption,
    WorkersOption,
    WorkspaceOption,
)
from artcli.errors import UsageError

_JUDGING = "Judging"
_PLAN = "Plan"

MOST = 10_000  # works for one artist: more is a slip of the hand


def command(
    generator: Annotated[
        str | None,
        typer.Option(
            metavar="SPEC",
            help="Who makes them: style-transfer, vae, cgan, cyclegan, ddpm, diffusion or a "
            "plugin's [default: style-transfer].",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The set's name [default: the generator's]."),
    ] = None,
    rarest: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="How many of the artists with the fewest works get new ones [default: 11 of 50, "
            "as in the talk].",
            rich_help_panel=_PLAN,
        ),
    ] = None,
    each: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MOST,
            help="New works for each of them [default: 5].",
            rich_help_panel=_PLAN,
        ),
    ] = None,
    extra_rarest: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="How many of the artists with the fewest works get more [default: 6 of 50].",
            rich_help_panel=_PLAN,
        ),
    ] = None,
    extra: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MOST,
            help="More works for each of those [default: 5].",
            rich_help_panel=_PLAN,
        ),
    ] = None,
    target: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MOST,
            help="Instead: as many works as each artist lacks of N.",
            metavar="N",
            rich_help_panel=_PLAN,
        ),
    ] = None,
    plan: Annotated[
        bool,
        typer.Option("--plan", help="Show the plan, make nothing.", rich_help_panel=_PLAN),
    ] = False,
    preview: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="STEPS", help="Write a picture of how things look every so many steps."
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=2**63 - 1, help="Everything random follows from it [default: 0]."),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            min=2,
            max=1000,
            help="The folds that must not learn what they are judged on [default: 5].",
        ),
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Train --recipe with and without this set, and say whether it helps.",
            rich_help_panel=_JUDGING,
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="RUN|NAME|FILE",
            help="What to judge with: a k-fold run, which is not trained again, or a recipe "
            "(artcli recipes lists them).",
            rich_help_panel=_JUDGING,
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            min=1, max=1000, help="Judge with so many seeds [default: 1].", rich_help_panel=_JUDGING
        ),
    ] = None,
    executor: Annotated[
        str | None,
        typer.Option(
            metavar="SPEC",
            help="Who runs the folds: serial, processes, ray or a plugin's [default: serial].",
            rich_help_panel=_JUDGING,
        ),
    ] = None,
    device: DeviceOption = "auto",
    workers: WorkersOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Make new works for the artists who have few, and judge whether they help.

    Works are made of paintings that are trained on, and a fold never learns from a work that was
    made of a painting which judges it. The same command goes on with a set that was interrupted.
    Train with it: artcli train --with NAME.
    """
    making = {
        "--generator": generator, "--name": name, "--rarest": rarest, "--each": each,
        "--extra-rarest": extra_rarest, "--extra": extra, "--target": target,
        "--plan": plan or None, "--preview": preview, "--seed": seed, "--folds": folds,
    }  # fmt: skip
    judging = {
        "--recipe": recipe, "--seeds": seeds, "--executor": executor, "--workers": workers,
    }  # fmt: skip
    other = making if judge is not None else judging
    if strangers := [flag for flag, value in other.items() if value is not None]:
        raise UsageError(
            f"{', '.join(strangers)} {'does' if len(strangers) == 1 else 'do'} not go "
            f"{'with --judge' if judge is not None else 'without --judge NAME'}",
            "first a set is made, then it is judged",
        )
    from artcli.contest.tables import read_contest
    from artcli.host.discovery import load_host
    from artcli.workspace.paths import find_workspace

    found = find_workspace(workspace)
    host = load_host(found)
    if judge is not None:
        from artcli.commands.augment_style.judging import judge as judge_set

        judge_set(
            found, host, judge, recipe,
            seeds=seeds or 1, executor=executor, device=device, workers=workers, json=json,
        )  # fmt: skip
        return
    from artcli.commands.augment_style.making import Plan, make

    make(
        found,
        host,
        read_contest(found),
        Plan(generator, rarest, each, extra_rarest, extra, target, seed, folds),
        name=name,
        only_plan=plan,
        preview=preview,
        device=device,
        json=json,
    )
