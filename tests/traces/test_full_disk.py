"""A journal on a disk that is full: readers and writers say that the disk is full, and what was recorded stays."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from desk import evitrail
from scribe import Note, Order, recorded
from world import WordVectors, clock

from evitrail.evidence_store import StoreError
from evitrail.evidence_store.index.embed_cache import EmbedCache
from evitrail.evidence_store.ledger.ledger import Ledger
from evitrail.traces import DamagedJournal, Journal, JournalError, verify_journal

MB = 1 << 20


class Disk:
    """A small disk of our own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self) -> None:
        """Leave no byte of room."""
        with (self.path / "filler").open("wb", buffering=0) as file:
            for size in (1 << 16, 1 << 12, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    continue

    def make_room(self) -> None:
        (self.path / "filler").unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A file system in memory. To mount one takes rights that not every machine gives; the last tests need none."""
    path = tmp_path / "disk"
    path.mkdir()
    mounted = (
        shutil.which("mount")
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(path)], capture_output=True, check=False
        ).returncode
    )
    if not mounted:
        pytest.xfail("a file system cannot be mounted here")
    yield Disk(path)
    subprocess.run(["umount", str(path)], check=True)


def noted(journal: Journal, times: int) -> None:
    """Add more than a disk holds."""
    for n in range(times):
        with journal.transaction():
            journal.append("run", "note", {"n": n, "note": journal.put(Note(text=f"{n} " * 30_000))})


def told(error: pytest.ExceptionInfo[Exception]) -> str:
    assert len(str(error.value).splitlines()) == 1
    assert not isinstance(error.value, DamagedJournal)
    return str(error.value)


def test_readers_on_a_full_disk_say_that_it_is_full(disk: Disk) -> None:
    with Journal.open(disk.path / "journal.db") as journal:
        recorded(journal, "run", Order(words=("stroke", "risk")))
    disk.fill()
    for command in (("verify",), ("list",), ("show", "run"), ("why", "run")):
        said = evitrail("trace", command[0], disk.path, *command[1:])
        assert (said.code, len(said.faults)) == (2, 1), said
        assert "disk" in said.err
        assert "is full" in said.err
        assert "restore" not in said.err
    disk.make_room()
    with Journal.open(disk.path / "journal.db", create=False) as journal:
        assert verify_journal(journal).integrity == ()


def test_a_writer_on_a_full_disk_says_so_and_goes_on_once_there_is_room(disk: Disk) -> None:
    path = disk.path / "journal.db"
    with Journal.open(path) as journal:
        journal.append("run", "note", {"n": 0})
        disk.fill()
        with pytest.raises(JournalError, match="nothing was saved: its disk is full; make room, then") as full:
            noted(journal, 100)
        told(full)
        disk.make_room()
        journal.append("run", "run.end", {})
        assert journal.records("run")[-1].type == "run.end"
        assert verify_journal(journal).integrity == ()


def test_a_new_journal_on_a_full_disk_says_so(disk: Disk) -> None:
    disk.fill()
    with pytest.raises(JournalError, match="is full") as full:
        Journal.open(disk.path / "journal.db")
    told(full)


def test_a_ledger_and_a_cache_of_vectors_on_a_full_disk_say_so(disk: Disk) -> None:
    ledger = disk.path / "ledger.db"
    Ledger.open(ledger, clock).close()
    cache = EmbedCache(WordVectors(), disk.path / "embeddings.db")
    cache.encode(["known"])
    disk.fill()
    for act in (lambda: Ledger.open(ledger, clock).close(), lambda: cache.encode(["new"])):
        with pytest.raises(StoreError, match="the disk is full; make room") as full:
            act()
        told(full)
    disk.make_room()
    with closing(Ledger.open(ledger, clock)) as sound:
        assert sound.verify() == []
    assert cache.encode(["known", "new"]).shape == (2, 48)


@pytest.mark.parametrize(
    ("statfs_free", "said"), [(0, "is full, even reading takes a little"), (MB, "failed .*; see to the disk")]
)
def test_an_input_output_error_is_a_full_disk_only_where_there_is_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statfs_free: int, said: str
) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        journal.append("run", "note", {"n": 0})
    real = os.statvfs(tmp_path)

    class Stat:
        f_bavail = f_bfree = statfs_free
        f_frsize, f_files, f_ffree = 1, real.f_files, real.f_ffree

    def refused(*_: Any, **__: Any) -> sqlite3.Connection:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorname = "SQLITE_IOERR_SHMSIZE"
        raise error

    monkeypatch.setattr(os, "statvfs", lambda path: Stat)
    monkeypatch.setattr(sqlite3, "connect", refused)
    with pytest.raises(JournalError, match=said) as caught:
        Journal.open(tmp_path / "journal.db", create=False)
    told(caught)
