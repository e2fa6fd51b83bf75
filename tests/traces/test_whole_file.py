"""A file that is written again is the old one or the new one, whoever is killed, and however full the disk is."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from evitrail.traces.whole_file import replace_bytes, replace_text

KILLED = """
import os, pathlib, signal, sys
from evitrail.traces import whole_file
whole_file.os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
whole_file.replace_text(pathlib.Path(sys.argv[1]), "new")
"""


def test_what_a_killed_writer_leaves_is_written_over_by_the_next(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    replace_text(file, "old")
    for _ in range(3):
        assert subprocess.run([sys.executable, "-c", KILLED, str(file)]).returncode == -9
        assert file.read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == [".report.html.partial", "report.html"]
    replace_text(file, "new")
    assert (os.listdir(tmp_path), file.read_text()) == (["report.html"], "new")


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "report.html"
    replace_text(file, "old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_text(file, "new")
    assert (os.listdir(tmp_path), file.read_text()) == (["report.html"], "old")


def test_of_many_that_write_it_at_once_each_ends_and_one_is_the_last(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    contents = [bytes([number]) * 100_000 for number in range(16)]
    with ThreadPoolExecutor(16) as pool:
        done: list[Any] = list(pool.map(lambda content: replace_bytes(file, content), contents))
    assert done == [None] * 16
    assert os.listdir(tmp_path) == ["report.html"]
    assert file.read_bytes() in contents
