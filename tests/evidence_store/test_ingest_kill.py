"""An ingest killed at any moment loses nothing: the ledger verifies, it goes on, and the index comes out the same."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from world import WordVectors, clock, evidence

from evidence_store import Evidence, EvidenceStore, Passage, read_evidence

VERSIONS, SENTENCES, KILLS = 700, 10, 8
PASSAGES = 2_000
QUERIES = ("aspirin bleeding risk", "placebo mortality 17", "daily dose trial 4242")
WORDS = ("aspirin", "stroke", "bleeding", "risk", "adults", "daily", "trial", "placebo", "mortality", "dose")
INGEST = """
import sys
from pathlib import Path
from world import WordVectors, clock
from evidence_store import EvidenceStore, read_evidence
from evidence_store.store import CHUNKER
CHUNKER.cut("One sentence. And another.")  # loads what cuts, which takes longer than all the rest
given = read_evidence(Path(sys.argv[2]))
with EvidenceStore.open(Path(sys.argv[1]), create=True, embedder=WordVectors(), clock=clock) as store:
    print("begun", flush=True)
    store.ingest(given, progress=lambda done, of: print(done, flush=True))
"""


def written(path: Path) -> Path:
    """Evidence of 2,000 passages; every tenth version supersedes the one before it."""
    dice = random.Random(0)

    def version(number: int) -> Evidence:
        sentences = [" ".join(dice.choices(WORDS, k=60)).capitalize() + f" {number}." for _ in range(SENTENCES)]
        lineage, place = divmod(number, 10)
        if place < 9:
            return evidence(f"lineage-{lineage}-{place}", text=" ".join(sentences))
        before = f"lineage-{lineage}-8"
        return evidence(before, "2", supersedes=f"{before}@1", valid_from="2020-01-01", text=" ".join(sentences))

    path.write_text("\n".join(version(number).model_dump_json() for number in range(VERSIONS)), "utf-8")
    return path


def ingesting(store: Path, file: Path) -> subprocess.Popen[str]:
    path = os.pathsep.join(str(Path(__file__).parents[n]) for n in (1, 2))
    return subprocess.Popen(
        [sys.executable, "-c", INGEST, str(store), str(file)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )


def answers(store: EvidenceStore) -> list[list[tuple[Passage, float]]]:
    """What searches find, by words and by meaning, now and on a day before the last versions began."""
    views = store.snapshot(), store.snapshot(as_of=date(2018, 1, 1))
    return [
        search(query, 20, valid_only)
        for view in views
        for query in QUERIES
        for search in (view.lexical, view.dense)
        for valid_only in (False, True)
    ]


def test_killed_eight_times_it_goes_on_and_ends_as_if_it_never_had_been(tmp_path: Path) -> None:
    file, path = written(tmp_path / "evidence.jsonl"), tmp_path / "store"
    dice, reached = random.Random(7), []
    with EvidenceStore.open(tmp_path / "whole", create=True, embedder=WordVectors(), clock=clock) as whole:
        whole.ingest(read_evidence(file))
        expected, size = answers(whole), whole.stats()
        assert size.passages >= PASSAGES
    for _ in range(KILLS):
        with ingesting(path, file) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            for _ in range(dice.randint(0, 1)):  # a batch, or none, and on into the next
                process.stdout.readline()
            time.sleep(dice.uniform(0, 0.3))
            process.send_signal(signal.SIGKILL)
        with EvidenceStore.open(path, create=True, embedder=WordVectors(), clock=clock) as store:
            assert all(fault.startswith("index: ") for fault in store.verify())
            assert store.seq in (0, size.events)
            reached.append(store.stats().passages)
    assert reached == sorted(reached)
    assert any(0 < passages < size.passages for passages in reached), reached
    with ingesting(path, file) as process:
        process.communicate(timeout=300)
        assert process.returncode == 0
    with EvidenceStore.open(path, embedder=WordVectors(), clock=clock) as store:
        assert store.verify() == []
        assert store.stats() == size
        assert answers(store) == expected
