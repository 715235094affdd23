"""A generated set on disk: `set.json`, `provenance.csv`, a picture for each work.

A work is there when provenance.csv has its row, which is written after its picture; so a set that
was being made when the machine stopped is whole up to its last work.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from artcli.contest.csvfile import Row, Table, read_table, to_text
from artcli.contest.generated.records import GeneratedSet, GeneratedWork, SetFacts
from artcli.contest.images import encode_png
from artcli.contest.spreadsheets import disarmed
from artcli.errors import ArtcliError, Problems
from artcli.workspace.files import (
    read_json,
    remove_tree,
    sha256_file,
    write_bytes,
    write_json,
    write_sealed,
    write_text,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from artcli.workspace.paths import Workspace

FACTS, PROVENANCE = "set.json", "provenance.csv"
HEADER = (
    "id", "file", "artist", "generator", "options", "seed", "part", "content", "styles", "learnt",
    "source_sha256", "sha256",
)  # fmt: skip
_BLANK = ("options", "part", "content", "learnt")
_FORMAT = 1
_ID = re.compile("[0-9]{4,9}")
_SHA256 = re.compile("[0-9a-f]{64}")


def list_sets(workspace: Workspace) -> list[str]:
    """The names of the sets that there are, made whole or not."""
    return sorted(path.parent.name for path in workspace.generated.glob(f"*/{FACTS}"))


def read_set(workspace: Workspace, name: str) -> GeneratedSet:
    """The set of this name. Errors: `ArtcliError` that says what there is, or how to make it;
    `Problems`, where its files are not those that were written."""
    folder = workspace.generated_dir(name)
    if not (folder / FACTS).is_file():
        there = ", ".join(list_sets(workspace))
        raise ArtcliError(
            f"there is no generated set {name}" + (f"; there are {there}" if there else ""),
            f"make it with: artcli augment-style --name {name}{workspace.flag}",
        )
    facts, problems = _read_facts(folder / FACTS), list[str]()
    works: tuple[GeneratedWork, ...] = ()
    if (folder / PROVENANCE).exists():
        table = read_table(folder / PROVENANCE, HEADER, problems, may_be_blank=_BLANK)
        works = _works(folder, table.as_it_was(), problems) if table else ()
    if len(works) > facts.wanted or any(work.artist not in facts.plan for work in works):
        problems.append(f"{PROVENANCE} has works that the plan in {FACTS} has not")
    if problems:
        raise Problems(
            f"the generated set {name} does not serve",
            problems,
            f"remove {folder}, and make it anew: artcli augment-style --name {name}"
            f"{workspace.flag}",
        )
    return GeneratedSet(name, folder, facts, works)


def begin_set(
    workspace: Workspace, name: str, facts: SetFacts, more: Mapping[str, Any]
) -> GeneratedSet:
    """The set of this name, begun if there is none, or none with works; `more` is written beside
    its facts. What a generator has learnt for another set of the name goes.

    Errors: as `read_set`; `Problems` when there is one of other facts.
    """
    folder = workspace.generated_dir(name)
    if (folder / FACTS).exists():
        found = read_set(workspace, name)
        if found.facts == facts:
            return found
        if found.works:
            _refuse_another(workspace, found, facts)
        remove_tree(folder)
    remove_tree(workspace.generators / name)
    write_sealed(folder / FACTS, {"format": _FORMAT, **asdict(facts), **more})
    return read_set(workspace, name)


def _refuse_another(workspace: Workspace, found: GeneratedSet, facts: SetFacts) -> NoReturn:
    was, now = asdict(found.facts), asdict(facts)
    raise Problems(
        f"there is a generated set {found.name} already, and it is another",
        [f"{key} was {was[key]}, not {now[key]}" for key in now if was[key] != now[key]],
        "choose another --name; or go on with it as it was: artcli augment-style "
        f"--name {found.name}{workspace.flag}",
    )


def keep_work(
    found: GeneratedSet,
    work: GeneratedWork,
    picture: NDArray[np.uint8],
    losses: Mapping[str, Sequence[float]],
) -> GeneratedSet:
    """The set with one work more, on disk, too: its `path` and `sha256` are filled in here.

    `picture` is `(H, W, 3)` uint8 RGB. Errors: `ArtcliError` when the disk is full; then the set
    is as it was.
    """
    path = found.folder / _file_of(work.id)
    write_bytes(path, encode_png(picture))
    if losses:
        curves = {name: [float(f"{loss:.6g}") for loss in curve] for name, curve in losses.items()}
        write_json(_losses_file(found.folder, work.id), curves)
    work = replace(work, path=path, sha256=sha256_file(path))
    works = tuple(sorted((*found.works, work), key=lambda one: one.id))
    write_text(
        found.folder / PROVENANCE, to_text(HEADER, (map(disarmed, _row(one)) for one in works))
    )
    return replace(found, works=works)


def read_losses(found: GeneratedSet, work: GeneratedWork) -> dict[str, list[float]]:
    """The curves of a work's losses; none where none were kept."""
    path = _losses_file(found.folder, work.id)
    curves = read_json(path) if path.is_file() else {}
    if not isinstance(curves, dict) or not all(isinstance(one, list) for one in curves.values()):
        raise ArtcliError(f"{path} does not hold what it should")
    return curves


