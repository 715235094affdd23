"""How long `artcli eda` takes at the contest's scale, and what memory it needs.

python benchmarks/eda.py [PICTURES] [FOLDER]

The contest is made up: 5,000 paintings by 50 artists, of about 1,000 x 1,300 pixels, and 1,000
quarter pieces of others; ten paintings come a second time, smaller, under another id. The command
runs twice: the control is the second run, which finds every picture unchanged. Beside the seconds
on the clock stand those of the processors, which others on the machine lengthen less. Memory is
that of all processes together, shared pages counted once, looked at four times a second.

With a FOLDER the contest is kept there, and made once. Linux alone tells the memory.
"""

from __future__ import annotations

import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from artcli.contest.crops import cut, piece_boxes
from artcli.contest.images import encode_jpeg, resize
from artcli.contest.workers import cores, work

PICTURES, ARTISTS, PIECES = 6000, 50, 5
TESTED = 1 / 6  # of the pictures
COPIES = 10  # the last paintings: the first ones again
EVERY = 0.25  # seconds between two looks at the memory
SHORTER, LONGER = (800, 1200), (1100, 1500)  # pixels


@dataclass(frozen=True)
class Job:
    """Paint the picture `seed` and save it, and a smaller copy; or its pieces."""

    seed: int
    files: tuple[Path, ...]


def paint(seed: int) -> NDArray[np.uint8]:
    """Blots, shapes and grain in the colours and the manner of one of the artists."""
    rng, artist = np.random.default_rng(seed), np.random.default_rng([seed % ARTISTS, 1])
    sides = int(rng.integers(*SHORTER)), int(rng.integers(*LONGER))
    width, height = sides if rng.random() < 0.6 else sides[::-1]
    palette = artist.uniform(20, 235, (6, 3))
    blots = rng.choice(palette, (int(artist.integers(4, 12)), int(artist.integers(4, 12))))
    picture = cv2.resize(blots, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(int(artist.integers(5, 60))):
        centre = int(rng.integers(width)), int(rng.integers(height))
        axes = int(rng.integers(10, width // 3)), int(rng.integers(5, height // 4))
        colour = tuple(rng.choice(palette) + rng.normal(0, 12, 3))
        cv2.ellipse(picture, centre, axes, rng.uniform(0, 180), 0, 360, colour, -1, cv2.LINE_AA)
    coarse = float(artist.uniform(1.5, 8))
    grain = rng.normal(0, artist.uniform(6, 24), (int(height / coarse), int(width / coarse)))
    picture += cv2.resize(grain, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
    return np.clip(picture, 0, 255).astype(np.uint8)


def save(job: Job) -> None:
    cv2.setNumThreads(1)
    picture = paint(job.seed)
    if job.files[0].parent.name == "test":
        for file, box in zip(job.files, piece_boxes(str(job.seed), PIECES), strict=False):
            file.write_bytes(encode_jpeg(cut(picture, box)))
        return
    job.files[0].write_bytes(encode_jpeg(picture, 88))
    for copy in job.files[1:]:
        height, width = picture.shape[:2]
        copy.write_bytes(encode_jpeg(resize(picture, width * 2 // 3, height * 2 // 3), 80))


def make_contest(folder: Path, pictures: int) -> None:
    """Tables and pictures, made on all cores; `train.csv` last, so that it tells a whole one."""
    for name in ("train", "test"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    tested = int(pictures * TESTED)
    wholes = pictures - tested
    train = [folder / f"train/{number:04}.jpg" for number in range(wholes)]
    test = [folder / f"test/TEST_{number:05}.jpg" for number in range(tested)]
    jobs = [
        Job(number, (path, train[number - COPIES]) if number < COPIES else (path,))
        for number, path in enumerate(train[:-COPIES])
    ]
    jobs += [
        Job(wholes + start, tuple(test[start : start + PIECES]))
        for start in range(0, tested, PIECES)
    ]
    for _ in work(save, jobs, "Painting"):
        pass
    seeds = [*range(wholes - COPIES), *range(COPIES)]
    names = [f"Artist {number:02}" for number in range(ARTISTS)]
    tables = {
        "artists_info.csv": [
            "name,years,genre,nationality",
            *(f"{name},1850 - 1900,Genre {number % 7},French" for number, name in enumerate(names)),
        ],
        "sample_submission.csv": ["id,artist", *(f"{path.stem},{names[0]}" for path in test)],
        "test.csv": ["id,img_path", *(f"{path.stem},./test/{path.name}" for path in test)],
        "train.csv": [
            "id,img_path,artist",
            *(
                f"{number},./train/{path.name},{names[seed % ARTISTS]}"
                for number, (path, seed) in enumerate(zip(train, seeds, strict=True))
            ),
        ],
    }
    for name, rows in tables.items():
        (folder / name).write_text("\n".join([*rows, ""]), "utf-8")


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock and of all processors, bytes of memory at most."""

    wall: float
    processor: float
    memory: int


def measured(command: list[str]) -> Cost:
    """What `command` and all processes that it starts cost."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    most = 0
    while process.poll() is None:
        most = max(most, sum(map(memory_of, family(process.pid))))
        time.sleep(EVERY)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, spent, most)


def family(pid: int) -> list[int]:
    """A process and all that descend from it (Linux)."""
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            children += map(int, task.read_text().split())
    return [pid, *(one for child in children for one in family(child))]


def memory_of(pid: int) -> int:
    """Bytes in memory: its own, and its share of those that several processes map."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def main(pictures: int, folder: Path) -> None:
    contest, workspace = folder / "contest", folder / "workspace"
    artcli = [sys.executable, "-m", "artcli"]
    if not (contest / "train.csv").exists():
        make_contest(contest, pictures)
    if not (workspace / "artcli.toml").exists():
        subprocess.run([*artcli, "init", str(workspace), "--from", str(contest)], check=True)
    shutil.rmtree(workspace / "cache" / "survey", ignore_errors=True)
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {cores()} cores:", end=" ")
    print(f"{pictures:,} pictures of about 1,000 x 1,300 pixels\n")
    print("| run | seconds | processor seconds | cores busy | memory at most, MB |")
    print("|---|---:|---:|---:|---:|")
    for name in ("first", "second, nothing changed"):
        cost = measured([*artcli, "eda", "-w", str(workspace)])
        busy = cost.processor / cost.wall
        print(
            f"| {name} | {cost.wall:.0f} | {cost.processor:.0f} | {busy:.1f} "
            f"| {cost.memory / 1e6:,.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    if len(sys.argv) > 2:
        main(count, Path(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory() as made:
            main(count, Path(made))
