"""Files are replaced whole or left as they were."""

import os
from pathlib import Path

import pytest

from artcli.errors import ArtcliError
from artcli.workspace import files


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "note.txt"
    files.write_text(path, "first")
    files.write_text(path, "second")
    assert path.read_text() == "second"
    assert [p.name for p in path.parent.iterdir()] == ["note.txt"]


def test_a_failure_half_way_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    files.write_text(path, "kept")
    with pytest.raises(ValueError), files.replacing(path) as part:
        part.write_text("half")
        raise ValueError
    assert path.read_text() == "kept"
    assert [p.name for p in tmp_path.iterdir()] == ["note.txt"]


def test_a_full_disk_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "note.txt"
    files.write_text(path, "kept")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ArtcliError, match=r"cannot write .*note\.txt: No space left on device"):
        files.write_text(path, "new")
    assert path.read_text() == "kept"


def test_written_files_have_ordinary_permissions(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    files.write_text(path, "x")
    (tmp_path / "plain.txt").write_text("x")
    assert path.stat().st_mode == (tmp_path / "plain.txt").stat().st_mode


def test_json_round_trip_and_damage(tmp_path: Path) -> None:
    path = tmp_path / "value.json"
    files.write_json(path, {"artist": "Albrecht Dürer", "n": [1, 2]})
    assert files.read_json(path) == {"artist": "Albrecht Dürer", "n": [1, 2]}
    path.write_text("{")
    with pytest.raises(ArtcliError, match="cannot be read"):
        files.read_json(path)
    path.write_text("[" * 99999)
    with pytest.raises(ArtcliError, match="cannot be read"):
        files.read_json(path)
    with pytest.raises(ArtcliError, match="is missing"):
        files.read_json(tmp_path / "none.json")


def test_of_a_link_to_a_folder_the_link_alone_is_removed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kept").touch()
    for _ in range(2):
        (tmp_path / "run").symlink_to("elsewhere")
        files.remove_tree(tmp_path / "run")
    assert [path.name for path in tmp_path.rglob("*")] == ["elsewhere", "kept"]


def test_remove_tree_leaves_nothing(tmp_path: Path) -> None:
    files.write_text(tmp_path / "run" / "a" / "b.txt", "x")
    files.remove_tree(tmp_path / "run")
    files.remove_tree(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_sha256_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert files.sha256_file(tmp_path / "abc") == expected


def test_a_sealed_file_is_refused_once_it_has_changed_until_its_seal_is_removed(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.json"
    files.write_sealed(path, {"name": "Dürer", "f1": 0.1, "nan": None, "of": {"1": [2, 3.5]}})
    assert files.read_json(path) == {"name": "Dürer", "f1": 0.1, "nan": None, "of": {"1": [2, 3.5]}}
    whole = path.read_text()
    path.write_text(whole.replace("0.1", "0.3"))
    with pytest.raises(ArtcliError, match="is not the file that was written") as caught:
        files.read_json(path)
    assert "remove its seal, " in str(caught.value.hint)
    path.with_name("b.json").write_text(whole)
    with pytest.raises(ArtcliError, match="is not the file that was written"):
        files.read_json(path.with_name("b.json"))
    path.write_text('{"f1": 0.3}')
    assert files.read_json(path) == {"f1": 0.3}


def test_lines_are_sealed_from_the_first_to_the_last(tmp_path: Path) -> None:
    path, text = tmp_path / "a.toml", "a = 1\nb = 2\n"
    sealed = files.sealed_lines(text).encode()
    assert sealed.endswith(text.encode())
    for right in (sealed, text.encode(), b"", sealed.replace(b"\n", b"\r\n")):
        files.require_seal(path, right)
    for wrong in (sealed[:-6], sealed + b"c = 3\n", sealed.replace(b"2", b"4", 1)):
        with pytest.raises(ArtcliError, match="is not the file that was written"):
            files.require_seal(path, wrong)


def test_room_is_asked_for_in_bytes(tmp_path: Path) -> None:
    files.need_room(tmp_path / "new" / "deep", 1, "a file")
    with pytest.raises(ArtcliError, match=r"no room for it .*: 1,125,899,906,842,624 bytes are"):
        files.need_room(tmp_path / "new", 1 << 50, "it")
    assert list(tmp_path.iterdir()) == []


def test_a_signal_as_a_file_is_made_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch = Path.touch

    def touch_and_stop(path: Path, *rest: object, **options: object) -> None:
        touch(path, *rest, **options)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "touch", touch_and_stop)
    with pytest.raises(KeyboardInterrupt):
        files.write_text(tmp_path / "new.csv", "text")
    assert not list(tmp_path.iterdir())
