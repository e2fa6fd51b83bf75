"""A throw-away copy of an evidence store, to be attacked in place of it.

Rules kept here
- The store itself is only read, file by file: it is never opened, so that not one byte of its folder changes.
- What is copied is the ledger; the index of the copy is built from it, on disk, wherever the store's own index lies. So
  nothing that is done to the copy can reach a server.
- A copy may lack events. Without ``OF_PUBLISHERS`` it is the store as it would be if it had no publishers: all that is
  published is there, evidence is taken from anyone, and what was held is gone. Without ``QUESTIONS`` it knows no
  question that evidence may not be a copy of.

    with throwaway(Path("evitrail-store"), scratch, encoder) as store:
        store.ingest(false_evidence)
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from evitrail.evidence_store import EvidenceStore, InputError
from evitrail.evidence_store.index.embed import Embedder, Encoder
from evitrail.evidence_store.index.embed_cache import EmbedCache
from evitrail.evidence_store.index.manifest import IndexManifest
from evitrail.evidence_store.ledger.event import HELD, NUMBERED, PUBLISHED, Draft, Event, evidence_of
from evitrail.evidence_store.store_manifest import commit_of

LEDGER = "ledger.db"


@contextmanager
def throwaway(store: Path, folder: Path, encoder: Encoder, lacking: Collection[str] = ()) -> Iterator[EvidenceStore]:
    """A copy of ``store`` in ``folder``, without events of the types ``lacking``; the folder is deleted in the end."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        copy_file(store / LEDGER, folder / LEDGER)
        with EvidenceStore.open(folder, create=True, embedder=encoder) as copied:
            events = list(copied.events())
            if not any(event.type in lacking for event in events):
                copied.reindex()
                yield copied
                return
        with EvidenceStore.open(folder / "without", create=True, embedder=encoder) as without:
            without.record(lambda: ([], left_of(events, lacking)))
            yield without
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def expect_copyable(store: Path) -> IndexManifest:
    """What the store's index was built with; raises ``InputError`` where the store cannot be copied from its folder."""
    if (store / "ledger.url").is_file():
        said = "expected a store whose ledger lies in its folder, this one's is on a server"
        raise InputError([f"{store}: {said}; a red team attacks a copy, and copies no database"])
    for name in (LEDGER, "manifest.json"):
        if not (store / name).is_file():
            raise InputError([f"{store}: expected an evidence store, found no {name}; name its folder with --store"])
    return IndexManifest.model_validate_json((store / "manifest.json").read_text("utf-8"))


def encoder_of(store: Path, cache: Path, embedder: Encoder | None = None) -> Encoder:
    """The model that the store's index was built with, its vectors cached apart from the store."""
    manifest = expect_copyable(store)
    if not cache.exists() and (store / "embeddings.db").is_file():
        copy_file(store / "embeddings.db", cache)
    return EmbedCache(embedder or Embedder(manifest.model, commit=commit_of(manifest.revision)), cache)


def copy_file(source: Path, target: Path) -> None:
    """A SQLite file, with what was written to it last."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    written = source.with_name(f"{source.name}-wal")
    if written.is_file():
        shutil.copyfile(written, target.with_name(f"{target.name}-wal"))


def left_of(events: Iterable[Event], lacking: Collection[str]) -> list[Draft]:
    """The events that make the same store without those; numbers that they name are what they are then."""
    numbers = {0: 0}
    kept: list[Draft] = []
    for event in events:
        if event.type not in lacking:
            body = event.body
            if event.type == PUBLISHED and HELD in lacking:
                body = evidence_of(event)
            if named := NUMBERED.get(event.type):
                body = {**body, named: numbers[int(body[named])]}
            kept.append(Draft(type=event.type, subject=event.subject, body=body))
        numbers[event.seq] = len(kept)
    return kept
