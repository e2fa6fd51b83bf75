"""Nothing that is in a journal can be altered unseen, and nothing that was in a sealed one can go unseen."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scribe import Note, Order, copied, recorded, ticking

from traces import DamagedJournal, Journal, JournalError, Live, Verdicts, content_id, seal, verify_journal
from traces.journal import link
from traces.trace import merkle_root, sealed_root

RUNS = ("first", "second", "third")
ORDER = Order(words=("stroke", "risk"))
TRIGGERS = ("record_is_new", "record_is_final", "record_stays", "blob_is_new", "blob_is_final", "blob_stays")
HEADS = st.dictionaries(st.text(max_size=8), st.text(alphabet="0123456789abcdef", min_size=8, max_size=8), max_size=9)

Change = Callable[[sqlite3.Connection], object]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Three runs, sealed."""
    file = tmp_path / "journal.db"
    with Journal.open(file, clock=ticking()) as journal:
        for name in RUNS:
            recorded(journal, name, Order(words=(*ORDER.words, name)))
        seal(journal)
    return file


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """One run of one step, sealed: small enough to flip every byte of it."""
    file = tmp_path / "small.db"
    with Journal.open(file, clock=ticking()) as journal:
        recorded(journal, "run", Order(words=("stroke",)))
        seal(journal)
    return file


def verdicts(path: Path) -> Verdicts:
    with Journal.open(path, create=False) as journal:
        return verify_journal(journal)


def tampered(path: Path, *changes: str | Change) -> None:
    """Change the file as somebody would who knows SQLite."""
    with closing(sqlite3.connect(path)) as db, db:
        for trigger in TRIGGERS:
            db.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        for change in changes:
            db.execute(change) if isinstance(change, str) else change(db)


def everything(path: Path) -> object:
    """All that the journal holds, read through the journal."""
    with Journal.open(path, create=False) as journal, closing(sqlite3.connect(path)) as db:
        records = {run: journal.records(run) for run in journal.runs()}
        names = [row[0] for row in db.execute("SELECT id FROM blob ORDER BY id")]
        return records, journal.heads(), {name: journal.raw(name) for name in names}


def test_an_untouched_sealed_journal_is_sound(path: Path) -> None:
    assert verdicts(path) == Verdicts((), ())
    assert verdicts(path).sound


def test_every_flipped_byte_of_a_record_names_the_record(small: Path) -> None:
    with Journal.open(small, create=False) as journal:
        lines = [(r.run, r.seq, r.bytes) for run in journal.runs() for r in journal.records(run)]
    with closing(sqlite3.connect(small, isolation_level=None)) as db, Journal.open(small, create=False) as journal:
        for trigger in TRIGGERS:
            db.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        for run, seq, line in lines:
            for at in range(len(line)):
                flipped = bytearray(line)
                flipped[at] ^= 1 << (at % 8)
                db.execute("UPDATE record SET bytes = ? WHERE run = ? AND seq = ?", (bytes(flipped), run, seq))
                found = verify_journal(journal).integrity
                assert any(f"run {run!r} record {seq}:" in fault for fault in found), (run, seq, at)
            db.execute("UPDATE record SET bytes = ? WHERE run = ? AND seq = ?", (line, run, seq))
    assert verdicts(small).sound


@pytest.mark.parametrize("column", ["prev", "hash", "run", "seq"])
def test_a_changed_column_beside_the_bytes_is_found(path: Path, column: str) -> None:
    value = {"seq": "77", "run": "'fourth'"}.get(column, f"replace({column}, substr({column}, 20, 1), 'x')")
    tampered(path, f"UPDATE record SET {column} = {value} WHERE run = 'second' AND seq = 2")
    assert any("'second' record 2" in fault or "'second' record 3" in fault for fault in verdicts(path).integrity)


@pytest.mark.parametrize("value", ["CAST(bytes AS TEXT)", "7"])
def test_a_record_of_another_type_is_a_fault_and_no_crash(path: Path, value: str) -> None:
    tampered(path, f"UPDATE record SET bytes = {value} WHERE run = 'second' AND seq = 2")
    assert any("'second' record 2" in fault for fault in verdicts(path).integrity)


