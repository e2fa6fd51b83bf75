"""A text is embedded once; a cache that cannot be used says so in one line, and may be thrown away."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from world import Spy, WordVectors

from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.index.embed_cache import EmbedCache


def test_only_unknown_texts_are_encoded_and_in_one_call(tmp_path: Path) -> None:
    spy = Spy()
    cache = EmbedCache(spy, tmp_path / "embeddings.db")
    first = cache.encode(["a", "b", "a"])
    again = EmbedCache(spy, tmp_path / "embeddings.db").encode(["c", "b", "d", "a"])
    assert spy.asked == [["a", "b"], ["c", "d"]]
    assert first[0].tobytes() == first[2].tobytes() == again[3].tobytes()


def test_two_models_do_not_share_vectors(tmp_path: Path) -> None:
    one, other = Spy("one"), Spy("other")
    EmbedCache(one, tmp_path / "embeddings.db").encode(["a"])
    EmbedCache(other, tmp_path / "embeddings.db").encode(["a"])
    assert other.asked == [["a"]]


class Later(Spy):
    """The model of the same name, trained on."""

    revision = "later"


def test_two_revisions_of_a_model_do_not_share_vectors(tmp_path: Path) -> None:
    one, other = Spy(), Later()
    EmbedCache(one, tmp_path / "embeddings.db").encode(["a"])
    EmbedCache(other, tmp_path / "embeddings.db").encode(["a"])
    EmbedCache(other, tmp_path / "embeddings.db").encode(["a"])
    assert other.asked == [["a"]]


def test_threads_share_a_cache(tmp_path: Path) -> None:
    cache = EmbedCache(WordVectors(), tmp_path / "embeddings.db")
    some = [f"text {n % 20}" for n in range(80)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda text: cache.encode([text])[0].tobytes(), some))
    assert found == [vector.tobytes() for vector in WordVectors().encode(some)]


def test_more_texts_than_one_statement_may_list_are_all_remembered(tmp_path: Path) -> None:
    spy = Spy()
    cache = EmbedCache(spy, tmp_path / "embeddings.db")
    some = [f"text {n}" for n in range(1203)]
    assert np.array_equal(cache.encode(some), cache.encode(some))
    assert len(spy.asked) == 1


def refused(cache: EmbedCache, said: str) -> None:
    """What is new cannot be kept, for that reason, told in one line."""
    with pytest.raises(StoreError, match=said) as told:
        cache.encode([f"new {n}" for n in range(500)])
    assert str(told.value).startswith(f"{cache.path}: ")
    assert len(str(told.value).splitlines()) == 1


@pytest.fixture
def cache(tmp_path: Path) -> EmbedCache:
    made = EmbedCache(Spy(), tmp_path / "embeddings.db")
    made.encode(["known"])
    return made


def test_a_full_disk_is_told_and_what_was_kept_stays(cache: EmbedCache, monkeypatch: pytest.MonkeyPatch) -> None:
    real = sqlite3.connect

    def limited(*args: Any, **options: Any) -> sqlite3.Connection:
        connection = real(*args, **options)
        connection.execute("PRAGMA max_page_count = 6")
        return connection

    with monkeypatch.context() as full:
        full.setattr(sqlite3, "connect", limited)
        refused(cache, "the disk is full; make room, do it again")
        cache.encode(["known"])
    assert cache.encode(["known", "new 1"]).shape == (2, 48)


def test_a_file_that_another_process_has_locked_is_waited_for_and_then_told(
    cache: EmbedCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evitrail.evidence_store.index.embed_cache.PATIENCE", 0.1)
    with closing(sqlite3.connect(cache.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused(cache, r"another process has locked it for more than 0\.1 s; do it again")
    assert cache.encode(["new 1"]).shape == (1, 48)


def test_a_damaged_file_may_be_deleted(cache: EmbedCache) -> None:
    before = cache.encode(["known"])
    cache.path.write_bytes(b"nothing of the kind" * 500)
    refused(cache, "got 'file is not a database'; delete it with its -wal and -shm, it fills again by itself")
    for suffix in ("", "-wal", "-shm"):
        cache.path.with_name(cache.path.name + suffix).unlink(missing_ok=True)
    assert np.array_equal(cache.encode(["known"]), before)


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    refused(EmbedCache(WordVectors(), tmp_path / "nowhere" / "embeddings.db"), "this user may write the file")
