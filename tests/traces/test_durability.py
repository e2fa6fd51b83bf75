"""What was appended stays, and whoever watches a run neither waits nor is waited for."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from scribe import Order, copied, recorded
from structlog.testing import capture_logs

import evitrail.traces
from evitrail.traces import Journal, JournalError, Live, Task, verify_journal
from evitrail.traces.journal import group_sync

SOURCE = Path(evitrail.__file__).parents[1]
FULL = 2
ORDER = Order(words=tuple("abcdefgh"))
READER = """
import sys
from evitrail.traces import Journal, Trace
with Journal.open(sys.argv[1], create=False) as journal:
    for _ in sys.stdin:
        print(len(Trace(journal, "run").activities), flush=True)
"""
APPENDER = """
import sys
from evitrail.traces import Journal
journal = Journal.open(sys.argv[1])
for n in range(1000):
    journal.append("run", "note", {"n": n}, durable=False)
    print(n, flush=True)
sys.stdin.read()
"""


def started(script: str, path: Path) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-c", script, str(path)]
    return subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@contextmanager
def watched(path: Path) -> Iterator[Callable[[], int]]:
    """Asks another process, which keeps the journal open, how many steps it sees."""
    reader = started(READER, path)
    assert reader.stdin is not None
    assert reader.stdout is not None
    out, back = reader.stdin, reader.stdout

    def ask() -> int:
        out.write("how many?\n")
        out.flush()
        return int(back.readline())

    yield ask
    reader.communicate()
    assert reader.returncode == 0


@pytest.fixture
def no_wal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that refuses WAL: SQLite's own way of locking where there is no shared memory."""
    connect = sqlite3.connect

    def elsewhere(database: str, **rest: Any) -> sqlite3.Connection:
        return connect(f"{database}&vfs=unix-dotfile", **rest)

    monkeypatch.setattr(sqlite3, "connect", elsewhere)