def test_every_altered_blob_is_named_with_a_record_that_needs_it(small: Path) -> None:
    with closing(sqlite3.connect(small)) as db:
        blobs = dict(db.execute("SELECT id, bytes FROM blob"))
    before = everything(small)
    seen = 0
    with closing(sqlite3.connect(small, isolation_level=None)) as db, Journal.open(small, create=False) as journal:
        for trigger in TRIGGERS:
            db.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        for name, data in blobs.items():
            for at in range(len(data)):
                flipped = bytearray(data)
                flipped[at] ^= 1 << (at % 8)
                db.execute("UPDATE blob SET bytes = ? WHERE id = ?", (bytes(flipped), name))
                found = verify_journal(journal).integrity
                if any(f"blob {name} is missing or altered" in fault and "record" in fault for fault in found):
                    seen += 1
                else:  # a spare bit of the packing: what it unpacks to is what it was
                    assert found == ()
                    assert everything(small) == before
            db.execute("UPDATE blob SET bytes = ? WHERE id = ?", (data, name))
    assert verdicts(small).sound
    assert seen > 100


@pytest.mark.parametrize("seed", range(4))
def test_a_flipped_bit_anywhere_in_the_file_is_found_or_changes_nothing_stored(path: Path, seed: int) -> None:
    dice, whole, before = random.Random(seed), path.read_bytes(), everything(path)
    copy = path.with_name("copy.db")
    found = 0
    for _ in range(50):
        at, bit = dice.randrange(len(whole)), 1 << dice.randrange(8)
        copy.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
        try:
            said = verdicts(copy)
        except JournalError:
            found += 1
            continue
        if said.integrity:
            found += 1
        else:
            assert said.sound, (at, bit)
            assert everything(copy) == before, (at, bit)
    assert found >= 5


def test_a_missing_blob_is_named_and_no_other_fault_is_lost(path: Path) -> None:
    name = content_id(Note(text="stroke"))
    tampered(path, f"DELETE FROM blob WHERE id = '{name}'", "UPDATE record SET bytes = x'7b7d' WHERE seq = 4")
    found = verdicts(path).integrity
    assert any(name in fault for fault in found)
    assert all(any(f"run {run!r} record 4" in fault for fault in found) for run in RUNS)


@pytest.mark.parametrize("value", ["x'00'", "zeroblob(40)"])
def test_a_broken_seal_is_a_fault_of_both_kinds_and_hides_no_other(path: Path, value: str) -> None:
    with Journal.open(path, create=False) as journal:
        heads = journal.records("experiment")[-1].body["heads"]
    tampered(
        path, f"UPDATE blob SET bytes = {value} WHERE id = '{heads}'", "UPDATE record SET prev = 'x' WHERE seq = 3"
    )
    said = verdicts(path)
    assert any("'experiment' record 0" in fault and heads in fault for fault in said.integrity)
    assert any("'second' record 3" in fault for fault in said.integrity)
    assert said.completeness == ("the seal cannot be read: runs that are gone cannot be told",)


def test_a_seal_record_that_cannot_be_read_is_found(path: Path) -> None:
    tampered(path, "UPDATE record SET bytes = x'ff' WHERE run = 'experiment'")
    said = verdicts(path)
    assert any("'experiment' record 0" in fault for fault in said.integrity)
    assert any("seal cannot be read" in fault for fault in said.completeness)


def test_a_cut_tail_leaves_the_chain_intact_and_is_a_fault_of_completeness(path: Path) -> None:
    tampered(path, "DELETE FROM record WHERE run = 'second' AND seq >= 3")
    assert verdicts(path) == Verdicts(
        (),
        ("run 'second' was not finished", "run 'second' does not reach the record it was sealed at; its tail was cut"),
    )


def test_a_dropped_run_is_a_fault_of_completeness(path: Path) -> None:
    tampered(path, "DELETE FROM record WHERE run = 'second'")
    assert verdicts(path) == Verdicts((), ("run 'second' was sealed and is gone",))


def test_a_record_gone_from_the_middle_is_a_fault_of_integrity(path: Path) -> None:
    tampered(path, "DELETE FROM record WHERE run = 'second' AND seq = 2")
    assert any("'second' record 2: expected sequence number 2, got 3" in fault for fault in verdicts(path).integrity)


def test_reordered_records_are_a_fault_of_integrity(path: Path) -> None:
    swap = "UPDATE record SET seq = {} WHERE run = 'second' AND seq = {}"
    tampered(path, swap.format(99, 2), swap.format(2, 3), swap.format(3, 99))
    found = verdicts(path).integrity
    assert any("'second' record 2" in fault for fault in found)
    assert any("'second' record 3" in fault for fault in found)


