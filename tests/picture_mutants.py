"""Damage to a picture's file, of the kinds that discs, networks and other programs do: `mutant`."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
from picture_kinds import chunk

Rng = np.random.Generator


def mutant(data: bytes, rng: Rng) -> tuple[bytes, str]:
    """`data` with one kind of damage, and what was done to it."""
    harm = HARMS[rng.integers(len(HARMS))]
    return harm(data, rng), harm.__name__.strip("_")


def _flipped(data: bytes, rng: Rng) -> bytes:
    """A few bits."""
    made = bytearray(data)
    for place in rng.integers(len(data), size=rng.integers(1, 20)):
        made[place] ^= 1 << int(rng.integers(8))
    return bytes(made)


def _header_edited(data: bytes, rng: Rng) -> bytes:
    made = bytearray(data)
    for place in rng.integers(min(len(data), 200), size=rng.integers(1, 6)):
        made[place] = int(rng.choice([0, 1, 127, 255, rng.integers(256)]))
    return bytes(made)


def _cut_short(data: bytes, rng: Rng) -> bytes:
    return data[: rng.integers(len(data))]


def _blanked(data: bytes, rng: Rng) -> bytes:
    """A block that a disc did not write."""
    start, length = rng.integers(len(data)), rng.integers(1, 600)
    return data[:start] + b"\0" * len(data[start : start + length]) + data[start + length :]


def _lost_inside(data: bytes, rng: Rng) -> bytes:
    start = rng.integers(len(data))
    return data[:start] + data[start + rng.integers(1, 300) :]


def _swapped(data: bytes, rng: Rng) -> bytes:
    """Two blocks in each other's place."""
    a, b, c, d = sorted(rng.integers(len(data) + 1, size=4))
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def _grown(data: bytes, rng: Rng) -> bytes:
    return data + rng.bytes(rng.integers(1, 500))


def _resized(data: bytes, rng: Rng) -> bytes:
    """Another width or height in the header, all else as it was: none, huge, or some other."""
    wide, high = (int(rng.choice([0, 1, 7, 300, 20_000, 60_000])) for _ in range(2))
    if data.startswith(b"\x89PNG"):
        return data[:8] + chunk(b"IHDR", struct.pack(">II", wide, high) + data[24:29]) + data[33:]
    if data.startswith(b"GIF"):
        return data[:6] + struct.pack("<HH", wide, high) + data[10:]
    if data.startswith(b"BM"):
        return data[:18] + struct.pack("<ii", wide, high) + data[26:]
    frame = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2"))
    if data.startswith(b"\xff\xd8") and frame > 0:
        return data[: frame + 5] + struct.pack(">HH", high, wide) + data[frame + 9 :]
    return _header_edited(data, rng)


def _exif_junk(data: bytes, rng: Rng) -> bytes:
    """EXIF data that say an orientation and then go wrong."""
    junk = b"MM\0*\0\0\0\x08" + struct.pack(">H", rng.integers(1, 9))
    junk += struct.pack(">HHIHH", 0x0112, 3, 1, rng.integers(0, 12), 0) + rng.bytes(40)
    if data.startswith(b"\x89PNG"):
        return data[:33] + chunk(b"eXIf", junk) + data[33:]
    if data.startswith(b"\xff\xd8"):
        marker = b"\xff\xe1" + struct.pack(">H", len(junk) + 8) + b"Exif\0\0"
        return data[:2] + marker + junk + data[2:]
    return _flipped(data, rng)


def _chunks_shuffled(data: bytes, rng: Rng) -> bytes:
    """PNG's parts in another order, one of them twice, one with a wrong sum."""
    if not data.startswith(b"\x89PNG"):
        return _swapped(data, rng)
    parts, place = [], 8
    while place < len(data):
        length = 12 + int.from_bytes(data[place : place + 4], "big")
        parts.append(data[place : place + length])
        place += length
    if rng.random() < 0.5:
        parts.insert(int(rng.integers(len(parts))), parts[rng.integers(len(parts))])
    if rng.random() < 0.5:
        number = rng.integers(len(parts))
        parts[number] = parts[number][:-1] + bytes([parts[number][-1] ^ 1])
    if rng.random() < 0.5:
        parts = [parts[number] for number in rng.permutation(len(parts))]
    return data[:8] + b"".join(parts)


HARMS: tuple[Callable[[bytes, Rng], bytes], ...] = (
    _flipped,
    _header_edited,
    _cut_short,
    _blanked,
    _lost_inside,
    _swapped,
    _grown,
    _resized,
    _exif_junk,
    _chunks_shuffled,
)
