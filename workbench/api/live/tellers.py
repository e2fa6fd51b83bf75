"""Events that do not come from the journal: that results were written, and how far the store's ledger goes.

Rules kept here
- A teller reads files and returns their present state; the watcher sends an event when that has changed.
- Nothing is opened while no file changed.

    results_written(folder), store_seq(folder)
"""

from __future__ import annotations

from pathlib import Path

from evitrail.workbench.api.fresh import stamps_of
from evitrail.workbench.api.runs.pack import result_files
from evitrail.workbench.api.store.state import store_state


def results_written(folder: Path) -> dict[str, str] | None:
    """What changes whenever the results are written again; None where there are none."""
    stamps = stamps_of(result_files(folder))
    return {"stamp": "-".join(str(changed) for _, _, changed in stamps)} if stamps[0][1] >= 0 else None


def store_seq(folder: Path) -> dict[str, int] | None:
    """How far the ledger of the experiment's store goes; None where it is not available."""
    state = store_state(folder)
    if not state.found or state.seq is None or state.newer is None:
        return None
    return {"seq": state.seq + state.newer, "newer": state.newer}
