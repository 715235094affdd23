"""A workspace is made whole or not at all.

What fills it (a contest taken over, painted or rehearsed) writes into a folder beside the place;
only when it is done is that renamed in. Data that is there already is never touched.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from artcli.errors import ArtcliError
from artcli.workspace.files import explained, sync_folder, write_text
from artcli.workspace.locks import hold
from artcli.workspace.paths import Workspace, require_text
from artcli.workspace.settings import Settings, write_settings

Fill = Callable[[Path, Path], None]

README = """\
# An artcli workspace

What a contest needs and what `artcli` makes of it. All of it is yours; `artcli` never overwrites
your data, a run or a submission.

| path | what it holds |
|---|---|
| `artcli.toml` | settings and registered plugins |
| `data/` | the contest: `train.csv`, `test.csv`, `sample_submission.csv`, … and the images |
| `data/fixes.csv`, `data/aliases.csv` | corrections of `train.csv`, which itself stays as it came |
| `solution.csv` | the answers, for a painted or rehearsed contest only |
| `folds-5.csv` | which painting is in which fold; made once, then obeyed |
| `cache/` | decoded pixels; safe to delete |
| `checkpoints/RUN/` | a run: its recipe, its history, its weights |
| `predictions/RUN/` | out-of-fold and test probabilities |
| `submissions/` | CSV files for the leaderboard, each with a JSON file that says what made it |
| `reports/` | reports |

The images in `data/` may be hard links: the same files as in the folder they came from.
Replace one rather than edit it in place.
"""


def has_data(workspace: Workspace) -> bool:
    return workspace.data.is_dir() and any(workspace.data.iterdir())


def make_workspace(root: Path, fill: Fill | None = None) -> Workspace:
    """Make `root` a workspace; `fill(data, solution)` writes its data, and perhaps a solution.

    An existing workspace without data is filled; its settings and its README stay. Errors:
    `ArtcliError` for a folder of other things, or one that holds data already. Whatever stops
    `fill`, nothing of what it wrote is left.
    """
    root = require_text(root.resolve())
    with explained(root):
        _require_still_place(Workspace(root), filled=fill is not None)
        new = not root.exists()
        home = root.parent if new else root
        home.mkdir(parents=True, exist_ok=True)
        stage = Workspace(Path(tempfile.mkdtemp(prefix=f".{root.name}.", suffix=".part", dir=home)))
    try:
        with explained(root):
            stage.data.mkdir()
        if fill is not None:
            fill(stage.data, stage.solution_csv)
        if new:
            _furnish(stage)
        if new and _put(stage, root):
            return Workspace(root)
        _require_still_place(Workspace(root), filled=fill is not None)  # no lock among other things
        with _held(root):
            _require_place(Workspace(root), filled=fill is not None)  # another may have filled it
            _furnish(Workspace(root))
            with explained(root):
                _move_in(stage, Workspace(root))
    finally:
        shutil.rmtree(stage.root, ignore_errors=True)
    return Workspace(root)


def _held(root: Path) -> AbstractContextManager[None]:
    return hold(root / ".init.lock", str(root), wait=True)


def _require_still_place(workspace: Workspace, *, filled: bool) -> None:
    """`_require_place`, but of a workspace not while another moves in."""
    with _held(workspace.root) if workspace.settings_file.is_file() else nullcontext():
        _require_place(workspace, filled=filled)


def _require_place(workspace: Workspace, *, filled: bool) -> None:
    root = workspace.root
    if root.exists() and not root.is_dir():
        raise ArtcliError(f"{root} is not a folder", "name another folder for the workspace")
    if not root.exists():
        return
    strangers = [entry.name for entry in root.iterdir() if not entry.name.startswith(".")]
    if strangers and not workspace.settings_file.is_file():
        raise ArtcliError(
            f"{root} holds other things ({', '.join(sorted(strangers)[:3])}) and is no workspace",
            "name a new or an empty folder: artcli init DIR",
        )
    if filled and has_data(workspace):
        raise ArtcliError(
            f"{workspace.data} already holds data, which is never overwritten",
            "make another workspace (artcli init DIR …), or move that folder away first",
        )
    if filled and workspace.solution_csv.exists():
        raise ArtcliError(
            f"{workspace.solution_csv} is there already, but no data", "move it away first"
        )


def _furnish(workspace: Workspace) -> None:
    """Settings and a README, where there are none."""
    if not workspace.settings_file.exists():
        write_settings(workspace, Settings())
    readme = workspace.root / "README.md"
    if not readme.exists():
        write_text(readme, README)


def _put(stage: Workspace, root: Path) -> bool:
    """Whether `stage` could be made `root`: False where another has made that meanwhile."""
    with explained(root):
        stage.root.chmod(0o777 & ~_umask_of(stage.data))
        try:
            stage.root.rename(root)
        except OSError:
            if not root.exists():
                raise
            return False
        sync_folder(root)
    return True


def _move_in(stage: Workspace, there: Workspace) -> None:
    if stage.solution_csv.exists():
        stage.solution_csv.rename(there.solution_csv)
    if not has_data(there):
        if there.data.exists():
            there.data.rmdir()  # empty; not every system renames over it
        stage.data.rename(there.data)
    sync_folder(there.root)


def _umask_of(folder: Path) -> int:
    """What the umask took from a folder made by `mkdir` (`mkdtemp` makes private ones)."""
    return 0o777 & ~folder.stat().st_mode
