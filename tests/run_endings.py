"""All that a finished run leaves, to be held against that of an undisturbed one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from artcli.workspace.files import sha256_file
from artcli.workspace.paths import Workspace

TIMINGS = {"seconds", "images_per_second", "seal"}  # of a line of the history, with the others


def run_ending(workspace: Workspace, run: str = "x") -> Mapping[str, Any]:
    """All that a run leaves, but for times: hashes of its files, and what its records say."""
    fold, said = workspace.run_dir(run) / "fold-0", workspace.predictions_dir(run)
    files = [*fold.glob("step-*/*.safetensors"), *said.glob("*.npz")]
    history = [json.loads(line) for line in (fold / "history.jsonl").read_text().splitlines()]
    return {
        **{str(file.relative_to(workspace.root)): sha256_file(file) for file in files},
        "pointers": [(fold / name).read_text() for name in ("last.json", "best.json")],
        "history": [{k: v for k, v in line.items() if k not in TIMINGS} for line in history],
        "left": sorted(path.name for path in fold.rglob(".*")),
    }
