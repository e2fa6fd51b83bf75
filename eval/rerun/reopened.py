"""An experiment that is there, opened again: its journals, its store and its readers, as its plan names them.

Forks, what-if questions, verification and re-checks all begin here.

    with reopened(folder) as again:
        Trace(again.past, "gated.rad-001")
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from evitrail.eval.log.recorded_store import recorded_store
from evitrail.eval.plan.custom_conditions import admit
from evitrail.eval.plan.plan import PLAN, plan_in
from evitrail.eval.plan.readers import Readers
from evitrail.eval.resolve import readers_of
from evitrail.evidence_store import EvidenceStore
from evitrail.traces import Journals


class Reopened(NamedTuple):
    """What is needed to do something with an experiment again."""

    past: Journals
    """All that was recorded; new runs go into ``Journal.open``."""
    store: EvidenceStore
    readers: Readers


@contextmanager
def reopened(
    folder: Path, *, allow_code: bool = False, store: Path | EvidenceStore | None = None
) -> Iterator[Reopened]:
    """An experiment's journals, store and readers; nothing is written.

    ``store`` is where its store is now, or the store itself where it is open already; None: where the plan says, or
    beside the experiment.
    Raises ``ValueError`` for a journal without a plan, whose runs are external and cannot be done again here, and for
    a ``store`` that the experiment was not run on.
    """
    if any(folder.glob("journal*.db")) and not (folder / PLAN).exists():
        raise ValueError(
            f"{folder}: expected an experiment, found a journal without {PLAN}; the runs of "
            "another system cannot be executed here, because their code is not here"
        )
    with Journals.open(folder) as past:
        plan = plan_in(folder)
        admit(plan.asked, allow_code=allow_code)
        with recorded_store(folder, plan, past, store) as there:
            yield Reopened(past, there, readers_of(plan, there))
