"""The statistics of published answer files, read in place: nothing is copied, and no folder is written.

Rules kept here
- Latency is that of the greedy answers, as published (SaFE-Scale specification 3.16): mean and population standard
  deviation, waiting and errors included.
- Tokens and money are those of the greedy answers: of samples the files tell no tokens that were written. An answer
  without tokens, and a model without a price, have no cost; it is null, not 0.
- What an experiment is read with is not imported: that would take longer than one model's answers.

    of_published(Path("judged"), Path("risk_radiorag_full_merged.json"), Wanted())
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from evitrail.eval.metrics import stats
from evitrail.eval.metrics.base import Metric, mean
from evitrail.eval.metrics.definition import OURS, PAPER, Definition
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.prices import Price, TokenUsage, cost_of, read_prices
from evitrail.eval.metrics.scored import Scored
from evitrail.eval.metrics.table import estimate_all, metric_rows
from evitrail.eval.safe_scale.answers import NOT_TOLD
from evitrail.eval.safe_scale.dataset import Sources, read_dataset
from evitrail.eval.safe_scale.judged import NO_STORE, JudgedResults, read_judged
from evitrail.eval.statistics.document import OnRecord, Row, Wanted, statistics
from evitrail.eval.statistics.resources import Amounts, Arm, mean_amounts

LATENCY = Definition(
    "latency_s",
    "Seconds that a question's greedy answer took, waiting for the server included; depends on hardware and load.",
    "mean and population standard deviation of elapsed_s over questions; a failed request counts as 0",
    f"{PAPER}, specification 3.16",
)
Tokens = Mapping[str, TokenUsage]
"""Of the greedy answer, by run."""


def of_published(judged: Path, labels: Path, wanted: Wanted, prices: Path | None = None) -> Row:
    """The statistics of published answers; raises ``InputError`` with every fault of the first file that has any."""
    with _nothing_to_collect():
        found = read_judged(judged, read_dataset(Sources(labels)), whole=False)
        tables = published_tables(found, prices)
        document = statistics(found.outcomes, metric_rows(found.outcomes), wanted, published_record(found))
    return with_tables(document, tables)


def published_record(found: JudgedResults) -> OnRecord:
    """What the files tell of each condition beside its outcomes: how long its prompts were, by the greedy answers."""
    tokens = _tokens(found)
    told: dict[Arm, list[Amounts]] = {}
    for one in found.outcomes:
        prompt, completion = tokens.get(one.run, NOT_TOLD)
        both = None if prompt is None or completion is None else prompt + completion
        told.setdefault((one.condition, one.reader, NO_STORE), []).append(Amounts(prompt, both))
    return OnRecord(amounts=mean_amounts(told))


def published_tables(found: JudgedResults, prices: Path | None = None) -> Row:
    """The tables that rest on what each request took; raises ``InputError`` with every fault of the prices."""
    models = {outcome.reader for outcome in found.outcomes}
    stated = read_prices(prices, models) if prices is not None else {}
    tokens = _tokens(found)
    metrics, groups = greedy_metrics(tokens, stated), _by_arm(found.outcomes)
    cost = [
        {"condition": condition, "reader": reader, "n": len(runs)}
        | estimate_all(metrics, runs, stats.bootstrap_draws(len(runs)))
        for (condition, reader), runs in groups.items()
        if any(one.run in tokens for one in runs)
    ]
    without = {} if prices is None else {"without_price": sorted(models - stated.keys())}
    missing = [one._asdict() for one in found.missing]
    return {"latency": _latency_rows(found), "missing": missing, "greedy_cost": cost} | without


def with_tables(document: Row, tables: Row) -> Row:
    """The document with these tables, and with what defines their numbers."""
    defined: list[Metric | Definition] = [LATENCY, *greedy_metrics({}, {}).values()]
    told = [
        {"name": one.name, "description": one.description, "formula": one.formula, "source": one.citation}
        for one in defined
    ]
    return document | tables | {"definitions": [*document["definitions"], *told]}


def greedy_metrics(tokens: Tokens, prices: Mapping[str, Price]) -> dict[str, Metric]:
    """What greedy answers took, in tokens and in money; ``prices`` are by model."""

    def money(run: Scored) -> float | None:
        price = prices.get(run.outcome.reader)
        return cost_of(tokens.get(run.outcome.run, NOT_TOLD), price) if price else None

    metrics = (
        Metric(
            "greedy_prompt_tokens",
            "Mean number of tokens in the prompt of a greedy answer.",
            "sum of greedy input_tokens / answers that have them",
            OURS,
            mean(lambda run: tokens.get(run.outcome.run, NOT_TOLD).prompt),
        ),
        Metric(
            "greedy_completion_tokens",
            "Mean number of tokens that the model wrote for a greedy answer.",
            "sum of greedy output_tokens / answers that have them",
            OURS,
            mean(lambda run: tokens.get(run.outcome.run, NOT_TOLD).completion),
        ),
        Metric(
            "greedy_money",
            "Mean price of a greedy answer's tokens; what the samples cost is not on record.",
            "mean of (input tokens * price of prompt + output tokens * price of completion) / 1,000,000",
            OURS,
            mean(money),
        ),
    )
    return {metric.name: metric for metric in metrics}


@contextmanager
def _nothing_to_collect() -> Iterator[None]:
    """Outcomes hold no cycles, and to look for some among so many objects again and again takes its time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _tokens(found: JudgedResults) -> dict[str, TokenUsage]:
    """Of the greedy answers of which some tokens are told."""
    return {one.run: one.tokens for one in found.spent if one.step == "greedy" and one.tokens != NOT_TOLD}


def _by_arm(outcomes: list[Outcome]) -> dict[tuple[str, str], list[Outcome]]:
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.condition, outcome.reader), []).append(outcome)
    return {arm: sorted(groups[arm], key=attrgetter("case")) for arm in sorted(groups)}


def _latency_rows(found: JudgedResults) -> list[dict[str, Any]]:
    seconds: dict[tuple[str, str], list[float]] = {}
    of_run = {outcome.run: (outcome.condition, outcome.reader) for outcome in found.outcomes}
    for spent in found.spent:
        if spent.step == "greedy" and spent.seconds is not None:
            seconds.setdefault(of_run[spent.run], []).append(spent.seconds)
    return [
        {"condition": condition, "reader": reader, "n": len(waited)}
        | {LATENCY.name: {"mean": float(np.mean(waited)), "std": float(np.std(waited))}}
        for (condition, reader), waited in sorted(seconds.items())
    ]
