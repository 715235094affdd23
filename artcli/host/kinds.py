"""THE table of kinds: everything that a plugin can offer.

Command-line flags, listings, documentation and contract tests are made from it. A new kind is a
new row here and a new contract in `artcli.testing`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from artcli.errors import UsageError
from artcli.host.nearest import did_you_mean

Chain = Callable[[Sequence[Any]], Any]


@dataclass(frozen=True)
class Kind:
    """One kind of component.

    `positional`: what the run gives each call, in order. `returns`: what the call must return.
    `default`: the component taken where none is named (None: nothing is). `chain`: how the results
    of `a+b` become one (None: components of this kind do not chain). `file`: the component is a
    file, asked for by its name alone, without options, so the name may hold a plus sign.
    """

    name: str
    what: str
    positional: tuple[str, ...]
    returns: str
    default: str | None = None
    chain: Chain | None = None
    file: bool = False


def _mix_in_turn(mixers: Sequence[Any]) -> Any:
    def mix(images: Any, targets: Any, generator: Any) -> Any:
        for mixer in mixers:
            images, targets = mixer(images, targets, generator)
        return images, targets

    return mix


def _all_views(lists: Sequence[Any]) -> list[Any]:
    seen: dict[str, Any] = {}
    for views in lists:
        for view in views:
            seen.setdefault(view.name, view)
    return list(seen.values())


_ROWS = (
    Kind(
        "model",
        "turns a picture into features",
        (),
        "nn.Module, (N, 3, S, S) -> (N, F), with num_features, mean, std, image_size",
        "tinyvit",
    ),
    Kind(
        "head",
        "turns features into logits",
        ("num_features", "classes"),
        "nn.Module, forward(features, targets=None) -> HeadOutput",
        "layernorm",
    ),
    Kind(
        "loss",
        "what training lowers",
        ("class_counts",),
        "(logits (N, C), soft targets (N, C)) -> scalar",
        "cross-entropy",
    ),
    Kind(
        "optimizer",
        "how the weights follow the gradients",
        ("parameter_groups",),
        "torch.optim.Optimizer, driven by step(closure)",
        "adamw",
    ),
    Kind(
        "scheduler",
        "how the learning rate moves",
        ("optimizer", "steps_per_epoch", "epochs"),
        "per-step LRScheduler: a factor on each group's own lr",
        "cosine",
    ),
    Kind(
        "sampler",
        "how often each painting is drawn",
        ("labels",),
        "expected draws per painting and epoch (N,), summing to N",
        "uniform",
    ),
    Kind(
        "crop",
        "which part of a painting is shown",
        (),
        "(rng, width, height) -> Box",
        "quarter",
    ),
    Kind(
        "augmentation",
        "how a crop is varied",
        ("image_size",),
        "albumentations transform, (S, S, 3) uint8 RGB -> the same",
        "light",
    ),
    Kind(
        "mixer",
        "how the pictures of a batch are mixed",
        ("num_classes",),
        "(images, targets, generator) -> (images, targets)",
        "none",
        _mix_in_turn,
    ),
    Kind("view", "how a piece is looked at in test time", (), "list of View", "flips", _all_views),
    Kind(
        "voter",
        "how several models agree",
        (),
        "object: fit(oof (M, N, C), truth) -> vote(probabilities (M, K, C)) -> (K, C)",
        "soft",
    ),
    Kind(
        "generator",
        "makes new works",
        ("request",),
        "iterator of NewWork, each with the paintings it was made of",
        "style-transfer",
    ),
    Kind(
        "executor",
        "runs independent jobs",
        (),
        "object: run(jobs, done) -> results, in the order of jobs",
        "serial",
    ),
    Kind(
        "observer",
        "is told of a run's progress",
        ("run_dir",),
        "object: epoch(step, metrics), close()",
    ),
    Kind("recipe", "a named set of choices for a run", (), "Path of a TOML file", file=True),
)

KINDS: dict[str, Kind] = {kind.name: kind for kind in _ROWS}


def kind_named(name: str) -> Kind:
    """The row of this name. Errors: `UsageError`."""
    if name not in KINDS:
        near = did_you_mean(name, KINDS)
        raise UsageError(f"there is no kind {name!r}{near}", f"kinds: {', '.join(KINDS)}")
    return KINDS[name]
