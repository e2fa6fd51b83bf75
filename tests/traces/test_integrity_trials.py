"""Many random alterations, each of which must be found and named; dice are seeded: each trial can be done again.

Records and blobs are changed in their columns, through SQLite without its triggers; the file and the bundle byte by
byte as they lie on the disk.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from intruder import everything, inside, sealed, tampered, verdicts

from evitrail.traces import Journal, JournalError, verify_journal
from evitrail.traces.bundle.bundle import verify_bundle, write_bundle

RUNS = tuple(f"run-{n}" for n in range(6))
FLIPS = 1000
LOSSES = 100


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six sealed runs of four steps; their names are equally long, so many of their records are."""
    return sealed(tmp_path_factory.mktemp("whole") / "journal.db", RUNS, ("stroke", "risk", "age"))


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copy(whole, tmp_path / "journal.db"))


def flipped(data: bytes, at: int, dice: random.Random) -> bytes:
    """The data with another byte at one place."""
    return data[:at] + bytes([data[at] ^ dice.randrange(1, 256)]) + data[at + 1 :]


def test_a_thousand_flipped_bytes_of_records_and_blobs_are_found_and_the_record_or_blob_named(path: Path) -> None:
    dice = random.Random(3)
    with inside(path) as db, Journal.open(path, create=False) as journal:
        cells = [("record", *row) for row in db.execute("SELECT rowid, run, seq, bytes FROM record").fetchall()]
        cells += [("blob", name, name, None, data) for name, data in db.execute("SELECT id, bytes FROM blob")]
        sizes = [len(data) for *_, data in cells]
        for table, key, name, seq, data in dice.choices(cells, sizes, k=FLIPS):
            at = dice.randrange(len(data))
            change = f"UPDATE {table} SET bytes = ? WHERE {'rowid' if table == 'record' else 'id'} = ?"
            db.execute(change, (flipped(data, at, dice), key))
            found = verify_journal(journal).integrity
            named = f"run {name!r} record {seq}:" if table == "record" else f"blob {name} "
            assert any(named in fault and "record" in fault for fault in found), (table, name, at)
            db.execute(change, (data, key))
    assert verdicts(path).sound


@pytest.mark.parametrize("seed", range(2))
def test_a_flipped_byte_anywhere_in_the_file_is_found_or_changes_nothing_that_can_be_read(
    path: Path, seed: int
) -> None:
    dice, data, before, found = random.Random(seed), path.read_bytes(), everything(path), 0
    copy = path.with_name("copy.db")
    for _ in range(150):
        at = dice.randrange(len(data))
        copy.write_bytes(flipped(data, at, dice))
        try:
            said = verdicts(copy)
        except JournalError:
            found += 1
            continue
        if said.integrity:
            found += 1
        else:
            assert said.sound, at
            assert everything(copy) == before, at
    assert found >= 15


def test_a_hundred_cut_tails_are_found_and_the_run_named(path: Path, whole: Path) -> None:
    dice = random.Random(5)
    for _ in range(LOSSES):
        run, kept = dice.choice(RUNS), dice.randrange(1, 6)
        tampered(Path(shutil.copy(whole, path)), f"DELETE FROM record WHERE run = '{run}' AND seq >= {kept}")
        said = verdicts(path)
        assert said.integrity == ()
        assert f"run {run!r} does not reach the record it was sealed at; its tail was cut" in said.completeness
        assert all(repr(run) in fault for fault in said.completeness)


def test_a_hundred_times_dropped_runs_are_found_and_each_named(path: Path, whole: Path) -> None:
    dice = random.Random(7)
    for _ in range(LOSSES):
        gone = sorted(dice.sample(RUNS, dice.randrange(1, len(RUNS))))
        names = ", ".join(f"'{run}'" for run in gone)
        tampered(Path(shutil.copy(whole, path)), f"DELETE FROM record WHERE run IN ({names})")
        said = verdicts(path)
        assert said.integrity == ()
        assert said.completeness == tuple(f"run {run!r} was sealed and is gone" for run in gone)


def test_a_hundred_times_reordered_records_are_found_and_named(path: Path, whole: Path) -> None:
    dice = random.Random(11)
    for _ in range(LOSSES):
        run, (one, other) = dice.choice(RUNS), dice.sample(range(6), 2)
        move = f"UPDATE record SET seq = {{}} WHERE run = '{run}' AND seq = {{}}"
        tampered(Path(shutil.copy(whole, path)), *(move.format(*m) for m in ((99, one), (one, other), (other, 99))))
        found = verdicts(path).integrity
        for seq in (one, other):
            assert any(fault.startswith(f"run {run!r} record {seq}:") for fault in found), (run, one, other)


@pytest.mark.parametrize("columns", [("bytes",), ("bytes", "hash")], ids=" and ".join)
def test_a_hundred_times_swapped_records_of_equal_length_are_found_and_both_named(
    path: Path, whole: Path, columns: tuple[str, ...]
) -> None:
    dice = random.Random(13)
    with inside(path) as db:
        rows = db.execute("SELECT rowid, run, seq, length(bytes) FROM record ORDER BY rowid").fetchall()
    pairs = [(a, b) for a in rows for b in rows if a < b and a[3] == b[3]]
    assert len(pairs) > LOSSES // 2
    for one, other in dice.choices(pairs, k=LOSSES):

        def swapped(db: sqlite3.Connection, one: int = one[0], other: int = other[0]) -> None:
            read = f"SELECT {', '.join(columns)} FROM record WHERE rowid = ?"
            write = f"UPDATE record SET {', '.join(f'{column} = ?' for column in columns)} WHERE rowid = ?"
            was, now = db.execute(read, (one,)).fetchone(), db.execute(read, (other,)).fetchone()
            db.execute(write, (*now, one))
            db.execute(write, (*was, other))

        tampered(Path(shutil.copy(whole, path)), swapped)
        found = verdicts(path).integrity
        for _, run, seq, _ in (one, other):
            assert any(fault.startswith(f"run {run!r} record {seq}:") for fault in found), (one, other)


def regions(bundle: Path) -> Iterator[tuple[int, int, str]]:
    """Which file of a bundle each of its bytes belongs to, headers and directory included, as the zip itself says."""
    with zipfile.ZipFile(bundle) as packed:
        entry = packed.start_dir
        for info in packed.infolist():
            length = len(info.filename)
            yield info.header_offset, info.header_offset + 30 + length + info.file_size, info.filename
            yield entry, entry + 46 + length, info.filename
            entry += 46 + length
        yield entry, bundle.stat().st_size, "the end of the zip directory"


def test_a_thousand_flipped_bytes_of_a_bundle_are_all_found_and_the_file_in_it_named(
    whole: Path, tmp_path: Path
) -> None:
    bundle, copy, dice = tmp_path / "bundle.zip", tmp_path / "copy.zip", random.Random(17)
    with Journal.open(whole, create=False) as journal:
        write_bundle(journal, RUNS[:3], bundle)
    assert verify_bundle(bundle).sound
    data, places = bundle.read_bytes(), list(regions(bundle))
    for _ in range(FLIPS):
        at = dice.randrange(len(data))
        copy.write_bytes(flipped(data, at, dice))
        found = verify_bundle(copy).integrity
        name = next(name for start, end, name in places if start <= at < end)
        assert any(name in fault for fault in found), (at, name, found)
