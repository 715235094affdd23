"""Where everything in a workspace lies: the one place that knows paths."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from artcli.errors import ArtcliError, UsageError

SETTINGS_NAME = "artcli.toml"
ENVIRONMENT_VARIABLE = "ARTCLI_WORKSPACE"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
_DEVICE_NAMES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Workspace:
    """A workspace's folders and files; `root` is absolute."""

    root: Path

    @property
    def settings_file(self) -> Path:
        return self.root / SETTINGS_NAME

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    @property
    def checked_images(self) -> Path:
        """Which images were found good, so that the next check reads only what changed."""
        return self.cache / "checked-images.json"

    @property
    def generated(self) -> Path:
        """Generated works, a folder for each set."""
        return self.data / "generated"

    @property
    def generators(self) -> Path:
        """The checkpoints of generators, a folder for each set."""
        return self.root / "generators"

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints"

    @property
    def predictions(self) -> Path:
        return self.root / "predictions"

    @property
    def submissions(self) -> Path:
        return self.root / "submissions"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def solution_csv(self) -> Path:
        """The answers of a rehearsed contest; outside `data`, so that no training can read them."""
        return self.root / "solution.csv"

    @property
    def train_csv(self) -> Path:
        return self.data / "train.csv"

    @property
    def test_csv(self) -> Path:
        return self.data / "test.csv"

    @property
    def sample_csv(self) -> Path:
        return self.data / "sample_submission.csv"

    @property
    def artists_csv(self) -> Path:
        return self.data / "artists_info.csv"

    @property
    def flag(self) -> str:
        """` -w DIR` for a command to be typed here; nothing where it would find this one itself."""
        with suppress(ArtcliError):
            if find_workspace().root == self.root:
                return ""
        here = Path.cwd()
        place = self.root.relative_to(here) if self.root.is_relative_to(here) else self.root
        return f" -w {quote(str(place))}"

    def folds_file(self, k: int) -> Path:
        return self.root / f"folds-{k}.csv"

    @property
    def folds_files(self) -> dict[int, Path]:
        """The folds files there are, by their number of folds."""
        there = (path.stem.removeprefix("folds-") for path in self.root.glob("folds-*.csv"))
        numbers = (text for text in there if re.fullmatch("[1-9][0-9]*", text))
        return {k: self.folds_file(k) for k in sorted(map(int, numbers))}

    def run_dir(self, name: str) -> Path:
        return self.checkpoints / checked_name(name)

    def generated_dir(self, name: str) -> Path:
        return self.generated / checked_name(name)

    def predictions_dir(self, name: str) -> Path:
        return self.predictions / checked_name(name)


def checked_name(name: str) -> str:
    """`name` if it can name a run or a submission on every system, else a `UsageError`."""
    if not _NAME.fullmatch(name) or _DEVICE_NAMES.fullmatch(name) or name.endswith("."):
        raise UsageError(
            f"{name!r} cannot be a name",
            "use letters, digits and . _ + - (at most 100, starting with a letter or digit)",
        )
    return name


def require_text(path: Path) -> Path:
    """Errors: `ArtcliError` where `path` holds bytes that are no UTF-8: no file of ours could name
    it."""
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ArtcliError(
            f"{path} cannot be a workspace: its path has bytes that are no UTF-8",
            "rename that folder, or choose another place",
        ) from error
    return path


def find_workspace(option: Path | None = None) -> Workspace:
    """The workspace a command works in: it must hold an `artcli.toml`.

    Looked for in this order: `option` (`--workspace`), the environment variable
    `ARTCLI_WORKSPACE`, the nearest folder upward that holds `artcli.toml`, `./workspace`.
    """
    named = option or (Path(value) if (value := os.environ.get(ENVIRONMENT_VARIABLE)) else None)
    if named is not None:
        if (named / SETTINGS_NAME).is_file():
            return Workspace(require_text(named.resolve()))
        raise ArtcliError(f"no workspace at {named}", f"make one with: artcli init {named}")
    here = Path.cwd()
    for folder in (here, *here.parents, here / "workspace"):
        if (folder / SETTINGS_NAME).is_file():
            return Workspace(require_text(folder))
    raise ArtcliError(
        f"no workspace here (no {SETTINGS_NAME} in {here}, above it, or in ./workspace)",
        "make one with: artcli init   or name one with: --workspace DIR",
    )
