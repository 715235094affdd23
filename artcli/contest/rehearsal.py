"""A rehearsal: a contest of the same shape as the real one, made from any paintings at hand.

A folder of paintings by known artists comes in; a contest's folder and its answers go out, all of
it decided by the seed: 30 % of each artist's paintings are held out and cut into quarter pieces,
re-encoded as JPEG; the others are taken over as they are.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from artcli import console
from artcli.contest.crops import cut
from artcli.contest.galleries import Gallery, read_gallery
from artcli.contest.images import bad_images, encode_jpeg, read_image
from artcli.contest.intake import bring_in
from artcli.contest.layout import Work, lay_out, write_tables
from artcli.contest.pixel_rows import PIECE_QUALITY
from artcli.contest.proposals import GROUPS_NAME
from artcli.contest.splits import find_groups
from artcli.contest.tables import Painting
from artcli.contest.workers import work
from artcli.errors import Problems
from artcli.host.records import Box
from artcli.workspace.files import explained


def rehearse(images: Path, folder: Path, solution: Path, *, seed: int = 0) -> tuple[str, ...]:
    """Make a contest in `folder`, its answers in `solution`, from the paintings under `images`.

    Returns what was left out and why, for people: bad images, pictures under two artists' names,
    artists with fewer than two different paintings. Errors: `Problems` when fewer than two
    artists remain, or when it cannot be told who painted what.
    """
    gallery = read_gallery(images)
    notices = list(gallery.notices)
    works = _usable(images, gallery, notices)
    layout = lay_out(works, seed)
    train = [replace(row, img_path=_with_suffix_of(row.key, row.img_path)) for row in layout.train]
    for row in console.track(train, "Taking over paintings"):
        bring_in(images / row.key, folder / row.img_path)
    pieces: dict[str, list[tuple[Box, Path]]] = defaultdict(list)
    for piece in layout.test:
        pieces[piece.key].append((piece.box, folder / piece.img_path))
    with explained(folder):
        (folder / "test").mkdir(parents=True, exist_ok=True)
    jobs = [_Job(images / key, tuple(boxes)) for key, boxes in pieces.items()]
    for _ in work(_cut, jobs, "Cutting test pieces"):
        pass
    shown = {one.artist for one in works}
    artists = [row for row in gallery.artists if row.name in shown]
    write_tables(folder, solution, train, layout.test, artists)
    return tuple(notices)


def _usable(images: Path, gallery: Gallery, notices: list[str]) -> list[Work]:
    """The works that can be placed, keyed by their path below `images`."""
    paintings = [
        Painting(path.relative_to(images).as_posix(), path, artist, 0, "train")
        for artist, paths in gallery.works.items()
        for path in paths
    ]
    bad = bad_images([painting.path for painting in paintings])
    notices += [f"left out: {problem}" for problem in bad.values()]
    paintings = [painting for painting in paintings if painting.path not in bad]
    group_of = find_groups(paintings, images / GROUPS_NAME)
    artists_of: dict[str, set[str]] = defaultdict(set)
    for painting in paintings:
        artists_of[group_of.get(painting.id, painting.id)].add(str(painting.artist))
    works: dict[str, list[Work]] = defaultdict(list)
    disputed: list[str] = []
    for painting in paintings:
        artist, group = str(painting.artist), group_of.get(painting.id, painting.id)
        if len(artists_of[group]) > 1:
            names = " and ".join(sorted(artists_of[group]))
            disputed.append(f"left out: {painting.id}, the same picture under {names}")
        else:
            works[artist].append(Work(painting.id, artist, group))
    notices += disputed
    different = {name: len({one.group for one in works[name]}) for name in gallery.works}
    few = [name for name, count in different.items() if count < 2]
    notices += [
        f"left out: {name}, who has {len(works[name])} usable paintings of which"
        f" {different[name]} differ; two are needed"
        for name in few
    ]
    enough = [one for name, own in works.items() if name not in few for one in own]
    if len({one.artist for one in enough}) < 2:
        raise Problems(
            f"{images} makes no contest; that needs two artists with two different paintings each",
            [*(f"{name}: {len(works[name])} usable paintings" for name in gallery.works), *notices],
        )
    return enough


def _with_suffix_of(key: str, img_path: str) -> str:
    return img_path.removesuffix(".jpg") + Path(key).suffix.lower()


@dataclass(frozen=True)
class _Job:
    """Cut the pieces `boxes` out of the picture in `source`, each into its own file."""

    source: Path
    boxes: tuple[tuple[Box, Path], ...]


def _cut(job: _Job) -> None:
    whole = read_image(job.source)
    for box, target in job.boxes:
        data = encode_jpeg(cut(whole, box), PIECE_QUALITY)
        with explained(target, len(data)):
            target.write_bytes(data)
