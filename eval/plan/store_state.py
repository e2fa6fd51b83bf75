"""Which state of the store a condition sees: that of the experiment, an earlier one, or the same as of another day.

Rules kept here
- A release or ledger number says what had been recorded; the day asked of stays the case's.
- A day says of which day every case is asked; what had been recorded stays the experiment's.
- A run keeps both (its case's day, its ledger number), so whoever does it again asks nothing but the run.

    states(conditions, store, seq=412)["r2024-06"].seq        # 388
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from evitrail.eval.dataset.case import Case
from evitrail.eval.plan.condition import Condition
from evitrail.eval.plan.custom_conditions import DAY
from evitrail.evidence_store.store import EvidenceStore


class StoreState(NamedTuple):
    """What a condition sees of the store."""

    seq: int
    """The ledger number up to which it had been recorded."""
    snapshot: str
    """The name of that."""
    as_of: date | None = None
    """The day that all cases are asked of; None leaves each its own."""

    def asked(self, case: Case) -> Case:
        """The case as it is put to the condition."""
        return case if self.as_of is None else case.model_copy(update={"as_of": self.as_of})


def states(
    conditions: Iterable[Condition], store: EvidenceStore, seq: int | None = None
) -> dict[str | None, StoreState]:
    """The state that each condition names; raises ``EvidenceError`` where the store never was in one.

    ``seq`` is the ledger number of the experiment, None for all that is recorded.
    """
    recorded = store.snapshot(seq=seq)
    found: dict[str | None, StoreState] = {None: StoreState(recorded.seq, recorded.id)}
    for name in dict.fromkeys(condition.snapshot for condition in conditions if condition.snapshot):
        if DAY.fullmatch(name):
            found[name] = StoreState(recorded.seq, recorded.id, date.fromisoformat(name))
        else:
            at = recorded.seq if name == "now" else store.seq_of(name)
            found[name] = StoreState(at, store.snapshot(seq=at).id)
    return found
