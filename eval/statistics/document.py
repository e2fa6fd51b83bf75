"""All statistics of an experiment as one document: statistics.json, and what ``evitrail statistics`` shows.

Rules kept here
- Every number is told with its definition: ``definitions`` holds the printed name, the formula and the source.
- Equal outcomes give equal bytes: the bootstrap has one seed, and everything is in the order of tables.
- What cannot be known from these outcomes is null, and a table that nothing stands in is empty.

    document = statistics(outcomes, metric_rows(outcomes), Wanted())
    document["ensembles"], document["concentration"], document["paired_tests"]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evitrail.eval.metrics import COST, METRICS, WEIGHTED, Metric
from evitrail.eval.metrics import concentration as harm
from evitrail.eval.metrics.definition import Definition
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.plan.condition import ALIASES, Condition
from evitrail.eval.report.profile import called, region
from evitrail.eval.statistics import paired_tests, resources, scaling, selective
from evitrail.eval.statistics.answered import Answered, by_condition, expect_known, readers_of
from evitrail.eval.statistics.citations import citation_metrics
from evitrail.eval.statistics.ensemble import ENSEMBLE_METRICS, PUBLISHED_ENSEMBLES, Ensemble, ensemble_rows
from evitrail.eval.statistics.families import Model, published_models
from evitrail.eval.statistics.per_question import question_rows
from evitrail.eval.statistics.retrieval import retrieval_metrics

Row = dict[str, Any]
ALL = "all"
"""The condition of a row over all conditions together."""
SHARED = ("accuracy", "high_risk_rate", "dangerous_overconf_rate")
"""Metrics whose variance and scaling are told, as in figure 4."""
HARMS: tuple[harm.Harm, ...] = ("high_risk", "unsafe", "contradicts", "wrong")


@dataclass(frozen=True)
class OnRecord:
    """What is known of the conditions beside their outcomes."""

    settings: Mapping[str, Condition] | None = None
    """By condition; None: those that a condition of this name has here."""
    amounts: Mapping[resources.Arm, resources.Amounts] = field(default_factory=dict)
    """The tokens of each condition, by the names that its rows have."""


@dataclass(frozen=True)
class Wanted:
    """What a user may ask for beside the published choices."""

    ensembles: tuple[Ensemble, ...] = ()
    """Left out: those of the published trios whose members are all there."""
    baseline: str | None = None
    """A condition to test every other one against, in place of the published pairs."""
    models: Mapping[str, Model] | None = None
    """Family and size of each model; None: those of the published 34."""


def definitions() -> list[Row]:
    """Every statistic: its printed name, what it says, its formula and its source."""
    metrics: dict[str, Metric | Definition] = {**METRICS, **WEIGHTED, **COST, **ENSEMBLE_METRICS}
    metrics |= retrieval_metrics({}, {}) | citation_metrics({})
    metrics |= {**harm.DEFINITIONS, **paired_tests.DEFINITIONS, **selective.DEFINITIONS, **scaling.DEFINITIONS}
    metrics |= resources.DEFINITIONS
    return [
        {"name": name, "description": one.description, "formula": one.formula, "source": one.citation}
        for name, one in metrics.items()
    ]


def statistics(
    outcomes: Sequence[Outcome], rows: Iterable[Mapping[str, Any]], wanted: Wanted, known: OnRecord | None = None
) -> Row:
    """The document; ``rows`` are those of ``metric_rows`` over the same outcomes."""
    known = known or OnRecord()
    rows, labels = list(rows), called(outcomes)
    named = {row["condition"] for row in rows}
    settings = resources.known_settings(named) if known.settings is None else known.settings
    answered = by_condition(outcomes, labels)
    ensembles = _ensembles(answered, wanted)
    pairs = _pairs(answered, wanted)
    conditions: list[Row] = [
        {**row, "reader": labels.get(row["reader"], row["reader"]), "safe_region": region(row)} for row in rows
    ]
    models = published_models() if wanted.models is None else wanted.models
    readers = readers_of(answered)
    return {
        "readers": readers,
        "overridden": sum(bool(outcome.relabelled) for outcome in outcomes),
        "conditions": conditions,
        "paired_tests": paired_tests.paired_rows(answered, pairs),
        "ensembles": ensemble_rows(answered, ensembles),
        "concentration": concentration_rows(answered),
        "risk_coverage": risk_coverage_rows(answered),
        "safety_filter": scaling.safety_filters(conditions),
        "without_family": [reader for reader in readers if reader not in models],
        "variance_shares": _variance_rows(conditions, models),
        "scaling": _scaling_rows(conditions, models),
        "resource_scaling": resources.resource_rows(rows, SHARED, settings, known.amounts, labels),
        "questions": question_rows(answered),
        "definitions": definitions(),
    }


def concentration_rows(answered: Answered) -> list[Row]:
    """Over all runs, and under each condition that more than one reader answered."""
    counts = {
        condition: {kind: harm.errors_by_question(_listed(readers), kind) for kind in HARMS}
        for condition, readers in answered.items()
    }
    together = {kind: harm.added(one[kind] for one in counts.values()) for kind in HARMS}
    several = {condition: counts[condition] for condition, readers in answered.items() if len(readers) > 1}
    return [
        {"condition": condition, "error": kind} | _concentrated(harm.concentration(errors))
        for condition, by_kind in {ALL: together, **several}.items()
        for kind, errors in by_kind.items()
    ]


def risk_coverage_rows(answered: Answered) -> list[Row]:
    """One curve per condition, reader and kind of failure."""
    found = []
    for condition, readers in answered.items():
        for reader, cases in readers.items():
            for risk, curve in selective.risk_curves(cases.values()).items():
                told = {"condition": condition, "reader": reader, "risk": risk, "n": curve.n}
                told |= {selective.AREA.name: curve.area._asdict()}
                told |= {selective.SELECTIVE_RISK.name: selective.at_coverages(curve)}
                found.append(told | {"curve": [list(point) for point in curve.points]})
    return found


def _listed(readers: Mapping[str, Mapping[str, Outcome]]) -> list[Outcome]:
    return [outcome for cases in readers.values() for outcome in cases.values()]


def _concentrated(found: harm.Concentration) -> Row:
    return {
        "questions": found.questions,
        "errors": found.errors,
        harm.GINI.name: found.gini._asdict(),
        harm.TOP_DECILE_SHARE.name: found.top_decile_share._asdict(),
        harm.FEWEST_QUESTIONS.name: {f"{100 * part:.0f}": one._asdict() for part, one in found.fewest.items()},
    }


def _ensembles(answered: Answered, wanted: Wanted) -> Sequence[Ensemble]:
    readers = readers_of(answered)
    if not wanted.ensembles:
        return [one for one in PUBLISHED_ENSEMBLES if set(one.members) <= set(readers)]
    for ensemble in wanted.ensembles:
        expect_known("reader", ensemble.members, readers)
    return wanted.ensembles


def _pairs(answered: Answered, wanted: Wanted) -> list[paired_tests.Pair]:
    if wanted.baseline is None:
        ours = [(ALIASES.get(a, a), ALIASES.get(b, b)) for a, b in paired_tests.PUBLISHED_PAIRS]
        return list(dict.fromkeys([*paired_tests.PUBLISHED_PAIRS, *ours]))
    expect_known("condition", [wanted.baseline], answered)
    return [(wanted.baseline, condition) for condition in answered if condition != wanted.baseline]


def _observed(rows: Iterable[Row], metric: str, models: Mapping[str, Model]) -> list[scaling.Observed]:
    return [
        scaling.Observed(*models[row["reader"]], row["condition"], row[metric]["value"])
        for row in rows
        if row["reader"] in models and row[metric]["value"] is not None
    ]


def _variance_rows(rows: Sequence[Row], models: Mapping[str, Model]) -> list[Row]:
    return [
        {"metric": metric, "numbers": len(seen), **scaling.variance_shares(seen)}
        for metric in SHARED
        if (seen := _observed(rows, metric, models))
    ]


def _scaling_rows(rows: Sequence[Row], models: Mapping[str, Model]) -> list[Row]:
    return [{"metric": metric, **row} for metric in SHARED for row in scaling.slopes(_observed(rows, metric, models))]
