"""Opens a store's folder, and lets another index take the place of its own.

Rules kept here
- An index that had to be made anew, or has lost every passage, is marked as having seen nothing.
- Who only reads opens a copy of the index, so that nobody hinders the other; where there is a server, it serves all.
- An index for another model is built beside the old one. The two change places at the instant ``manifest.json`` is
  replaced; where the rest was broken off, the next opening ends it.
- The ledger is ``ledger.db`` in the folder, or on PostgreSQL where ``ledger.url`` says, without user and password.
  That address must be given all the same, in the call or as ``EVITRAIL_LEDGER``: a folder from elsewhere cannot
  choose the server that a password is sent to.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from evitrail.evidence_store.errors import ReadOnlyStore, StoreError
from evitrail.evidence_store.index import open_index
from evitrail.evidence_store.index.base import VectorIndex
from evitrail.evidence_store.index.edge import EdgeIndex
from evitrail.evidence_store.index.embed import Encoder
from evitrail.evidence_store.index.embed_cache import EmbedCache
from evitrail.evidence_store.index.manifest import PAYLOAD, SEARCHES, IndexManifest, Mode
from evitrail.evidence_store.index.words import BM25
from evitrail.evidence_store.ledger.dialect import dialect_of
from evitrail.evidence_store.ledger.dialect.postgres import FORM
from evitrail.evidence_store.ledger.event import DRAFTED, PUBLISHED
from evitrail.evidence_store.ledger.ledger import Ledger
from evitrail.evidence_store.store_manifest import MadeWith, Opening, made_with, new_manifest
from evitrail.traces.known_secrets import masked
from evitrail.traces.whole_file import replace_text

PASSAGED = (DRAFTED, PUBLISHED)
"""Events whose evidence has passages."""


@dataclass(frozen=True)
class StoreParts:
    """What a store's folder holds, opened."""

    path: Path
    ledger: Ledger
    manifest: IndexManifest
    encoder: Encoder
    index: VectorIndex
    mark: Path
    """The file that says how much of the ledger the index has seen."""
    copy: TemporaryDirectory[str] | None = None
    """Where a copy of it lies that was opened, if the folder cannot be written to."""
    read_only: bool = False
    """Whether it is only read, from a copy of the index, while others may write."""

    def expect_writable(self) -> None:
        """Raise ``StoreError`` where nothing may be recorded."""
        if self.copy is not None:
            raise ReadOnlyStore(self.path)
        if self.read_only:
            raise StoreError(f"{self.path}: opened to be read, so nothing can be recorded; open it without read_only")


def open_parts(path: Path, how: Opening) -> StoreParts:
    """The parts of the store at ``path``."""
    made = made_with(path, how)
    if how.read_only and made.manifest.engine == "edge":
        return _to_be_read(path, how, made)
    mark, address = path / "index" / "seen", _ledger_address(path, how.ledger)
    (path / "index").mkdir(parents=True, exist_ok=True)
    opened = open_index(made.index or made.manifest.engine, path / "index", made.manifest)
    if made.new and (path / "manifest.json").is_file():  # another process made the store meanwhile
        opened.close()
        return open_parts(path, how)
    _mark_beside(path, made.manifest).unlink(missing_ok=True)  # left where an exchange was broken off at its end
    try:
        recorded = Ledger.open(address, how.clock)
        if made.new:
            _unclaimed(opened, path)
        _forget_what_is_gone(opened, mark, recorded)
        if isinstance(address, str) and not (path / "ledger.url").is_file():
            replace_text(path / "ledger.url", f"{recorded.dialect.where}\n")
        if made.new:
            replace_text(path / "manifest.json", f"{made.manifest.in_full()}\n")
    except BaseException:
        opened.close()
        raise
    return StoreParts(path, recorded, made.manifest, _cached(made.encoder, path), opened, mark, read_only=how.read_only)


def _to_be_read(path: Path, how: Opening, made: MadeWith) -> StoreParts:
    """The same with a copy of the index, while another process may write to it."""
    address = _ledger_address(path, how.ledger)
    opened, copy = EdgeIndex.read_copy(path / "index" / "edge", made.manifest)
    try:
        if made_with(path, how).manifest != made.manifest:
            raise StoreError(f"{path}: the index was exchanged for another one just now; do the same again")
        recorded = Ledger.open(address, how.clock)
    except BaseException:
        opened.close()
        raise
    encoder = _cached(made.encoder, path)
    return StoreParts(path, recorded, made.manifest, encoder, opened, copy.seen, read_only=True)


