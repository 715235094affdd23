"""Folders of paintings, as people have them: who painted what, or a clear no."""

from pathlib import Path

import pytest
from small_contests import write_csv, write_picture

from artcli.contest.galleries import read_gallery
from artcli.errors import ArtcliError, Problems


def fill(folder: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        write_picture(folder / name, number)
    return folder


def counts(images: Path) -> dict[str, int]:
    return {artist: len(paths) for artist, paths in read_gallery(images).works.items()}


def best_artworks(root: Path) -> Path:
    """The folders of the Kaggle set "Best Artworks of All Time", with its quirks."""
    fill(root / "images" / "images" / "Vincent_van_Gogh", "Vincent_van_Gogh_1.jpg", "V_2.jpg")
    fill(root / "images" / "images" / "Albrecht_Du\u0308rer", "Albrecht_Dürer_1.jpg")
    fill(root / "images" / "images" / "Albrecht_DuΓòá├¬rer", "Albrecht_DuΓòá├¬rer_1.jpg")
    fill(root / "resized" / "resized", "Vincent_van_Gogh_1.jpg", "Albrecht_Dürer_1.jpg")
    write_csv(
        root / "artists.csv",
        "id,name,years,genre,nationality,bio,wikipedia,paintings",
        [
            '0,Vincent van Gogh,1853 – 1890,Post-Impressionism,Dutch,"Born\nin Zundert",http://x,877',
            '1,Albrecht Dürer,1471 - 1528,"Northern Renaissance",German,"",http://y,328',
        ],
    )
    return root


@pytest.mark.parametrize("named", [".", "images", "images/images"])
def test_the_kaggle_set_is_understood_from_any_of_its_folders(tmp_path: Path, named: str) -> None:
    gallery = read_gallery(best_artworks(tmp_path) / named)
    assert {artist: len(works) for artist, works in gallery.works.items()} == {
        "Albrecht Dürer": 1,
        "Vincent van Gogh": 2,
    }
    gogh = gallery.artists[1]
    assert (gogh.name, gogh.years) == ("Vincent van Gogh", "1853 – 1890")
    assert (gogh.genre, gogh.nationality) == ("Post-Impressionism", "Dutch")
    damaged, *others = gallery.notices
    assert "DuΓòá├¬rer (pictures: 1), who is not in artists.csv; did you mean 'Albrecht" in damaged
    assert ("resized" in "".join(others)) == (named == ".")


def test_folders_of_artists_need_no_catalogue(tmp_path: Path) -> None:
    fill(tmp_path / "old" / "Ada_Stone", "1.png", "2.JPG", ".hidden.jpg", "notes.jpg.txt.png")
    fill(tmp_path / "new" / "Ada Stone", "3.jpg")
    fill(tmp_path / "new" / "Ben Wood", "4.jpg")
    (tmp_path / "new" / "Ben Wood" / "list.txt").touch()
    fill(tmp_path / "__MACOSX" / "Ben Wood", "5.jpg")
    assert counts(tmp_path) == {"Ada Stone": 4, "Ben Wood": 1}


def test_wikiarts_styles_become_genres(tmp_path: Path) -> None:
    fill(
        tmp_path / "Impressionism",
        *(
            "claude-monet_water-lilies-1899(1).jpg",
            "claude-monet_rouen.jpg",
            "camille-pissarro_a.jpg",
        ),
    )
    fill(
        tmp_path / "Post_Impressionism",
        "camille-pissarro_b.jpg",
        "rembrandt_c.jpg",
        "rembrandt_d.jpg",
    )
    gallery = read_gallery(tmp_path)
    assert {artist: len(works) for artist, works in gallery.works.items()} == {
        "Camille Pissarro": 2,
        "Claude Monet": 2,
        "Rembrandt": 2,
    }
    assert [(row.name, row.genre) for row in gallery.artists] == [
        ("Camille Pissarro", "Impressionism,Post Impressionism"),
        ("Claude Monet", "Impressionism"),
        ("Rembrandt", "Post Impressionism"),
    ]


def test_hyphens_in_titles_do_not_make_artists(tmp_path: Path) -> None:
    fill(tmp_path / "Ada", "starry-night_1.jpg", "water-lilies_2.jpg", "red-house_3.jpg")
    fill(tmp_path / "Ben", "blue-hills_1.jpg")
    assert counts(tmp_path) == {"Ada": 3, "Ben": 1}


def test_folders_and_file_names_that_agree_give_the_folders_names(tmp_path: Path) -> None:
    fill(tmp_path / "Claude Monet", "claude-monet_a.jpg", "claude-monet_b.jpg")
    fill(tmp_path / "Georges Méliès", "georges-melies_a.jpg", "georges-melies_b.jpg")
    assert counts(tmp_path) == {"Claude Monet": 2, "Georges Méliès": 2}


def test_what_can_be_read_both_ways_is_refused(tmp_path: Path) -> None:
    fill(tmp_path / "Claude Monet", "claude-monet_a.jpg", "claude-monet_b.jpg", "paul-klee_c.jpg")
    fill(tmp_path / "Paul Klee", "paul-klee_d.jpg", "paul-klee_e.jpg")
    with pytest.raises(Problems, match=r"paul-klee_c\.jpg") as caught:
        read_gallery(tmp_path)
    assert len(caught.value.problems) == 1
    fill(tmp_path / "loose" / "Cubism", "paul-klee_c.jpg", "paul-klee_x.jpg", "IMG 12.jpg")
    with pytest.raises(Problems, match=r"IMG 12\.jpg"):
        read_gallery(tmp_path / "loose")


def test_loose_pictures_and_empty_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtcliError, match="is not a folder"):
        read_gallery(tmp_path / "none")
    with pytest.raises(ArtcliError, match="there are no pictures"):
        read_gallery(tmp_path)
    fill(tmp_path, "a.jpg", "b.jpg")
    with pytest.raises(ArtcliError, match="lie in no artist's folder"):
        read_gallery(tmp_path)
    fill(tmp_path / "Ada", "c.jpg")
    with pytest.raises(Problems, match="both pictures and folders of pictures") as caught:
        read_gallery(tmp_path)
    assert caught.value.problems == (str(tmp_path),)


def test_links_to_folders_are_followed_once(tmp_path: Path) -> None:
    kept = fill(tmp_path / "kept", "1.jpg")
    gallery = tmp_path / "gallery"
    fill(gallery / "Ben", "2.jpg")
    (gallery / "Ada").symlink_to(kept)
    (gallery / "Ben" / "again").symlink_to(gallery)
    assert counts(gallery) == {"Ada": 1, "Ben": 1}


def test_a_catalogue_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    fill(tmp_path / "Ada", "1.jpg")
    write_csv(tmp_path / "artists.csv", "id,artist", ["0,Ada"])
    gallery = read_gallery(tmp_path)
    assert list(gallery.works) == ["Ada"]
    assert "was not used:\n  artists.csv line 1: the header must be name" in gallery.notices[0]
