"""A pipe or a device that a user named is told of at once; it might never end."""

import os
from pathlib import Path

import pytest

from artcli.workspace.plain_files import read_plain


def test_a_file_is_read_and_what_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"all of it")
    assert read_plain(tmp_path / "file") == b"all of it"
    os.mkfifo(tmp_path / "pipe")
    for name in (tmp_path / "pipe", Path("/dev/zero"), Path("/dev/null")):
        with pytest.raises(OSError, match="it is a pipe or a device"):
            read_plain(name)
    with pytest.raises(IsADirectoryError):
        read_plain(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_plain(tmp_path / "missing")
