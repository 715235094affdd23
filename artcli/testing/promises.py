"""How a contract says what a component did not keep."""

from __future__ import annotations


def holds(condition: object, promise: str) -> None:
    """Fail with `promise`, a sentence about what the component must do, unless `condition`."""
    if not condition:
        raise AssertionError(f"it must {promise}")
