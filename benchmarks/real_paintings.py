"""The README's "Real paintings" section: a contest taken over, trained on with defaults, submitted.

python benchmarks/real_paintings.py CONTEST_DIR WEIGHTS_DIR [WORKSPACE]

Prints the figures that the commands gave as Markdown. The control stands in the table: the same
model judged on whole paintings, as most teams do. A run that is there is not repeated.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path


def main(contest: str, weights: str, workspace: str = "p31") -> None:
    result = Path(workspace) / "checkpoints" / "first" / "fold-0" / "result.json"
    if not (Path(workspace) / "artcli.toml").exists():
        artcli("init", workspace, "--from", contest)
    if not result.exists():
        artcli(
            "train", "-w", workspace, "--name", "first",
            "--model", f"timm:arch=local-dir:{weights}", "--loss", "focal", "--sampler", "log",
            "--mixer", "cutmix", "--epochs", "12",
        )  # fmt: skip
    made = json.loads(artcli("submit", "-w", workspace, "first", "--json"))
    found = json.loads(result.read_text())
    cores = len(os.sched_getaffinity(0))
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    print(f"Measured on {today} on {cores} cores ({platform.machine()}), no GPU:\n")
    print("| figure | value |\n|---|---|")
    for name, value in (
        ("crop F1 on the validation pieces", f"{found['f1']:.3f}"),
        ("its 95 % interval, by painting", f"{found['f1_low']:.3f} to {found['f1_high']:.3f}"),
        ("F1 of the same model on whole paintings", f"{found['whole_f1']:.3f}"),
        (
            "train loss, validation loss",
            f"{found['train_loss']:.3f}, {found['validation_loss']:.3f}",
        ),
        ("best epoch of those trained", f"{found['best_epoch']} of {found['epochs']}"),
        ("training pictures per second", f"{found['images_per_second']:.1f}"),
        ("minutes of training", f"{found['seconds'] / 60:.1f}"),
        ("rows in the submission", f"{made['rows']:,}"),
    ):
        print(f"| {name} | {value} |")


def artcli(*words: str) -> str:
    print("$ artcli", *words, file=sys.stderr)
    command = [sys.executable, "-m", "artcli", *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main(*sys.argv[1:])
