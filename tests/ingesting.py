"""Ingests of 8,000 passages in processes made to be killed.

    python tests/ingesting.py      # then a line each: what to do, and the folder of the store

What is slow and not under test is done once: loading, writing the evidence, cutting the long texts. For each line of
its input the program forks a process that begins warm, and on its output stands:

    pid 4711          the process forked
    begun             it is at work on the store; these two in either order
    …                 what the deed has to tell
    end -9            its exit status
"""

from __future__ import annotations

import gc
import json
import os
import random
import sys
import traceback
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

from world import WordVectors, clock, evidence

from evitrail.evidence_store import Evidence, EvidenceStore
from evitrail.evidence_store.index.chunk import Sentences
from evitrail.evidence_store.store import CHUNKER

VERSIONS = 1_400
LONG = 2
"""Every second text is one of eleven passages, the others of one."""
QUERIES = ("aspirin bleeding risk", "placebo mortality 17", "daily dose trial 4242")
WORDS = ("aspirin", "stroke", "bleeding", "risk", "adults", "daily", "trial", "placebo", "mortality", "dose")


def written() -> list[Evidence]:
    """Evidence of 8,000 passages; every tenth version supersedes the one before it."""
    dice = random.Random(0)

    def version(number: int) -> Evidence:
        lengths = [60] * 41 if number % LONG == 0 else [20]
        text = " ".join(" ".join(dice.choices(WORDS, k=words)).capitalize() + f" {number}." for words in lengths)
        lineage, place = divmod(number, 10)
        if place < 9:
            return evidence(f"lineage-{lineage}-{place}", text=text)
        before = f"lineage-{lineage}-8"
        return evidence(before, "2", supersedes=f"{before}@1", valid_from="2020-01-01", text=text)

    return [version(number) for number in range(VERSIONS)]


def ingest(store: EvidenceStore, given: list[Evidence]) -> None:
    """Tells after each batch how many passages are left."""
    store.ingest(given, progress=lambda done, of: tell(of - done))


def verify(store: EvidenceStore, _: list[Evidence]) -> None:
    """Tells the faults."""
    tell(json.dumps(store.verify()))


def answer(store: EvidenceStore, _: list[Evidence]) -> None:
    """Tells what the store holds, and what searches find: by words and by meaning, now and on a day before the last
    versions began."""
    views = store.snapshot(), store.snapshot(as_of=date(2018, 1, 1))
    found = [
        [(passage.id, score) for passage, score in search(query, 20, valid_only)]
        for view in views
        for query in QUERIES
        for search in (view.lexical, view.dense)
        for valid_only in (False, True)
    ]
    tell(store.stats().model_dump_json())
    tell(json.dumps(found))


DEEDS: dict[str, Callable[[EvidenceStore, list[Evidence]], None]] = {
    "ingest": ingest,
    "verify": verify,
    "answer": answer,
}


def main() -> None:
    Sentences.cut = cache(Sentences.cut)  # type: ignore[method-assign]  # every process forked from here knows them
    given = written()
    for item in given:
        CHUNKER.cut(item.text)
    gc.freeze()  # or each process copies the pages that its collector looks at
    for line in sys.stdin:
        deed, path = line.split()
        if not (child := os.fork()):
            status = 1
            try:
                act(deed, Path(path), given)
                status = 0
            except Exception:
                traceback.print_exc()
            finally:
                os._exit(status)
        tell(f"pid {child}")
        tell(f"end {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}")


def act(deed: str, path: Path, given: list[Evidence]) -> None:
    """In the forked process."""
    with EvidenceStore.open(path, create=True, embedder=WordVectors(), clock=clock) as store:
        tell("begun")
        DEEDS[deed](store, given)


def tell(what: object) -> None:
    """A line, whole or not at all."""
    os.write(sys.stdout.fileno(), f"{what}\n".encode())


if __name__ == "__main__":
    main()
