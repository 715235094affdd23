"""The paintings as a body sees them: a run's, or any model's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fake_runs import untrained_run
from painted import MODEL, contest_of, painted_workspace, small_recipe

from artcli.errors import ArtcliError
from artcli.host.discovery import load_host
from artcli.training.describing import describe
from artcli.workspace.paths import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return painted_workspace(tmp_path / "w", each=2, pieces=1)


def test_a_run_describes_by_its_own_body(workspace: Workspace) -> None:
    contest, host = contest_of(workspace), load_host(workspace)
    untrained_run(workspace, contest, small_recipe(), "first", ["1"])
    found = describe(workspace, host, contest, "first")
    assert found.of == "features of the run first, fold 1"
    assert found.ids == tuple(painting.id for painting in contest.train)
    assert found.features.shape == (6, 256)
    assert found.features.dtype == np.float32
    assert (describe(workspace, host, contest, "first").features == found.features).all()


def test_a_model_describes_and_a_bad_picture_is_left_out(workspace: Workspace) -> None:
    contest = contest_of(workspace)
    contest.train[1].path.write_bytes(b"no picture")
    found = describe(workspace, load_host(workspace), contest, MODEL)
    assert found.of == f"features of {MODEL}"
    assert found.ids == ("0", "2", "3", "4", "5")
    assert len(np.unique(found.features, axis=0)) == 5


def test_what_is_neither_says_so(workspace: Workspace) -> None:
    with pytest.raises(ArtcliError, match="'tinyvitt' is no run, nor a model: there is no model"):
        describe(workspace, load_host(workspace), contest_of(workspace), "tinyvitt")


def test_where_no_picture_can_be_read_there_is_nothing_to_describe(workspace: Workspace) -> None:
    contest = contest_of(workspace)
    for painting in contest.train:
        painting.path.write_bytes(b"no picture")
    found = describe(workspace, load_host(workspace), contest, MODEL)
    assert (found.ids, len(found.features)) == ((), 0)


def test_a_result_has_no_body(workspace: Workspace) -> None:
    (workspace.predictions / "blend").mkdir(parents=True)
    with pytest.raises(ArtcliError, match="blend has predictions and no body"):
        describe(workspace, load_host(workspace), contest_of(workspace), "blend")
