"""Remembers vectors, so that a text is embedded once in a store's life and a rebuilt index equals the old one.

Rules kept here
- A vector is found by the text's SHA-256 and the model's name, and is never changed once stored.
- All texts not yet known go to the wrapped encoder in one call.
- Safe to use from several threads.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from evidence_store.embed import Encoder, Vectors

_ASKED = 500
"""How many names one SELECT may list; SQLite's own limit was 999 for long."""


@dataclass(frozen=True)
class EmbedCache:
    """An encoder that remembers what another encoder said."""

    encoder: Encoder
    path: Path
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @property
    def model(self) -> str:
        return self.encoder.model

    @property
    def dimension(self) -> int:
        return self.encoder.dimension

    def encode(self, texts: Sequence[str]) -> Vectors:
        names = [hashlib.sha256(text.encode()).digest() for text in texts]
        with self._lock, closing(self._connected()) as db:
            known = self._known(db, names)
            new = {name: text for name, text in zip(names, texts, strict=True) if name not in known}
            if new:
                vectors = self.encoder.encode(list(new.values()))
                rows = [(name, self.model, vector.tobytes()) for name, vector in zip(new, vectors, strict=True)]
                with db:
                    db.executemany("INSERT OR IGNORE INTO vector VALUES (?, ?, ?)", rows)
                known |= dict(zip(new, vectors, strict=True))
        return np.stack([known[name] for name in names]) if names else np.zeros((0, self.dimension), dtype=np.float32)

    def _known(self, db: sqlite3.Connection, names: list[bytes]) -> dict[bytes, Vectors]:
        known: dict[bytes, Vectors] = {}
        for at in range(0, len(names), _ASKED):
            some = names[at : at + _ASKED]
            marks = ",".join("?" * len(some))
            query = f"SELECT text, data FROM vector WHERE model = ? AND text IN ({marks})"
            rows = db.execute(query, [self.model, *some])
            known |= {text: np.frombuffer(data, dtype=np.float32) for text, data in rows}
        return known

    def _connected(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=30)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("CREATE TABLE IF NOT EXISTS vector (text BLOB, model TEXT, data BLOB, PRIMARY KEY (text, model))")
        return db
