"""The stacks that paint and read, for every size, and the codes that they are keyed by."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from pydantic import TypeAdapter, ValidationError

from artcli_plugins.generators.blocks import Painter, Reader, Size, noise, show_off


@pytest.mark.parametrize("size", [16, 32, 128])
def test_a_reader_ends_with_four_pixels_where_a_painter_began(size: int) -> None:
    painter, reader = Painter(size, 4, 3, 2).eval(), Reader(size, 4, bounded=True)
    pictures = painter(noise(0, 2, 3), torch.tensor([0, 1]))
    assert pictures.shape == (2, 3, size, size)
    assert pictures.abs().max() < 1
    assert reader(pictures).shape == (2, reader.channels, 4, 4)


def test_channels_double_with_each_half_of_the_side_up_to_eight_times() -> None:
    ups = Painter(256, 4, 3, 2).ups
    assert [up.conv.in_channels for up in ups] == [32, 32, 32, 16, 8]
    assert [up.conv.out_channels for up in ups] == [32, 32, 16, 8, 4]


def test_a_work_depends_on_its_code_and_its_artist_in_every_layer() -> None:
    painter = Painter(32, 4, 3, 2).eval()
    with torch.no_grad():
        painter.first.weight.zero_()  # so that only the norms are told
        for up in painter.ups:
            up.gain_and_bias.weight.normal_()
        code = noise(0, 1, 3)
        blue, red, other = (
            painter(codes, torch.tensor([artist]))
            for codes, artist in ((code, 0), (code, 1), (-code, 0))
        )
    assert not torch.allclose(blue, red, atol=1e-3)
    assert not torch.allclose(blue, other, atol=1e-3)


def test_what_stands_where_is_the_codes_alone_and_nothing_is_the_artists_until_he_is_known() -> (
    None
):
    painter = Painter(16, 4, 3, 2).eval()
    code, blue, red = noise(0, 1, 3), torch.tensor([0]), torch.tensor([1])
    placed: list[torch.Tensor] = []
    painter.first.register_forward_hook(lambda *called: placed.append(called[2]))
    assert not torch.equal(painter(code, blue), painter(code, red))
    assert torch.equal(placed[0], placed[1])
    painter.known = 0.0
    assert torch.equal(painter(code, blue), painter(code, red))


def test_a_bounded_layer_does_not_stretch_what_it_reads() -> None:
    reader = Reader(16, 4, bounded=True)
    with torch.no_grad():
        for layer in reader.layers[::2]:
            layer.parametrizations.weight.original.mul_(50)
        for _ in range(30):  # the power method finds the largest singular value step by step
            reader(torch.zeros(1, 3, 16, 16))
        for layer in reader.layers[::2]:
            assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2) == pytest.approx(
                1, abs=0.05
            )


def test_noise_is_keyed() -> None:
    assert torch.equal(noise(1, 2, 3), noise(1, 2, 3))
    assert not torch.equal(noise(1, 2, 3), noise(2, 2, 3))


def test_a_preview_has_four_works_of_each_of_four_artists_and_leaves_chance_alone() -> None:
    painter = Painter(16, 4, 3, 9).eval()
    torch.manual_seed(1)
    picture = show_off(painter, 9, 3)()
    drawn = torch.rand(1)
    assert picture.shape == (64, 64, 3)
    assert picture.dtype == np.uint8
    torch.manual_seed(1)
    assert torch.equal(drawn, torch.rand(1))
    with torch.no_grad():  # the second work of the first artist stands right of his first
        second = painter(noise(0, 16, 3)[1:2], torch.tensor([0]))[0]
    expected = ((second + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    np.testing.assert_allclose(picture[:16, 16:32].astype(int), expected, atol=1)


@pytest.mark.parametrize("size", [0, 8, 100, 1024])
def test_a_size_is_a_power_of_two(size: int) -> None:
    with pytest.raises(ValidationError, match="power of two, like 64" if size == 100 else "than"):
        TypeAdapter(Size).validate_python(size)


def test_a_layer_of_a_painter_begins_as_upsampling_and_a_convolution() -> None:
    layer = Painter(16, 4, 3, 2).last
    kernel = torch.zeros(4, 3, 3, 3)  # what, summed over 2 x 2 neighbours, is the layer's 4 x 4
    for row in range(3):
        for column in range(3):
            before = F.pad(kernel, (1, 0, 1, 0))[:, :, row : row + 2, column : column + 2]
            kernel[:, :, row, column] = layer.weight[:, :, row, column] - before.sum((2, 3))
    features = noise(0, 1, 4, 5, 5)
    near = F.interpolate(features, scale_factor=2.0)
    expected = F.conv2d(near, kernel.transpose(0, 1).flip(2, 3), layer.bias, padding=1)
    torch.testing.assert_close(layer(features), expected)
