"""What the store of an experiment held, for a loss funnel: the store is found as the experiment recorded it.

Rules kept here
- An experiment without a plan ran on no store that is known; there is nothing to ask.
- A store that is not available raises ``LostStore``: the caller says so, and counts without it.

    with recorded_standing(folder) as standing:
        loss_funnel(Columns.of(folder), places, standing)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evitrail.eval.log.recorded_store import recorded_store
from evitrail.eval.plan.plan import PLAN, plan_in
from evitrail.eval.query.loss_funnel import Standing, standing_in
from evitrail.traces.journal.folder import Journals


@contextmanager
def recorded_standing(folder: Path, given: Path | None = None) -> Iterator[Standing | None]:
    """What the experiment's store held, which is ``given`` where it was moved; None where there is no plan."""
    if not (folder / PLAN).is_file():
        if given is not None:
            raise ValueError(f"--store: expected an experiment that ran on a store, {folder} has no {PLAN}")
        yield None
        return
    with Journals.open(folder) as past, recorded_store(folder, plan_in(folder), past, given) as store:
        yield standing_in(store)
