"""Is an event as it was written, and does it follow the one before it? Asked whenever events are read.

Rules kept here
- Pure. What is read back is never trusted: a byte that was changed in the file may have made a number of a text.
- An event at fault is named by its number, and by its type and subject as far as these can be read.

    event_faults(row, expected=4, prev=last_hash)        # [] where it is sound
"""

from __future__ import annotations

from typing import Any

from evitrail.evidence_store.ledger.event import chained

TEXTS = ("at", "actor", "type", "subject", "body", "prev", "hash")
"""The columns of an event that are text; ``seq`` alone is a number."""
COVERED = ("seq", "at", "actor", "type", "subject", "body")
"""The columns that its hash covers, besides the hash before it."""


def event_faults(row: Any, expected: int, prev: str) -> list[str]:
    """What is wrong with a row of the ledger that should be event ``expected``, after the hash ``prev``."""
    columns = row._mapping
    if not isinstance(row.seq, int) or not all(isinstance(columns[name], str) for name in TEXTS):
        return [f"event {expected}: a column of it is not of its type any more; it was changed"]
    where, found = f"event {row.seq} ({row.type} {row.subject})", []
    if row.seq != expected:
        found.append(f"{where}: expected number {expected}; events are missing or were moved")
    if row.prev != prev:
        found.append(f"{where}: expected to follow {prev}, got {row.prev}")
    if chained(row.prev, **{name: columns[name] for name in COVERED}) != row.hash:
        found.append(f"{where}: its content does not give its hash {row.hash}; it was changed")
    return [_on_one_line(fault) for fault in found]


def _on_one_line(text: str) -> str:
    """What was changed may hold a line feed."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
