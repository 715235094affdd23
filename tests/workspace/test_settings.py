"""`artcli.toml`: what it may hold, and what is said when it holds something else."""

from pathlib import Path

import pytest

from artcli.errors import ArtcliError
from artcli.workspace.paths import Workspace
from artcli.workspace.settings import Settings, read_settings, write_settings


def test_settings_round_trip(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    settings = Settings(plugins=("plugins/huber.py",), picks={"loss.focal": "artcli-other"})
    write_settings(workspace, settings)
    assert read_settings(workspace) == settings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plugins = [", "cannot be read"),
        ("plugin = []", "plugin: Extra inputs"),
        ("plugins = 3", "plugins: "),
        ("\xff", "cannot be read"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    workspace = Workspace(tmp_path)
    workspace.settings_file.write_bytes(text.encode("latin-1"))
    with pytest.raises(ArtcliError) as caught:
        read_settings(workspace)
    assert said in caught.value.message
    assert str(workspace.settings_file) in caught.value.message
