"""A store that cannot be written to says so in one line, and what to do; nobody is told to delete an index."""

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
from evitrail.evidence_store.errors import ReadOnlyStore

SEARCH = "from evitrail.workbench.cli.app import main; main(['search', 'aspirin', '--store', 'store'])"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with EvidenceStore.open(tmp_path / "store", create=True, embedder=WordVectors(), clock=clock) as made:
        made.ingest([evidence("aspirin")])
    return tmp_path / "store"


def said_in_a_shell(script: str, folder: Path) -> str:
    """What a search says in a name space of its own, where file systems can be mounted."""
    if shutil.which("unshare") is None or os.geteuid() != 0:
        pytest.skip("mounting a folder read-only needs root and unshare")
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", f'{script} && exec "$0" -c "$1"', sys.executable, SEARCH],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"a folder cannot be mounted read-only here: {done.stderr.strip()}")
    assert done.returncode == 2, done
    return done.stderr


def test_a_read_only_file_system_is_told_in_one_line_with_what_to_do(store: Path) -> None:
    said = said_in_a_shell("mount --bind store store && mount -o remount,ro,bind store", store.parent)
    (line,) = said.splitlines()
    assert line.startswith("evitrail: store: cannot be written to")
    assert "open a copy of the store" in line


def test_an_index_alone_that_is_read_only_is_not_to_be_deleted(store: Path) -> None:
    at = "store/index/edge"
    said = said_in_a_shell(f"mount --bind {at} {at} && mount -o remount,ro,bind {at}", store.parent)
    (line,) = said.splitlines()
    assert "cannot be written to" in line
    assert "delete" not in line


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to what nobody may write to")
def test_a_folder_without_permission_to_write_is_told_the_same(store: Path) -> None:
    store.chmod(0o555)
    try:
        with pytest.raises(ReadOnlyStore, match="cannot be written to"):
            EvidenceStore.open(store, embedder=WordVectors())
    finally:
        store.chmod(0o755)


def test_a_copy_of_it_is_searched(store: Path, tmp_path: Path) -> None:
    shutil.copytree(store, tmp_path / "copy", copy_function=with_holes)
    with EvidenceStore.open(tmp_path / "copy", embedder=WordVectors()) as copied:
        assert copied.snapshot().lexical("aspirin", k=1)
