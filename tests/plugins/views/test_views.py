"""Views on pictures small enough to write down: which pixels each shows, and where."""

import pytest
import torch

from artcli.errors import UsageError
from artcli.host.discovery import load_host
from artcli.plugin import View
from artcli_plugins.views.crops import crops
from artcli_plugins.views.flips import flips
from artcli_plugins.views.none import none
from artcli_plugins.views.scales import scales


def numbered(height: int, width: int) -> torch.Tensor:
    """One piece whose pixels are 0, 1, 2, … along its rows, alike in all channels."""
    numbers = torch.arange(height * width, dtype=torch.uint8).view(1, 1, height, width)
    return numbers.expand(1, 3, -1, -1).contiguous()


def seen(views: list[View], pieces: torch.Tensor, size: int) -> dict[str, list[list[int]]]:
    """What each view shows of the first piece, the channels being alike."""
    shown = {view.name: view.fn(pieces, size) for view in views}
    for picture in shown.values():
        assert torch.equal(picture[:, 0], picture[:, 1])
        assert torch.equal(picture[:, 0], picture[:, 2])
    return {name: picture[0, 0].tolist() for name, picture in shown.items()}


def test_a_piece_that_fits_is_not_touched() -> None:
    piece = numbered(4, 4)
    for views in (none(), flips(), crops(), scales()):
        assert views[0].name == "plain"
        assert views[0].fn(piece, 4) is piece
    assert len(none()) == 1


def test_a_piece_of_another_size_is_resized_and_keeps_its_brightness() -> None:
    even = torch.full((2, 3, 6, 10), 200, dtype=torch.uint8)
    for view in (*flips(vertical=True), *crops(), *scales()):
        assert torch.equal(view.fn(even, 4), even[..., :4, :4]), view.name


def test_flips_mirror_left_to_right_and_if_asked_upside_down() -> None:
    piece = numbered(2, 2)
    assert seen(flips(), piece, 2) == {"plain": [[0, 1], [2, 3]], "mirror": [[1, 0], [3, 2]]}
    assert seen(flips(vertical=True), piece, 2)["upside-down"] == [[2, 3], [0, 1]]


def test_crops_are_the_four_corners_and_the_centre() -> None:
    shown = seen(crops(share=0.5), numbered(4, 4), 2)
    assert shown["top-left-0.5"] == [[0, 1], [4, 5]]
    assert shown["top-right-0.5"] == [[2, 3], [6, 7]]
    assert shown["bottom-left-0.5"] == [[8, 9], [12, 13]]
    assert shown["bottom-right-0.5"] == [[10, 11], [14, 15]]
    assert shown["centre-0.5"] == [[5, 6], [9, 10]]
    assert len(shown) == 6


def test_crops_of_an_oblong_piece_have_a_share_of_both_sides() -> None:
    corner = {view.name: view.fn for view in crops(share=0.5)}["bottom-right-0.5"]
    assert corner(numbered(2, 4), 1)[0, 0, 0, 0] in (6, 7)  # their mean lies half way


def test_scales_enlarge_the_middle_and_reflect_what_lies_beyond_the_border() -> None:
    shown = seen(scales(nearer=2, farther=0.5), numbered(4, 4), 2)
    assert shown["nearer-2"] == [[5, 6], [9, 10]]
    farther = {view.name: view.fn for view in scales(farther=0.5)}["farther-0.5"]
    # A margin of one pixel on each side, which repeats the pixel next to the border's own.
    wide = farther(numbered(2, 2), 4)[0, 0]
    assert wide.tolist() == [[3, 2, 3, 2], [1, 0, 1, 0], [3, 2, 3, 2], [1, 0, 1, 0]]


def test_a_chain_looks_plainly_once_and_keeps_every_other_view() -> None:
    bound = load_host().bind("view", "none+flips+crops:share=0.8+crops:share=0.9")
    names = [view.name for view in bound()]
    assert names[:2] == ["plain", "mirror"]
    assert len(names) == len(set(names)) == 2 + 5 + 5


def test_enlarged_pixels_stay_within_their_range() -> None:
    edge = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    edge[..., 4:] = 255  # a cubic curve overshoots on both sides of an edge
    for view in (*crops(), *scales()):
        shown = view.fn(edge, 16)
        assert shown[..., 0].max() == 0, view.name
        assert shown[..., -1].min() == 255 or view.name.startswith("farther"), view.name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("crops:share=1", "share"),
        ("crops:share=0", "share"),
        ("scales:nearer=1", "nearer"),
        ("scales:farther=1", "farther"),
        ("flips:vertical=perhaps", "vertical"),
    ],
)
def test_options_that_make_no_sense_are_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        load_host().bind("view", text)
