"""Files as a failing disk leaves them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

KINDS = ("a flipped bit", "cut short", "a block of zeros", "longer", "another file in its place")


def rotten(data: bytes, kind: str, rng: random.Random, other: bytes) -> bytes:
    """`data` damaged in one way; `other` is what another file of its kind holds."""
    if kind == "another file in its place":
        return other
    if kind == "longer":
        return data + rng.randbytes(rng.randint(1, 600))
    if kind == "cut short":
        return data[: rng.randrange(len(data))]
    changed = bytearray(data)
    place = rng.randrange(len(data))
    if kind == "a flipped bit":
        changed[place] ^= 1 << rng.randrange(8)
    else:
        changed[place : place + 512] = bytes(len(changed[place : place + 512]))
    return bytes(changed)


def spoilt(
    files: Sequence[Path],
    count: int,
    seed: int,
    why: Callable[[Path], str],
    others: Mapping[Path, Path] | None = None,
) -> list[str]:
    """What `why` says of each of `count` damaged files in turn, where it says anything.

    Each of `files` is damaged in each way in turn and is whole again afterwards; `others` says
    which file stands in whose place. No damage leaves a file as it was.
    """
    held = {path: path.read_bytes() for path in files}
    swapped = {**dict(zip(files, (*files[1:], files[0]), strict=True)), **(others or {})}
    broken = []
    for number in range(count):
        rng = random.Random(f"{seed} {number}")
        kind = KINDS[number % len(KINDS)]
        path = files[number // len(KINDS) % len(files)]
        there = swapped[path].read_bytes()
        data = rotten(held[path], kind, rng, there)
        if data == held[path]:  # as zeros where there were zeros
            data = rotten(held[path], "a flipped bit", rng, there)
        path.write_bytes(data)
        try:
            if said := why(path):
                broken.append(f"{path.name}, {kind} ({number}): {said}")
        finally:
            path.write_bytes(held[path])
    return broken
