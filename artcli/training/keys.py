"""Keys: the one way by which anything random in a run gets its seed.

A key is made of what the randomness belongs to (the run's seed, and for instance an epoch and a
position in it), so that a result never depends on what was drawn before, on the number of workers,
or on where a run was interrupted.
"""

from __future__ import annotations

import hashlib


def key(*parts: int | str) -> int:
    """A 63-bit seed of `parts`; the same on every machine, unlike `hash`."""
    digest = hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
