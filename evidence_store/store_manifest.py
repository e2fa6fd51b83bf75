"""What a store was made with, as its manifest says, and whether that is what is asked for.

Rules kept here
- A folder without a store is an error that names the folder and the command that makes one.
- ``manifest.json`` says what the index was built with; another engine, model or chunker is refused, because its
  results would be neither the old ones nor comparable. So is another model under the same name; no model is loaded
  to tell. A model of the hub is taken as it was when the index was built.
- An index of another layout than is written now is refused, with the command that rebuilds it.
- The address of an index on a server must be given, in the call or as ``EVITRAIL_INDEX``: a folder from elsewhere
  cannot choose the server that a key is sent to.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from evitrail.evidence_store.errors import ReadOnlyStore, StoreError
from evitrail.evidence_store.index import engine_of, engine_version
from evitrail.evidence_store.index.embed import Embedder, Encoder, Revised
from evitrail.evidence_store.index.manifest import PAYLOAD, SEARCHES, IndexManifest
from evitrail.evidence_store.index.words import BM25
from evitrail.evidence_store.ledger.ledger import utc_now


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
    read_only: bool = False
    """Whether nothing will be recorded, so that others may write meanwhile."""


@dataclass(frozen=True)
class MadeWith:
    """What a store was made with, or is to be made with."""

    manifest: IndexManifest
    encoder: Encoder
    index: str | None
    """Which engine was asked for, by name or address."""
    new: bool


def made_with(path: Path, how: Opening) -> MadeWith:
    """What the store at ``path`` was made with; raises ``StoreError`` where it is not what ``how`` asks for."""
    index, file = how.index, path / "manifest.json"
    expect_store_folder(path)
    new = not file.is_file()
    if new and not how.create:
        said = f"{path}: expected an evidence store, found none"
        raise StoreError(f"{said}; make one with `evitrail store ingest FILE --store {path}`")
    if new:
        encoder = how.embedder or Embedder()
        manifest = new_manifest(index or "edge", encoder, how.chunker)
    else:
        manifest = _read_manifest(file)
        if not how.rebuild:
            _expect_layout(manifest, path)
        encoder = how.embedder or Embedder(manifest.model, commit=commit_of(manifest.revision))
        if manifest.engine == "server":
            index = index or os.environ.get("EVITRAIL_INDEX")
        _expect_fit(manifest, path, index, encoder, how.chunker)
    if index is None and manifest.engine == "server":
        raise StoreError(
            f"{path}: its index is on a server; give its address, e.g. http://127.0.0.1:6333/evitrail, as index "
            "or EVITRAIL_INDEX"
        )
    return MadeWith(manifest, encoder, index, new)


def expect_store_folder(path: Path) -> None:
    """Raise ``StoreError`` where there is something that is no store, nor may become one, or may not be written to."""
    if path.is_file():
        raise StoreError(f"{path}: expected the folder of an evidence store, got a file")
    if not (path / "manifest.json").is_file() and any(path.glob("journal*.db")):
        raise StoreError(f"{path}: expected the folder of an evidence store; it holds an experiment, name another one")
    for part in (path, path / "ledger.db", path / "embeddings.db", path / "index", path / "index" / "edge"):
        if part.exists() and not os.access(part, os.W_OK):
            raise ReadOnlyStore(part)


def new_manifest(index: str, encoder: Encoder, chunker: str) -> IndexManifest:
    """The manifest of an index that is made now."""
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


def _expect_layout(manifest: IndexManifest, path: Path) -> None:
    """Raise ``StoreError`` for an index whose points, words or graph are laid out as they are no more."""
    if (manifest.payload, manifest.lexical) != (PAYLOAD, BM25) or manifest.search not in SEARCHES.values():
        said = f"{path}: its index was laid out by another version of evitrail"
        raise StoreError(
            f"{said} (points {manifest.payload}, words {manifest.lexical}, search {manifest.search}; expected points "
            f"{PAYLOAD}, words {BM25}, and a search among {', '.join(SEARCHES.values())}); "
            f"run `evitrail store reindex --store {path}` (the ledger stays, and no text is embedded again)"
        )


def _expect_fit(manifest: IndexManifest, path: Path, index: str | None, encoder: Encoder, chunker: str) -> None:
    engine = manifest.engine if index is None else engine_of(index)
    for name, made, asked in (
        ("engine", manifest.engine, engine),
        ("model", manifest.model, encoder.model),
        ("chunker", manifest.chunker, chunker),
        ("model revision", manifest.revision, _revision(encoder) or manifest.revision),
    ):
        if made != asked:
            said = f"{path}: built with {name} {made!r}, opened with {asked!r}"
            raise StoreError(f"{said}; open it as built, or {_ANEW.format(path=path)}")


_ANEW = "delete {path}/index and {path}/manifest.json, open with create=True and reindex (the ledger stays)"
