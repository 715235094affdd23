"""The recipe: all that decides a run, as a frozen record and as a TOML file.

A component stands as a spec (`focal:gamma=3`) or, in TOML, also as a table
(`loss = {name = "focal", gamma = 3}`). No torch here: listing runs reads recipes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from artcli.errors import ArtcliError, Problems, UsageError, UsageProblems
from artcli.host.kinds import KINDS
from artcli.host.nearest import did_you_mean
from artcli.host.spec import from_table, plain
from artcli.workspace.files import require_seal, sealed_lines, write_text
from artcli.workspace.plain_files import read_plain


def _as_text(value: Any) -> Any:
    try:
        return from_table(value) if isinstance(value, Mapping) else value
    except UsageError as error:  # told with the file and the field, among what else is wrong
        raise PydanticCustomError("spec", "{said}", {"said": error.message}) from error


Spec = Annotated[str, BeforeValidator(_as_text)]


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise PydanticCustomError("twice", "{names} is named twice", {"names": ", ".join(twice)})
    return names


def _component(kind: str, what: str) -> Any:
    return Field(default=KINDS[kind].default, description=what)


MANY = 1_000_000  # more is a slip of the hand, and would end in no memory or never


class Recipe(BaseModel):
    """What decides a run. The descriptions are the help texts of `artcli train`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    model: Spec = _component("model", "The backbone.")
    head: Spec = _component("head", "What turns its features into logits.")
    loss: Spec = _component("loss", "What training lowers.")
    optimizer: Spec = _component("optimizer", "How the weights follow the gradients.")
    scheduler: Spec = _component("scheduler", "How the learning rate moves.")
    sampler: Spec = _component("sampler", "How often each painting is drawn.")
    crop: Spec = _component("crop", "Which part of a painting is shown.")
    augmentation: Spec = _component("augmentation", "How a crop is varied.")
    mixer: Spec = _component("mixer", "How the pictures of a batch are mixed.")
    observers: tuple[Spec, ...] = Field(
        default=(), description="Who is told of the progress; may be given several times."
    )
    generated: Annotated[tuple[str, ...], AfterValidator(_each_once)] = Field(
        default=(),
        description="Learn from this set of generated works, too (artcli augment-style makes "
        "them); may be given several times.",
    )
    epochs: int = Field(
        default=20, ge=1, le=MANY, description="How often the paintings are gone through."
    )
    crops: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description="Crops of each painting in an epoch, drawn independently; with --freeze the "
        "same ones in every epoch [default: 2, with --freeze 8].",
    )
    batch_size: int = Field(
        default=16, ge=1, le=MANY, description="Pictures in a batch, over all devices together."
    )
    accumulate: int = Field(
        default=1,
        ge=1,
        le=MANY,
        description="Batches whose gradients are added up for one step.",
    )
    clip: float = Field(
        default=1.0, ge=0, description="Longest gradient (2-norm of all of it); 0: any."
    )
    ema: float = Field(
        default=0.99,
        ge=0,
        lt=1,
        description="Decay of the moving average of the weights that is judged and kept; 0: none.",
    )
    patience: int = Field(
        default=10,
        ge=0,
        le=MANY,
        description="Stop after so many epochs without a better F1; 0: never.",
    )
    head_lr: float = Field(
        default=2.0, gt=0, description="The head's learning rate, in multiples of the body's."
    )
    layer_decay: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="Each layer's learning rate, as a share of that of the layer above it.",
    )
    probe: int = Field(
        default=2,
        ge=0,
        le=10_000,
        description="Crops of each painting on whose features the head is fitted before training, "
        "if the model is pre-trained; 0: none.",
    )
    freeze: bool = Field(
        default=False,
        description="Train the head alone, on features of the body that are computed once and "
        "kept: minutes where the whole model takes hours.",
    )
    freeze_norm: bool = Field(
        default=True,
        description="Keep a pre-trained model's batch-norm statistics, which small batches blur.",
    )
    image_size: int | None = Field(
        default=None,
        ge=16,
        le=4096,
        description="Side of the model's input in pixels [default: its own].",
    )
    precision: Literal["auto", "32", "bf16", "16"] = Field(
        default="auto", description="auto: bf16 on a GPU that has it, else 32-bit floats."
    )
    seed: int = Field(default=0, ge=0, lt=2**63, description="Everything random follows from it.")
    folds: int = Field(
        default=5, ge=2, le=1000, description="Parts the paintings are split into; one validates."
    )
    channels_last: bool = Field(
        default=True, description="Keep pictures and weights in channels-last order (faster)."
    )
    compile: bool = Field(default=False, description="Compile the model with torch.compile.")

    @property
    def crops_each(self) -> int:
        """Crops of each painting in an epoch: more than one, since each shows a quarter of it.

        Source: our own.
        """
        return self.crops or (8 if self.freeze else 2)

    def changes_from(self, before: Recipe) -> list[str]:
        """What differs, in words: `epochs was 3, not 5`."""
        return [
            f"{field} was {plain(was) or 'none'}, not {plain(wanted) or 'none'}"
            for (field, was), (_, wanted) in zip(before, self, strict=True)
            if was != wanted
        ]

    def to_toml(self) -> str:
        import tomli_w

        return tomli_w.dumps(self.model_dump(exclude_none=True, mode="json"))

    def save(self, path: Path) -> None:
        write_text(path, sealed_lines(self.to_toml()))

    def changed(self) -> dict[str, Any]:
        """The fields that differ from the defaults."""
        return self.model_dump(exclude_defaults=True)


R = TypeVar("R", bound=Recipe)
_FLAGS = {"observers": "--observer", "generated": "--with"}  # of fields that are called otherwise


def make_recipe(values: Mapping[str, Any], base: Recipe | None = None) -> Recipe:
    """`base` (else the defaults) with `values`, which flags gave, over it.

    Errors: `UsageProblems`, all of them.
    """
    merged = {**(base.model_dump() if base else {}), **values}
    try:
        return Recipe.model_validate(merged)
    except ValidationError as error:
        faults = [f"{flag_of(str(e['loc'][0]))}: {_said(e['msg'])}" for e in error.errors()]
        raise UsageProblems("the command line is wrong", faults) from error


def flag_of(field: str) -> str:
    """The flag that sets a field of the recipe."""
    return _FLAGS.get(field, f"--{field.replace('_', '-')}")


def _said(message: str) -> str:
    return message[:1].lower() + message[1:]


def _fault(model: type[Recipe], kind: str, where: tuple[int | str, ...], message: str) -> str:
    field = ".".join(map(str, where))
    if kind == "extra_forbidden" and len(where) == 1:
        return f"{field}: there is no such field{did_you_mean(field, model.model_fields)}"
    return f"{field}: {_said(message)}"


def read_recipe(path: Path) -> Recipe:
    """The recipe in the TOML file `path`; `ArtcliError` when there is none or it is not valid."""
    return read_as(Recipe, path)


def read_as(model: type[R], path: Path) -> R:
    """The TOML file `path` as `model`, `Recipe` or more. Errors: as `read_recipe`."""
    try:
        require_seal(path, data := read_plain(path))
        values = tomllib.loads(data.decode("utf-8-sig"))
    except FileNotFoundError as error:
        raise ArtcliError(f"there is no recipe {path}") from error
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ArtcliError(f"{path} cannot be read: {said}", "mend it") from error
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise Problems(
            f"{path} is not a valid recipe",
            [_fault(model, e["type"], e["loc"], e["msg"]) for e in error.errors()],
            f"a recipe may hold: {', '.join(model.model_fields)}",
        ) from error
