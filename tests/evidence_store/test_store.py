"""The store takes evidence in whole or not at all, never changes what it took, and says what it lacks."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from desk import with_holes
from public_data import DATA, needs
from world import Spy, WordVectors, World, clock, evidence

import evitrail.evidence_store
from evitrail.evidence_store import (
    Curator,
    EvidenceError,
    EvidenceStore,
    InputError,
    StoreError,
    UnknownEvidenceError,
    read_evidence,
)
from evitrail.evidence_store.formats.fhir import Taken, take_in

SOURCE = Path(evitrail.__file__).parents[1]
GUIDELINES = DATA / "guideline-versions" / "evidence.jsonl"
LONG = " ".join(f"Sentence {n} says that aspirin dose {n} was compared with placebo in trial {n}." for n in range(90))


def opened(folder: Path, **options: object) -> EvidenceStore:
    return EvidenceStore.open(folder / "store", create=True, embedder=WordVectors(), clock=clock, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("index", ["edge", "local"])
def test_evidence_comes_back_as_it_was_taken_in(tmp_path: Path, index: str) -> None:
    items = [evidence("aspirin", text=LONG), evidence("statin", grade=None, topics=("lipids",), url="pmid:1")]
    with opened(tmp_path, index=index) as store:
        done = store.ingest(items)
        assert done.published == ("aspirin@1", "statin@1")
        snapshot = store.snapshot()
        assert [snapshot.evidence(item.ref) for item in items] == items
        assert [store.get(item.ref) for item in items] == items
        assert store.verify() == []


def test_a_store_closed_and_opened_again_says_the_same(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        World(store, seed=4).live(4)
        before = (store.snapshot().id, store.snapshot().lexical("aspirin stroke", 5), store.stats())
    with EvidenceStore.open(tmp_path / "store", embedder=WordVectors()) as store:
        assert (store.snapshot().id, store.snapshot().lexical("aspirin stroke", 5), store.stats()) == before


def test_passages_are_cut_from_the_text_they_name(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.ingest([evidence("aspirin", text=LONG)])
        passages = store.snapshot().passages("aspirin@1")
        assert len(passages) > 1
        assert all(LONG[p.start : p.end] == p.text for p in passages)
        assert [hit in passages for hit, _ in store.snapshot().lexical("dose 88", 3)] == [True] * 3


def test_taking_in_the_same_evidence_again_changes_nothing(tmp_path: Path) -> None:
    old, new = evidence("aspirin"), evidence("aspirin", "2", valid_from=date(2018, 1, 1), supersedes="aspirin@1")
    with opened(tmp_path) as store:
        store.ingest([old, new])
        before = store.stats()
        again = store.ingest([new, old])
        assert again.published == ()
        assert again.unchanged == ("aspirin@2", "aspirin@1")
        assert store.stats() == before


def test_a_published_version_is_never_changed(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.ingest([evidence("aspirin")])
        with pytest.raises(InputError, match=r"aspirin@1: recorded before with another title.*new version"):
            store.ingest([evidence("statin"), evidence("aspirin", title="Other")])
        assert list(store.headers) == ["aspirin@1"]


def test_one_bad_version_keeps_all_out(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        with pytest.raises(InputError, match="neither given nor in the store"):
            store.ingest([evidence("statin"), evidence("aspirin", supersedes="aspirin@0")])
        assert store.stats().events == 0


def test_all_events_are_read_in_the_order_they_were_recorded(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.ingest([evidence("aspirin"), evidence("statin")])
        store.retract("aspirin@1", "fabricated data")
        assert [(event.seq, event.subject) for event in store.events(after=1)] == [(2, "statin@1"), (3, "aspirin@1")]


def test_history_tells_what_happened_to_a_lineage(tmp_path: Path) -> None:
    with opened(tmp_path, actor="dr-a") as store:
        store.ingest([evidence("aspirin"), evidence("aspirin-plus")])
        store.ingest([evidence("aspirin", "2", valid_from=date(2018, 1, 1), supersedes="aspirin@1")])
        store.retract("aspirin@2", "miscalculated dose")
        told = [(event.type, event.subject, event.actor) for event in store.history("aspirin")]
        assert told == [
            ("evidence.published", "aspirin@1", "dr-a"),
            ("evidence.published", "aspirin@2", "dr-a"),
            ("evidence.closed", "aspirin@1", "dr-a"),
            ("evidence.retracted", "aspirin@2", "dr-a"),
        ]
        assert store.history("aspirin")[-1].body == {"reason": "miscalculated dose"}


@pytest.mark.parametrize("act", ["get", "history", "retract", "status", "evidence", "passages"])
def test_a_name_not_held_is_an_error_that_names_it(tmp_path: Path, act: str) -> None:
    with opened(tmp_path) as store:
        store.ingest([evidence("aspirin")])
        on = store if hasattr(store, act) else store.snapshot()
        with pytest.raises(UnknownEvidenceError, match="'statin@1'"):
            getattr(on, act)("statin@1", *(["reason"] if act == "retract" else []))


def test_a_retraction_needs_a_reason_and_happens_once(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.ingest([evidence("aspirin")])
        with pytest.raises(ValueError, match="needs a reason"):
            store.retract("aspirin@1", " ")
        store.retract("aspirin@1", "fabricated")
        with pytest.raises(ValueError, match="retracted already"):
            store.retract("aspirin@1", "again")


def test_a_folder_without_a_store_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(
        StoreError, match=r"nothing: expected an evidence store, found none; make one with `evitrail store"
    ):
        EvidenceStore.open(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_an_index_built_with_another_model_is_refused(tmp_path: Path) -> None:
    opened(tmp_path).close()
    with pytest.raises(StoreError, match=r"built with model 'words', opened with 'other'.*reindex"):
        EvidenceStore.open(tmp_path / "store", embedder=WordVectors(model="other"))
    with pytest.raises(StoreError, match="built with engine 'edge', opened with 'local'"):
        EvidenceStore.open(tmp_path / "store", embedder=WordVectors(), index="local")


@pytest.mark.parametrize("index", ["edge", "local"])
def test_a_store_in_use_is_refused_to_a_second_owner(tmp_path: Path, index: str) -> None:
    with opened(tmp_path, index=index), pytest.raises(StoreError, match="open in another process"):
        opened(tmp_path, index=index)


def test_an_unknown_engine_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"expected an index 'edge', 'local' or .* got 'faiss'"):
        opened(tmp_path, index="faiss")


def test_rebuilding_embeds_nothing_again(tmp_path: Path) -> None:
    spy = Spy()
    with EvidenceStore.open(tmp_path / "store", create=True, embedder=spy, clock=clock) as store:
        store.ingest([evidence(f"e-{n}") for n in range(5)])
        store.reindex()
    assert [len(texts) for texts in spy.asked] == [5]


def test_a_changed_ledger_is_named_by_verify(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.ingest([evidence("aspirin"), evidence("statin")])
    with closing(sqlite3.connect(tmp_path / "store" / "ledger.db")) as db, db:
        db.execute("DROP TRIGGER event_no_UPDATE")
        db.execute("UPDATE event SET body = replace(body, 'lowers', 'raises') WHERE seq = 2")
    with EvidenceStore.open(tmp_path / "store", embedder=WordVectors()) as store:
        [fault] = store.verify()
        assert "event 2 (evidence.published statin@1)" in fault


def test_progress_counts_up_to_all_passages(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with opened(tmp_path) as store:
        store.ingest([evidence(f"e-{n}") for n in range(300)], progress=lambda done, of: told.append((done, of)))
    assert told == [(256, 300), (300, 300)]


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = {paths!r}
from world import WordVectors, clock, evidence
from evitrail.evidence_store import Curator, EvidenceStore
store = EvidenceStore.open(Path(sys.argv[1]), create=True, embedder=WordVectors(), clock=clock)
store.ingest([evidence("before")])
Curator(store).withdraw("before@1", "not for this ward")
def die(done, of):
    os.kill(os.getpid(), signal.SIGKILL)
store.ingest([evidence(f"e-{{n}}") for n in range(600)], progress=die)
"""


