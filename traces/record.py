"""A record is a value that keeps its meaning: frozen, closed, and named by its own content.

Rules kept here
- A ``Record`` cannot be changed after it is made, and refuses keys it does not know.
- Its name is its content: ``content_id`` hashes the type's name and the canonical JSON, so equal
  records have equal names in every process, on every machine, in every year.
- Canonical JSON has sorted keys, no spaces, Unicode in NFC, and no NaN or infinity: two spellings
  of one value cannot exist.

    >>> class Dose(Record):
    ...     drug: str
    ...     milligrams: float
    >>> content_id(Dose(drug="alteplase", milligrams=90)) == content_id(Dose(milligrams=90.0, drug="alteplase"))
    True

This module knows nothing of time, storage or medicine.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import Any

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A frozen value that may cross a folder, be stored, and be named by its content."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def canonical_json(value: Record | dict[str, Any] | list[Any]) -> str:
    """The one JSON text of a value; raises ``ValueError`` for NaN or infinity."""
    body = value.model_dump(mode="json") if isinstance(value, Record) else value
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return unicodedata.normalize("NFC", text)


def sha256(data: bytes) -> str:
    """A digest tagged with its algorithm, so that a later one can stand beside it."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def content_id(record: Record) -> str:
    """The name of a record: ``sha256:`` and 64 hex digits over its type and canonical JSON."""
    return sha256(f"{type(record).__name__}\n{canonical_json(record)}".encode())
