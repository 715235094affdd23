"""What a JPEG's tables tell of how it was saved."""

import io

import numpy as np
import pytest
from PIL import Image

from artcli.contest.images import Header, encode_jpeg, examine_image
from artcli.contest.survey.jpeg import jpeg_quality, tables_mark


def header_of(mode: str = "RGB", **how: object) -> Header:
    buffer = io.BytesIO()
    Image.new(mode, (32, 32)).save(buffer, "JPEG", **how)
    header = examine_image(buffer, "a picture").header
    assert header is not None
    return header


def test_every_quality_is_told_from_the_tables_alone() -> None:
    found = [jpeg_quality(header_of(quality=quality).quantization) for quality in range(1, 101)]
    assert found == list(range(1, 101))


@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_the_mark_names_quality_and_the_size_of_the_colour(sampling: str) -> None:
    header = header_of(quality=75, subsampling=sampling)
    assert tables_mark(header.quantization, header.sampling) == f"standard 75, {sampling}"


def test_a_grey_jpeg_has_one_table() -> None:
    header = header_of("L", quality=60)
    assert len(header.quantization) == 1
    assert jpeg_quality(header.quantization) == 60
    assert tables_mark(header.quantization, header.sampling) == "standard 60, grey"


def test_tables_of_ones_own_are_near_some_quality_and_have_a_mark_of_their_own() -> None:
    steps = list(header_of(quality=90).quantization[0])
    steps[63] += 3
    header = header_of(qtables=[steps, steps])
    assert 80 <= jpeg_quality(header.quantization) <= 95
    mark = tables_mark(header.quantization, header.sampling)
    assert mark.endswith(", 4:2:0")
    assert not mark.startswith("standard")
    assert mark == tables_mark(header.quantization, header.sampling)
    steps[63] += 1
    assert tables_mark([steps, steps], header.sampling) != mark


def test_other_formats_have_no_tables() -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(buffer, "PNG")
    header = examine_image(buffer, "a picture").header
    assert header is not None
    assert (header.quantization, header.sampling) == ((), "")
    whole = examine_image(io.BytesIO(encode_jpeg(np.zeros((9, 7, 3), np.uint8))), "a picture")
    assert whole.header is not None
    assert (whole.header.width, whole.header.height) == (7, 9)
