"""A folder of results is there whole or not at all, though a process that made it was killed, or makes it still."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evitrail.eval.whole_folder import whole
from evitrail.evidence_store import InputError

KILLED = """
import os, pathlib, signal, sys
from evitrail.eval.whole_folder import whole
with whole(pathlib.Path(sys.argv[1])) as made:
    (made / "half").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    assert subprocess.run([sys.executable, "-c", KILLED, str(folder)]).returncode == -9
    assert os.listdir(tmp_path) == [".saved.partial"]
    with whole(folder) as made:
        (made / "all").write_text("all")
    assert (os.listdir(tmp_path), os.listdir(folder)) == (["saved"], ["all"])


def test_two_do_not_make_the_same_folder(tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    with whole(folder) as made:
        with pytest.raises(InputError, match="another process is making it"), whole(folder):
            pass
        (made / "all").write_text("all")
    assert (os.listdir(tmp_path), os.listdir(folder)) == (["saved"], ["all"])


def test_a_fault_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), whole(tmp_path / "saved"):
        raise ZeroDivisionError
    assert os.listdir(tmp_path) == []
