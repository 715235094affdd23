"""Folds: which paintings validate which model; a file made once and then obeyed.

Paintings in, `Folds` out. Every artist's paintings are spread over the folds as evenly as can be,
and paintings that belong together (identical files; one `group` in `data/groups.csv`) share a
fold. The greedy assignment is our own: scikit-learn's `StratifiedGroupKFold` minimises a spread
summed over all classes, and so leaves single classes uneven where an even split exists.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artcli import console
from artcli.contest.csvfile import read_table, to_text
from artcli.contest.pictures import check_pictures
from artcli.contest.proposals import GROUPS_NAME
from artcli.errors import ArtcliError, Problems, UsageError
from artcli.workspace.files import sha256_file, write_text
from artcli.workspace.locks import hold
from artcli.workspace.plain_files import is_there

if TYPE_CHECKING:
    from artcli.contest.tables import Contest, Painting
    from artcli.workspace.paths import Workspace


@dataclass(frozen=True)
class Folds:
    """`fold_of[id]` is 0..k-1: the one fold that validates on this painting."""

    k: int
    fold_of: Mapping[str, int]

    def validation(self, fold: int) -> frozenset[str]:
        self._check(fold)
        return frozenset(key for key, number in self.fold_of.items() if number == fold)

    def training(self, fold: int) -> frozenset[str]:
        self._check(fold)
        return frozenset(key for key, number in self.fold_of.items() if number != fold)

    def _check(self, fold: int) -> None:
        if not 0 <= fold < self.k:
            raise UsageError(f"there is no fold {fold}", f"folds are 0 to {self.k - 1}, or all")


def load_or_make_folds(workspace: Workspace, contest: Contest, k: int = 5, seed: int = 0) -> Folds:
    """The folds in the workspace's folds file, which is made if there is none.

    An existing file is obeyed as it stands, whoever wrote it; `seed` matters only when it is
    made. Errors: a file that is damaged, or that does not list exactly the contest's training
    paintings.
    """
    path = workspace.folds_file(k)
    if not path.exists():
        with hold(workspace.cache / f"{path.name}.lock", path.name, wait=True):
            if not path.exists():
                if not all(painting.path.is_file() for painting in contest.train):
                    check_pictures(contest)  # tells of all bad ones, not of the first alone
                groups = find_groups(contest.train, contest.data / GROUPS_NAME)
                folds = make_folds(
                    {painting.id: str(painting.artist) for painting in contest.train},
                    groups, k=k, seed=seed,
                )  # fmt: skip
                _report_small_classes(contest.train, folds, path)
                _report_strangers(contest)
                _write(path, folds)
    return read_folds(path, k, [painting.id for painting in contest.train])


def make_folds(
    artist_of: Mapping[str, str], group_of: Mapping[str, str], *, k: int, seed: int = 0
) -> Folds:
    """Assign each id of `artist_of` to one of `k` folds; ids of one group share a fold.

    An id missing from `group_of` is alone. Deterministic in its arguments and independent of
    their order. Where every group is a single painting, the counts of an artist in any two
    folds differ by at most one.
    """
    members: dict[str, list[str]] = defaultdict(list)
    for key in artist_of:
        members[f"group {group_of[key]}" if key in group_of else f"alone {key}"].append(key)
    if not 2 <= k <= len(members):
        raise UsageError(
            f"{len(members)} independent paintings cannot make {k} folds",
            f"choose 2 to {len(members)} folds",
        )
    in_fold = [Counter[str]() for _ in range(k)]  # paintings of each artist
    fold_of: dict[str, int] = {}

    for group in sorted(members, key=lambda group: _turn(members[group], artist_of, seed)):
        added = Counter(artist_of[key] for key in members[group])
        costs = [
            (
                # Adding n to a count c raises the sum of squares by n (2 c + n).
                sum(count * (2 * there[artist] + count) for artist, count in added.items()),
                there.total(),
                _shuffled(f"{seed} {fold} {min(members[group])}"),
            )
            for fold, there in enumerate(in_fold)
        ]
        fold = costs.index(min(costs))
        in_fold[fold].update(added)
        fold_of.update(dict.fromkeys(members[group], fold))
    return Folds(k, {key: fold_of[key] for key in artist_of})


def _turn(ids: Sequence[str], artist_of: Mapping[str, str], seed: int) -> tuple[int, str, bytes]:
    """Large groups first, while there is room to even them out; then artist by artist."""
    return -len(ids), min(artist_of[key] for key in ids), _shuffled(f"{seed} {min(ids)}")


def _shuffled(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def find_groups(paintings: Sequence[Painting], groups_csv: Path) -> dict[str, str]:
    """id -> the name of its group, for paintings that belong with others.

    Two paintings belong together when their files are identical or when `groups_csv` (header
    `id,group`, if it exists) gives them one group; chains of both are followed.
    """
    parent = {painting.id: painting.id for painting in paintings}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = key = parent[parent[key]]
        return key

    for together in (*_identical_files(paintings), *_listed_groups(groups_csv)):
        known = [key for key in together if key in parent]
        for other in known[1:]:
            parent[root(other)] = root(known[0])
    sizes = Counter(root(key) for key in parent)
    return {key: root(key) for key in parent if sizes[root(key)] > 1}


def torn_groups(fold_of: Mapping[str, Any], group_of: Mapping[str, str]) -> list[list[str]]:
    """The ids of each group that stands in more than one fold; those in none are left out."""
    members: dict[str, list[str]] = defaultdict(list)
    for key, group in group_of.items():
        if key in fold_of:
            members[group].append(key)
    return [keys for keys in members.values() if len({fold_of[key] for key in keys}) > 1]


def _identical_files(paintings: Iterable[Painting]) -> list[list[str]]:
    by_size: dict[int, list[Painting]] = defaultdict(list)
    for painting in paintings:
        try:
            by_size[painting.path.stat().st_size].append(painting)
        except OSError as error:
            raise ArtcliError(f"{painting.path} cannot be read: {error.strerror}") from error
    by_content: dict[str, list[str]] = defaultdict(list)
    for alike in by_size.values():
        if len(alike) > 1:  # only files of one size can be identical: few need hashing
            for painting in alike:
                by_content[sha256_file(painting.path)].append(painting.id)
    return [ids for ids in by_content.values() if len(ids) > 1]


def _listed_groups(path: Path) -> list[list[str]]:
    if not is_there(path):
        return []
    problems: list[str] = []
    table = read_table(path, ("id", "group"), problems, may_be_blank=("group",))
    if table is None or problems:
        raise Problems(f"{path} does not serve", problems, "mend it, or remove it")
    groups: dict[str, list[str]] = defaultdict(list)
    for row in table.as_it_was().rows:
        if row["group"]:
            groups[row["group"]].append(row["id"])
    return list(groups.values())


def _report_small_classes(paintings: Sequence[Painting], folds: Folds, path: Path) -> None:
    where: dict[str, set[int]] = defaultdict(set)
    for painting in paintings:
        where[str(painting.artist)].add(folds.fold_of[painting.id])
    small = {artist: len(found) for artist, found in sorted(where.items()) if len(found) < folds.k}
    if small:
        listed = ", ".join(f"{artist} ({found})" for artist, found in small.items())
        console.warn(
            f"too few paintings to stand in each of the {folds.k} folds of {path.name} "
            f"(in brackets: the folds they are in): {listed}"
        )


def _report_strangers(contest: Contest) -> None:
    known = {painting.id for painting in contest.train}
    listed = [key for together in _listed_groups(contest.data / GROUPS_NAME) for key in together]
    if strange := [key for key in listed if key not in known]:
        shown = ", ".join(strange[:5]) + ", …" * (len(strange) > 5)
        console.warn(
            f"{GROUPS_NAME} lists {len(strange)} ids that train.csv has not ({shown}): they keep"
            " nothing together"
        )


def _write(path: Path, folds: Folds) -> None:
    write_text(path, to_text(("id", "fold"), [(key, str(f)) for key, f in folds.fold_of.items()]))


def read_folds(path: Path, k: int, ids: Sequence[str]) -> Folds:
    """The `k` folds in the file at `path`. Errors: `Problems` unless it lists exactly `ids`."""
    problems: list[str] = []
    table = read_table(path, ("id", "fold"), problems)
    numbers = {str(number): number for number in range(k)}
    fold_of: dict[str, int] = {}
    if table is not None:
        for row in table.rows:
            key, fold = row["id"], row["fold"]
            if key in fold_of:
                problems.append(f"{table.where(row, 'id')}: {key!r} is there twice")
            if fold not in numbers:
                problems.append(f"{table.where(row, 'fold')}: {fold!r} is not one of 0 to {k - 1}")
            fold_of[key] = numbers.get(fold, 0)
    expected = set(ids)
    missing = [key for key in ids if key not in fold_of]
    gone = [key for key in fold_of if key not in expected]
    if not problems:
        problems += [
            f"{len(some)} {what}: {', '.join(some[:5])}{', …' if len(some) > 5 else ''}"
            for some, what in (
                (missing, "paintings of train.csv are not in it"),
                (gone, "of its ids are not in train.csv"),
            )
            if some
        ]
    if problems:
        raise Problems(
            f"{path} does not serve",
            problems,
            f"mend its rows, or remove {path.name} to have new folds made "
            "(earlier runs were validated on the old ones)",
        )
    return Folds(k, {key: fold_of[key] for key in ids})
