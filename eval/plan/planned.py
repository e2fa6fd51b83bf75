"""How many runs a plan asks for, counted without opening its store or asking a model server.

Rules kept here
- A run is a condition, a reader and a case. A case that does not name what a condition serves is not asked under it.
- What only the store or a server can tell is not counted: a condition that is excluded because a reader cannot hold it
  counts as planned all the same.

    planned_runs(plan_in(folder))
"""

from __future__ import annotations

from pathlib import Path

from evitrail.eval.dataset.case import load
from evitrail.eval.plan.plan import Plan


def planned_runs(plan: Plan) -> int:
    """The number of runs; raises ``InputError`` where the plan or its benchmark cannot be read."""
    cases = plan.select(load(Path(plan.benchmark)))
    return len(plan.read_by) * sum(condition.serves(case) for condition in plan.asked for case in cases)
