"""A report to make pages of: five artists, one of them a script, every kind of finding, a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from artcli.contest.duplicates.records import Match
from artcli.contest.findings import Finding
from artcli.contest.images import resize
from artcli.contest.overview import ArtistFacts, Imbalance, Overview, Tally
from artcli.contest.survey.records import SIDE, Measures, Survey
from artcli.contest.tables import Contest, Painting
from artcli.predicting.audit.records import ArtistScore, Audit, Confusion, Suspect
from artcli.predicting.calibration import Bin, Reliability
from artcli.reporting.eda.drawing import ACCENT, QUIET, new_figure, style
from artcli.reporting.eda.report import Drawn, EdaReport, PaintingMap, Sheet

SCRIPT = "<script>document.title = 'attacked'</script>"
ARTISTS = (
    ArtistFacts("Ada Stone", 12, 0.3, ("Realism",), "French", "1866 - 1944", 1866, 1944),
    ArtistFacts("Ben Wood", 10, 0.25, ("Cubism", "Realism"), "Dutch", "1700 - 1761", 1700, 1761),
    ArtistFacts(SCRIPT, 8, 0.2, ("<b>bold</b>",), "=cmd()", "1525 - 1569", 1525, 1569),
    ArtistFacts("신윤복 " + "long " * 60, 6, 0.15, ("Genre painting",), "Korean", "1758 -", 1758),
    ArtistFacts('Cleo "Iron" & Sons', 4, 0.1),
)
PIECES = 6


def fake_report(folder: Path, *, with_run: bool = True) -> EdaReport:
    """A report on pictures that are painted into `folder`; number 7 cannot be read."""
    names = [artist.name for artist in ARTISTS for _ in range(artist.works)]
    train = tuple(
        Painting(f"{n}", folder / f"{n:04}.jpg", name, n + 1, "train")
        for n, name in enumerate(names)
    )
    test = tuple(
        Painting(f"TEST_{n:05}", folder / f"TEST_{n:05}.jpg", None, n + 1, "test")
        for n in range(PIECES)
    )
    order = tuple(sorted(artist.name for artist in ARTISTS))
    works = {artist.name: artist.works for artist in ARTISTS}
    counts = tuple(works[name] for name in order)
    contest = Contest(folder, train, test, order, counts, (), (), tuple(one.id for one in test))
    survey = _survey((*train, *test))
    return EdaReport(
        contest,
        survey,
        Overview(
            ARTISTS,
            Imbalance(3.0, 0.75, 4.44, 2.23, 0.96),
            (Tally("Realism", ("Ada Stone", "Ben Wood"), 22),),
            (Tally("French", ("Ada Stone",), 12),),
        ),
        FINDINGS,
        (
            Match(0, 1, "near", 0.97),
            Match(2, 15, "file", 1.0),
            Match(3, len(train), "part", 0.91, whole=3),
            Match(3, len(train) + 1, "part", 0.88, whole=3, turned=2),
        ),
        _map(len(train)),
        _audit(order, works) if with_run else None,
    )


FINDINGS = (
    Finding(
        "truncated-image", "error", "1 picture is cut off",
        "replace the file, or see with --fix <b>",
        ("train.csv row 8: train/0007.jpg is truncated",), (("train", "7"),),
    ),
    Finding(
        "same-painting", "warning", f"2 paintings by Ada Stone and {SCRIPT} are one",
        "one label must be wrong", tuple(f"case {n:,} of {SCRIPT}" for n in range(300)),
        (("train", "2"), ("train", "15")),
    ),
    Finding("grey", "note", "3 pictures are grey"),
)  # fmt: skip


def _survey(paintings: tuple[Painting, ...]) -> Survey:
    thumbs = np.zeros((len(paintings), SIDE, SIDE, 3), np.uint8)
    measures: list[Measures] = []
    for row, painting in enumerate(paintings):
        if painting.id == "7":
            painting.path.write_bytes(b"\xff\xd8\xff")
            measures.append(Measures(problem="is truncated", bytes=3))
            continue
        picture = _painted(row)
        height, width = picture.shape[:2]
        Image.fromarray(picture).save(painting.path, quality=90)
        thumbs[row] = resize(picture, SIDE, SIDE)
        measures.append(
            Measures(
                bytes=painting.path.stat().st_size, format="JPEG", mode="RGB", width=width,
                height=height, quality=90, grey=row % 14 == 3, contrast=12.0, chroma=20.0,
                lightness=float(picture.mean() / 2.55), colour=(120, 90, 60), sharpness=0.2,
            )
        )  # fmt: skip
    styles = np.random.default_rng(4).normal(size=(len(paintings), 6)).astype(np.float32)
    return Survey(paintings, tuple(measures), thumbs, styles, measured=len(paintings))


def _painted(number: int) -> NDArray[np.uint8]:
    """Hills under a sky, in colours of its own."""
    rng = np.random.default_rng([number])
    width, height = ((240, 180), (160, 220), (200, 200))[number % 3]
    y, x = np.mgrid[0:height, 0:width]
    sky, hill, sun = rng.uniform(40, 230, (3, 3))
    line = height * (0.55 + 0.15 * np.sin(x / rng.uniform(15, 50) + rng.uniform(0, 6)))
    picture = np.where((y > line)[..., None], hill, sky + (y / height * 60)[..., None])
    round_sun = np.hypot(x - rng.uniform(0, width), y - height / 4) < height / 9
    picture = np.where(round_sun[..., None], sun, picture) + rng.normal(0, 9, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _map(count: int) -> PaintingMap:
    rows = np.array([row for row in range(count) if row != 7], np.intp)
    rng = np.random.default_rng(11)
    places = {
        name: rng.uniform(size=(len(rows), 2)).astype(np.float32) for name in ("t-SNE", "PCA")
    }
    return PaintingMap("colour and texture", rows, places)


def _audit(order: tuple[str, ...], works: dict[str, int]) -> Audit:
    scores = tuple(
        ArtistScore(name, works[name], 5 * works[name], 0.7, 0.6, 0.65) for name in order
    )
    return Audit(
        "frozen", 0.612, 0.58, 0.65, order, np.diag([5] * len(order)), scores,
        (Confusion("Ada Stone", SCRIPT, 9, 0.15, "0", "25"),
         Confusion(SCRIPT, "Ben Wood", 4, 0.1, "24", "14")),
        Reliability(0.05, (Bin(0.8, 0.9, 10, 0.85, 0.8),)),
        (Suspect("2", "Ada Stone", SCRIPT, 0.02, 0.91, 0.01, True),
         Suspect("31", ARTISTS[3].name, "Ben Wood", 0.21, 0.44, 0.2, False)),
    )  # fmt: skip


def fake_drawings() -> dict[str, Drawn]:
    """Two figures of the artists, one of a kind that nobody knows, and the map's."""
    names = ("works-per-artist", "life-spans", "an-unknown-figure", "painting-map")
    return {name: _drawn(name) for name in names}


def _drawn(name: str) -> Drawn:
    with style():
        figure = new_figure(2.4)
        axes = figure.add_subplot()
        axes.bar([artist.name[:12] for artist in ARTISTS], [12, 10, 8, 6, 4], color=QUIET)
        axes.axhline(8, color=ACCENT)
    title = name.replace("-", " ").capitalize()
    return Drawn(name, title, f"{title}: from 4 to 12 for {SCRIPT}.", "How to read it.", figure)


def fake_sheets() -> dict[str, Sheet]:
    """The artists' table, whose numbers sort otherwise than as text, and one that is too long."""
    rows = tuple((artist.name, artist.works, artist.share, artist.born) for artist in ARTISTS)
    artists = Sheet("artists", "Artists", ("artist", ">works", ">share", ">born"), rows, "Sorted.")
    long = Sheet("shift", "Shift", ("measure", ">D"), tuple((f"m{n}", n / 7) for n in range(450)))
    return {sheet.name: sheet for sheet in (artists, long, replace(artists, name="pictures"))}
