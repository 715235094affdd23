"""Anyone's views: chained with ours, named in errors, and compared with the plain look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from fake_runs import untrained_run
from painted import MODEL, contest_of, painted_workspace

from artcli.errors import ArtcliError
from artcli.host.binding import Bound, bind
from artcli.host.discovery import load_host
from artcli.host.records import Component, Registered, Source
from artcli.plugin import View
from artcli.predicting.tta import averaged, look_again, views_of
from artcli.training.recipe import make_recipe

pytestmark = pytest.mark.usefixtures("one_thread")

PIECES = torch.zeros(1, 3, 4, 4, dtype=torch.uint8)


def with_theirs(text: str, make: Callable[[], Any]) -> Bound:
    """`text` bound, in which `theirs` is the views that a stranger's distribution makes."""
    host = load_host()

    def find(kind: str, name: str) -> Registered:
        if name != "theirs":
            return host.find(kind, name)
        return Registered(Component("view", name, make), Source("stranger", "2.1", "installed"))

    return bind("view", text, find)


def broken(_pieces: torch.Tensor, _size: int) -> torch.Tensor:
    raise RuntimeError("out of paint")


def test_a_view_that_fails_is_blamed_on_its_own_plugin() -> None:
    views = views_of(with_theirs("flips+theirs", lambda: [View("odd", broken)]))
    assert [view.name for view in views] == ["plain", "mirror", "odd"]
    assert torch.equal(views[1].fn(PIECES, 4), PIECES)
    with pytest.raises(ArtcliError, match=r"stranger 2\.1.*out of paint"):
        views[2].fn(PIECES, 4)


@pytest.mark.parametrize("made", [[], None, ["mirror"], [View("../up", broken)]])
def test_what_is_no_list_of_views_is_refused_with_its_plugin(made: Any) -> None:
    with pytest.raises(ArtcliError, match=r"view theirs of stranger 2\.1 does not give"):
        views_of(with_theirs("theirs", lambda: made))


def test_views_without_a_plain_one_are_compared_with_it_and_averaged_without(
    tmp_path: Path,
) -> None:
    workspace = painted_workspace(tmp_path / "w", each=3, pieces=2)
    contest = contest_of(workspace)
    recipe = make_recipe({"model": MODEL, "image_size": 32, "folds": 3})
    untrained_run(workspace, contest, recipe, "first")
    turned = View("turned", lambda pieces, _size: pieces.transpose(2, 3))
    seen = look_again(workspace, load_host(workspace), contest, "first", [turned])
    assert [one.name for one in seen] == ["plain", "turned"]
    mean = averaged(contest, seen, ["turned"])
    assert mean.test is not None
    assert seen[1].test is not None
    assert mean.test.probabilities.tolist() == seen[1].test.probabilities.tolist()
