"""All that a finished run leaves, to be held against that of an undisturbed one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artcli.workspace.files import sha256_file
from artcli.workspace.paths import Workspace

TIMINGS = {"seconds", "images_per_second", "seal"}  # and what differs with them


def run_ending(workspace: Workspace, run: str = "x") -> Mapping[str, Any]:
    """All that a run leaves, but for times: hashes of its files, and what its records say."""
    fold, said = workspace.run_dir(run) / "fold-0", workspace.predictions_dir(run)
    files = [*fold.glob("step-*/*.safetensors"), *said.glob("*.npz")]
    records = [*fold.glob("step-*/state.json"), *fold.glob("*.json")]
    history = (fold / "history.jsonl").read_text().splitlines()
    return {
        **{_name(workspace, file): sha256_file(file) for file in files},
        **{_name(workspace, file): _untimed(json.loads(file.read_text())) for file in records},
        "history": [_untimed(json.loads(line)) for line in history],
        "left": sorted(path.name for place in (fold, said) for path in place.rglob(".*")),
    }


def _name(workspace: Workspace, file: Path) -> str:
    return str(file.relative_to(workspace.root))


def _untimed(found: Any) -> Any:
    """What JSON gave, without times: entries of objects, and pairs in the lists of `state.json`."""
    if isinstance(found, dict):
        return {name: _untimed(one) for name, one in found.items() if name not in TIMINGS}
    if isinstance(found, list):
        timed = [isinstance(one, list) and len(one) == 2 and one[0] == "seconds" for one in found]
        return [_untimed(one) for one, out in zip(found, timed, strict=True) if not out]
    return found
