"""What a step may use: the snapshot, a retriever, a reader, and the run that records every call.

Rules kept here
- A step reaches nothing but its ``Tools``; every call goes through ``tools.run.step``.
- Any role can have a stand-in. That is how a fork swaps the reader at one step, and how attribution
  replaces one mechanism by its oracle, with nothing else touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from agent.model import Decoding
from agent.reader.base import Reader
from evidence_store.snapshot import Snapshot
from retrieval.base import Retriever
from traces.run import Run

Reading = Literal["critique", "requery", "synthesise", "choose"]
"""The roles a reader plays."""


@dataclass(frozen=True)
class Tools:
    """Everything an agent is given besides the question."""

    run: Run
    snapshot: Snapshot
    reader: Reader
    retriever: Retriever | None = None
    k: int = 10
    decoding: Decoding = field(default_factory=Decoding)
    stand_ins: Mapping[Reading, Reader] = field(default_factory=dict)

    def reader_for(self, role: Reading) -> Reader:
        """Who reads in this role."""
        return self.stand_ins.get(role, self.reader)
