"""The survey of a contest: every picture measured, once, on all cores, and kept for the next time.

A contest comes in, a `Survey` goes out. A picture that has not changed is known by its place, size
and time, else by its content; a bad one is part of the survey like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from artcli.contest.survey.measure import measure
from artcli.contest.survey.records import Measures, Survey
from artcli.contest.survey.store import Entry, Mark, Store, commit, new_rows, put, read_store
from artcli.contest.tables import Contest, Painting
from artcli.contest.workers import hash_files, work
from artcli.workspace.locks import hold

_NEVER = -2  # the time of no file: such a picture is looked at again every time


def survey(cache: Path, contest: Contest, *, workers: int | None = None) -> Survey:
    """All pictures of `contest`; what is known of them already is taken from `cache`.

    A second process waits for the first. One that is stopped keeps what it has measured.

    Errors: `ArtcliError` when the cache cannot be written, or a process was ended by the system.
    """
    paintings = (*contest.train, *contest.test)
    folder = cache / "survey"
    wanted = [_entry(painting, contest.data) for painting in paintings]
    kept, measured = read_store(folder), 0
    if kept is None or not _fits(kept, wanted):
        with hold(folder / "lock", "the survey", wait=True):
            kept = read_store(folder)  # the one waited for may have finished it
            if kept is None or not _fits(kept, wanted):
                kept, measured = _renew(folder, kept, wanted, workers)
    measures = tuple(entry.measures for entry in kept.entries if entry.measures is not None)
    return Survey(paintings, measures, kept.thumbs, kept.styles, measured)


def _entry(painting: Painting, data: Path) -> Entry:
    path = painting.path
    name = path.relative_to(data) if path.is_relative_to(data) else path
    try:
        facts = path.stat()
    except OSError:
        return Entry(name.as_posix(), Mark(str(path), -1, -1))
    return Entry(name.as_posix(), Mark(str(path), facts.st_size, facts.st_mtime_ns))


def _fits(kept: Store, wanted: Sequence[Entry]) -> bool:
    """Whether the cache holds just these pictures, in this order, none of them changed on disk."""
    return [replace(entry, measures=None) for entry in kept.entries] == list(wanted) and all(
        entry.measures is not None for entry in kept.entries
    )


def _renew(
    folder: Path, kept: Store | None, wanted: Sequence[Entry], workers: int | None
) -> tuple[Store, int]:
    """A survey of former rows and newly measured ones, and how many are new."""
    entries, former = list(wanted), _unchanged(kept, wanted) if kept else {}
    missing = [row for row in range(len(wanted)) if row not in former]
    with new_rows(folder, len(wanted)) as file:
        if kept:
            for row, old in former.items():
                entries[row] = replace(wanted[row], measures=kept.entries[old].measures)
                put(file, len(wanted), row, kept.thumbs[old], kept.styles[old])
        try:
            paths = [wanted[row].mark.path for row in missing]
            with closing(work(measure, paths, "Looking at pictures", workers=workers)) as found:
                for row, one in zip(missing, found, strict=True):
                    put(file, len(wanted), row, one.thumb, one.style)
                    entries[row] = _measured(wanted[row], one.measures)
        finally:  # interrupted, or stopped by a full disk: what is done need not be done again
            file.flush()
            renewed = commit(Path(file.name), entries)
    return renewed, len(missing)


def _measured(wanted: Entry, measures: Measures) -> Entry:
    """The entry once its picture has been measured; one that the system would not give is wanted
    again the next time."""
    lasting = measures.sha256 or wanted.mark.size < 0
    mark = wanted.mark if lasting else wanted.mark._replace(mtime_ns=_NEVER)
    return Entry(wanted.name, mark, measures)


def _unchanged(kept: Store, wanted: Sequence[Entry]) -> dict[int, int]:
    """The rows wanted that need no measuring, and where they are kept."""
    places = {entry.name: row for row, entry in enumerate(kept.entries) if entry.measures}
    former: dict[int, int] = {}
    doubtful: list[int] = []
    for row, now in enumerate(wanted):
        place = places.get(now.name)
        if place is None or kept.entries[place].mark.size != now.mark.size:
            continue
        if kept.entries[place].mark == now.mark:
            former[row] = place
        elif kept.entries[place].mark.mtime_ns != _NEVER:
            doubtful.append(row)  # another time or place, the same size: the content decides
    paths = [wanted[row].mark.path for row in doubtful]
    for row, found in zip(doubtful, hash_files(paths), strict=True):
        place = places[wanted[row].name]
        measures = kept.entries[place].measures
        if measures and found == measures.sha256:
            former[row] = place
    return former
