"""How large a store is."""

from __future__ import annotations

from evitrail.traces.record import Record


class Stats(Record):
    """How large a store is, and what it searches with."""

    versions: int
    lineages: int
    retracted: int
    events: int
    passages: int
    engine: str
    model: str
    head: str
    """The ledger's last hash; keep it elsewhere to notice a cut ledger."""