def successor(parts: StoreParts, embedder: Encoder | None, mode: Mode | None) -> IndexManifest:
    """The manifest of an index built now: for that model and that way of searching, else those it has."""
    old = parts.manifest
    new = old if embedder is None else new_manifest(old.engine, embedder, old.chunker)
    if mode == "approximate" and old.engine != "edge":
        said = f"{parts.path}: expected the engine 'edge' for approximate search, got {old.engine!r}"
        raise StoreError(f"{said}, of which nobody can tell which build of a graph answered; leave it exact")
    search = SEARCHES[old.mode if mode is None else mode]
    return new.model_copy(update={"payload": PAYLOAD, "lexical": BM25, "search": search, "build": ""})


def beside(parts: StoreParts, manifest: IndexManifest, embedder: Encoder | None) -> StoreParts:
    """The same store with another index, built as ``manifest`` says; empty, or as far as it had come before a break."""
    index = parts.index.beside(manifest)
    mark = _mark_beside(parts.path, manifest)
    _forget_what_is_gone(index, mark, parts.ledger)
    encoder = parts.encoder if embedder is None else _cached(embedder, parts.path)
    return replace(parts, manifest=manifest, encoder=encoder, index=index, mark=mark)


def exchange(old: StoreParts, new: StoreParts) -> StoreParts:
    """Let the index that was built beside take the place of the old one; it must have seen as much."""
    before, now = (int(parts.mark.read_text("utf-8")) if parts.mark.is_file() else 0 for parts in (old, new))
    if now < before:
        raise StoreError(f"{old.path}: expected an index that has seen event {before}, got {now}; run reindex again")
    if before < now:  # the old one was of an earlier layout, and is searched no more
        shutil.copyfile(new.mark, old.mark)
    replace_text(old.path / "manifest.json", f"{new.manifest.in_full()}\n")
    old.index.give_way(new.index)
    new.mark.unlink(missing_ok=True)
    return replace(new, mark=old.mark)


def _forget_what_is_gone(index: VectorIndex, mark: Path, ledger: Ledger) -> None:
    """Remove the mark of an index that is no more: it was deleted, or lost its passages, or was never filled.

    An index may be empty and yet have seen much, as long as nothing that was recorded has passages.
    """
    if index.fresh and mark.is_file() and any(event.type in PASSAGED for event in ledger.events()):
        mark.unlink(missing_ok=True)


def _mark_beside(path: Path, manifest: IndexManifest) -> Path:
    return path / "index" / f"seen-{manifest.short}"


def _cached(encoder: Encoder, path: Path) -> EmbedCache:
    return EmbedCache(encoder, path / "embeddings.db")


def _ledger_address(path: Path, given: str | None) -> Path | str:
    """Where the ledger is: the address given, compared with what the folder says."""
    file, own = path / "ledger.url", path / "ledger.db"
    if given is not None and "://" not in given:
        got = "an address of another form" if re.search("[@=]", given) else repr(given)
        raise StoreError(f"ledger: expected {FORM}, got {got}; without one it is {own}")
    if file.is_file():
        kept = file.read_text(encoding="utf-8").strip()
        asked = given or os.environ.get("EVITRAIL_LEDGER")
        if not asked:
            said = f"{path}: its ledger is at {masked(kept)}; give its address"
            raise StoreError(f"{said}, e.g. ledger={FORM!r} or EVITRAIL_LEDGER={FORM}")
        if (where := dialect_of(asked).where) != dialect_of(kept).where:
            said = f"{path}: its ledger is at {masked(kept)}, opened with {where}"
            raise StoreError(f"{said}; give that address, or if the ledger was moved write the new one into {file}")
        return asked
    if given is not None and own.is_file():
        raise StoreError(f"{path}: its ledger is {own}, opened with {dialect_of(given).where}; name no other ledger")
    return given or own


def _unclaimed(index: VectorIndex, path: Path) -> None:
    """A new store must not take over points that it did not put there."""
    if not index.fresh and (held := index.count()):
        said = f"{path}: expected an empty index for a new store, got one with {held} passages"
        raise StoreError(f"{said}; delete it, or name another collection")
