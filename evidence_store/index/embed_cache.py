"""Remembers vectors, so that a text is embedded once in a store's life and a rebuilt index equals the old one.

Rules kept here
- A vector is found by the text's SHA-256 and the model's name and revision, and is never changed once stored.
- All texts not yet known go to the wrapped encoder in one call.
- What is embedded ``apart`` is not written: a vector tells what its text was about, and the bare hash of a short
  text can be guessed. It is cached in this process, the newest ``ASIDE`` of them.
- What SQLite complains of becomes one line. Nothing is lost with the file: it may be deleted, and fills again.
- What was read is kept in memory, the newest ``ASIDE`` vectors of it.
- Safe to use from several threads.

    with apart():           # a patient's question
        store.encoder.encode([question.stem])
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.index.embed import Encoder, Revised, Vectors
from evitrail.evidence_store.ledger.dialect.sqlite import complaint
from evitrail.traces.sqlite_fault import UNREADABLE

_ASKED = 500
"""How many names one SELECT may list; SQLite's own limit was 999 for long."""

PATIENCE = 30.0
"""Seconds that one process waits for another to finish writing."""

_ANEW = "delete it with its -wal and -shm, it fills again by itself"

ASIDE = 20_000
"""Vectors kept in memory alone: 30 MB of minilm's."""

_apart: ContextVar[bool] = ContextVar("apart", default=False)


@contextmanager
def apart() -> Iterator[None]:
    """Within the block, nothing that this thread embeds is written to disk."""
    before = _apart.set(True)
    try:
        yield
    finally:
        _apart.reset(before)


@dataclass(frozen=True)
class EmbedCache:
    """An encoder that caches the vectors of another encoder."""

    encoder: Encoder
    path: Path
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)
    _aside: dict[bytes, Vectors] = field(default_factory=dict, repr=False, compare=False)
    _read: dict[str, Vectors] = field(default_factory=dict, repr=False, compare=False)
    """What was read from the file lately, by its text, so that it is not opened for every reading of one passage."""

    @property
    def model(self) -> str:
        return self.encoder.model

    @property
    def dimension(self) -> int:
        return self.encoder.dimension

    @property
    def revision(self) -> str:
        return self.encoder.revision if isinstance(self.encoder, Revised) else ""

    def encode(self, texts: Sequence[str]) -> Vectors:
        import numpy as np

        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        with self._lock:
            known = {text: self._read[text] for text in texts if text in self._read}
            missing = [text for text in dict.fromkeys(texts) if text not in known]
            if missing:
                known |= self._found_or_made(missing)
        return np.stack([known[text] for text in texts])

    def _found_or_made(self, texts: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of these texts, from the file as far as it has them."""
        names = {hashlib.sha256(text.encode()).digest(): text for text in texts}
        with self._store_errors(), closing(self._connected()) as db:
            found = self._cached(db, list(names))
            new = {name: text for name, text in names.items() if name not in found}
            if new:
                made = dict(zip(new, self.encoder.encode(list(new.values())), strict=True))
                self._keep(db, made)
                found |= made
        known = {names[name]: vector for name, vector in found.items()}
        if not _apart.get():
            self._remember(known)
        return known

    def _remember(self, known: dict[str, Vectors]) -> None:
        """In memory too, the newest ``ASIDE`` of them."""
        self._read.update(known)
        for text in [*islice(self._read, max(0, len(self._read) - ASIDE))]:
            del self._read[text]

    def _keep(self, db: sqlite3.Connection, made: dict[bytes, Vectors]) -> None:
        if _apart.get():
            self._aside.update(made)
            for name in [*islice(self._aside, max(0, len(self._aside) - ASIDE))]:
                del self._aside[name]
            return
        with db:
            model = self._model
            rows = [(name, model, vector.tobytes()) for name, vector in made.items()]
            db.executemany("INSERT OR IGNORE INTO vector VALUES (?, ?, ?)", rows)

    def _cached(self, db: sqlite3.Connection, names: list[bytes]) -> dict[bytes, Vectors]:
        import numpy as np

        known = {name: self._aside[name] for name in names if name in self._aside} if _apart.get() else {}
        for at in range(0, len(names), _ASKED):
            some = names[at : at + _ASKED]
            marks = ",".join("?" * len(some))
            query = f"SELECT text, data FROM vector WHERE model = ? AND text IN ({marks})"
            rows = db.execute(query, [self._model, *some])
            known |= {text: np.frombuffer(data, dtype=np.float32) for text, data in rows}
        return known

    @property
    def _model(self) -> str:
        return f"{self.model} {self.revision}".strip()

    @contextmanager
    def _store_errors(self) -> Iterator[None]:
        try:
            yield
        except UNREADABLE as error:
            said = complaint(
                error, self.path, "a cache of vectors", patience=PATIENCE, again="do it again", damaged=_ANEW
            )
            raise StoreError(f"{self.path}: {said}") from error

    def _connected(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=PATIENCE)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute(
                "CREATE TABLE IF NOT EXISTS vector (text BLOB, model TEXT, data BLOB, PRIMARY KEY (text, model))"
            )
        except BaseException:
            db.close()
            raise
        return db
