"""All that decides a run, stored at its beginning: what is read back when the run is scored, done again or forked."""

from __future__ import annotations

from evitrail.agent.model import Decoding
from evitrail.eval.dataset.case import Case
from evitrail.eval.plan.condition import Condition
from evitrail.traces.record import Record


class RunConfig(Record, stored_as="RunConfig"):
    """All that decides a run, stored at its beginning."""

    case: Case
    condition: Condition
    reader: str
    snapshot: str
    """What the store had recorded, whatever day is asked of: the same for all cases of an experiment."""
    seq: int
    """The ledger sequence number of that."""
    decoding: Decoding
