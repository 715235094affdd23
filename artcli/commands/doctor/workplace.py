"""Is a workspace in order: its plugins, its data, its folds, the space on its disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from artcli.commands.doctor.findings import NOTE, OK, WRONG, Finding
from artcli.errors import ArtcliError

if TYPE_CHECKING:
    from artcli.contest.tables import Contest
    from artcli.host.discovery import Host
    from artcli.workspace.paths import Workspace

PLUGINS, WORKSPACE, DATA, DISK = "Plugins", "Workspace", "Data", "Disk"
SIDE = 384  # of the default model's input: the largest that the first runs need


def examine_plugins(workspace: Workspace | None) -> list[Finding]:
    """Whether every plugin, installed or the workspace's own, can be loaded."""
    from artcli.host.discovery import load_host

    try:
        host = load_host(workspace)
    except ArtcliError as error:
        return [Finding(PLUGINS, WRONG, error.message, error.hint)]
    sources = {str(one.source).strip() for one in host.components()}
    found = [
        Finding(
            PLUGINS,
            OK,
            f"{len(host.components())} components from {', '.join(sorted(sources)) or 'nowhere'}",
        )
    ]
    for failure in host.failures:
        what = f"{str(failure.source).strip()} could not be loaded: {failure.reason}"
        if failure.source.origin == "workspace":
            name = failure.source.distribution
            fix = f"mend it, then: artcli plugins add {name}; or: artcli plugins remove {name}"
        else:
            fix = f"mend it, or: pip uninstall {failure.source.distribution}"
        found.append(Finding(PLUGINS, WRONG, what, fix))
    found += _unusable(host)
    for (kind, name), offers in host.conflicts.items():
        sides = [one.source.distribution for one in offers]
        found.append(
            Finding(
                PLUGINS,
                WRONG,
                f"{kind} {name} is offered by {' and '.join(sides)}",
                f'choose one in artcli.toml: picks = {{ "{kind}.{name}" = "{sides[0]}" }}',
            )
        )
    return found


def _unusable(host: Host) -> Iterator[Finding]:
    """Of what strangers offer, all that cannot be used: it is imported to see."""
    from artcli.host.discovery import FIRST_PARTY
    from artcli.host.targets import load_target

    for one in host.components():
        if one.source.distribution == FIRST_PARTY:
            continue
        try:
            load_target(one)
        except ArtcliError as error:
            yield Finding(PLUGINS, WRONG, error.message, error.hint)


def examine_workspace(option: Path | None) -> tuple[Workspace | None, list[Finding]]:
    """The workspace, if there is one, and what is to be said of it and of what it holds."""
    from artcli.workspace.make import has_data
    from artcli.workspace.paths import find_workspace

    try:
        workspace = find_workspace(option)
    except ArtcliError as error:
        state = NOTE if option is None else WRONG
        return None, [Finding(WORKSPACE, state, error.message, error.hint)]
    unwritable = list(_unwritable(workspace))
    found = [Finding(WORKSPACE, OK, str(workspace.root)), *unwritable]
    if not has_data(workspace):
        fill = "artcli init --from CONTEST_DIR, --from-folders IMAGES, or --sample"
        return workspace, [*found, Finding(DATA, NOTE, "there is no data yet", fill)]
    contest, tables = _tables(workspace)
    found += tables
    if contest is not None:
        found += _images(contest, None if unwritable else workspace.checked_images)
        found += _folds(workspace, contest)
        found += _disk(workspace, contest)
    return workspace, found


def _unwritable(workspace: Workspace) -> Iterator[Finding]:
    from artcli.workspace.files import write_text

    probe = workspace.root / ".artcli-doctor"
    try:
        write_text(probe, "")
        probe.unlink()
    except (ArtcliError, OSError) as error:
        fix = f"make the folder yours: chown -R $USER {workspace.root}; or free some space"
        yield Finding(WORKSPACE, WRONG, f"it cannot be written: {error}", fix)


def _tables(workspace: Workspace) -> tuple[Contest | None, list[Finding]]:
    from artcli.contest.tables import read_contest

    try:
        contest = read_contest(workspace)
    except ArtcliError as error:
        eda = f"; all that is wrong: artcli eda{workspace.flag}"
        hint = f"{error.hint}{eda if workspace.train_csv.exists() else ''}"
        return None, [Finding(DATA, WRONG, error.message, hint)]
    said = (
        f"{len(contest.train):,} paintings by {len(contest.artists)} artists,"
        f" {len(contest.test):,} pieces in the test, {len(contest.genres)} genres"
    )
    notes = [Finding(DATA, NOTE, notice) for notice in contest.notices]
    return contest, [Finding(DATA, OK, said), *notes]


def _images(contest: Contest, remember: Path | None) -> Iterator[Finding]:
    from artcli.contest.images import bad_images

    kinds = {painting.path: painting.kind for painting in (*contest.test, *contest.train)}
    bad = bad_images(list(kinds), remember=remember)
    if not bad:
        yield Finding(DATA, OK, f"all {len(kinds):,} images can be decoded")
    for path, problem in bad.items():
        fix = "replace the file, or remove its row from train.csv"
        if kinds[path] == "test":
            fix = "replace the file, or submit with: artcli submit --fill-bad ARTIST"
        yield Finding(DATA, WRONG, problem, fix)


def _folds(workspace: Workspace, contest: Contest) -> Iterator[Finding]:
    from artcli.contest.splits import read_folds

    for k, path in workspace.folds_files.items():
        try:
            read_folds(path, k, [painting.id for painting in contest.train])
        except ArtcliError as error:
            yield Finding(DATA, WRONG, error.message, error.hint)
        else:
            yield Finding(DATA, OK, f"{path.name} lists every painting once")


def _disk(workspace: Workspace, contest: Contest) -> Iterator[Finding]:
    """The pixel cache at the default model's size against the space there is for it."""
    cached = sum(file.stat().st_size for file in workspace.cache.glob("pixels/*"))
    free = shutil.disk_usage(workspace.root).free
    need, small = (_cache_bytes(contest, side) for side in (SIDE, 224))
    said = f"the pixel cache needs up to {_gb(need)} at {SIDE} px ({_gb(small)} at 224 px)"
    has = f"{_gb(free)} are free" + (f", {_gb(cached)} are cached" if cached else "")
    if need <= free + cached:
        yield Finding(DISK, OK, f"{said}; {has}")
    else:
        fix = "free some space, make the workspace on a larger disk, or train with --image-size 224"
        yield Finding(DISK, WRONG, f"{said}; {has}", fix)


def _cache_bytes(contest: Contest, side: int) -> int:
    """Whole paintings at twice the side, one fold's pieces and the test's at the side itself."""
    wholes = len(contest.train) * (2 * side) ** 2
    pieces = len(contest.train) + len(contest.test)  # five of each painting of one fold in five
    return 3 * (wholes + pieces * side**2)


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
