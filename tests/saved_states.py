"""Small states of training, and small predictions of a fold, to save."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from small_contests import ARTISTS, write_tables

from artcli.contest.tables import Contest, read_contest
from artcli.predicting.folder import keep_fold
from artcli.predicting.predictions import Predictions
from artcli.workspace.paths import Workspace
from artcli.workspace.settings import Settings, write_settings


def state(value: float) -> dict[str, Any]:
    """What a checkpoint holds, in small: all of it follows from `value`."""
    return {
        "model": {"weight": torch.full((5, 7), float(value))},
        "average": {"weight": torch.full((5, 7), value / 2)},
        "optimizer": {"state": {0: {"exp_avg": torch.arange(4.0) * value}}},
        "cursor": {"epoch": int(value)},
    }


def a_contest(root: Path) -> Contest:
    workspace = Workspace(root)
    root.mkdir()
    write_settings(workspace, Settings())
    write_tables(workspace.data, each=4, pieces=3)
    return read_contest(workspace)


def keep(workspace: Workspace, contest: Contest, fold: int) -> None:
    """Keep what fold `fold` of the run x says."""
    ids = [painting.id for painting in contest.train[fold::4]]
    values = torch.rand(len(ids), len(ARTISTS), generator=torch.Generator().manual_seed(fold))
    names = sorted(ARTISTS)
    oof = Predictions.make(ids, values / values.sum(1, keepdim=True), names, crops=0, folds=fold)
    pieces = [piece.id for piece in contest.test]
    even = torch.full((len(pieces), len(names)), 1 / len(names))
    test = Predictions.make(pieces, even, names, folds=fold)
    facts = {"checkpoint": "step-1", "image_size": 32}
    keep_fold(workspace, contest, "x", oof=oof, test=test, bad={}, facts=facts)
