"""The ladder: rows of recipes trained alike, each compared with the one it is built on.

Records alone: what is planned (`Rung`, or `Standing` for what is there already), what came of it
(`Row`, `Ladder`), and the JSON document that keeps it. `artcli.reporting.measure` makes the rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from artcli.errors import ArtcliError
from artcli.host.spec import plain
from artcli.training.recipe import flag_of
from artcli.workspace.files import read_json
from artcli.workspace.paths import checked_name

if TYPE_CHECKING:
    from artcli.contest.f1 import Estimate
    from artcli.training.named import NamedRecipe, Published
    from artcli.training.recipe import Recipe
    from artcli.workspace.paths import Workspace

FOLD = "0"  # the fold that judges every row
DEFAULT_NAME = "ladder"
_MEANT = ("whole_f1", "train_loss", "validation_loss", "seconds")
Verdict = Literal["agrees", "disagrees", "undecided"]


@dataclass(frozen=True)
class Rung:
    """A row as planned: a named recipe, what the budget makes of it, and the runs that train it.

    `ancestors`: the recipes it is built on, nearest first; `same_as`: the rung that trains the
    very same recipe, whose runs these are; `runs`: one name for each seed, `recipe.seed` first.
    """

    named: NamedRecipe
    recipe: Recipe
    ancestors: tuple[str, ...]
    same_as: str | None
    runs: tuple[str, ...]

    @property
    def recipes(self) -> tuple[Recipe, ...]:
        """The recipe of each run."""
        seed = self.recipe.seed
        return tuple(
            self.recipe.model_copy(update={"seed": seed + number})
            for number in range(len(self.runs))
        )


@dataclass(frozen=True)
class Standing:
    """A row for which nothing is trained: a run or a result that is there, judged as it is.

    `made`: what it is, in words; `of`: the runs and results that it is made of.
    """

    name: str
    made: str
    of: tuple[str, ...]


@dataclass(frozen=True)
class Trained:
    """A finished run of a row; losses and epochs are those of the weights that were kept."""

    run: str
    seed: int
    f1: float
    whole_f1: float
    train_loss: float
    validation_loss: float
    epochs: int
    best_epoch: int
    seconds: float  # of training alone


@dataclass(frozen=True)
class Comparison:
    """A row beside `base`, the nearest one in the ladder that it is built on.

    `ours`: the difference of crop F1, None while either is not trained, and where the budget makes
    both the same; `slides_f1`, `slides_private`: the difference of the published scores, None where
    the budget sets over some of what they come from.
    """

    base: str
    ours: Estimate | None
    slides_f1: float | None
    slides_private: float | None

    @property
    def verdict(self) -> Verdict | None:
        """Whether our difference has the sign of the slides'; None where there is none of either.

        Undecided where our interval holds 0.
        """
        if self.ours is None or self.slides_f1 is None:
            return None
        if not self.slides_f1 or not self._clear(self.ours):
            return "undecided"
        return "agrees" if (self.ours.value > 0) == (self.slides_f1 > 0) else "disagrees"

    @staticmethod
    def _clear(ours: Estimate) -> bool:
        return ours.low > 0 or ours.high < 0


@dataclass(frozen=True)
class Row:
    """What came of a rung, or of what stands already, which is `made` (in words) and has no recipe.

    `changes`: what it changes of `base` at this budget; `set_over`: the fields that its recipe
    changes too, and that the budget sets for all rows. `f1`: the mean over its trained seeds;
    `reason`: why it failed.
    """

    name: str
    about: str
    base: str | None
    changes: Mapping[str, Any]
    set_over: tuple[str, ...]
    published: Published | None
    recipe: Mapping[str, Any]
    same_as: str | None
    trained: tuple[Trained, ...] = ()
    f1: Estimate | None = None
    comparison: Comparison | None = None
    reason: str = ""
    made: str = ""

    def mean(self, figure: str) -> float | None:
        """The mean of a figure over the seeds that were trained; None when none was."""
        values = [float(getattr(one, figure)) for one in self.trained]
        return sum(values) / len(values) if values else None

    def document(self) -> dict[str, Any]:
        comparison = self.comparison and {
            **asdict(self.comparison),
            "verdict": self.comparison.verdict,
        }
        means = {f"mean_{figure}": self.mean(figure) for figure in _MEANT}
        published = self.published and self.published.model_dump()
        return {**asdict(self), "published": published, "comparison": comparison, **means}


@dataclass(frozen=True)
class Ladder:
    """All rows, and what they have in common.

    `budget`: the fields of the recipe that the user set over every row; `seeds`: how many each row
    is to be trained with; `date`: when the last row was predicted; `versions`, `machine`: what
    trained the last one; `paintings`, `pieces`: how many judged every row.
    """

    name: str
    rows: tuple[Row, ...]
    budget: Mapping[str, Any]
    seeds: int
    date: str
    versions: Mapping[str, str] = field(default_factory=dict)
    machine: Mapping[str, Any] = field(default_factory=dict)
    paintings: int = 0
    pieces: int = 0

    @property
    def command(self) -> str:
        """What makes this ladder, in any workspace that has what stands."""
        return command_line([row.name for row in self.rows], self.name, self.seeds, self.budget)

    def row(self, name: str) -> Row:
        return next(row for row in self.rows if row.name == name)

    def document(self) -> dict[str, Any]:
        """The ladder as JSON: what is unknown is null."""
        rows = [row.document() for row in self.rows]
        return {"command": self.command, "fold": FOLD, **asdict(self), "rows": rows}


def changes_at(named: NamedRecipe, budget: Mapping[str, Any]) -> dict[str, Any]:
    """What the recipe changes of its base and `budget` does not set for all rows."""
    return {field: value for field, value in named.changes.items() if field not in budget}


def change_in_short(row: Row) -> str:
    """What the row changes: `layernorm + crop deck, augmentation deck`; or, if it stands, is."""
    if row.made:
        return row.made
    changes = ", ".join(f"{_word(name)} {plain(value)}" for name, value in row.changes.items())
    change = " + ".join(filter(None, [row.base, changes])) if row.base else _about(row)
    over = ", ".join(map(_word, row.set_over))
    return f"{change} ({over} set for all rows)" if over else change


def _about(row: Row) -> str:
    return row.about.removesuffix(".")


def _word(field_name: str) -> str:
    return field_name.replace("_", " ")


def command_line(rows: Sequence[str], name: str, seeds: int, budget: Mapping[str, Any]) -> str:
    """The `artcli ladder` that makes these rows at this budget."""
    words = ["artcli", "ladder", *rows]
    if name != DEFAULT_NAME:
        words += ["--name", name]
    if seeds != 1:
        words += ["--seeds", str(seeds)]
    for field_name, value in budget.items():
        flag = flag_of(field_name)
        if isinstance(value, bool):
            words.append(flag if value else f"--no-{flag.removeprefix('--')}")
            continue
        for one in value if isinstance(value, list | tuple) else [value]:
            words += [flag, str(one)]
    return " ".join(map(quote, words))


def ladder_folder(workspace: Workspace, name: str) -> Path:
    """Where the report of the ladder `name` lies."""
    return workspace.reports / "ladder" / checked_name(name)


class EarlierRow(BaseModel):
    name: str
    reason: str = ""


class Earlier(BaseModel):
    """What an earlier call left in `ladder.json`, as far as the next one goes on from it."""

    rows: tuple[EarlierRow, ...]
    budget: dict[str, Any]
    seeds: Annotated[int, Field(ge=1)]
    machine: dict[str, Any]


def read_earlier(workspace: Workspace, name: str) -> Earlier:
    """What an earlier call left; nothing when there was none. Errors: `ArtcliError` for damage."""
    path = ladder_folder(workspace, name) / "ladder.json"
    if not path.is_file():
        return Earlier(rows=(), budget={}, seeds=1, machine={})
    try:
        return Earlier.model_validate(read_json(path))
    except ValidationError as error:
        raise ArtcliError(
            f"{path} is damaged", "remove it: the runs are kept, and make it anew"
        ) from error
