"""Any number of processes read a store while one writes: each sees it as when it was opened, and hinders nobody."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from structlog.testing import capture_logs
from world import WordVectors, clock, evidence

from evitrail.evidence_store import Evidence, EvidenceStore, StoreError

DRUGS = ("apixaban", "heparin", "insulin")
READERS = 50
READ_FOR_EVER = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from world import WordVectors, clock
from evitrail.evidence_store import EvidenceStore
with EvidenceStore.open(sys.argv[1], embedder=WordVectors(), clock=clock, read_only=True):
    print("open", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with EvidenceStore.open(tmp_path / "store", create=True, embedder=WordVectors(), clock=clock) as store:
        store.ingest(advice(drug) for drug in DRUGS)
    return tmp_path / "store"


def advice(drug: str) -> Evidence:
    return evidence(drug, title=f"Advice on {drug}", text=f"On {drug} there is advice.")


def writing(path: Path) -> EvidenceStore:
    return EvidenceStore.open(path, embedder=WordVectors(), clock=clock)


def reading(path: Path) -> EvidenceStore:
    return EvidenceStore.open(path, embedder=WordVectors(), clock=clock, read_only=True)


def found(store: EvidenceStore) -> list[tuple[str, float]]:
    """Everything that is searched, with its score to the last bit."""
    snapshot = store.snapshot()
    hits = [hit for drug in DRUGS for search in (snapshot.lexical, snapshot.dense) for hit in search(drug, k=5)]
    return [(passage.id, score) for passage, score in hits]


def files(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): digest(p) for p in sorted(folder.rglob("*")) if p.is_file()}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def readers(folder: Path) -> list[Path]:
    """The folders of those who read, or did until they were killed."""
    return list((folder / "index" / "readers").glob("reader-*"))


def the_copy(folder: Path) -> Path:
    (copy,) = (folder / "index" / "readers").glob("copy-*")
    return copy


def test_a_reader_finds_what_the_writer_finds_while_that_one_has_it_open(folder: Path) -> None:
    with writing(folder) as owner, reading(folder) as reader:
        assert (reader.seq, reader.snapshot().id) == (owner.seq, owner.snapshot().id)
        assert found(reader) == found(owner)


def test_a_reader_sees_the_store_as_it_was_and_the_next_one_sees_what_was_recorded_since(folder: Path) -> None:
    with writing(folder) as owner, reading(folder) as before:
        then = found(before)
        owner.ingest([advice("warfarin")])
        owner.retract("insulin@1", "withdrawn by its authors")
        with reading(folder) as after:
            assert found(after) == found(owner) != then
            assert after.snapshot().headers["insulin@1"].retracted
        assert found(before) == then
        assert not before.snapshot().headers["insulin@1"].retracted
        assert (before.seq, owner.seq) == (3, 5)


def test_fifty_readers_at_once_get_equal_answers(folder: Path) -> None:
    begun = Barrier(READERS + 1)

    def one(_: int) -> list[tuple[str, float]]:
        with reading(folder) as store:
            begun.wait(60)
            return found(store)

    with ThreadPoolExecutor(READERS) as threads, writing(folder) as owner:
        asked = threads.map(one, range(READERS))
        begun.wait(60)  # all fifty are open
        expected = found(owner)
        assert all(answer == expected for answer in asked)


def test_readers_share_one_copy_and_change_nothing_in_it(folder: Path) -> None:
    with reading(folder) as first:
        before = files(the_copy(folder))
        with reading(folder) as second:
            assert found(first) == found(second)
            taken = [file for one in readers(folder) for file in one.rglob("chunk_0.mmap")]
            assert [file.stat().st_nlink for file in taken] == [3, 3], "one file, by three names"
    assert files(the_copy(folder)) == before
    assert not readers(folder)


def test_holes_stay_holes(folder: Path) -> None:
    with reading(folder):
        copied = [file.stat() for file in the_copy(folder).rglob("*") if file.is_file()]
        assert sum(one.st_blocks * 512 for one in copied) < sum(one.st_size for one in copied) / 2


def test_what_a_killed_reader_left_is_removed_once_the_store_has_changed(folder: Path) -> None:
    killed = subprocess.Popen([sys.executable, "-c", READ_FOR_EVER, str(folder)], stdout=subprocess.PIPE)
    assert killed.stdout is not None
    assert killed.stdout.readline() == b"open\n"
    killed.kill()
    killed.communicate()
    assert len(readers(folder)) == 1
    with writing(folder) as owner:
        owner.ingest([advice("warfarin")])
        with reading(folder):
            assert len(readers(folder)) == 1, "of the reader that lives"
    assert not readers(folder)


def test_a_reader_records_nothing(folder: Path) -> None:
    with reading(folder) as store:
        for act in (lambda: store.ingest([advice("warfarin")]), lambda: store.retract("insulin@1", "x"), store.reindex):
            with pytest.raises(StoreError, match="opened to be read, so nothing can be recorded"):
                act()
    with writing(folder) as store:
        assert store.seq == 3


def test_an_index_that_is_behind_its_ledger_is_read_as_far_as_it_goes_and_that_is_told(folder: Path) -> None:
    (folder / "index" / "seen").write_text("2")
    with capture_logs() as said, reading(folder) as store:
        assert store.seq == 2
        assert {passage for passage, _ in found(store)} == {"apixaban@1#0", "heparin@1#0"}
    (told,) = said
    assert told["event"] == "the store is read as far as its index has seen it"
    assert (told["seen"], told["recorded"]) == (2, 3)


def test_a_folder_without_an_index_is_told_in_one_line(folder: Path) -> None:
    (folder / "index" / "edge").rename(folder / "index" / "elsewhere")
    with pytest.raises(StoreError, match="expected an index, found none"):
        reading(folder)


def test_a_store_may_be_closed_twice_and_opened_again(folder: Path) -> None:
    for opening in (writing, reading):
        store = opening(folder)
        store.close()
        store.close()
        with opening(folder) as again:
            assert found(again)


def test_what_was_recorded_without_a_passage_is_read_too(folder: Path) -> None:
    with reading(folder):
        pass
    with writing(folder) as owner:
        owner.tag("spring")
    with capture_logs() as said, reading(folder) as store:
        assert (store.seq, store.tags()) == (4, {"spring": 3})
    assert not said


def test_a_reader_that_searches_late_finds_what_there_was_when_it_came(folder: Path) -> None:
    with reading(folder) as early:
        wanted = found(early)
    with reading(folder) as late:
        with writing(folder) as store:
            store.ingest([advice("warfarin")])
            store.reindex()
        with reading(folder) as next_one:
            assert found(next_one) != wanted
        assert found(late) == wanted


def test_many_threads_may_begin_to_search_at_once_with_one_reader(folder: Path) -> None:
    with reading(folder) as early:
        wanted = found(early)
    with reading(folder) as reader, ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda _: found(reader), range(8))) == [wanted] * 8


def test_a_reader_that_was_closed_before_it_searched_says_so_in_one_line(folder: Path) -> None:
    with reading(folder) as reader:
        snapshot = reader.snapshot()
    with pytest.raises(StoreError, match="the index was closed while it was in use; open the store again"):
        snapshot.dense("insulin", k=5)
