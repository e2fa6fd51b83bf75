"""How often searches served what misleads, of cases that name it."""

from __future__ import annotations

from typing import Any

from ward import case

from evitrail.eval.metrics import Scored
from evitrail.eval.metrics.outcome import Outcome, score
from evitrail.eval.statistics.retrieval import MEASURES, retrieval_metrics


def scored(name: str, **evidence: Any) -> Scored:
    said: dict[str, Any] = {"condition": "standard", "reader": "r", "snapshot": "s", "answer": "B", "options": 2}
    outcome: Outcome = score(run=name, case=name, labels={}, chosen="B", ballots=(), **said)
    return Scored(outcome, case(name, **evidence))


def test_exposure_counts_what_was_served_and_misleads_of_cases_that_name_some() -> None:
    runs = [
        scored("served", clean_evidence=("new@1",), outdated_evidence=("old@1",)),
        scored("kept-out", clean_evidence=("new@1",), outdated_evidence=("old@1",)),
        scored("unnamed", clean_evidence=("new@1",)),
        scored("clean-too", clean_evidence=("new@1",), conflict_evidence=("new@1", "other@1")),
    ]
    found = {"served": ("new@1", "old@1"), "kept-out": ("new@1",), "unnamed": ("old@1",), "clean-too": ("new@1",)}
    metrics = retrieval_metrics({}, found)
    assert (metrics["outdated_exposure"].value(runs), metrics["outdated_exposure"].cases(runs)) == (0.5, 2)
    assert (metrics["conflict_exposure"].value(runs), metrics["conflict_exposure"].cases(runs)) == (0.0, 1)


def test_without_a_search_or_clean_evidence_every_measure_is_unknown() -> None:
    metrics = retrieval_metrics({"a": {"RR": 0.5}}, {"a": ("x@1",), "b": None})
    runs = [scored("a"), scored("b")]
    assert (metrics["RR"].value(runs), metrics["RR"].cases(runs)) == (0.5, 1)
    assert [metrics[name].value(runs) for name in MEASURES if name != "RR"] == [None] * 3
