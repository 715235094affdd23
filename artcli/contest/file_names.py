"""Names of files as tables write them, and as they are on the disk.

One name has several forms: `ü` is one letter or two, and the systems that write archives differ in
which. A name of another form is resolved where one file alone can be meant. One in other letter
case is not: it is told.
"""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath

Names = Mapping[str, Sequence[str]]  # as they are on the disk, by their one form


def names_in(folder: Path) -> Names:
    """The names in a folder; none where it cannot be read."""
    found: dict[str, list[str]] = defaultdict(list)
    try:
        for path in folder.iterdir():
            found[form_of(path.name)].append(path.name)
    except OSError:
        return {}
    return dict(found)


def form_of(name: str) -> str:
    """One form for all that Unicode calls canonically equivalent."""
    return unicodedata.normalize("NFC", name)


def on_disk(folder: Path, text: str, names: Callable[[Path], Names] = names_in) -> Path:
    """The file that the relative path `text` means below `folder`.

    It is the path itself where there is such a file; else the only one whose names differ from it
    in Unicode form alone; else, for the error of whoever opens it, the path itself.
    """
    whole = folder / text
    if os.path.lexists(whole):
        return whole
    found = folder
    for part in PurePosixPath(text).parts:
        name = part
        if not os.path.lexists(found / part):
            same = names(found).get(form_of(part), ())
            if len(same) != 1:
                return whole
            name = same[0]
        found /= name
    return found


def is_written_so(folder: Path, path: Path, names: Callable[[Path], Names] = names_in) -> bool:
    """Whether each name of `path`, below `folder`, is on the disk letter by letter.

    A disk that takes no notice of letter case opens `A.jpg` for `a.jpg`.
    """
    found = folder
    for part in path.relative_to(folder).parts:
        if part not in names(found).get(form_of(part), ()):
            return False
        found /= part
    return True


def near_names(path: Path) -> list[str]:
    """The names beside `path`, which is missing, that differ from its own in letter case or Unicode
    form alone."""
    try:
        changed = path.parent.stat().st_mtime_ns
    except OSError:
        return []
    return sorted(_names_without_case(path.parent, changed).get(form_of(path.name).casefold(), ()))


@lru_cache(maxsize=16)  # of a folder that was not unpacked, each picture is missing
def _names_without_case(folder: Path, _changed: int) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for form, names in names_in(folder).items():
        found[form.casefold()] += names
    return dict(found)
