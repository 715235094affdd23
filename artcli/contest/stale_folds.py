"""Folds files that corrections of a contest have left behind: what no longer fits, what to do.

A folds file is made once and then obeyed, so that no correction may change it in silence.
"""

from __future__ import annotations

from pathlib import Path

from artcli.contest.csvfile import read_table
from artcli.contest.proposals import GROUPS_NAME
from artcli.contest.splits import find_groups, torn_groups
from artcli.contest.tables import Contest
from artcli.workspace.paths import Workspace

_SHOWN = 5


def stale_folds(workspace: Workspace, contest: Contest) -> tuple[str, ...]:
    """A line for each thing in the workspace's folds files that does not fit `contest`.

    Damaged files are left to whoever uses them, as are pictures that are not there.
    """
    if not (files := workspace.folds_files.values()):
        return ()
    there = [painting for painting in contest.train if painting.path.is_file()]
    group_of = find_groups(there, contest.data / GROUPS_NAME)
    ids = [painting.id for painting in contest.train]
    return tuple(line for path in files for line in _misfits(path, ids, group_of))


def _misfits(path: Path, ids: list[str], group_of: dict[str, str]) -> list[str]:
    table = read_table(path, ("id", "fold"), [])
    if table is None:
        return []
    fold_of = {row["id"]: row["fold"] for row in table.rows}
    known = set(ids)
    lines = []
    if gone := [key for key in fold_of if key not in known]:
        lines.append(
            f"{path.name} lists {_counted(gone, 'painting')} that train.csv no longer has:"
            f" {_listed(gone)}; take these lines out of it, or remove the file to have new folds"
            " made (runs of the old ones cannot be compared with runs of the new)"
        )
    if missing := [key for key in ids if key not in fold_of]:
        lines.append(
            f"{path.name} lacks {_counted(missing, 'painting')} of train.csv: {_listed(missing)};"
            " give each a line, or remove the file to have new folds made"
        )
    if apart := torn_groups(fold_of, group_of):
        lines.append(
            f"{path.name} has {_counted(apart, 'group')} in more than one fold"
            f" ({_listed([' with '.join(keys[:_SHOWN]) for keys in apart])}), so that models are"
            " judged on pictures they have learnt from; remove the file to have new folds made"
            " (runs of the old ones cannot be compared with runs of the new)"
        )
    return lines


def _counted(things: list[str] | list[list[str]], what: str) -> str:
    return f"{len(things):,} {what}{'s' * (len(things) > 1)}"


def _listed(things: list[str]) -> str:
    return ", ".join(things[:_SHOWN]) + ", …" * (len(things) > _SHOWN)