@pytest.mark.parametrize("said", [b'"seq":4', b'"run":"second"', b'"prev":"sha256:'])
def test_a_record_whose_text_names_another_place_is_found_though_its_hash_fits(path: Path, said: bytes) -> None:
    def restated(db: sqlite3.Connection) -> None:
        where = "WHERE run = 'second' AND seq = 4"
        prev, line = db.execute(f"SELECT prev, bytes FROM record {where}").fetchone()
        assert said in line
        line = line.replace(said, said[:-1] + b"9" + said[-1:] if said.endswith((b'"', b":")) else said[:-1] + b"9")
        db.execute(f"UPDATE record SET hash = ?, bytes = ? {where}", (link(prev, line), line))

    tampered(path, restated)
    assert any("'second' record 4: its text says" in fault for fault in verdicts(path).integrity)


def test_a_chain_rewritten_in_full_no_longer_reaches_its_seal(path: Path) -> None:
    def rewritten(db: sqlite3.Connection) -> None:
        rows = db.execute("SELECT seq, prev, bytes FROM record WHERE run = 'second' ORDER BY seq").fetchall()
        (_, prev, _), old = rows[0], None
        for seq, _, line in rows:
            line = line.replace(b'"word":"risk"', b'"word":"rise"')
            line = line.replace(old.encode(), prev.encode()) if old else line
            old = db.execute("SELECT hash FROM record WHERE run = 'second' AND seq = ?", (seq,)).fetchone()[0]
            new = (prev, link(prev, line), line, seq)
            db.execute("UPDATE record SET prev = ?, hash = ?, bytes = ? WHERE run = 'second' AND seq = ?", new)
            prev = new[1]

    tampered(path, rewritten)
    said = verdicts(path)
    assert said.integrity == ()
    assert said.completeness == ("run 'second' does not reach the record it was sealed at; its tail was cut",)


def test_a_run_added_after_the_seal_is_no_fault(path: Path) -> None:
    with Journal.open(path) as journal:
        recorded(journal, "late", ORDER)
    assert verdicts(path).sound


def test_a_journal_that_was_never_sealed_says_so(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        recorded(journal, "run", ORDER)
        said = verify_journal(journal)
    assert said.integrity == ()
    assert said.completeness == ("the experiment was not sealed: runs that are gone cannot be told",)


def test_a_run_that_stopped_half_way_is_a_fault_of_completeness_alone(path: Path) -> None:
    with Journal.open(path) as journal:
        copied(Live.begin(journal, "late", ORDER), ORDER)
        seal(journal)
    assert verdicts(path) == Verdicts((), ("run 'late' was not finished",))


def test_sealing_again_changes_nothing_until_a_run_is_added(path: Path) -> None:
    with Journal.open(path) as journal:
        root = sealed_root(journal)
        assert seal(journal) == root
        assert len(journal.records("experiment")) == 1
        recorded(journal, "late", ORDER)
        assert seal(journal) == sealed_root(journal) != root
        assert len(journal.records("experiment")) == 2


def test_the_merkle_root_is_the_tree_of_rfc_9162() -> None:
    def leaf(run: str) -> bytes:
        return hashlib.sha256(b"\x00" + f"{run}\nhead-{run}".encode()).digest()

    def node(left: bytes, right: bytes) -> bytes:
        return hashlib.sha256(b"\x01" + left + right).digest()

    a, b, c, d, e = map(leaf, "abcde")
    want = node(node(node(a, b), node(c, d)), e)
    assert merkle_root({run: f"head-{run}" for run in "abcde"}) == "sha256:" + want.hex()
    assert merkle_root({}) == "sha256:" + hashlib.sha256(b"").hexdigest()


@given(HEADS, st.randoms(use_true_random=False))
def test_the_merkle_root_does_not_depend_on_the_order_of_runs(heads: dict[str, str], dice: random.Random) -> None:
    shuffled = dict(dice.sample(sorted(heads.items()), len(heads)))
    assert merkle_root(shuffled) == merkle_root(heads)


@given(HEADS, HEADS)
def test_other_runs_or_heads_have_another_merkle_root(one: dict[str, str], other: dict[str, str]) -> None:
    assert (merkle_root(one) == merkle_root(other)) == (one == other)


@pytest.mark.parametrize("part", [0.2, 0.5, 0.8, 0.99])
def test_a_file_cut_short_is_not_sound(path: Path, part: float) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    try:
        faults: tuple[str, ...] = verdicts(path).integrity
    except DamagedJournal as error:
        faults = (str(error),)
    assert faults