def test_a_second_process_sees_each_step_as_soon_as_it_returned(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        run = Live.begin(journal, "run", ORDER)
        with watched(tmp_path / "journal.db") as steps:
            seen = []

            class Asking:
                def step(self, task: Task[Any]) -> Any:
                    seen.append(steps())
                    return run.step(task)

            copied(Asking(), ORDER)  # type: ignore[arg-type]
            assert [*seen, steps()] == list(range(len(ORDER.words) + 1))


def test_a_reader_does_not_wait_for_a_transaction_that_is_open(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        recorded(journal, "run", ORDER)
        with watched(tmp_path / "journal.db") as steps:
            with journal.transaction():
                recorded(journal, "other", ORDER)
                assert steps() == len(ORDER.words)
            assert steps() == len(ORDER.words)


def test_the_writer_does_not_wait_for_a_reader_in_the_middle_of_reading(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with Journal.open(path) as journal:
        head = journal.append("run", "note", {"n": 0})
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            assert reader.execute("SELECT hash FROM record").fetchall() == [(head,)]
            journal.append("run", "note", {"n": 1})
            assert reader.execute("SELECT hash FROM record").fetchall() == [(head,)]
            reader.execute("COMMIT")
            assert len(reader.execute("SELECT hash FROM record").fetchall()) == 2


class Disk:
    """Keeps, of a write-ahead log, how much of it a power cut would leave."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.syncs = 0
        self.has = 0

    def sync(self, descriptor: int) -> None:
        size = self.log.stat().st_size
        os.fsync(descriptor)
        self.syncs, self.has = self.syncs + 1, max(self.has, size)

    def after_a_power_cut(self, copy: Path) -> Path:
        """A copy of the journal with the part of the log that was synced."""
        kept = self.has  # first: meanwhile more is written
        shutil.copy(self.log.with_name("journal.db"), copy)
        copy.with_name(f"{copy.name}-wal").write_bytes(self.log.read_bytes()[:kept])
        return copy


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk(tmp_path / "journal.db-wal")
    monkeypatch.setattr(group_sync, "sync_file", disk.sync)
    return disk


def test_the_disk_is_waited_for_at_the_end_of_a_step_and_not_within(tmp_path: Path, disk: Disk) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        waits = []
        for durable in (True, False, False, True):
            before = disk.syncs
            journal.append("run", "note", {}, durable=durable)
            waits.append(disk.syncs - before)
        assert waits == [1, 0, 0, 1]
        with journal.transaction():
            before = disk.syncs
            journal.append("run", "note", {})
            assert disk.syncs == before  # the outermost waits
        assert disk.syncs == before + 1


def test_what_returned_survives_a_power_cut(tmp_path: Path, disk: Disk) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        for n in range(30):
            journal.append("run", "note", {"n": n}, durable=n % 3 == 0)
            if n % 3 == 0:
                with Journal.open(disk.after_a_power_cut(tmp_path / f"copy-{n}.db"), create=False) as copy:
                    assert [record.body["n"] for record in copy.records("run")] == list(range(n + 1))


def test_threads_that_wait_for_the_disk_at_once_wait_together_and_each_has_its_record(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, names, lost = tmp_path / "journal.db", [f"run-{n}" for n in range(16)], []

    def busy(descriptor: int) -> None:
        """A disk that is busy with the first write until all the others were made."""
        with closing(sqlite3.connect(path)) as db:
            while db.execute("SELECT count(*) FROM record").fetchone() != (len(names),):
                sleep(0.001)
        disk.sync(descriptor)

    monkeypatch.setattr(group_sync, "sync_file", busy)
    with Journal.open(path) as journal:

        def write(name: str) -> None:
            head = journal.append(name, "note", {})
            with Journal.open(disk.after_a_power_cut(tmp_path / f"{name}.db"), create=False) as left:
                lost.extend([] if left.heads().get(name) == head else [name])

        with ThreadPoolExecutor(len(names)) as pool:
            list(pool.map(write, names))
    assert lost == []
    assert disk.syncs <= 2


def test_a_disk_that_does_not_confirm_a_write_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with Journal.open(tmp_path / "journal.db") as journal:
        for fate in (fails, os.fsync):  # what failed once is not confirmed by a later sync
            monkeypatch.setattr(group_sync, "sync_file", fate)
            with pytest.raises(JournalError, match="did not confirm a write") as caught:
                journal.append("run", "note", {})
        assert repr(str(tmp_path / "journal.db")) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_kill_9_spares_what_was_not_durable_too(tmp_path: Path) -> None:
    writer = started(APPENDER, tmp_path / "journal.db")
    assert writer.stdout is not None
    heard = [int(writer.stdout.readline()) for _ in range(200)]
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    with Journal.open(tmp_path / "journal.db", create=False) as journal:
        kept = [r.body["n"] for r in journal.records("run")]
        assert kept[: len(heard)] == heard == list(range(200))
        assert verify_journal(journal).integrity == ()


@pytest.mark.usefixtures("no_wal")
def test_a_disk_that_refuses_wal_is_written_all_the_same_with_a_warning(tmp_path: Path) -> None:
    with capture_logs() as said, Journal.open(tmp_path / "journal.db") as journal:
        assert journal.database.read("PRAGMA journal_mode") == [("delete",)]
        recorded(journal, "run", ORDER)
        journal.append("other", "note", {}, durable=False)
        assert journal.database.read("PRAGMA synchronous") == [(FULL,)]  # less could cost the file, not a step
        assert verify_journal(journal).integrity == ()
    assert [line["log_level"] for line in said] == ["warning"]
    assert "wait for its writer" in said[0]["event"]
    assert said[0]["path"] == str(tmp_path / "journal.db")


def test_a_disk_that_allows_wal_is_written_without_a_word(tmp_path: Path) -> None:
    with capture_logs() as said, Journal.open(tmp_path / "journal.db") as journal:
        assert journal.database.read("PRAGMA journal_mode") == [("wal",)]
    assert said == []


def test_a_journal_carried_to_a_disk_that_refuses_wal_is_not_called_damaged(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        journal.append("run", "note", {})
    request.getfixturevalue("no_wal")
    for create in (True, False):
        with pytest.raises(JournalError, match="copy the folder to a local disk") as caught:
            Journal.open(tmp_path / "journal.db", create=create)
        assert type(caught.value) is JournalError
