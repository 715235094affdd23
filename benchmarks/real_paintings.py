"""The README's "Real paintings" section: a contest taken over, trained on with defaults, submitted.

python benchmarks/real_paintings.py CONTEST_DIR WEIGHTS_DIR [WORKSPACE]

Prints the commands and the figures they gave as Markdown. The control is the same run on whole
paintings instead of crops at the test's scale. A run that is there already is not repeated.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RUNS = {"first": [], "whole": ["--crop", "whole"]}


def main(contest: str, weights: str, workspace: str = "p31") -> None:
    asked = [
        "--model", f"timm:arch=local-dir:{weights}", "--loss", "focal", "--sampler", "log",
        "--mixer", "cutmix", "--epochs", "12",
    ]  # fmt: skip
    if not (Path(workspace) / "artcli.toml").exists():
        artcli("init", workspace, "--from", contest)
    for name, changes in RUNS.items():
        if not (Path(workspace) / "checkpoints" / name / "fold-0" / "result.json").exists():
            artcli("train", "-w", workspace, "--name", name, *asked, *changes)
    made = json.loads(artcli("submit", "-w", workspace, "first", "--json"))
    cores = len(os.sched_getaffinity(0))
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {cores} cores of a {platform.machine()} server, no GPU.\n"
    )
    print("| run | crop F1 (95 % interval) | whole-painting F1 | train loss | validation loss |"
          " pictures/s | minutes |")  # fmt: skip
    print("|---|---|---|---|---|---|---|")
    for name, changes in RUNS.items():
        path = Path(workspace) / "checkpoints" / name / "fold-0" / "result.json"
        print(row(" ".join([f"`{name}`", *changes]), json.loads(path.read_text())))
    print(f"\nThe submission has {made['rows']:,} rows, from {made['run']}, because {made['why']}.")


def row(name: str, found: dict[str, Any]) -> str:
    return (
        f"| {name} | {found['f1']:.3f} ({found['f1_low']:.3f} to {found['f1_high']:.3f}) "
        f"| {found['whole_f1']:.3f} | {found['train_loss']:.3f} | {found['validation_loss']:.3f} "
        f"| {found['images_per_second']:.0f} | {found['seconds'] / 60:.0f} |"
    )


def artcli(*words: str) -> str:
    print("$ artcli", *words, file=sys.stderr)
    command = [sys.executable, "-m", "artcli", *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main(*sys.argv[1:])
