"""The pixel cache: decoded once, whole or not at all, shared, and never in private memory."""

import os
import pickle
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from artcli.contest import pixels
from artcli.contest.crops import piece_boxes
from artcli.contest.images import decode_image, encode_jpeg, read_image, resize
from artcli.contest.pixels import Pixels, PixelSource, open_pixels
from artcli.errors import ArtcliError, Problems
from artcli.workspace.files import read_json, write_sealed
from artcli.workspace.locks import hold

SIDE = 16


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def paint(path: Path, number: int, size: tuple[int, int] = (40, 30)) -> Path:
    noise = np.random.default_rng(number).integers(0, 256, (size[1], size[0], 3), np.uint8)
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(noise).save(path)
    return path


def paintings(folder: Path, count: int = 6) -> list[PixelSource]:
    return [PixelSource(f"p{n}", paint(folder / f"{n}.png", n, (40 + n, 30))) for n in range(count)]


def expected(sources: Sequence[PixelSource]) -> list[np.ndarray]:
    return [resize(read_image(source.path), SIDE, SIDE) for source in sources]


def opened(cache: Path, sources: Sequence[PixelSource], **more: bool) -> Pixels:
    return open_pixels(cache, sources, SIDE, label="train", **more)


def files(cache: Path) -> list[str]:
    return sorted(path.suffix for path in (cache / "pixels").iterdir())


def test_every_painting_is_kept_squashed_in_the_order_given(tmp_path: Path, cache: Path) -> None:
    sources = paintings(tmp_path / "data")
    kept = opened(cache, sources)
    assert kept.keys == ("p0", "p1", "p2", "p3", "p4", "p5")
    assert (len(kept), kept.row("p4"), kept.array.shape) == (6, 4, (6, SIDE, SIDE, 3))
    np.testing.assert_array_equal(kept.array, expected(sources))
    assert kept.sizes.tolist() == [[40 + n, 30] for n in range(6)]
    assert not kept.array[0].flags.writeable


def test_a_second_opening_decodes_nothing(tmp_path: Path, cache: Path) -> None:
    sources = paintings(tmp_path / "data")
    assert opened(cache, sources).decoded == 6
    again = opened(cache, sources)
    assert again.decoded == 0
    np.testing.assert_array_equal(again.array, expected(sources))
    assert again.sizes.tolist() == [[40 + n, 30] for n in range(6)]


def test_only_a_changed_file_is_decoded_again(tmp_path: Path, cache: Path) -> None:
    sources = paintings(tmp_path / "data")
    before = opened(cache, sources)
    paint(sources[2].path, 77, (90, 60))
    after = opened(cache, sources)
    assert after.decoded == 1
    np.testing.assert_array_equal(after.array, expected(sources))
    assert after.sizes[2].tolist() == [90, 60]
    np.testing.assert_array_equal(before.array[[0, 1]], after.array[[0, 1]])
    assert files(cache) == [".json", ".lock", ".rgb"], "the former rows are gone"


def test_a_touched_or_moved_file_is_known_by_its_content(tmp_path: Path, cache: Path) -> None:
    sources = paintings(tmp_path / "data")
    opened(cache, sources)
    os.utime(sources[1].path, (1, 1))
    assert opened(cache, sources).decoded == 0
    (tmp_path / "data").rename(tmp_path / "moved")
    moved = [PixelSource(one.key, tmp_path / "moved" / one.path.name) for one in sources]
    kept = opened(cache, moved)
    assert kept.decoded == 0
    np.testing.assert_array_equal(kept.array, expected(moved))


def test_another_file_of_the_same_size_is_not_taken_for_it(tmp_path: Path, cache: Path) -> None:
    sources = [PixelSource("a", tmp_path / "a.bmp"), PixelSource("b", tmp_path / "b.bmp")]
    for number, source in enumerate(sources):
        paint(source.path, number)
    opened(cache, sources)
    paint(sources[0].path, 9)
    kept = opened(cache, sources)
    assert kept.decoded == 1
    np.testing.assert_array_equal(kept.array, expected(sources))


def test_another_selection_or_order_carries_the_rows_over(tmp_path: Path, cache: Path) -> None:
    sources = paintings(tmp_path / "data")
    opened(cache, sources[:4])
    chosen = [sources[5], sources[3], sources[0]]
    kept = opened(cache, chosen)
    assert (kept.keys, kept.decoded) == (("p5", "p3", "p0"), 1)
    np.testing.assert_array_equal(kept.array, expected(chosen))
    assert kept.sizes.tolist() == [[45, 30], [43, 30], [40, 30]]


