"""The tables beside the ledger say what the ledger says, and spare whoever opens a store its reading."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from ledgers import Place
from world import WordVectors, World, clock, evidence, statuses

from evitrail.evidence_store import EvidenceStore, StoreError
from evitrail.evidence_store.curator import Curator
from evitrail.evidence_store.ledger import ledger as ledger_module
from evitrail.evidence_store.ledger.event import RETRACTED, Draft, Event
from evitrail.evidence_store.ledger.ledger import Ledger
from evitrail.evidence_store.read_model import read_model as module
from evitrail.evidence_store.read_model import writing
from evitrail.evidence_store.read_model.selecting import Tables
from evitrail.evidence_store.read_model.tables import TABLES

NAMES = [table.name for table in TABLES.sorted_tables]
DRIFTS = {
    "DELETE FROM evidence_version WHERE ref = 'b@1'": "evidence_version lacks 'b@1'",
    "UPDATE evidence_version SET seq = 1 WHERE ref = 'b@1'": "evidence_version, 'b@1': expected seq 2, got 1",
    "UPDATE evidence_version SET doi = '10.1000/y' WHERE ref = 'a@1'": (
        "evidence_version, 'a@1': expected doi '10.1000/x', got '10.1000/y'"
    ),
    "UPDATE evidence_rectangle SET retracted = 0 WHERE ref = 'a@1'": (
        "evidence_rectangle, 'a@1 from event 4': expected retracted 1, got 0"
    ),
    "DELETE FROM evidence_rectangle WHERE ref = 'a@1' AND seq_from = 4": "evidence_rectangle lacks 'a@1 from event 4'",
    "INSERT INTO evidence_rectangle SELECT 'c@9', seq_from, valid_from, valid_to, retracted, concern, newest, "
    "published, ended, judged, digest FROM evidence_rectangle WHERE ref = 'b@1'": (
        "evidence_rectangle holds 'c@9 from event 2', which the ledger does not give"
    ),
    "UPDATE evidence_rectangle SET judged = '{}' WHERE ref = 'b@1'": (
        "evidence_rectangle, 'b@1 from event 2': expected judged '{"
    ),
    "DELETE FROM evidence_topic WHERE topic = 'curation:c@1'": "evidence_topic lacks 'curation:c@1 from event 5'",
    "UPDATE evidence_word SET versions = 7 WHERE word = -1 AND seq = 2": (
        "evidence_word, '-1 from event 2': expected versions 2, got 7"
    ),
    "DELETE FROM evidence_word WHERE word = -1 AND seq = 1": "evidence_word lacks '-1 from event 1'",
}


def opened(folder: Path, ledger: str | None = None) -> EvidenceStore:
    return EvidenceStore.open(folder, create=True, embedder=WordVectors(), clock=clock, ledger=ledger)


@dataclass(frozen=True)
class Shelf:
    """A store's folder, and where its ledger lies."""

    folder: Path
    ledger: Place

    def opened(self) -> EvidenceStore:
        return opened(self.folder, self.ledger.address if self.ledger.on_postgres else None)

    def of_the_former_layout(self) -> None:
        """Take the tables away."""
        for name in NAMES:
            self.ledger.behind_its_back(f"DROP TABLE {name}")


@pytest.fixture
def shelf(place: Place) -> Shelf:
    folder = place.folder / "store"
    return Shelf(folder, place if place.on_postgres else Place(str(folder / "ledger.db"), place.folder))


def filled(shelf: Shelf) -> None:
    """A few events of several types."""
    with shelf.opened() as store:
        store.ingest([evidence("a", doi="10.1000/x")])
        store.ingest([evidence("b")])
        store.tag("first")
        store.retract("a@1", "fabricated")
        Curator(store).draft([evidence("c")])


@pytest.mark.parametrize("statement", DRIFTS)
def test_verify_names_a_row_that_was_changed_by_hand_and_reindex_puts_it_right(shelf: Shelf, statement: str) -> None:
    filled(shelf)
    shelf.ledger.behind_its_back(statement.replace(":", "\\:"))
    with shelf.opened() as store:
        (fault, *_) = store.verify()
        assert fault.startswith(f"{shelf.ledger.where}: read model: {DRIFTS[statement]}")
        assert "run `evitrail store reindex`" in fault
        store.reindex()
        assert store.verify() == []
        assert dict(statuses(store.snapshot())) == {"a@1": "retracted", "b@1": "current"}


def test_a_row_that_was_changed_by_hand_is_refused_by_whoever_reads_it(shelf: Shelf) -> None:
    filled(shelf)
    shelf.ledger.behind_its_back("UPDATE evidence_rectangle SET retracted = 0 WHERE ref = 'a@1'")
    with shelf.opened() as store:
        assert store.snapshot().status("b@1") == "current"
        with pytest.raises(
            StoreError, match="row of 'a@1' from event 4 is not as it was written; run `evitrail store r"
        ):
            store.snapshot().status("a@1")


