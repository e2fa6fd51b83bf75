"""What the runs of an experiment cost at prices that the user gives, beside those of its plan.

Rules kept here
- Nothing is run again: tokens are those on record. What a run took in time does not depend on prices.
- A model without a price is named, and the money of its runs is unknown; a price without a model is refused
  (``read_prices``).

    cost = cost_at(Path("evitrail-run"), Path("prices.toml"))
    cost.rows[0]["money"], cost.without_price
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from evitrail.eval.log.runs import cases, outcomes
from evitrail.eval.log.scored_runs import RecordedRun, scored_runs
from evitrail.eval.metrics.prices import price_of, read_prices
from evitrail.eval.metrics.table import cost_rows
from evitrail.eval.plan.plan import PLAN, read_plan
from evitrail.traces.journal.folder import Journals


class Cost(NamedTuple):
    """The rows of ``cost.json`` at other prices."""

    rows: list[dict[str, Any]]
    without_price: list[str]
    """Models that runs called and that have no price."""


def cost_at(folder: Path, prices: Path) -> Cost:
    """The cost of each condition; raises ``InputError`` with every fault of the table."""
    with Journals.open(folder) as journal:
        plan = read_plan(folder / PLAN) if (folder / PLAN).is_file() else None
        scored, shown = outcomes(journal), {name: case.covered for name, case in cases(journal).items()}
        runs = [one.recorded for one in scored_runs(scored, journal, shown, plan)]
        called = {(run.reader, model) for run in runs if isinstance(run, RecordedRun) for model in run.models}
        readers = {name for reader, _ in called for name in reader} | set(plan.read_by if plan else ())
        stated = read_prices(prices, {model for _, model in called} | readers)
        rows = cost_rows(scored_runs(scored, journal, shown, plan, stated))
    unknown = sorted({model for reader, model in called if price_of((*reader, model), stated) is None})
    return Cost(rows, unknown)
