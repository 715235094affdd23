"""Curves for TensorBoard."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artcli.plugin import ArtcliError


class TensorBoard:
    """Writes each metric as a scalar, by step, into `folder`."""

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise ArtcliError(
                "the observer tensorboard needs the package tensorboard, which is not installed",
                'install it: pip install "artcli[tensorboard]"',
            ) from error
        self._make: Any = SummaryWriter
        self._writer: Any = None
        self._folder = folder

    def epoch(self, step: int, metrics: Mapping[str, float]) -> None:
        """Write `metrics` as they are after optimizer step `step`."""
        if self._writer is None:
            # What a run that was cut off wrote from this step on is hidden: it is written again.
            self._writer = self._make(str(self._folder), purge_step=step)
        for name, value in metrics.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def tensorboard(run_dir: Path) -> TensorBoard:
    """Curves in `run_dir`/tensorboard; look at them with `tensorboard --logdir` and that folder.

    Errors: `ArtcliError` when tensorboard is not installed.
    """
    return TensorBoard(run_dir / "tensorboard")