def test_pieces_are_cut_at_source_resolution_and_encoded_like_the_test(
    tmp_path: Path, cache: Path
) -> None:
    path = paint(tmp_path / "a.png", 1, (101, 80))
    boxes = piece_boxes("a", 3)
    kept = opened(cache, [PixelSource("a", path, boxes), PixelSource("whole", path)])
    assert kept.keys == ("a#0", "a#1", "a#2", "whole")
    assert kept.sizes.tolist() == [[50, 40]] * 3 + [[101, 80]]
    whole = read_image(path)
    for row, box in enumerate(boxes):
        x, y = round(box.left * 101), round(box.top * 80)
        piece = whole[y : y + 40, x : x + 50]
        shown = decode_image(encode_jpeg(piece, 95), "piece")
        np.testing.assert_array_equal(kept.array[row], resize(shown, SIDE, SIDE))
        assert (kept.array[row] != resize(piece, SIDE, SIDE)).any(), "the JPEG leaves its trace"
    assert opened(cache, [PixelSource("a", path, boxes[:2])]).decoded == 1, (
        "other boxes, other rows"
    )


def spoil(sources: Sequence[PixelSource]) -> None:
    sources[1].path.write_bytes(b"<html>")
    sources[4].path.unlink()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_no_image_and_nothing_waits_for_it(tmp_path: Path, cache: Path) -> None:
    sources = paintings(tmp_path / "data")
    sources[3].path.unlink()
    os.mkfifo(sources[3].path)
    with pytest.raises(Problems, match="1 of 6 images") as caught:
        opened(cache, sources)
    assert caught.value.problems == (
        f"{sources[3].path} cannot be read: it is a pipe or a device, not a file",
    )


def test_all_bad_images_are_listed_at_once_and_the_good_ones_are_kept_ready(
    tmp_path: Path, cache: Path
) -> None:
    sources = paintings(tmp_path / "data")
    spoil(sources)
    for _ in range(2):
        with pytest.raises(Problems, match="2 of 6 images cannot be used") as caught:
            opened(cache, sources)
        assert caught.value.problems == (
            f"{sources[1].path} is a web page saved under an image's name; download it again",
            f"{sources[4].path} is missing",
        )
    paint(sources[1].path, 1)
    paint(sources[4].path, 4)
    kept = opened(cache, sources)
    assert kept.decoded == 2
    np.testing.assert_array_equal(kept.array, expected(sources))


def test_bad_images_can_be_left_out(tmp_path: Path, cache: Path) -> None:
    sources = paintings(tmp_path / "data")
    spoil(sources)
    kept = opened(cache, sources, skip_bad=True)
    good = [sources[n] for n in (0, 2, 3, 5)]
    assert kept.keys == ("p0", "p2", "p3", "p5")
    assert kept.bad == {
        "p1": f"{sources[1].path} is a web page saved under an image's name; download it again",
        "p4": f"{sources[4].path} is missing",
    }
    np.testing.assert_array_equal(kept.array, expected(good))
    assert kept.sizes.tolist() == [[40, 30], [42, 30], [43, 30], [45, 30]]
    assert kept.row("p5") == 3
    assert opened(cache, sources, skip_bad=True).decoded == 0, "bad files are remembered as bad"


def test_a_set_of_bad_images_alone_is_empty(tmp_path: Path, cache: Path) -> None:
    source = PixelSource("x", tmp_path / "gone.jpg")
    kept = opened(cache, [source], skip_bad=True)
    assert (kept.keys, kept.array.shape, kept.sizes.shape) == ((), (0, SIDE, SIDE, 3), (0, 2))
    assert open_pixels(cache, [], SIDE, label="none").keys == ()


def test_workers_are_given_a_path_and_map_the_same_file(tmp_path: Path, cache: Path) -> None:
    kept = opened(cache, paintings(tmp_path / "data"))
    parcel = pickle.dumps(kept)
    assert len(parcel) < 2_000 < kept.array.mapped.nbytes
    there = pickle.loads(parcel)  # noqa: S301
    np.testing.assert_array_equal(there.array, kept.array)
    assert (there.keys, there.row("p3")) == (kept.keys, 3)
    np.testing.assert_array_equal(there.sizes, kept.sizes)


@pytest.mark.parametrize("damage", ["manifest", "rows", "decoder"])
def test_a_damaged_or_outdated_cache_is_made_again(
    tmp_path: Path, cache: Path, damage: str
) -> None:
    sources = paintings(tmp_path / "data")
    kept = opened(cache, sources)
    manifest = cache / "pixels" / f"train-{SIDE}.json"
    if damage == "manifest":
        manifest.write_text("{")
    elif damage == "rows":
        os.truncate(kept.path, 100)
    else:
        write_sealed(manifest, read_json(manifest) | {"decoder": 0})
    again = opened(cache, sources)
    assert again.decoded == 6
    np.testing.assert_array_equal(again.array, expected(sources))


