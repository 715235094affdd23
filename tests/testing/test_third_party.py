"""Strangers' distributions, really installed: found, listed, shown, bound, used, and tested."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from artcli.commands.plugins.starting import start
from artcli.host.discovery import load_host

HUBER = Path(__file__).parents[1] / "fixtures" / "huber_distribution"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two distributions in it: a stranger's, and one that `plugins new` wrote."""
    started = start("sampler", "stranger", None, tmp_path_factory.mktemp("started")).folder
    site = tmp_path_factory.mktemp("site")
    install = "-m pip install --quiet --disable-pip-version-check --no-index --no-deps"
    subprocess.run(
        [
            sys.executable,
            *install.split(),
            "--no-build-isolation",
            "--target",
            site,
            HUBER,
            started,
        ],
        check=True,
    )
    return site


def python(site: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(site), "COLUMNS": "120"},
        cwd=site,
        capture_output=True,
        text=True,
        check=False,
    )


def test_their_components_are_listed_with_distribution_and_version(site: Path) -> None:
    found = json.loads(python(site, "artcli", "plugins", "--json").stdout)
    assert not found["failures"]
    sources = {
        one["name"]: one["source"]
        for one in found["components"]
        if one["source"]["distribution"] != "artcli"
    }
    assert sources == {
        "huber": {"distribution": "artcli-huber", "version": "1.2.0", "origin": "installed"},
        "stranger": {
            "distribution": "artcli-stranger-sampler",
            "version": "0.1.0",
            "origin": "installed",
        },
    }


def test_their_loss_is_shown(site: Path) -> None:
    shown = python(site, "artcli", "plugins", "show", "loss", "huber").stdout
    assert "--loss huber:delta=1.0" in shown
    assert "linear above" in shown
    assert "artcli-huber 1.2.0" in shown


def test_their_loss_is_bound_and_used(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    assert "huber" not in load_host().names("loss")
    monkeypatch.syspath_prepend(site)
    bound = load_host().bind("loss", "huber:delta=0.1")
    assert bound.options == {"delta": 0.1}
    loss = bound((3, 4))
    value = loss(torch.tensor([[0.0, 0.0]]), torch.tensor([[1.0, 0.0]])).item()
    assert value == pytest.approx(0.1 * (0.5 - 0.1 / 2))


def test_their_subcommand_is_in_help_and_runs(site: Path, tmp_path: Path) -> None:
    assert "Print the mean colour of a picture. (from artcli-huber)" in " ".join(
        python(site, "artcli", "--help").stdout.replace("│", " ").split()
    )
    picture = tmp_path / "blue.png"
    Image.new("RGB", (4, 4), (0, 32, 255)).save(picture)
    assert python(site, "artcli", "palette", picture, "--hex").stdout == "#0020ff\n"
    missing = python(site, "artcli", "palette", tmp_path / "gone.png")
    assert missing.returncode == 1
    assert "gone.png is missing" in missing.stderr.replace("\n", "")
    assert "Traceback" not in missing.stderr


def test_their_own_tests_pass_with_our_contracts(site: Path) -> None:
    ran = python(site, "pytest", "-o", "addopts=", "-p", "no:cacheprovider", HUBER / "tests")
    assert "2 passed" in ran.stdout, ran.stdout
