"""The pictures of `artcli eda` in the README: a terminal's (SVG) and the page's (WebP).

python benchmarks/eda_pictures.py WORKSPACE [RUN]

Runs the command on WORKSPACE (by RUN, if it is named) and writes docs/eda/terminal.svg and
docs/eda/page.webp. The page is taken by Debian's chromium.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from shlex import join

from PIL import Image
from rich.console import Console

from artcli import console
from artcli.cli import app
from artcli.workspace.files import write_text

DOCS = Path(__file__).parent.parent / "docs" / "eda"
WIDTH, SIZE = 92, (1240, 1500)  # characters; pixels
QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
)  # fmt: skip


def main(workspace: str, *run: str) -> None:
    place = Path(workspace).resolve()
    os.chdir(place.parent)  # so that paths are short
    terminal = Console(
        record=True, width=WIDTH, force_terminal=True, color_system="truecolor", highlight=False,
        soft_wrap=True,
    )  # fmt: skip
    console.out = lambda: terminal
    words = ["eda", "-w", place.name, *(["--run", *run] if run else [])]
    app(words, standalone_mode=False)
    drawn = terminal.export_svg(title=join(["artcli", *words]))
    # Fonts of elsewhere are not loaded in a README, and need not be asked for.
    write_text(DOCS / "terminal.svg", re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL))
    take(place / "reports" / "eda" / "eda.html", DOCS / "page.webp")


def take(page: Path, picture: Path) -> None:
    browser = shutil.which("chromium")
    if browser is None:
        raise SystemExit("there is no chromium to take the page with")
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder) / "page.png"
        subprocess.run(
            [browser, *QUIET, f"--user-data-dir={folder}/profile", f"--screenshot={shot}",
             f"--window-size={SIZE[0]},{SIZE[1]}", page.resolve().as_uri()],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        Image.open(shot).convert("RGB").save(picture, quality=82, method=6)


if __name__ == "__main__":
    main(*sys.argv[1:])
