"""An experiment that is there, opened again: its journals, its store and its readers, as its plan names them.

Forks, what-if questions, verification and re-checks all begin here.

Rules kept here
- A key goes where its user says now, or else where the plan said: a variable that the plan names is for the servers of
  the plan, not for one that is first named now.

    with reopened(folder) as again:
        Trace(again.past, "gated.rad-001")
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from evitrail.agent.llm.server.keys import check_key_env, pinned, servers_of
from evitrail.eval.log.recorded_store import recorded_store
from evitrail.eval.plan.custom_conditions import admit
from evitrail.eval.plan.plan import PLAN, Plan, plan_in
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
    key_env: tuple[str, ...] = ()
    """Which environment variables hold the keys of which model servers."""


@contextmanager
def reopened(
    folder: Path,
    *,
    allow_code: bool = False,
    store: Path | EvidenceStore | None = None,
    key_env: Sequence[str] = (),
    models: Sequence[str] = (),
) -> Iterator[Reopened]:
    """An experiment's journals, store and readers; nothing is written.

    ``store`` is where its store is now, or the store itself where it is open already; None: where the plan says, or
    beside the experiment. ``key_env`` names the environment variables that hold the keys of model servers, those of
    ``models``, or else of the plan's.
    Raises ``ValueError`` for a journal without a plan, whose runs are external and cannot be done again here, and for
    a ``store`` that the experiment was not run on.
    """
    if any(folder.glob("journal*.db")) and not (folder / PLAN).exists():
        raise ValueError(
            f"{folder}: expected an experiment, found a journal without {PLAN}; the runs of "
            "another system cannot be executed here, because their code is not here"
        )
    with Journals.open(folder) as past:
        plan = _with_keys(plan_in(folder), key_env, models)
        admit(plan.asked, allow_code=allow_code)
        with recorded_store(folder, plan, past, store) as there:
            yield Reopened(past, there, readers_of(plan, there), plan.key_env)


def _with_keys(plan: Plan, key_env: Sequence[str], models: Sequence[str]) -> Plan:
    """The plan, with these variables read before its own; raises ``ValueError`` where a server is not told."""
    planned = (*plan.read_by, plan.judge)
    meant = models if servers_of(models) else planned
    try:
        check_key_env(key_env, meant)
        if not servers_of(meant) and any("=" not in entry for entry in key_env):
            raise ValueError("expected HOST=NAME, as no model's server is named")
    except ValueError as error:
        raise ValueError(f"--key-env: {error}") from error
    return plan.model_copy(update={"key_env": (*pinned(key_env, meant), *pinned(plan.key_env, planned))})
