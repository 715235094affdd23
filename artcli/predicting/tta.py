"""Test-time augmentation: a run looks at pieces in several ways, and the mean is what it says.

`look_again` shows the views to a run's models; `averaged` makes one of what they said. Each view's
own probabilities are a `Kept` of the view's name, and are kept beside the result (`beside`), so
that `kept_views` finds them again: views can be left out later without another look.

Source: Krizhevsky et al. 2012, "ImageNet Classification with Deep Convolutional Neural Networks"
(section 4.1: the predictions of ten crops, averaged).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from artcli.errors import ArtcliError, UsageError
from artcli.host.records import View
from artcli.host.spec import is_name
from artcli.predicting.exam import line_up
from artcli.predicting.folder import OOF, TEST, Kept, read_part
from artcli.predicting.looking import PLAIN, look
from artcli.predicting.predict import held_pieces, trained_fold, trained_folds
from artcli.predicting.predictions import WHOLE, Predictions, concat
from artcli.predicting.view_gains import PLAIN_NAME, Gains, mean, measure
from artcli.training.pixel_sets import test_pixels

if TYPE_CHECKING:
    from artcli.contest.tables import Contest
    from artcli.host.discovery import Bound, Host
    from artcli.workspace.paths import Workspace


def views_of(bound: Bound) -> list[View]:
    """The views of a component or a chain of them, each of a name of its own.

    Errors: `ArtcliError` that names the component whose views cannot be used.
    """
    lists = []
    for part in bound.parts:
        one = replace(bound, parts=(part,))
        made = one()
        if not (isinstance(made, list) and made and all(map(_usable, made))):
            raise ArtcliError(
                f"view {part.registered.component.name} of {part.registered.source} does not "
                "give a list of views with names of letters, digits and . _ -"
            )
        lists.append([replace(view, fn=one.blamed(view.fn)) for view in made])
    assert bound.kind.chain is not None  # the table of kinds: views chain
    views: list[View] = bound.kind.chain(lists)
    return views


def _usable(view: Any) -> bool:
    return isinstance(view, View) and is_name(view.name)


def without(names: Sequence[str], left_out: Sequence[str]) -> list[str]:
    """The views that are averaged: not those left out, each of which must be there, and not all
    of them (`UsageError`)."""
    if strange := [name for name in left_out if name not in names]:
        raise UsageError(
            f"there is no view {strange[0]} to leave out", f"the views are: {', '.join(names)}"
        )
    if not (kept := [name for name in names if name not in left_out]):
        raise UsageError("no view is left", f"leave out fewer of: {', '.join(names)}")
    return kept


def look_again(
    workspace: Workspace,
    host: Host,
    contest: Contest,
    run: str,
    views: Sequence[View],
    *,
    batch_size: int | None = None,
    device: str = "auto",
) -> list[Kept]:
    """What a run says of validation pieces (each fold of its own) and of the test, by view.

    The plain look is among them, asked for or not: the others are compared with it. Every picture
    is read once; the test's rows are means over the folds. Errors: as `predict_fold`.
    """
    if all(view.name != PLAIN_NAME for view in views):
        views = [PLAIN, *views]
    folds = [
        trained_fold(workspace, host, contest, run, label)
        for label in trained_folds(workspace, run)
    ]
    oof: list[list[Predictions]] = [[] for _ in views]
    for fold in folds:
        held = held_pieces(workspace, contest, fold)
        if held is None:
            continue
        (said,) = look(
            [fold.trained.model], held.pixels.array, views, batch_size=batch_size, device=device,
            description=f"Validation pieces (fold {fold.trained.fold})",
        )  # fmt: skip
        for parts, values in zip(oof, said, strict=True):
            parts.append(fold.said(held.ids, values, held.crops))
    test: list[Predictions | None] = [None for _ in views]
    pixels = test_pixels(workspace, contest, folds[0].trained.image_size)
    if len(pixels):
        models = [fold.trained.model for fold in folds]
        by_fold = look(
            models, pixels.array, views, batch_size=batch_size, device=device,
            description="Test pictures",
        )  # fmt: skip
        test = [
            concat(
                [
                    fold.said(pixels.keys, values, WHOLE)
                    for fold, values in zip(folds, by_view, strict=True)
                ]
            ).mean_over_folds()
            for by_view in by_fold.swapaxes(0, 1)
        ]
    facts = {fold.trained.fold: {"checkpoint": fold.checkpoint} for fold in folds}
    return [
        Kept(view.name, concat(parts) if parts else None, of_test, facts, dict(pixels.bad))
        for view, parts, of_test in zip(views, oof, test, strict=True)
    ]


def gains_of(contest: Contest, seen: Sequence[Kept], names: Sequence[str]) -> Gains | None:
    """What the views are worth, of which `names` are averaged; None without validation pieces."""
    if not all(one.oof for one in seen):
        return None
    lineup = line_up(contest, seen)
    return measure(lineup.exam, dict(zip(lineup.names, lineup.oof, strict=True)), names)


def averaged(contest: Contest, seen: Sequence[Kept], names: Sequence[str]) -> Kept:
    """The mean of the views `names`."""
    chosen = [one for one in seen if one.name in names]

    def together(parts: Sequence[Predictions | None]) -> Predictions | None:
        there = [part.with_classes(contest.artists) for part in parts if part is not None]
        values = [part.probabilities for part in there]
        return replace(there[0], probabilities=mean(values)) if there else None

    return Kept(
        "mean",
        together([one.oof for one in chosen]),
        together([one.test for one in chosen]),
        chosen[0].folds,
        chosen[0].bad,
    )


def beside(seen: Sequence[Kept]) -> dict[str, Predictions]:
    """Each view's own predictions, by the name of their file: `oof-mirror`, `test-mirror`."""
    parts = {f"{which}-{one.name}": getattr(one, which) for one in seen for which in (OOF, TEST)}
    return {name: part for name, part in parts.items() if part is not None}


def kept_views(workspace: Workspace, result: str, facts: Mapping[str, Any]) -> list[Kept]:
    """What `look_again` gave when the result, whose JSON is `facts`, was made.

    Errors: `ArtcliError` when a file is gone or not the one that was written.
    """
    made_by, bad = facts["made_by"], facts.get("bad_test_images", {})
    return [
        Kept(
            name,
            read_part(workspace, result, facts, f"{OOF}-{name}"),
            read_part(workspace, result, facts, f"{TEST}-{name}"),
            made_by["looked"],
            bad,
        )
        for name in made_by["seen"]
    ]