def test_opening_and_searching_read_no_event_but_those_of_what_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as store:
        store.ingest([evidence(f"topic-{n}", text=f"Aspirin and word{n}.") for n in range(300)])
    read: list[int] = []
    at = Ledger.events_at

    def counted(self: Ledger, seqs: Any, db: sa.Connection | None = None) -> Any:
        read.extend(seqs := list(seqs))
        return at(self, seqs, db)

    monkeypatch.setattr(Ledger, "events_at", counted)
    monkeypatch.setattr(Ledger, "events", lambda *_, **__: pytest.fail("the ledger was read"))
    with opened(tmp_path) as store:
        found = store.snapshot().lexical("word17", 1)
        assert [passage.ref for passage, _ in found] == ["topic-17@1"]
        assert store.snapshot(as_of=clock().date()).status("topic-17@1") == "current"
        store.retract("topic-18@1", "fabricated")
        store.ingest([evidence("topic-19", "2", supersedes="topic-19@1", valid_from="2019-01-01")])
    assert len(read) < 20


@pytest.mark.parametrize("seed", [3, 8])
def test_a_store_of_the_former_layout_is_brought_up_to_date_with_one_line(
    shelf: Shelf, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shelf.opened() as store:
        World(store, seed).live(6)
        before, seq = told(store), store.seq
    shelf.of_the_former_layout()
    monkeypatch.setattr(module, "BATCH", 4)
    with structlog.testing.capture_logs() as lines, shelf.opened() as store:
        assert told(store) == before
        assert store.verify() == []
    assert [(line["ledger"], line["events"]) for line in lines] == [(shelf.ledger.where, seq)]
    with structlog.testing.capture_logs() as lines, shelf.opened() as store:
        assert told(store) == before
    assert lines == []


def full_after(seq: int) -> Callable[[Tables, Sequence[Event]], None]:
    """Writes tables until event ``seq``, and then says that there is no room."""

    def write(tables: Tables, events: Sequence[Event]) -> None:
        if events[-1].seq > seq:
            raise StoreError("no room")
        writing.write(tables, events)

    return write


def told(store: EvidenceStore) -> object:
    seqs = sorted({store.seq // 3, store.seq // 2, store.seq})
    asked = [store.snapshot(day, seq) for day in (None, clock().date()) for seq in seqs]
    return [(one.id, dict(one.headers), len(one.headers), dict(statuses(one))) for one in asked], store.stats()


def test_events_that_an_earlier_version_wrote_are_folded_before_anything_is_read(shelf: Shelf) -> None:
    with shelf.opened() as store:
        store.ingest([evidence("a"), evidence("b")])
        other = shelf.ledger.ledger()  # writes events alone, as an earlier version did
        notice = Draft(type=RETRACTED, subject="a@1", body={"reason": "fabricated"})
        other.append_many([notice], actor="earlier", after=store.seq)
        other.close()
        assert store.headers["a@1"].retracted
        assert store.retract("b@1", "fabricated") == 4
        assert store.verify() == []


def test_what_is_written_some_at_a_time_is_recorded_all_or_not_at_all(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = [
        evidence("topic", str(n), supersedes=f"topic@{n - 1}", valid_from=date(2015 + n, 1, 1)) for n in range(1, 8)
    ]
    with opened(shelf.folder.parent / "at-once") as store:
        store.ingest([*reversed(later), evidence("topic", "0")])
        at_once = dict(store.headers), store.stats().head
    monkeypatch.setattr(ledger_module, "WRITTEN", 3)
    with shelf.opened() as store:
        with monkeypatch.context() as patch:
            patch.setattr(module, "write", full_after(6))
            with pytest.raises(StoreError, match="no room"):
                store.ingest([*reversed(later), evidence("topic", "0")])
        assert (store.seq, dict(store.headers)) == (0, {})
        store.ingest([*reversed(later), evidence("topic", "0")])
        assert (dict(store.headers), store.stats().head) == at_once
        assert store.verify() == []


@pytest.mark.parametrize("table", NAMES)
def test_a_table_that_was_dropped_is_filled_again(tmp_path: Path, table: str) -> None:
    with opened(tmp_path) as store:
        World(store, 4).live(3)
        before = told(store)
    Place(str(tmp_path / "ledger.db"), tmp_path).behind_its_back(f"DROP TABLE {table}")
    with opened(tmp_path) as store:
        assert told(store) == before
        assert store.verify() == []


def test_a_migration_that_is_broken_off_resumes_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path) as store:
        World(store, 5).live(6)
        before = told(store)
    Shelf(tmp_path, Place(str(tmp_path / "ledger.db"), tmp_path)).of_the_former_layout()
    monkeypatch.setattr(module, "BATCH", 3)
    write, dice, batches = module.write, random.Random(5), list[int]()

    def breaking(tables: Any, events: Any) -> None:
        write(tables, events)
        batches.append(events[0].seq)
        if dice.random() < 0.5:
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "write", breaking)
    for _ in range(200):
        try:
            with opened(tmp_path) as store:
                assert told(store) == before
            break
        except KeyboardInterrupt:
            continue
    monkeypatch.setattr(module, "write", write)
    with opened(tmp_path) as store:
        assert store.verify() == []


def test_tables_that_know_more_than_the_ledger_are_not_read(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.ingest([evidence("a")])
        store.retract("a@1", "fabricated")
    place = Place(str(tmp_path / "ledger.db"), tmp_path)
    place.tamper("DELETE FROM event WHERE seq = 2")
    (tmp_path / "index" / "seen").write_text("1")
    with opened(tmp_path) as store:
        with pytest.raises(StoreError, match=r"the read model has seen event 2 .*; run `evitrail store reindex`"):
            store.snapshot()
        assert any("the read model has seen event 2" in fault for fault in store.verify())
        store.reindex()
        assert store.verify() == []
        assert store.snapshot().status("a@1") == "current"
