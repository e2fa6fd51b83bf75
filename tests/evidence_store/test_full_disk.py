"""A disk that fills up while evidence is taken in: told in one line, nothing is lost, and the same command goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from desk import evitrail, write_lines
from world import WordVectors, clock, evidence

from evitrail.evidence_store import EvidenceStore, StoreError

MB = 1 << 20
SIZE = 96
SAYS = "of room on the disk for the index, got"


class Disk(NamedTuple):
    """A small disk of our own."""

    path: Path

    def leave(self, megabytes: int) -> None:
        """Fill it until that much is left."""
        filler = self.path / "filler"
        filler.unlink(missing_ok=True)
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(self.path).free - megabytes * MB)

    def make_room(self) -> None:
        (self.path / "filler").unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A file system in a file. To mount one takes rights that not every machine gives; the last test needs none."""
    image, path = tmp_path / "image", tmp_path / "disk"
    path.mkdir()
    with image.open("wb") as file:
        file.truncate(SIZE * MB)
    commands: Sequence[Sequence[object]] = (("mkfs.ext4", "-q", image), ("mount", "-o", "loop", image, path))
    mounted = shutil.which("mkfs.ext4") and all(not subprocess.run(list(map(str, c))).returncode for c in commands)
    if not mounted:
        pytest.xfail("a file system cannot be mounted here")
    yield Disk(path)
    subprocess.run(["umount", str(path)], check=True)


def test_an_ingest_onto_a_full_disk_is_one_line_and_goes_on_once_there_is_room(disk: Disk, tmp_path: Path) -> None:
    store, file = disk.path / "store", tmp_path / "evidence.jsonl"
    write_lines(file, [evidence(f"e-{n}").model_dump(mode="json") for n in range(5)])
    codes = []
    for left in (0, 1, 2, 6, 12, 24):
        disk.leave(left)
        said = evitrail("store", "ingest", file, "--store", store)
        codes.append(said.code)
        assert len(said.faults) == 1
        disk.make_room()
    assert codes == [2] * 6
    assert evitrail("store", "ingest", file, "--store", store).code == 0
    assert evitrail("store", "verify", "--store", store).code == 0


def test_what_was_recorded_before_the_disk_was_full_is_kept_and_found_later(disk: Disk) -> None:
    with EvidenceStore.open(disk.path / "store", create=True, embedder=WordVectors(), clock=clock) as store:
        store.ingest([evidence("first")])
        disk.leave(6)
        with pytest.raises(StoreError, match=SAYS):
            store.ingest([evidence("second")])
        assert all(fault.startswith("index: ") for fault in store.verify())
        disk.make_room()
        store.ingest([evidence("third")])
        assert store.verify() == []
        assert {p.ref for p, _ in store.snapshot().lexical("aspirin", 9)} == {"first@1", "second@1", "third@1"}


def test_room_is_asked_for_before_the_engine_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    with EvidenceStore.open(tmp_path / "store", create=True, embedder=WordVectors(), clock=clock) as store:
        store.ingest([evidence("first")])
        with monkeypatch.context() as full:
            full.setattr(shutil, "disk_usage", lambda path: usage._replace(free=3 * MB))
            with pytest.raises(StoreError, match=f"{SAYS} 3; make room and do the same again"):
                store.ingest([evidence("second")])
        store.ingest([evidence("second")])
        assert store.verify() == []
