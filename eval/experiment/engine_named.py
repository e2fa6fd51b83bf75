"""Which engine carries out the runs of a plan, by the name that the command line calls it: ``threads``, or ``ray``.

An engine is one line in ``ENGINES``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from evitrail.eval.experiment.answer import answer_by
from evitrail.eval.experiment.experiment import Engine
from evitrail.eval.experiment.job import Answerer
from evitrail.eval.experiment.ray import Ray
from evitrail.eval.plan.custom_conditions import admit
from evitrail.eval.plan.plan import Plan
from evitrail.eval.resolve import readers_of
from evitrail.evidence_store import EvidenceStore


@contextmanager
def answering(plan: Plan, allow_code: bool) -> Iterator[Answerer]:
    """Opened by a worker of Ray: what a run comes to with the plan's readers, on the store, which it only reads."""
    admit(plan.asked, allow_code=allow_code)
    with EvidenceStore.open(Path(plan.store), read_only=True) as store:
        yield partial(answer_by, store, readers_of(plan, store))


ENGINES: dict[str, Callable[[Plan, int, str | None, bool], Engine | None]] = {
    "threads": lambda plan, workers, address, allow_code: None,
    "ray": lambda plan, workers, address, allow_code: Ray(partial(answering, plan, allow_code), workers, address),
}
"""Each is given the plan, how many workers, a cluster's address, and whether code may run; None is this process."""


def engine_named(name: str, plan: Plan, workers: int, address: str | None, *, allow_code: bool) -> Engine | None:
    """The engine of that name, None for threads of this process; raises ``ValueError`` listing those there are."""
    if name not in ENGINES:
        raise ValueError(f"--engine: expected {' or '.join(ENGINES)}, got {name!r}")
    return ENGINES[name](plan, workers, address, allow_code)
