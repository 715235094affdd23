"""Taking over a contest: its folder found, checked, and linked into a workspace's data folder.

A contest's folder goes in; its tables (copied: they are yours to edit) and the images they name
(hard-linked, or copied across disks) come out. A symbolic link is followed: the file it leads to
is taken. Nothing in the contest's own folder changes.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from artcli import console
from artcli.contest.csvfile import read_table
from artcli.contest.fixes import FIXES_NAME, TRAIN_NAME
from artcli.contest.genres import ALIASES_NAME, ARTISTS_NAME
from artcli.contest.images import SUFFIXES
from artcli.contest.pictures import check_pictures
from artcli.contest.proposals import GROUPS_NAME
from artcli.contest.repair import Repairs, find_repairs
from artcli.contest.tables import SAMPLE_NAME, TEST_NAME, Contest, read_contest
from artcli.errors import ArtcliError
from artcli.workspace.files import explained, need_room

TABLES = (TRAIN_NAME, TEST_NAME, SAMPLE_NAME, ARTISTS_NAME, FIXES_NAME, ALIASES_NAME, GROUPS_NAME)
SOLUTION_NAME = "solution.csv"
_DEEPEST = 2  # folders below the one named in which train.csv is looked for


@dataclass(frozen=True)
class Intake:
    """What was taken over: from where, the repairs made, what to tell the user."""

    source: Path
    repairs: Repairs
    bad_tests: tuple[str, ...]
    notices: tuple[str, ...]


def find_contest(folder: Path) -> Path:
    """The folder that holds train.csv: `folder`, or the only one a little below it."""
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        hint = "unpack it first" if folder.suffix == ".zip" else None
        raise ArtcliError(f"{folder} {what}", hint or "name the folder that holds train.csv")
    if (folder / TRAIN_NAME).is_file():
        return folder
    below = [
        path.parent
        for depth in range(1, _DEEPEST + 1)
        for path in sorted(folder.glob("*/" * depth + TRAIN_NAME))
    ]
    if len(below) == 1:
        return below[0]
    if below:
        listed = ", ".join(str(path.relative_to(folder)) for path in below)
        raise ArtcliError(f"{folder} holds several contests: {listed}", "name one of them")
    hint = f"a contest's folder holds {TRAIN_NAME} (header id,img_path,artist) and its images"
    if any(path.suffix.lower() in SUFFIXES for path in folder.glob("*/*")):
        hint += "; folders of paintings make one of their own: artcli init --from-folders"
    raise ArtcliError(f"there is no {TRAIN_NAME} in {folder}", hint)


def take_over(source: Path, data: Path, solution: Path, *, repair: bool = False) -> Intake:
    """Check the contest in `source` and bring it into the empty folder `data`.

    A solution.csv inside `source` or beside it goes to `solution`, if it answers this very test.
    `repair` writes the known corrections into `data`. Every image is decoded; a bad training
    image stops the intake, a bad test image is told (`artcli submit --fill-bad` deals with it).

    Errors: `Problems` with everything that is wrong with the tables, or with the images.
    """
    found = find_contest(source).resolve()
    with explained(data):
        for name in TABLES:
            if (found / name).is_file():  # of all else that is there `read_contest` tells
                shutil.copyfile(found / name, data / name)
    repairs = find_repairs(found) if repair else Repairs()
    repairs.write(data)
    contest = read_contest(found, follow_links=True, corrections=data if repair else None)
    bad_tests = check_pictures(contest)
    files = dict.fromkeys(painting.path for painting in (*contest.train, *contest.test))
    there = [file for file in files if file.is_file()]
    if found.stat().st_dev != data.stat().st_dev:  # else they are linked
        need_room(data, sum(file.stat().st_size for file in there), "the pictures")
    for file in console.track(there, "Taking over images"):
        bring_in(file, data / file.relative_to(found))
    notices = [*contest.notices, *_take_solution(found, contest, solution)]
    if found != source.resolve():
        notices.insert(0, f"the contest was found in {found}")
    return Intake(found, repairs, bad_tests, tuple(notices))


def bring_in(file: Path, target: Path) -> None:
    """Make `target` the same file as `file`, or a copy where that cannot be; links are followed.

    Errors: `ArtcliError` where `target` is there. A copy would be written into it, and so into
    the file that it is linked with, on a disk that takes `a.jpg` for `A.jpg`.
    """
    with explained(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        real = file.resolve()
        if os.path.lexists(target):
            raise ArtcliError(
                f"{file} cannot be brought in: on this disk {target} is another file already",
                "give the pictures names that differ in more than letter case",
            )
        try:
            os.link(real, target)
        except OSError:  # another disk, or a file system without hard links
            shutil.copy2(real, target)


def _take_solution(source: Path, contest: Contest, solution: Path) -> list[str]:
    """Copy the contest's own answers, if there are any; a notice of what was or was not taken."""
    for path in (source / SOLUTION_NAME, source.parent / SOLUTION_NAME):
        if not path.is_file():
            continue
        problems: list[str] = []
        table = read_table(path, ("id", "artist"), problems, optional=("Usage", "painting"))
        problems += table.repeated("id") if table else []
        answered = {row["id"] for row in table.rows} if table else set()
        if problems or answered != {piece.id for piece in contest.test}:
            why = problems[0] if problems else "it does not answer this contest's test"
            return [f"{path} was left: {why}"]
        with explained(solution, path.stat().st_size):
            shutil.copyfile(path, solution)
        return [f"{path} was taken over, outside the data: artcli score compares with it"]
    return []
