"""A generated set on disk with hostile names, what is nearest to its works, and a judgement."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from small_contests import write_pictures, write_tables

from artcli.contest.f1 import Estimate
from artcli.contest.generated.neighbours import Neighbour
from artcli.contest.generated.records import GeneratedSet, GeneratedWork, SetFacts
from artcli.contest.generated.store import begin_set, keep_learnt, keep_work, read_set
from artcli.contest.tables import Contest, read_contest
from artcli.predicting.set_judging import ArtistGain, Gain, JudgedSet, TakenWorks
from artcli.workspace.paths import Workspace
from artcli.workspace.settings import Settings, write_settings

SCRIPT = "<script>alert(1)</script>"
ADA, BEN = f"Ada {SCRIPT}", 'Ben "Wood" & Söhne'
SUM = "0" * 64


def fake_workspace(root: Path) -> tuple[Workspace, Contest]:
    """Six paintings by two artists; the picture of one is gone."""
    workspace = Workspace(root)
    root.mkdir(parents=True)
    write_settings(workspace, Settings())
    names = [ADA, BEN.replace('"', '""')]
    quoted = [f'"{name}"' for name in names]
    write_tables(workspace.data, artists=quoted, genres={}, each=3, pieces=1)
    lines = "\n".join(f'"{name}",1850 - 1900,Cubism,French' for name in names)
    (workspace.data / "artists_info.csv").write_text(f"name,years,genre,nationality\n{lines}\n")
    write_pictures(workspace.data)
    contest = read_contest(workspace)
    contest.train[5].path.unlink()
    return workspace, contest


def fake_set(workspace: Workspace, name: str = "styled") -> GeneratedSet:
    """Five works: two by style transfer for each artist, and one of a painting that is gone."""
    facts = SetFacts(f"style-transfer:note={SCRIPT}", {BEN: 3, ADA: 2}, 7, 5, None)
    found = begin_set(workspace, name, facts, {})
    losses = {"style": [4.0, 2.0, 1.0], SCRIPT: [0.0, 0.5, float("nan")]}
    for number, (artist, content, style) in enumerate(
        [(BEN, "0", "1"), (BEN, "2", "3"), (BEN, "4", "5"), (ADA, "1", "0"), (ADA, "3", "77")], 1
    ):
        work = GeneratedWork(
            f"{number:04}", Path(), artist, facts.generator, number, None, content, (style,),
            False, {content: SUM, style: SUM}, "",
        )  # fmt: skip
        found = keep_work(found, work, noise(number), losses if number == 1 else {})
    return found


def learnt_set(workspace: Workspace, name: str = "learnt") -> GeneratedSet:
    """A set in two parts, whose works have neither content nor style, nor losses."""
    found = begin_set(workspace, name, SetFacts("vae", {ADA: 1}, 0, 2, (0, 1)), {})
    for part in (0, 1):
        keep_learnt(found, part, {"0": SUM, "2": SUM})
        work = GeneratedWork(
            f"{part + 1:04}", Path(), ADA, "vae", part, part, None, (), True, {}, ""
        )
        found = keep_work(found, work, noise(part), {})
    return read_set(workspace, name)


def noise(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (40, 56, 3), np.uint8)


def fake_neighbours() -> dict[str, Neighbour]:
    """The first work is like its content, the second a copy of a part in a mirror, the third near
    a painting whose picture is gone; nothing is known of the others."""
    return {
        "0001": Neighbour("0", 0.42, False, False, False),
        "0002": Neighbour("4", 0.8312, True, True, True),
        "0003": Neighbour("5", 0.1, False, False, False),
    }


def fake_judgement(difference: float = 0.03, name: str = "styled") -> JudgedSet:
    def gain(value: float) -> Gain:
        found = Estimate(value, value - 0.02, value + 0.02)
        return Gain(0.5, 0.5 + value, found)

    return JudgedSet(
        name=name, works_sha256="", created="2026-01-01", recipe=f"run {SCRIPT}", seeds=(0, 1),
        without=("a", "b"), with_set=("c", "d"), planned=5,
        taken=(TakenWorks(0, {BEN: 3, ADA: 1}), TakenWorks(1, {BEN: 3, ADA: 2})), pieces=1234,
        all_artists=gain(difference), given=gain(difference), others=None,
        by_seed=(difference - 0.01, difference + 0.01),
        artists=(ArtistGain(BEN, gain(0.01), 3, 3, 3.0), ArtistGain(ADA, gain(-0.05), 3, 2, 1.5)),
    )  # fmt: skip
