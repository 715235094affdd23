"""The making of a set: the plan, the works one by one, and what came of it."""

from __future__ import annotations

import platform
import time
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from artcli.commands.going_on import going_on
from artcli.errors import ArtcliError, UsageError, out_of_memory

if TYPE_CHECKING:
    from artcli.contest.generated.records import GeneratedSet, SetFacts
    from artcli.contest.tables import Contest
    from artcli.host.binding import Bound
    from artcli.host.discovery import Host
    from artcli.workspace.paths import Workspace


@dataclass(frozen=True)
class Plan:
    """What the command line says of a set; None where it says nothing."""

    generator: str | None
    rarest: int | None
    each: int | None
    extra_rarest: int | None
    extra: int | None
    target: int | None
    seed: int | None
    folds: int | None

    @property
    def silent(self) -> bool:
        return all(value is None for value in astuple(self))


def make(
    workspace: Workspace,
    host: Host,
    contest: Contest,
    plan: Plan,
    *,
    name: str | None,
    only_plan: bool,
    preview: int | None,
    device: str,
    json: bool,
) -> None:
    """Make the set, or go on with it; its report is written at the end."""
    from artcli import console
    from artcli.contest.generated.store import list_sets, read_set
    from artcli.host.kinds import KINDS

    there = name is not None and name in list_sets(workspace)
    kept = read_set(workspace, name).facts if there and plan.silent and name else None
    default = str(KINDS["generator"].default) if plan.generator is None else plan.generator
    spec = kept.generator if kept else default
    generator = host.bind("generator", spec)
    name = generator.parts[0].registered.component.name if name is None else name
    workspace.generated_dir(name)  # says what is wrong with a name
    for notice in contest.notices:
        console.note(notice)
    facts = kept or _facts(generator, plan, contest)
    if only_plan:
        _show_plan(contest, name, facts, json)
        return
    if not facts.wanted:
        raise ArtcliError(
            "the plan gives no artist a new work", "try a higher --target, or more of --rarest"
        )
    started = time.monotonic()
    found, made = _make(workspace, contest, name, generator, facts, preview, device)
    _tell(workspace, contest, found, made, time.monotonic() - started, json)


def _facts(generator: Bound, plan: Plan, contest: Contest) -> SetFacts:
    from artcli.contest.generated.planning import EACH, plan_rarest, plan_target
    from artcli.generating.making import set_facts

    counts = dict(zip(contest.artists, contest.counts, strict=True))
    if plan.target is not None:
        if others := [
            flag
            for flag, value in (
                ("--rarest", plan.rarest), ("--each", plan.each),
                ("--extra-rarest", plan.extra_rarest), ("--extra", plan.extra),
            )
            if value is not None
        ]:  # fmt: skip
            raise UsageError(f"--target does not go with {', '.join(others)}", "give one of them")
        works = plan_target(counts, plan.target)
    else:
        works = plan_rarest(
            counts,
            rarest=plan.rarest,
            each=plan.each or EACH,
            extra_rarest=plan.extra_rarest,
            extra=plan.extra or EACH,
        )
    return set_facts(generator, works, plan.seed or 0, plan.folds or 5)


def _make(
    workspace: Workspace,
    contest: Contest,
    name: str,
    generator: Bound,
    facts: SetFacts,
    preview: int | None,
    device: str,
) -> tuple[GeneratedSet, int]:
    """The set, whole, and how many of its works have been made now."""
    from artcli.contest.generated.store import begin_set
    from artcli.contest.pictures import check_pictures
    from artcli.contest.splits import load_or_make_folds
    from artcli.generating.display import shown
    from artcli.generating.making import Workshop
    from artcli.training.devices import pick_device
    from artcli.workspace.files import remove_tree
    from artcli.workspace.locks import hold

    device = pick_device(device)
    check_pictures(contest, remember=workspace.checked_images)
    folds = load_or_make_folds(workspace, contest, facts.folds)
    folder = workspace.generators / name
    with hold(workspace.generators / ".locks" / name, f"the generated set {name}"):
        found = before = begin_set(workspace, name, facts, _versions(generator))
        previews = workspace.reports / "generated" / name / "previews"
        again = f"artcli augment-style --name {name}{workspace.flag}"
        with (
            going_on(
                lambda: f"{len(found.works)} of {facts.wanted} works are made; go on with: {again}",
                over=True,
            ),
            shown(facts.wanted, len(found.works), previews, preview) as display,
        ):
            shop = Workshop(contest, folds, generator, folder, device, display)
            try:
                for after in shop.make(found):
                    found = after
                    display.work(len(found.works))
            except ArtcliError as error:
                if found.works:
                    error.hint = "; then ".join(filter(None, [error.hint, f"go on with: {again}"]))
                raise
            except Exception as error:
                if not out_of_memory(error):
                    raise
                raise ArtcliError(
                    f"there is not enough memory for {facts.generator}",
                    "make another set with a smaller size, batch or width, or try --device cpu; "
                    f"what is made is kept: {again}",
                ) from error
        remove_tree(folder)  # nothing will be gone on with
    return found, len(found.works) - len(before.works)


