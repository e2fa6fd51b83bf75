"""A store that cannot be written to is searched all the same; what cannot be recorded there is told in one line.

Root may write to what nobody may write to, so as root the search gives up that right. To mount a folder read-only takes
rights that not every machine gives; the test of a folder without permission needs none, and expects the same.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from desk import with_holes
from ledgers import Place
from world import WordVectors, clock, evidence

from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.read_model.tables import TABLES

SEARCH = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from world import WordVectors, clock, evidence
from evitrail.evidence_store import EvidenceStore, StoreError
with EvidenceStore.open("store", embedder=WordVectors(), clock=clock) as store:
    print([passage.id for passage, _ in store.snapshot().lexical("aspirin", k=1)], store.verify())
    for act in (lambda: store.ingest([evidence("statin")]), lambda: store.retract("aspirin@1", "x"), store.reindex):
        try:
            act()
        except StoreError as error:
            print(error)
"""
SAID = "store: cannot be written to, so nothing can be recorded in it; open it as a user who may write there"
ROOT = os.geteuid() == 0
NO_PRIVILEGE = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"] if ROOT else []
OWN_MOUNTS = ["unshare", "-m" if ROOT else "-rm", "sh", "-c"]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with EvidenceStore.open(tmp_path / "store", create=True, embedder=WordVectors(), clock=clock) as made:
        made.ingest([evidence("aspirin")])
    return tmp_path / "store"


def searched(folder: Path, within: list[str]) -> None:
    """Search it, run within another command, and see that nothing is recorded or left behind."""
    left = folder / "temporary"
    left.mkdir(exist_ok=True)
    done = subprocess.run(
        [*within, sys.executable, "-c", SEARCH],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "TMPDIR": str(left)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    found, *refusals = done.stdout.splitlines()
    assert found == "['aspirin@1#0'] []"
    assert len(refusals) == 3
    assert all(line.startswith(SAID) for line in refusals)
    assert not list(left.iterdir())


@pytest.mark.parametrize("part", ["store", "store/index/edge"])
def test_a_store_on_a_read_only_file_system_is_searched(store: Path, part: str) -> None:
    mounting = f"mount --bind {part} {part} && mount -o remount,ro,bind {part}"
    if not shutil.which("unshare") or subprocess.run([*OWN_MOUNTS, mounting], cwd=store.parent, check=False).returncode:
        pytest.xfail("a folder cannot be mounted read-only here")
    searched(store.parent, [*OWN_MOUNTS, f'{mounting} && exec "$@"', "sh"])


def test_a_store_without_permission_to_write_is_searched(store: Path) -> None:
    folders = [store, *(one for one in store.rglob("*") if one.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        searched(store.parent, NO_PRIVILEGE)
    finally:
        for folder in folders:
            folder.chmod(0o755)


def test_a_read_only_store_of_the_former_layout_is_searched(store: Path) -> None:
    place = Place(str(store / "ledger.db"), store)
    for table in TABLES.sorted_tables:
        place.behind_its_back(f"DROP TABLE {table.name}")
    store.chmod(0o555)
    try:
        searched(store.parent, NO_PRIVILEGE)
    finally:
        store.chmod(0o755)


def test_a_copy_of_it_is_searched(store: Path, tmp_path: Path) -> None:
    shutil.copytree(store, tmp_path / "copy", copy_function=with_holes)
    with EvidenceStore.open(tmp_path / "copy", embedder=WordVectors()) as copied:
        assert copied.snapshot().lexical("aspirin", k=1)
