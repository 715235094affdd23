"""The generated sets that a run learns from: whether they serve, and how much a fold takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from artcli import console
from artcli.contest.generated.store import read_set
from artcli.errors import ArtcliError, Problems

if TYPE_CHECKING:
    from artcli.contest.generated.records import GeneratedSet, GeneratedWork
    from artcli.contest.tables import Contest
    from artcli.training.split import Split
    from artcli.workspace.paths import Workspace

_SHOWN = 5  # ids in a line


def open_sets(
    workspace: Workspace, contest: Contest, names: Sequence[str]
) -> tuple[GeneratedSet, ...]:
    """The sets of these names. Errors: as `read_set`; `ArtcliError` for one that is half made, or
    made for another contest: for artists, or of paintings of artists, that are others now."""
    sets = tuple(read_set(workspace, name) for name in names)
    for found in sets:
        if not found.complete:
            raise ArtcliError(
                f"of the generated set {found.name} only {len(found.works)} of "
                f"{found.facts.wanted} works are made",
                f"finish it with: artcli augment-style --name {found.name}{workspace.flag}",
            )
        _refuse(found, _other_artists(found, contest))
    return sets


def refuse_other_sources(sets: Sequence[GeneratedSet], sha256: Mapping[str, str]) -> None:
    """`Problems` when paintings that works were made of are gone, or their files are others.

    `sha256` is that of the file of each of the contest's paintings, by id. What was made of
    another picture may be made of one that is held out.
    """
    for found in sets:
        sources = {key: was for work in found.works for key, was in work.sources.items()}
        gone = sorted(sources.keys() - sha256.keys())
        other = sorted(key for key in sources.keys() & sha256.keys() if sources[key] != sha256[key])
        _refuse(
            found,
            [
                f"{_paintings(keys)} {what}"
                for keys, what in (
                    (gone, "that works were made of, not in train.csv any more"),
                    (other, "that works were made of, with other files since"),
                )
                if keys
            ],
        )


def show_taken(fold: str, sets: Sequence[GeneratedSet], split: Split) -> None:
    """Say how many works of each set the fold takes, and why it leaves out the others."""
    for found in sets:
        works = split.taken[found.name]
        said = f"fold {fold} learns from {len(works)} of the {len(found.works)} works of "
        line = f"{said}{found.name}{_left_out(found, works)}"
        (console.note if works else console.warn)(line)


def _left_out(found: GeneratedSet, works: Sequence[GeneratedWork]) -> str:
    if len(works) == len(found.works):
        return ""
    if found.facts.parts is None:
        return "; the others were made of paintings that it holds out"
    if works:
        return f": those of part {works[0].part}, made without the paintings that it holds out"
    return ": each part has learnt from paintings that it holds out; were other folds made since?"


def _other_artists(found: GeneratedSet, contest: Contest) -> Iterator[str]:
    artist_of = {painting.id: painting.artist for painting in contest.train}
    strange = sorted({work.artist for work in found.works} - {*contest.artists})
    if strange:
        yield f"works of {', '.join(strange)}, of whom train.csv has none"
    moved = {
        key
        for work in found.works
        for key in work.styles
        if artist_of.get(key, work.artist) != work.artist
    }
    if moved and not strange:
        yield f"{_paintings(sorted(moved))} that gave their style to works of another artist"


def _refuse(found: GeneratedSet, problems: Iterator[str] | Sequence[str]) -> None:
    if problems := list(problems):
        raise Problems(
            f"the contest has changed since the generated set {found.name} was made",
            problems,
            f"make another set; or remove {found.folder}, and make it anew",
        )


def _paintings(ids: Sequence[str]) -> str:
    more = ", …" * (len(ids) > _SHOWN)
    return f"{len(ids)} painting{'s' * (len(ids) > 1)} ({', '.join(ids[:_SHOWN])}{more})"
