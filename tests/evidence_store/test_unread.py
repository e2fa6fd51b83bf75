"""What of a passage is beyond the model's window is counted, never silently left out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from desk import evitrail, write_lines
from world import WordVectors, evidence

from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.index.embed import Embedder
from evitrail.evidence_store.index.unread import Unread, unread

LONG = " ".join(f"Adult {n} of the trial took tablet {n} and recovered." for n in range(26))


class NearSighted(WordVectors):
    """A model that reads twelve words and says so."""

    @property
    def window(self) -> int:
        return 12

    def pieces(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]


def test_passages_beyond_the_window_are_counted_under_their_titles(tmp_path: Path) -> None:
    short, long = "Adults take warfarin.", "one two three four five six seven eight nine ten eleven twelve"
    with EvidenceStore.open(tmp_path / "store", create=True, embedder=NearSighted()) as store:
        done = store.ingest([evidence("short", text=short), evidence("long", text=long)])
        both = [passage for ref in done.published for passage in store.snapshot().passages(ref)]
        assert unread(store.encoder, both) == Unread(
            passages=1, of_passages=2, pieces=2, of_pieces=3 + 2 + 12 + 2, window=12
        )
        assert unread(store.encoder, store.snapshot().passages("short@1")) == Unread(
            passages=0, of_passages=1, pieces=0, of_pieces=5, window=12
        )


def test_a_model_that_does_not_tell_its_window_is_not_guessed_at() -> None:
    assert unread(WordVectors(), []) is None


def test_the_packaged_model_reads_what_is_within_its_window_and_nothing_beyond() -> None:
    embedder = Embedder()
    (size,) = embedder.pieces([LONG])
    assert embedder.window < size
    words = LONG.split()
    fits = max(n for n in range(len(words)) if embedder.pieces([" ".join(words[:n])]) <= [embedder.window])
    read, all_of_it = embedder.encode([" ".join(words[: fits - 12]), LONG])
    beyond = " ".join([*words[: fits + 5], "and something else altogether"])
    assert (embedder.encode([beyond])[0] == all_of_it).all()
    assert (read != all_of_it).any()


def test_ingest_tells_how_much_the_model_does_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)  # in a pipe, lines stay whole
    file = write_lines(tmp_path / "evidence.jsonl", [json.loads(evidence("long", text=LONG).model_dump_json())])
    told = evitrail("store", "ingest", file, "--store", tmp_path / "store")
    assert told.code == 0
    (line,) = [line for line in told.out.splitlines() if "word pieces" in line]
    assert line.startswith("1 of 1 passages are longer than the 256 word pieces that the model reads")
    told = evitrail("store", "ingest", file, "--store", tmp_path / "other", "--json")
    counted = Unread.model_validate(told.json["unread"])
    assert (counted.passages, counted.window) == (1, 256)
    assert f"{counted.pieces / counted.of_pieces:.1%} of all word pieces unread" in line
    again = evitrail("store", "ingest", file, "--store", tmp_path / "other", "--json")
    assert again.json["unread"] is None  # nothing was published
