"""Two ranks of a test on the CPU."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def run_as_two_ranks(file: str) -> None:
    """Start `file` by torchrun; each of its two ranks must end with "as expected"."""
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
        file,
    ]  # fmt: skip
    here = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parent)}
    environment = {**os.environ, **here}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("as expected") == 2
