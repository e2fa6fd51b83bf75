"""A store that cannot be written to says so in one line, and what to do; nobody is told to delete an index.

Root may write to what nobody may write to, so as root the search gives up that right. To mount a folder read-only takes
rights that not every machine gives; the test of a folder without permission needs none, and expects the same line.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from desk import with_holes
from world import WordVectors, clock, evidence

from evitrail.evidence_store import EvidenceStore

SEARCH = "from evitrail.workbench.cli.app import main; main(['search', 'aspirin', '--store', 'store'])"
ROOT = os.geteuid() == 0
NO_PRIVILEGE = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"] if ROOT else []
OWN_MOUNTS = ["unshare", "-m" if ROOT else "-rm", "sh", "-c"]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with EvidenceStore.open(tmp_path / "store", create=True, embedder=WordVectors(), clock=clock) as made:
        made.ingest([evidence("aspirin")])
    return tmp_path / "store"


def refusal(folder: Path, within: list[str]) -> str:
    """The one line that a search says, run within another command."""
    done = subprocess.run(
        [*within, sys.executable, "-c", SEARCH], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 2, done
    (line,) = done.stderr.splitlines()
    return line


def refusal_of_read_only(store: Path, part: str) -> str:
    """The same, where this part of the store is mounted read-only."""
    mounting = f"mount --bind {part} {part} && mount -o remount,ro,bind {part}"
    if not shutil.which("unshare") or subprocess.run([*OWN_MOUNTS, mounting], cwd=store.parent, check=False).returncode:
        pytest.xfail("a folder cannot be mounted read-only here")
    return refusal(store.parent, [*OWN_MOUNTS, f'{mounting} && exec "$@"', "sh"])


def test_a_read_only_file_system_is_told_in_one_line_with_what_to_do(store: Path) -> None:
    line = refusal_of_read_only(store, "store")
    assert line.startswith("evitrail: store: cannot be written to")
    assert "open a copy of the store" in line


def test_an_index_alone_that_is_read_only_is_not_to_be_deleted(store: Path) -> None:
    line = refusal_of_read_only(store, "store/index/edge")
    assert "cannot be written to" in line
    assert "delete" not in line


def test_a_folder_without_permission_to_write_is_told_the_same(store: Path) -> None:
    store.chmod(0o555)
    try:
        line = refusal(store.parent, NO_PRIVILEGE)
    finally:
        store.chmod(0o755)
    assert line.startswith("evitrail: store: cannot be written to")
    assert "open a copy of the store" in line


def test_a_copy_of_it_is_searched(store: Path, tmp_path: Path) -> None:
    shutil.copytree(store, tmp_path / "copy", copy_function=with_holes)
    with EvidenceStore.open(tmp_path / "copy", embedder=WordVectors()) as copied:
        assert copied.snapshot().lexical("aspirin", k=1)
