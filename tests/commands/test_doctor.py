"""`artcli doctor`: what is wrong is found, each with its fix, and the exit code says so."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from small_contests import write_csv, write_pictures, write_tables
from typer.testing import CliRunner

from artcli.cli import app
from artcli.commands.doctor import installation
from artcli.commands.doctor.findings import Finding
from artcli.workspace.make import make_workspace
from artcli.workspace.paths import Workspace
from artcli.workspace.settings import Settings, write_settings

examine = installation.examine_devices  # before the tests' fixture replaces it
TORCH_WORKS = [Finding("Devices", "ok", "2 CPU cores")]


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No workspace around; torch is started by the tests that are about it alone."""
    monkeypatch.delenv("ARTCLI_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(installation, "examine_devices", lambda: list(TORCH_WORKS))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    def fill(data: Path, _: Path) -> None:
        write_pictures(write_tables(data))

    return make_workspace(tmp_path / "ws", fill)


def doctor(*words: object) -> tuple[int, Any]:
    result = CliRunner().invoke(app, ["doctor", "--json", *map(str, words)])
    assert result.stdout, result.stderr
    said = json.loads(result.stdout)
    assert said["ok"] == (result.exit_code == 0)
    return result.exit_code, said["findings"]


def wrong(findings: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(f["area"], f["text"], f["fix"]) for f in findings if f["state"] == "wrong"]


def test_a_sound_workspace_passes_and_its_facts_are_told(workspace: Workspace) -> None:
    code, findings = doctor("-w", workspace.root)
    assert code == 0
    texts = [finding["text"] for finding in findings]
    assert "9 paintings by 3 artists, 4 pieces in the test, 3 genres" in texts
    assert "all 13 images can be decoded" in texts
    assert texts[0].startswith("Python 3.")
    assert "torch " in texts[1]
    assert "albumentations 2.0.8" in texts[1]
    assert workspace.checked_images.is_file()
    need = 3 * (9 * 768**2 + (9 + 4) * 384**2)
    assert any(f"needs up to {need / 1e9:.1f} GB at 384 px" in text for text in texts)


def test_without_a_workspace_the_rest_is_examined() -> None:
    code, findings = doctor()
    assert code == 0
    (note,) = [finding for finding in findings if finding["area"] == "Workspace"]
    assert note["state"] == "note"
    assert "artcli init" in note["fix"]
    code, findings = doctor("-w", "nowhere")
    assert code == 1
    assert wrong(findings) == [
        ("Workspace", "no workspace at nowhere", "make one with: artcli init nowhere")
    ]


def test_an_empty_workspace_is_no_fault(tmp_path: Path) -> None:
    code, findings = doctor("-w", make_workspace(tmp_path / "ws").root)
    assert code == 0
    assert findings[-1]["text"] == "there is no data yet"
    assert "--from" in findings[-1]["fix"]


def test_bad_images_are_each_named_with_the_way_out(workspace: Workspace) -> None:
    assert doctor("-w", workspace.root)[0] == 0
    (workspace.data / "train" / "0003.jpg").write_bytes(b"")
    (workspace.data / "test" / "TEST_00001.jpg").unlink()
    code, findings = doctor("-w", workspace.root)
    assert code == 1
    assert wrong(findings) == [
        (
            "Data",
            f"{workspace.data}/test/TEST_00001.jpg is missing",
            "replace the file, or submit with: artcli submit --fill-bad ARTIST",
        ),
        (
            "Data",
            f"{workspace.data}/train/0003.jpg is empty",
            "replace the file, or remove its row from train.csv",
        ),
    ]


def test_damaged_tables_and_folds_are_told_with_their_place(workspace: Workspace) -> None:
    rows = [f"{n},{n % 5}" for n in range(8)]
    write_csv(workspace.folds_file(5), "id,fold", rows)
    code, findings = doctor("-w", workspace.root)
    assert code == 1
    ((area, text, fix),) = wrong(findings)
    assert area == "Data"
    assert "1 paintings of train.csv are not in it: 8" in text
    assert "remove folds-5.csv" in fix
    write_csv(workspace.folds_file(5), "id,fold", [*rows, "8,3"])
    assert doctor("-w", workspace.root)[0] == 0
    write_csv(workspace.test_csv, "id", ["TEST_00000", "TEST_00000"])
    code, findings = doctor("-w", workspace.root)
    assert code == 1
    assert (
        "test.csv row 2 (line 3), column id: 'TEST_00000' is already in row 1"
        in (wrong(findings)[0][1])
    )
    assert wrong(findings)[0][2].endswith("; all that is wrong: artcli eda -w ws")
    workspace.train_csv.unlink()
    assert "artcli eda" not in wrong(doctor("-w", workspace.root)[1])[0][2]


def test_a_broken_plugin_is_named(workspace: Workspace) -> None:
    (workspace.root / "mine.py").write_text("import nothing_of_this_name\n")
    write_settings(workspace, Settings(plugins=("mine.py",)))
    code, findings = doctor("-w", workspace.root)
    assert code == 1
    ((area, text, fix),) = wrong(findings)
    assert area == "Plugins"
    assert text.startswith("mine.py could not be loaded: ")
    assert "artcli plugins add mine.py" in fix
    workspace.settings_file.write_text("plugins = 3")
    assert wrong(doctor("-w", workspace.root)[1])[0][0] == "Plugins"


def test_a_full_disk_is_foreseen(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    full = SimpleNamespace(total=10**9, used=10**9 - 10**6, free=10**6)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    code, findings = doctor("-w", workspace.root)
    assert code == 1
    ((area, text, fix),) = wrong(findings)
    assert area == "Disk"
    assert "0.0 GB are free" in text
    assert "--image-size 224" in fix


def test_pixels_that_are_cached_already_need_no_more_space(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = workspace.cache / "pixels" / "train-768-0123abcd.rgb"
    rows.parent.mkdir(parents=True)
    with rows.open("wb") as file:
        file.truncate(10**9)  # a hole: it takes no space
    full = SimpleNamespace(total=2 * 10**9, used=2 * 10**9, free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    code, findings = doctor("-w", workspace.root)
    assert code == 0
    assert any("1.0 GB are cached" in finding["text"] for finding in findings)


def test_a_folder_that_cannot_be_written_is_said(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from artcli.workspace import files

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files.Path, "touch", refused)
    ((area, text, fix),) = [
        found for found in wrong(doctor("-w", workspace.root)[1]) if found[0] == "Workspace"
    ]
    assert area == "Workspace"
    assert "no permission to write" in text
    assert "chown" in fix


Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a distribution's metadata, and perhaps a module, before those that are installed."""
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))

    def put(name: str, version: str, module: str | None = None) -> None:
        folder = tmp_path / "site" / f"{name}-{version}.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        if module is not None:
            (tmp_path / "site" / f"{name}.py").write_text(module)

    return put


def test_albumentations_x_in_the_place_of_albumentations_is_found(install: Install) -> None:
    install("albumentationsx", "2.0.14")
    code, findings = doctor()
    assert code == 1
    ((area, text, fix),) = wrong(findings)
    assert area == "Packages"
    assert "AlbumentationsX 2.0.14 (AGPL) is installed" in text
    assert fix == (
        "pip uninstall -y albumentationsx && pip install --force-reinstall --no-deps"
        " albumentations==2.0.8"
    )


def test_another_version_of_a_pinned_package_is_wrong(install: Install) -> None:
    install("albumentations", "1.4.3")
    assert wrong(doctor()[1]) == [
        (
            "Packages",
            "albumentations is 1.4.3; artcli needs 2.0.8",
            "pip install albumentations==2.0.8",
        )
    ]


WORKING = """
class cuda:
    is_available = staticmethod(lambda: True)
    device_count = staticmethod(lambda: 1)
    get_device_name = staticmethod(lambda n: "A GPU")
    get_device_properties = staticmethod(lambda n: type("", (), {"total_memory": 8 * 2**30}))
class backends:
    class mps:
        is_available = staticmethod(lambda: False)
class version:
    cuda = "13.0"
"""


def test_a_torchvision_that_does_not_fit_is_explained(install: Install) -> None:
    install("torch", "2.9.0", WORKING)
    install(
        "torchvision", "0.9.0", "raise RuntimeError('operator torchvision::nms does not exist')"
    )
    cores, fault = examine()
    assert cores.text.endswith("CPU cores")
    assert fault.state == "wrong"
    assert fault.text == (
        "torch 2.9.0 and torchvision 0.9.0 do not fit each other: RuntimeError: operator"
        " torchvision::nms does not exist"
    )
    assert str(fault.fix).endswith("pip install --force-reinstall torch torchvision")


def test_a_torch_that_does_not_start_is_said(install: Install) -> None:
    install(
        "torch", "2.9.0", "raise ImportError('libcudart.so.13: cannot open shared object file')"
    )
    fault = examine()[1]
    assert fault.text == (
        "torch does not start: ImportError: libcudart.so.13: cannot open shared object file"
    )


def test_devices_are_listed(install: Install) -> None:
    install("torch", "2.9.0", WORKING)
    install("torchvision", "0.24.0", "")
    assert [found.text for found in examine()][1:] == ["CUDA: A GPU, 8 GiB"]


def test_people_see_marks_and_fixes(workspace: Workspace) -> None:
    sound = CliRunner().invoke(app, ["doctor", "-w", str(workspace.root)])
    assert sound.exit_code == 0
    assert "  ✓ all 13 images can be decoded\n" in sound.stdout
    assert sound.stdout.endswith("Nothing to mend.\n")
    (workspace.data / "train" / "0003.jpg").unlink()
    ill = CliRunner().invoke(app, ["doctor", "-w", str(workspace.root)])
    assert ill.exit_code == 1
    assert (
        f"  ✗ {workspace.data}/train/0003.jpg is missing\n    fix: replace the file" in ill.stdout
    )
    assert ill.stdout.endswith("1 to mend\n")