class Disk(NamedTuple):
    total: int
    used: int
    free: int


def test_a_disk_too_full_is_an_error_before_anything_is_written(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = paintings(tmp_path / "data")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(9_000, 5_000, 4_000))
    with pytest.raises(
        ArtcliError, match=r"no room for the pixel cache .*: 4,608 bytes are needed, 4,000 are free"
    ) as caught:
        opened(cache, sources)
    assert "smaller image size" in str(caught.value.hint)
    assert files(cache) == [".lock"]


Decoder = Callable[[object], object]


def failing_at(job_number: int, failure: BaseException) -> Decoder:
    done = 0

    def decode(job: object) -> object:
        nonlocal done
        done += 1
        if done == job_number:
            raise failure
        return original(job)

    original = pixels.decode_into_place
    return decode


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), ArtcliError("cannot write: disk full")])
def test_what_an_interrupted_build_has_done_is_not_done_again(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    sources = paintings(tmp_path / "data")
    with monkeypatch.context() as patch:
        patch.setattr(pixels, "decode_into_place", failing_at(4, failure))
        with pytest.raises(type(failure)):
            opened(cache, sources)
    kept = opened(cache, sources)
    assert kept.decoded == 3
    np.testing.assert_array_equal(kept.array, expected(sources))


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


OPEN = """
    import sys
    from pathlib import Path
    from artcli.contest.pixels import PixelSource, open_pixels
    cache, data, side = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    sources = [PixelSource(f"p{n}", data / f"{n}.png") for n in range(int(sys.argv[4]))]
"""


def test_a_build_that_is_killed_half_way_leaves_the_former_cache_whole(
    tmp_path: Path, cache: Path
) -> None:
    sources = paintings(tmp_path / "data")
    opened(cache, sources[:3])
    killed = python(
        OPEN
        + """
    import os, signal
    from artcli.contest import pixels
    decode = pixels.decode_into_place
    def deadly(job):
        if job.source.key == "p5":
            os.kill(os.getpid(), signal.SIGKILL)
        return decode(job)
    pixels.decode_into_place = deadly
    open_pixels(cache, sources, side, label="train")
    """,
        cache, tmp_path / "data", SIDE, 6,
    )  # fmt: skip
    assert killed.wait(60) == -9
    killed.communicate()
    assert files(cache) == [".json", ".lock", ".rgb", ".rgb"], "it died with its rows half written"
    kept = opened(cache, sources[:3])
    assert kept.decoded == 0
    np.testing.assert_array_equal(kept.array, expected(sources[:3]))
    assert opened(cache, sources).decoded == 3
    assert files(cache) == [".json", ".lock", ".rgb"], "and the half-written ones are swept away"


def test_of_two_processes_that_open_one_cache_one_builds_and_one_waits(
    tmp_path: Path, cache: Path
) -> None:
    paintings(tmp_path / "data")
    code = OPEN + '    print(open_pixels(cache, sources, side, label="train").decoded)\n'
    with hold(cache / "pixels" / f"train-{SIDE}.lock", "the pixel cache"):
        both = [python(code, cache, tmp_path / "data", SIDE, 6) for _ in range(2)]
        for process in both:  # let go only when both stand before the door
            assert process.stderr is not None
            assert "waiting for another " in process.stderr.readline()
    decoded = sorted(int(process.communicate(timeout=60)[0]) for process in both)
    assert decoded == [0, 6]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's own account")
def test_private_memory_does_not_grow_with_the_number_of_paintings(
    tmp_path: Path, cache: Path
) -> None:
    """Every row of 150 and of 600 paintings is read; 22 MB more pixels, no more private memory."""
    side, counts = 128, (150, 600)
    data = tmp_path / "data"
    for number in range(counts[-1]):
        paint(data / f"{number}.png", number, (6, 6))
    code = (
        OPEN
        + """
    kept = open_pixels(cache, sources, side, label=sys.argv[4])
    total = sum(int(row.sum()) for row in kept.array)
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    print(kept.decoded, kept.array.mapped.nbytes, total, int(status["RssAnon"].split()[0]))
    """
    )
    private = []
    for count in counts:
        sources = [PixelSource(f"p{n}", data / f"{n}.png") for n in range(count)]
        open_pixels(cache, sources, side, label=str(count))
        output, errors = python(code, cache, data, side, count).communicate(timeout=60)
        decoded, mapped, total, kilobytes = map(int, output.split())
        assert (decoded, mapped) == (0, count * side * side * 3), errors
        assert total > 0
        private.append(kilobytes)
    assert private[1] - private[0] < 4_000, f"RssAnon in kB at 1x and 4x: {private}"