def _versions(generator: Bound) -> dict[str, Any]:
    from artcli import __version__
    from artcli.training.record import library_versions

    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "artcli": __version__,
        "versions": {"python": platform.python_version(), **library_versions()},
        "plugins": [one.facts for one in generator.registered],
    }


def _show_plan(contest: Contest, name: str, facts: SetFacts, json: bool) -> None:
    from artcli import console

    counts = dict(zip(contest.artists, contest.counts, strict=True))
    rows = [
        {"artist": artist, "works": works, "new": new, "then": works + new}
        for artist, new in facts.plan.items()
        for works in (counts.get(artist, 0),)
    ]
    if json:
        console.print_json({"name": name, "generator": facts.generator, "plan": rows,
                            "parts": facts.parts, "works": facts.wanted})  # fmt: skip
        return
    out = console.out()
    out.print(
        console.figures(
            f"Plan of the set {console.safe(name)}, by {console.safe(facts.generator)}",
            ["Artist", ">Works", ">New", ">Then"],
            [tuple(row.values()) for row in rows],
        )
    )
    planned = sum(facts.plan.values())
    out.print(f"{planned} new works for {len(facts.plan)} of {len(contest.artists)} artists")
    if facts.parts:
        out.print(
            f"The generator learns from paintings, so it is trained {len(facts.parts)} times, "
            "each time without those of one fold, and makes the plan each time: "
            f"{facts.wanted} works, of which a fold takes {planned}."
        )


def _tell(
    workspace: Workspace,
    contest: Contest,
    found: GeneratedSet,
    made: int,
    seconds: float,
    json: bool,
) -> None:
    from artcli import console
    from artcli.contest.generated.neighbours import find_neighbours
    from artcli.predicting.set_judging import read_judged
    from artcli.reporting.generated.sheet import write_sheet

    neighbours = find_neighbours(workspace, contest, found)
    sheet = write_sheet(workspace, contest, found, neighbours, read_judged(workspace, found))
    near = [(work, neighbours[work.id]) for work in found.works if work.id in neighbours]
    copies = [work.id for work, one in near if one.is_copy(work)]
    kept = [work.id for work, one in near if one.shows_content(work)]
    if json:
        console.print_json(
            {
                "name": found.name,
                "folder": found.folder,
                "generator": found.facts.generator,
                "works": len(found.works),
                "made": made,
                "seconds": seconds,
                "copies": copies,
                "like_their_content": kept,
                "sheet": sheet,
            }
        )
        return
    place = console.safe(workspace.flag)
    if made:
        console.success(
            f"{made} work{'s' * (made > 1)} in {console.duration(seconds)}: the set {found.name} "
            f"has {len(found.works)}, for {len(found.facts.plan)} of {len(contest.artists)} artists"
        )
    else:
        console.success(f"the set {found.name} is whole already: {len(found.works)} works")
    if copies:
        console.warn(
            f"{len(copies)} works are copies of real paintings, or nearly: {', '.join(copies[:8])}"
            f"{', …' if len(copies) > 8 else ''}; the sheet shows them beside each other"
        )
    if kept:
        console.note(f"{len(kept)} of {len(found.works)} works show just what their content shows")
    out = console.out()
    out.print(f"Works  {console.safe(found.folder)}")
    for path in sheet:
        out.print(f"Sheet  {console.safe(path)}")
    name = console.safe(found.name)
    out.print(
        f"Next: [bold]artcli augment-style --judge {name} --recipe RUN{place}[/]  or  "
        f"[bold]artcli train --with {name}{place}[/]"
    )
