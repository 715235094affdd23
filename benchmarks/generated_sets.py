"""What generated sets look like and whether they help, for docs/generated.

python benchmarks/generated_sets.py WORKSPACE NAME …

Of each set it writes the contact sheet to docs/generated/NAME.webp, and of each run that the set
was judged with (`artcli augment-style --judge NAME --recipe RUN`) it prints a row of Markdown.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

from artcli.contest.f1 import Estimate
from artcli.contest.generated.store import read_set
from artcli.predicting.set_judging import Gain, read_judged
from artcli.workspace.paths import Workspace

DOCS = Path(__file__).parent.parent / "docs" / "generated"
WIDTH = 1600  # pixels, at most


def main(root: str, *names: str) -> None:
    workspace = Workspace(Path(root).resolve())
    print(
        "| set | works a fold takes | run | F1 without | with | difference | artists with works |"
    )
    print("|---|---|---|---|---|---|---|")
    for name in names:
        found = read_set(workspace, name)
        sheet = Image.open(workspace.reports / "generated" / name / "sheet.png").convert("RGB")
        sheet.thumbnail((WIDTH, 10 * WIDTH))
        DOCS.mkdir(exist_ok=True)
        sheet.save(DOCS / f"{name}.webp", quality=80, method=6)
        for judged in read_judged(workspace, found):
            taken = [fold.count for fold in judged.taken]
            gain = judged.all_artists
            print(
                f"| {name} | {min(taken)} to {max(taken)} | {judged.recipe} | {gain.without:.3f} | "
                f"{gain.with_set:.3f} | {told(gain.difference)} | {of(judged.given)} |"
            )


def told(difference: Estimate) -> str:
    return f"{difference.value:+.3f} ({difference.low:+.3f} to {difference.high:+.3f})"


def of(gain: Gain | None) -> str:
    return "" if gain is None else told(gain.difference)


if __name__ == "__main__":
    main(*sys.argv[1:])
