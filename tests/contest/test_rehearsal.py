"""A contest made from folders of paintings: the real one's shape, scored at home."""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_contests import write_csv

from artcli.contest.crops import cut
from artcli.contest.csvfile import read_table
from artcli.contest.images import check_images, read_image
from artcli.contest.layout import Work, lay_out
from artcli.contest.rehearsal import rehearse
from artcli.contest.tables import read_contest
from artcli.errors import Problems

SIZES = [(64, 48), (50, 61), (45, 45)]


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Two artists with six smooth paintings each."""
    rng = np.random.default_rng(0)
    for artist in ("Ada_Stone", "Ben_Wood"):
        (tmp_path / "images" / artist).mkdir(parents=True)
        for number in range(6):
            picture = Image.fromarray(rng.integers(0, 256, (4, 4, 3), np.uint8))
            picture.resize(SIZES[number % 3], Image.Resampling.BICUBIC).save(
                tmp_path / "images" / artist / f"{number}.png"
            )
    return tmp_path / "images"


def solution_rows(path: Path) -> list[tuple[str, ...]]:
    table = read_table(path, ("id", "artist", "Usage", "painting"), [])
    assert table is not None
    return [tuple(row.cells.values()) for row in table.rows]


def test_the_pieces_are_quarters_of_held_out_paintings(images: Path, tmp_path: Path) -> None:
    notices = rehearse(images, tmp_path / "data", tmp_path / "solution.csv", seed=4)
    assert notices == ()
    contest = read_contest(tmp_path / "data")
    assert contest.counts == (4, 4)
    assert len(contest.test) == 2 * 2 * 5
    assert check_images([one.path for one in (*contest.train, *contest.test)]) == []
    layout = lay_out(
        [
            Work(f"{artist}/{n}.png", artist.replace("_", " "))
            for artist in ("Ada_Stone", "Ben_Wood")
            for n in range(6)
        ],
        seed=4,
    )
    answers = {key: artist for key, artist, _, _ in solution_rows(tmp_path / "solution.csv")}
    for row, piece in zip(layout.test, contest.test, strict=True):
        whole = read_image(images / row.key)
        found = read_image(piece.path).astype(float)
        assert found.shape[:2] == (whole.shape[0] // 2, whole.shape[1] // 2)
        assert np.abs(found - cut(whole, row.box)).mean() < 8  # the JPEG's loss on a small picture
        assert answers[row.id] == row.artist
        assert Image.open(piece.path).format == "JPEG"


def test_training_paintings_are_taken_as_they_are(images: Path, tmp_path: Path) -> None:
    rehearse(images, tmp_path / "data", tmp_path / "solution.csv")
    contest = read_contest(tmp_path / "data")
    originals = {path.read_bytes() for path in images.rglob("*.png")}
    assert all(painting.path.read_bytes() in originals for painting in contest.train)
    assert {painting.path.suffix for painting in contest.train} == {".png"}
    assert len({painting.path.stat().st_ino for painting in contest.train}) == 8


def test_the_seed_decides_all_bytes(images: Path, tmp_path: Path) -> None:
    made = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        folder = tmp_path / name
        rehearse(images, folder / "data", folder / "solution.csv", seed=seed)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        made.append({str(path.relative_to(folder)): path.read_bytes() for path in files})
    assert made[0] == made[1]
    assert made[0]["solution.csv"] != made[2]["solution.csv"]


def test_what_cannot_be_used_is_left_out_by_name(images: Path, tmp_path: Path) -> None:
    shutil.copytree(images / "Ada_Stone", images / "Cleo_Iron")
    for path in (images / "Cleo_Iron").glob("[2-5].png"):
        Image.new("RGB", (40, 40), (int(path.stem) * 40, 0, 9)).save(path)
    (images / "Ben_Wood" / "0.png").write_text("<html>not found</html>")
    (images / "Dan_Clay").mkdir()
    Image.new("RGB", (40, 40), "red").save(images / "Dan_Clay" / "1.png")
    shutil.copy(images / "Dan_Clay" / "1.png", images / "Dan_Clay" / "2.png")
    notices = rehearse(images, tmp_path / "data", tmp_path / "solution.csv")
    assert notices == (
        f"left out: {images}/Ben_Wood/0.png is a web page saved under an image's name; download it"
        " again",
        "left out: Ada_Stone/0.png, the same picture under Ada Stone and Cleo Iron",
        "left out: Ada_Stone/1.png, the same picture under Ada Stone and Cleo Iron",
        "left out: Cleo_Iron/0.png, the same picture under Ada Stone and Cleo Iron",
        "left out: Cleo_Iron/1.png, the same picture under Ada Stone and Cleo Iron",
        "left out: Dan Clay, who has 2 usable paintings of which 1 differ; two are needed",
    )
    counts = Counter({row[3]: row[1] for row in solution_rows(tmp_path / "solution.csv")}.values())
    assert counts == {"Ada Stone": 1, "Ben Wood": 2, "Cleo Iron": 1}


def test_of_many_pictures_left_out_each_is_told(images: Path, tmp_path: Path) -> None:
    for number in range(10, 60):
        (images / "Ada_Stone" / f"{number}.png").write_bytes(b"")
    notices = rehearse(images, tmp_path / "data", tmp_path / "solution.csv")
    lost = [f"{images}/Ada_Stone/{number}.png is empty" for number in range(10, 60)]
    assert notices == tuple(f"left out: {line}" for line in lost)


def test_identical_paintings_stay_on_one_side(images: Path, tmp_path: Path) -> None:
    for number in range(3):
        shutil.copy(
            images / "Ada_Stone" / f"{number}.png", images / "Ada_Stone" / f"copy{number}.png"
        )
    for seed in range(4):
        data = tmp_path / str(seed) / "data"
        rehearse(images, data, data.parent / "solution.csv", seed=seed)
        trained = {painting.path.read_bytes() for painting in read_contest(data).train}
        held = {path.read_bytes() for path in images.rglob("*.png")} - trained
        tested = {row[3] for row in solution_rows(data.parent / "solution.csv")}
        copies = 9 + 6 - len(read_contest(data).train)
        assert len(tested) == copies
        assert len(held) <= copies


def test_too_little_makes_no_contest(images: Path, tmp_path: Path) -> None:
    shutil.rmtree(images / "Ben_Wood")
    with pytest.raises(Problems, match="two artists with two different paintings each") as caught:
        rehearse(images, tmp_path / "data", tmp_path / "solution.csv")
    assert caught.value.problems == ("Ada Stone: 6 usable paintings",)


def test_the_catalogues_genres_come_along(images: Path, tmp_path: Path) -> None:
    write_csv(
        images.parent / "artists.csv", "name,genre", ['Ada Stone,"Realism,Cubism"', "Ben Wood,"]
    )
    rehearse(images, tmp_path / "data", tmp_path / "solution.csv")
    contest = read_contest(tmp_path / "data")
    assert contest.genres == ("Cubism", "Realism")
    assert contest.genre_matrix == ((1, 1), (0, 0))
