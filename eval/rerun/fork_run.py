"""Fork a run of an experiment's folder: the whole of it in one call, for the command line and for Python.

    forked = fork_run("evitrail-demo/experiment", "standard.radiology-003", {"retriever": "clean"}, at="retrieve[1]")
    forked.answer.option, [(step.path, step.verdict) for step in forked.checked]

Rules kept here
- Only steps that the change affects are executed; the others are reused, and no model is asked again for them.
- The fork is stored beside its parent and sealed with it. Nothing is written where the change cannot be made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evitrail.eval.log.runs import JOURNAL, find_run
from evitrail.eval.rerun.changes import snapshot_change
from evitrail.eval.rerun.fork import Forked, fork, forking
from evitrail.eval.rerun.reopened import reopened
from evitrail.traces.audit.seal import seal
from evitrail.traces.journal.journal import Journal


def fork_run(
    folder: Path | str,
    run: str,
    changes: Mapping[str, Any],
    *,
    at: str | None = None,
    allow_code: bool = False,
    acknowledged: str | None = None,
    store: Path | None = None,
    key_env: Sequence[str] = (),
) -> Forked:
    """Do a recorded run again with something changed from step ``at`` on, or from the start.

    ``changes`` are those of ``changes.py``, and ``snapshot``: "now", a ledger number or a day.

    ``acknowledged`` is who answers for steps that write outside evitrail. ``store`` is where the experiment's store is
    now; None: where the plan says, or beside the experiment. ``key_env`` names the environment variables that hold the
    keys of model servers. Raises ``ValueError`` for a run, a step or a change that there is not.
    """
    folder = Path(folder)
    judges = [str(changes["judge"])] if "judge" in changes else []
    opening = reopened(folder, allow_code=allow_code, store=store, key_env=key_env, models=judges)
    with opening as again, Journal.open(folder / JOURNAL) as journal:
        state = snapshot_change(str(changes["snapshot"]), again.store.seq) if "snapshot" in changes else {}
        stated = {name: value for name, value in changes.items() if name != "snapshot"} | state
        what = forking(find_run(again.past, run), at, stated)
        forked = fork(journal, what, again.store, again.readers, past=again.past, acknowledged=acknowledged)
        seal(journal, over=again.past)
    return forked