def refused(store: EvidenceStore) -> None:
    """An act that is on record already, given again."""
    with pytest.raises(EvidenceError, match="only what is published can be withdrawn"):
        Curator(store).withdraw("before@1", "not for this ward")


MENDS: dict[str, Callable[[EvidenceStore], object]] = {
    "reindex": EvidenceStore.reindex,
    "ingest": lambda store: store.ingest([]),
    "an act of curation that is refused": refused,
    "a list of notices that are all on record": lambda store: store.notify([]),
    "a FHIR bundle that is known": lambda store: take_in(store, Taken([], [], [], [], {})),
}


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose process was killed between ledger and index."""
    paths, folder = [str(SOURCE), str(SOURCE.parent / "tests")], tmp_path_factory.mktemp("killed") / "store"
    done = subprocess.run([sys.executable, "-c", KILLED.format(paths=paths), str(folder)], check=False)
    assert done.returncode == -signal.SIGKILL
    return folder


@pytest.mark.parametrize("mend", MENDS)
def test_after_kill_9_between_ledger_and_index_verify_says_what_is_missing_and_the_next_act_repairs_it(
    killed: Path, tmp_path: Path, mend: str
) -> None:
    shutil.copytree(killed, tmp_path / "store", copy_function=with_holes)
    with EvidenceStore.open(tmp_path / "store", embedder=WordVectors()) as store:
        assert store.stats().versions == 600
        faults = store.verify()
        assert faults[0] == "index: has seen the ledger up to event 258, which ends at 602; run reindex"
        assert len(faults) == 1 + 600 - 256
        assert "index: lacks 1 passage of e-599@1; run reindex" in faults
        assert store.snapshot(seq=1).lexical("stroke", 5)
        with pytest.raises(StoreError, match="has seen event 258 of 602"):
            store.snapshot()
        MENDS[mend](store)
        assert store.seq == 602
        assert store.verify() == []
        assert len(store.snapshot().lexical("stroke", 1000)) == 600


@needs(GUIDELINES)
def test_real_guideline_versions_are_imported_and_each_is_current_in_its_time(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.ingest(read_evidence(GUIDELINES))
        assert store.stats().versions == 706
        before, after = store.snapshot(date(2016, 1, 1)), store.snapshot(date(2023, 6, 1))
        assert before.status("tm-1@1") == "current"
        assert after.status("tm-1@1") == "superseded"
        assert "tm-1@1" not in {p.ref for p, _ in after.lexical("checklist revision", 50, valid_only=True)}
        assert store.verify() == []
