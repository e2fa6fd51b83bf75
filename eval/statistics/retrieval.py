"""How well an experiment's searches found what decides each case, and how often they served what misleads.

Rules kept here
- What is ranked are evidence versions, in the order in which they were served (``eval/log/served.py``); relevant are
  those that the case names as clean evidence. The numbers are those of ir-measures.
- A case that names no clean evidence is unknown, and so is a run that made no search. A search that found nothing
  relevant counts 0.
- Exposure: of the cases that name outdated (or conflicting) evidence, those where some of it was served. What the case
  names as clean evidence too misleads nobody. Whether it was believed is another number, ``stale_rate``.

    retrieval_rows(journal, outcomes(journal), cases(journal))[0]["nDCG@10"]["value"]

ir_measures takes a moment to import, so it is imported where it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from evitrail.eval.dataset.case import Case
from evitrail.eval.log.served import served
from evitrail.eval.metrics import Metric, stats
from evitrail.eval.metrics.base import mean
from evitrail.eval.metrics.definition import OURS
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.scored import Scored
from evitrail.eval.metrics.table import estimate_all
from evitrail.eval.report.profile import called
from evitrail.eval.statistics.answered import by_condition
from evitrail.traces.journal.view import JournalView
from evitrail.traces.trace import Trace

MEASURES = {
    "nDCG@10": (
        "How far up the clean evidence stands among the first ten versions served: 1 where all of it comes first.",
        "DCG / ideal DCG of the first 10, DCG = sum of relevance / log2(rank + 1)",
        "Järvelin and Kekäläinen (2002), ACM TOIS 20:422; by ir-measures",
    ),
    "R@10": (
        "Share of a case's clean evidence that is among the first ten versions served.",
        "relevant among the first 10 / relevant",
        "Manning, Raghavan, Schütze (2008), section 8.3; by ir-measures",
    ),
    "RR": (
        "How far up the first clean version stands.",
        "1 / rank of the first relevant version; 0 without one",
        "Voorhees (1999), TREC-8; by ir-measures",
    ),
    "P@1": (
        "Share of cases where the version served first is clean evidence.",
        "relevant among the first 1 / 1",
        "Manning, Raghavan, Schütze (2008), section 8.4; by ir-measures",
    ),
}
"""By the name that ir-measures prints: what it says, its formula and its source."""

Served = Mapping[str, tuple[str, ...] | None]
"""By run."""


def retrieval_rows(
    journal: JournalView, outcomes: Iterable[Outcome], cases: Mapping[str, Case]
) -> list[dict[str, Any]]:
    """One row per condition and reader that searched."""
    listed = list(outcomes)
    found = {outcome.run: served(Trace(journal, outcome.run)) for outcome in listed}
    values = _measured([one for one in listed if found[one.run] is not None], found, cases)
    metrics = retrieval_metrics(values, found)
    rows = []
    for condition, readers in by_condition(listed, called(listed)).items():
        for reader, by_case in sorted(readers.items()):
            runs = [Scored(outcome, cases.get(case)) for case, outcome in sorted(by_case.items())]
            searched = [run for run in runs if found[run.outcome.run] is not None]
            if searched:
                told = {"condition": condition, "reader": reader, "n": len(searched)}
                rows.append(told | estimate_all(metrics, searched, stats.bootstrap_draws(len(searched))))
    return rows


def retrieval_metrics(values: Mapping[str, Mapping[str, float]], found: Served) -> dict[str, Metric]:
    """The metrics; ``values`` are each run's by the names of ``MEASURES``, ``found`` is what each run was served."""
    measured = [
        Metric(name, description, formula, citation, mean(_of_run(values, name)), share=True)
        for name, (description, formula, citation) in MEASURES.items()
    ]
    exposed = [
        Metric(
            name=f"{kind}_exposure",
            description=f"Share of cases that name {what} evidence where some of it was served.",
            formula=f"#(served and {what} evidence of the case have a version in common) / cases that name some",
            citation=OURS,
            compute=mean(_exposure(found, f"{kind}_evidence")),
            share=True,
        )
        for kind, what in (("outdated", "outdated"), ("conflict", "conflicting"))
    ]
    return {metric.name: metric for metric in (*measured, *exposed)}


def _of_run(values: Mapping[str, Mapping[str, float]], name: str) -> Callable[[Scored], float | None]:
    return lambda run: values.get(run.outcome.run, {}).get(name)


def _exposure(found: Served, key: str) -> Callable[[Scored], float | None]:
    def exposed(run: Scored) -> float | None:
        named = set(getattr(run.case, key)).difference(run.case.clean_evidence) if run.case else ()
        return float(not named.isdisjoint(found.get(run.outcome.run) or ())) if named else None

    return exposed


def _measured(runs: Iterable[Outcome], found: Served, cases: Mapping[str, Case]) -> dict[str, dict[str, float]]:
    """The measures of each run whose case names clean evidence."""
    import ir_measures

    named = {run.run: cases[run.case].clean_evidence for run in runs if run.case in cases}
    relevant = {run: dict.fromkeys(clean, 1) for run, clean in named.items() if clean}
    if not relevant:
        return {}
    # trec_eval goes by the score: a higher one for an earlier place.
    ranked = {run: {ref: -float(place) for place, ref in enumerate(found[run] or ())} for run in relevant}
    values: dict[str, dict[str, float]] = {run: dict.fromkeys(MEASURES, 0.0) for run in relevant}
    for one in ir_measures.iter_calc([ir_measures.parse_measure(name) for name in MEASURES], relevant, ranked):
        values[one.query_id][str(one.measure)] = float(one.value)
    return values
