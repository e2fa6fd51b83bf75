"""Opens a store's folder: finds its parts, and refuses ones that do not fit together.

Rules kept here
- A folder without a store is an error that names the folder and the command that makes one.
- ``manifest.json`` says what the index was built with; another engine, model or chunker is refused, because its
  results would be neither the old ones nor comparable. So is another model under the same name; no model is loaded
  to tell. A model of the hub is taken as it was when the index was built.
- An index of another layout than is written now is refused, with the command that rebuilds it.
- An index that had to be made anew, or has lost every passage, is marked as having seen nothing.
- An index for another model is built beside the old one. The two change places at the instant ``manifest.json`` is
  replaced; where the rest was broken off, the next opening ends it.
- The ledger is ``ledger.db`` in the folder, or on PostgreSQL where ``ledger.url`` says, without user and password.
  That address must be given all the same, in the call or as ``EVITRAIL_LEDGER``: a folder from elsewhere cannot
  choose the server that a password is sent to. So must be that of an index on a server, or ``EVITRAIL_INDEX``.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import ValidationError

from evitrail.evidence_store.errors import ReadOnlyStore, StoreError
from evitrail.evidence_store.index import engine_of, engine_version, open_index
from evitrail.evidence_store.index.base import VectorIndex
from evitrail.evidence_store.index.edge import BM25
from evitrail.evidence_store.index.embed import Embedder, Encoder, Revised
from evitrail.evidence_store.index.embed_cache import EmbedCache
from evitrail.evidence_store.index.manifest import PAYLOAD, SEARCHES, IndexManifest, Mode
from evitrail.evidence_store.ledger.dialect import dialect_of
from evitrail.evidence_store.ledger.dialect.postgres import FORM
from evitrail.evidence_store.ledger.event import DRAFTED, PUBLISHED
from evitrail.evidence_store.ledger.ledger import Ledger, utc_now
from evitrail.traces.known_secrets import masked

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

    def expect_writable(self) -> None:
        """Raise ``ReadOnlyStore`` where nothing may be recorded."""
        if self.copy is not None:
            raise ReadOnlyStore(self.path)


@dataclass(frozen=True)
class Opening:
    """How a store is opened; ``None`` for embedder or index means what the store was made with."""

    chunker: str
    create: bool = False
    embedder: Encoder | None = None
    index: str | None = None
    ledger: str | None = None
    clock: Callable[[], datetime] = utc_now
    rebuild: bool = False
    """Whether its index may be of an earlier layout, which can be rebuilt and not be searched."""


def open_parts(path: Path, how: Opening) -> StoreParts:
    """The parts of the store at ``path``."""
    embedder, index, chunker = how.embedder, how.index, how.chunker
    file = path / "manifest.json"
    expect_store_folder(path)
    if file.is_file():
        manifest = _read_manifest(file)
        if not how.rebuild:
            _expect_layout(manifest, path)
        encoder = embedder or Embedder(manifest.model, commit=commit_of(manifest.revision))
        if manifest.engine == "server":
            index = index or os.environ.get("EVITRAIL_INDEX")
        _fits(manifest, path, index, encoder, chunker)
    elif how.create:
        encoder = embedder or Embedder()
        manifest = _new(index or "edge", encoder, chunker)
    else:
        said = f"{path}: expected an evidence store, found none"
        raise StoreError(f"{said}; make one with `evitrail store ingest FILE --store {path}`")
    if index is None and manifest.engine == "server":
        raise StoreError(
            f"{path}: its index is on a server; give its address, e.g. http://127.0.0.1:6333/evitrail, as index "
            "or EVITRAIL_INDEX"
        )
    address = _ledger_address(path, how.ledger)
    (path / "index").mkdir(parents=True, exist_ok=True)
    opened, mark = open_index(index or manifest.engine, path / "index", manifest), path / "index" / "seen"
    _mark_beside(path, manifest).unlink(missing_ok=True)  # left where an exchange was broken off at its end
    try:
        recorded = Ledger.open(address, how.clock)
        new = not file.is_file()
        if new:
            _unclaimed(opened, path)
        _forget_what_is_gone(opened, mark, recorded)
        if isinstance(address, str) and not (path / "ledger.url").is_file():
            _write(path / "ledger.url", recorded.dialect.where)
        if new:
            _write(file, manifest.in_full())
    except BaseException:
        opened.close()
        raise
    return StoreParts(path, recorded, manifest, _cached(encoder, path), opened, mark)


def expect_store_folder(path: Path) -> None:
    """Raise ``StoreError`` where there is something that is no store, nor may become one, or may not be written to."""
    if path.is_file():
        raise StoreError(f"{path}: expected the folder of an evidence store, got a file")
    if not (path / "manifest.json").is_file() and any(path.glob("journal*.db")):
        raise StoreError(f"{path}: expected the folder of an evidence store; it holds an experiment, name another one")
    for part in (path, path / "ledger.db", path / "embeddings.db", path / "index"):
        if part.exists() and not os.access(part, os.W_OK):
            raise ReadOnlyStore(part)


def successor(parts: StoreParts, embedder: Encoder | None, mode: Mode | None) -> IndexManifest:
    """The manifest of an index built now: for that model and that way of searching, else those it has."""
    old = parts.manifest
    new = old if embedder is None else _new(old.engine, embedder, old.chunker)
    if mode == "approximate" and old.engine != "edge":
        said = f"{parts.path}: expected the engine 'edge' for approximate search, got {old.engine!r}"
        raise StoreError(f"{said}, of which nobody can tell which build of a graph answered; leave it exact")
    known = old.search if old.search in SEARCHES.values() else SEARCHES["exact"]
    search = known if mode is None else SEARCHES[mode]
    return new.model_copy(update={"payload": PAYLOAD, "search": search, "build": ""})


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
    _write(old.path / "manifest.json", new.manifest.in_full())
    old.index.give_way(new.index)
    new.mark.unlink(missing_ok=True)
    return replace(new, mark=old.mark)


def _forget_what_is_gone(index: VectorIndex, mark: Path, ledger: Ledger) -> None:
    """Remove the mark of an index that is no more: it was deleted, or lost its passages, or was never filled.

    An index may be empty and yet have seen much, as long as nothing that was recorded has passages.
    """
    if index.fresh or (mark.is_file() and not index.count() and any(e.type in PASSAGED for e in ledger.events())):
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


def _write(file: Path, text: str) -> None:
    """Whole or not at all."""
    partial = file.with_name(f"{file.name}.part")
    with partial.open("w", encoding="utf-8") as out:
        out.write(text + "\n")
        out.flush()
        os.fsync(out.fileno())
    partial.replace(file)


def _new(index: str, encoder: Encoder, chunker: str) -> IndexManifest:
    engine = engine_of(index)
    return IndexManifest(
        engine=engine,
        engine_version=engine_version(engine),
        model=encoder.model,
        dimension=encoder.dimension,  # loads the model: only then is it known which one the hub gave
        chunker=chunker,
        lexical=BM25,
        payload=PAYLOAD,
        revision=_revision(encoder),
    )


def _revision(encoder: Encoder) -> str:
    return encoder.revision if isinstance(encoder, Revised) else ""


def commit_of(revision: str) -> str | None:
    """The revision, where it is one that a hub can be asked for."""
    return revision if re.fullmatch("[0-9a-f]{40}", revision) else None


def _read_manifest(file: Path) -> IndexManifest:
    try:
        return IndexManifest.model_validate_json(file.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError) as error:
        said = f"{file}: expected a store's manifest, got something else"
        raise StoreError(f"{said}; {_ANEW.format(path=file.parent)}") from error


def _unclaimed(index: VectorIndex, path: Path) -> None:
    """A new store must not take over points that it did not put there."""
    if not index.fresh and (held := index.count()):
        said = f"{path}: expected an empty index for a new store, got one with {held} passages"
        raise StoreError(f"{said}; delete it, or name another collection")


def _expect_layout(manifest: IndexManifest, path: Path) -> None:
    """Raise ``StoreError`` for an index whose points are laid out as they are no more."""
    if manifest.payload != PAYLOAD or manifest.search not in SEARCHES.values():
        said = f"{path}: its index was laid out by another version of evitrail"
        raise StoreError(
            f"{said} (points {manifest.payload}, expected {PAYLOAD}; search {manifest.search}); "
            f"run `evitrail store reindex --store {path}` (the ledger stays, and no text is embedded again)"
        )


def _fits(manifest: IndexManifest, path: Path, index: str | None, encoder: Encoder, chunker: str) -> None:
    engine = manifest.engine if index is None else engine_of(index)
    for name, made, asked in (
        ("engine", manifest.engine, engine),
        ("model", manifest.model, encoder.model),
        ("chunker", manifest.chunker, chunker),
        ("lexical", manifest.lexical, BM25),
        ("model revision", manifest.revision, _revision(encoder) or manifest.revision),
    ):
        if made != asked:
            said = f"{path}: built with {name} {made!r}, opened with {asked!r}"
            raise StoreError(f"{said}; open it as built, or {_ANEW.format(path=path)}")


_ANEW = "delete {path}/index and {path}/manifest.json, open with create=True and reindex (the ledger stays)"
