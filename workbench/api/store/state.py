"""The evidence store of an experiment: found where its plan says or beside it, or which store is lacking.

Rules kept here
- A store counts as found only if its ledger holds what the experiment recorded (``eval/log/recorded_store.py``).
- No embedding model is loaded to open one.

    store_state(folder).found
"""

from __future__ import annotations

from pathlib import Path

from evitrail.eval.plan.plan import PLAN, plan_in
from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.input_text import InputError
from evitrail.traces.journal.errors import JournalError
from evitrail.traces.record import Record
from evitrail.workbench.api.fresh import Fresh
from evitrail.workbench.api.store.kept import kept_store, store_files
from evitrail.workbench.one_line import one_line


class StoreState(Record):
    """Whether an experiment's store is available."""

    found: bool
    name: str | None = None
    """The store's folder, without where it lies."""
    seq: int | None = None
    """The ledger number that the experiment saw."""
    newer: int | None = None
    """Events that the ledger holds since."""
    lacking: str = ""
    """Which store is lacking and what to do, in one line; empty where it is found."""


def _state(folder: Path) -> StoreState:
    if not (folder / PLAN).is_file():
        return StoreState(found=False, lacking=f"the experiment has no {PLAN}, which names its store")
    try:
        plan = plan_in(folder)
        with kept_store(folder) as store:
            newer = store.seq - plan.seq if plan.seq is not None else None
            return StoreState(found=True, name=store.path.resolve().name, seq=plan.seq, newer=newer)
    except (StoreError, InputError, JournalError, OSError, ValueError) as error:
        return StoreState(found=False, lacking=one_line(error))


store_state = Fresh(_state, store_files)
"""The state of an experiment's store."""