def keep_learnt(found: GeneratedSet, part: int, sources: Mapping[str, str]) -> None:
    """Write down what the generator of a part learns from: the sha256 of each painting, by id.

    Errors: `ArtcliError` when it has begun to learn from others.
    """
    path = _learnt_file(found.folder, part)
    if path.exists() and _read_learnt(path) != sources:
        raise ArtcliError(
            f"train.csv, the folds or pictures have changed since the set {found.name} was begun",
            "make a new one: choose another --name",
        )
    if not path.exists():
        text = to_text(("id", "sha256"), sources.items())
        # Its sum first: a file without one is not asked for any, and one cut short says less.
        write_sealed(_sum_file(path), {"sha256": hashlib.sha256(text.encode()).hexdigest()})
        write_text(path, text)


def _works(folder: Path, table: Table, problems: list[str]) -> tuple[GeneratedWork, ...]:
    problems += table.repeated("id")
    learnt: dict[int, Mapping[str, str]] = {}
    works = []
    for row in table.rows:
        try:
            works.append(_work(folder, row, learnt))
        except (ValueError, TypeError, RecursionError, ArtcliError) as error:
            problems.append(f"{PROVENANCE} row {row.number} (line {row.line}): {error}")
    return tuple(sorted(works, key=lambda work: work.id))


def _work(folder: Path, row: Row, learnt: dict[int, Mapping[str, str]]) -> GeneratedWork:
    if not _ID.fullmatch(row["id"]) or row["file"] != _file_of(row["id"]):
        raise ValueError(f"{row['file']!r} is not the file of the work {row['id']!r}")
    path = folder / row["file"]
    if not path.is_file():
        raise ValueError(f"{path} is missing")
    if sha256_file(path) != row["sha256"]:
        raise ValueError(f"{path} is not the file that was written (its sha256 differs)")
    part = int(row["part"]) if row["part"] else None
    sources, styles = json.loads(row["source_sha256"]), json.loads(row["styles"])
    if not isinstance(sources, dict) or not isinstance(styles, list):
        raise ValueError("styles or source_sha256 does not hold what it should")
    if row["learnt"]:
        if part is None:
            raise ValueError("it has learnt, and no part is named")
        if part not in learnt:
            learnt[part] = _read_learnt(_learnt_file(folder, part))
        sources = {**learnt[part], **sources}
    content = row["content"] or None
    unsaid = [key for key in ([content] if content else []) + styles if key not in sources]
    if unsaid or not sources:
        raise ValueError(f"the sources are not told ({', '.join(map(str, unsaid)) or 'none'})")
    if not all(_SHA256.fullmatch(str(sha256)) for sha256 in sources.values()):
        raise ValueError("source_sha256 does not hold what it should")
    return GeneratedWork(
        id=row["id"],
        path=path,
        artist=row["artist"],
        generator=row["generator"] + (f":{row['options']}" if row["options"] else ""),
        seed=int(row["seed"]),
        part=part,
        content=content,
        styles=tuple(map(str, styles)),
        learnt=bool(row["learnt"]),
        sources=sources,
        sha256=row["sha256"],
    )


def _row(work: GeneratedWork) -> tuple[str, ...]:
    generator, _, options = work.generator.partition(":")
    single: Collection[str] = {*work.styles, *([work.content] if work.content else [])}
    return (
        work.id,
        _file_of(work.id),
        work.artist,
        generator,
        options,
        str(work.seed),
        "" if work.part is None else str(work.part),
        work.content or "",
        json.dumps(work.styles, ensure_ascii=False),
        "yes" if work.learnt else "",
        json.dumps({key: work.sources[key] for key in sorted(single)}, ensure_ascii=False),
        work.sha256,
    )


def _read_facts(path: Path) -> SetFacts:
    found = read_json(path)
    try:
        if found["format"] != _FORMAT:
            raise ArtcliError(f"{path} is of another artcli (format {found['format']})")
        plan = {str(artist): int(count) for artist, count in found["plan"].items()}
        parts = found["parts"]
        return SetFacts(
            generator=str(found["generator"]),
            plan=plan,
            seed=int(found["seed"]),
            folds=int(found["folds"]),
            parts=None if parts is None else tuple(map(int, parts)),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArtcliError(f"{path} does not hold what it should") from error


def _read_learnt(path: Path) -> dict[str, str]:
    problems: list[str] = []
    if _sum_file(path).exists() and read_json(_sum_file(path))["sha256"] != sha256_file(path):
        raise ArtcliError(f"{path} is not the file that was written (its sha256 differs)")
    table = read_table(path, ("id", "sha256"), problems)
    if table is not None:
        problems += table.repeated("id")
        problems += [
            f"{table.where(row, 'sha256')}: is none"
            for row in table.rows
            if row["sha256"] and not _SHA256.fullmatch(row["sha256"])
        ]
    if table is None or problems:
        raise Problems(f"{path} does not serve", problems)
    return {row["id"]: row["sha256"] for row in table.rows}


def _file_of(work: str) -> str:
    return f"works/{work}.png"


def _losses_file(folder: Path, work: str) -> Path:
    return folder / "losses" / f"{work}.json"


def _sum_file(path: Path) -> Path:
    return path.with_suffix(".json")


def _learnt_file(folder: Path, part: int) -> Path:
    return folder / f"learnt-{part}.csv"
