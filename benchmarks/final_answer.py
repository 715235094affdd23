"""The README's "From one model to the final answer": folds, views, a blend, siblings, step by step.

python benchmarks/final_answer.py CONTEST_DIR WEIGHTS_DIR [WORKSPACE]

Runs each step's command but those whose result is there already, and prints the out-of-fold scores
as a Markdown table. Its control is the first row: one fold's model, which the others build on.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from real_paintings import artcli

TUNED = "--loss focal --sampler log --mixer cutmix --image-size 192 --epochs 6"
CENTRES = "--freeze --head subcenter --sampler sqrt"
MEMBERS = "tuned-tta frozen centres"
STEPS = {  # the result's name: what it is, its command
    "tuned": ("five folds of a whole model", f"kfold --model MODEL {TUNED}"),
    "tuned-tta": ("its pieces seen mirrored, too", "tta tuned --views flips"),
    "frozen": ("five folds of a head alone", "kfold --model MODEL --freeze"),
    "centres": ("another head", f"kfold --model MODEL {CENTRES}"),
    "soft": ("the three averaged", f"ensemble {MEMBERS} --voter soft"),
    "hard": ("one voice each", f"ensemble {MEMBERS} --voter hard"),
    "greedy": ("weights found out of fold", f"ensemble {MEMBERS} --voter greedy"),
    "offsets": ("and an offset for each artist", f"ensemble {MEMBERS} --voter greedy --offsets"),
    "siblings": ("siblings pooled", f"ensemble {MEMBERS} --voter greedy --pool siblings"),
}


def main(contest: str, weights: str, workspace: str = "p31") -> None:
    if not (Path(workspace) / "artcli.toml").exists():
        artcli("init", workspace, "--from", contest)
    model = f"timm:arch=local-dir:{weights}"
    for name, (_, line) in STEPS.items():
        words = [model if word == "MODEL" else word for word in line.split()]
        if words[0] == "kfold":  # goes on where it stopped
            artcli(*words, "-w", workspace, "--name", name, "--executor", "processes")
        elif not (Path(workspace) / "predictions" / name / "predictions.json").exists():
            artcli(*words, "-w", workspace, "--name", name)
    runs = {run["name"]: run for run in json.loads(artcli("runs", "-w", workspace, "--json"))}
    cores = len(os.sched_getaffinity(0))
    print(f"Measured on {datetime.now(UTC):%Y-%m-%d} on {cores} cores ({platform.machine()}):\n")
    print("| what | command | out-of-fold crop F1 | 95 % interval |\n|---|---|---|---|")
    first = runs["tuned"]["folds"]["0"]
    print(f"| one fold of it | `artcli train …` | {_cells(first)} |")
    for name, (what, line) in STEPS.items():
        print(f"| {what} | `artcli {line} --name {name}` | {_cells(runs[name])} |")


def _cells(scores: dict[str, float]) -> str:
    return f"{scores['f1']:.3f} | {scores['f1_low']:.3f} to {scores['f1_high']:.3f}"


if __name__ == "__main__":
    main(*sys.argv[1:])
