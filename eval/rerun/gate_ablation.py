"""What is each gate worth? Every gated run of an experiment, done again with one gate left out.

Rules kept here
- A run without a gate is a fork of the gated run: stored beside it, to open and compare, and counted in no report.
- Left out and whole are compared on the same cases in the same bootstrap draws, so that chance blurs no difference.
- A difference is what leaving the gate out changes: where accuracy falls, that is what the gate was worth.
- A metric that no case speaks of is None, and so is its difference.
- A gate that a run did not pass when it was recorded cannot be left out of it: there the run stands for itself.
- Each condition that passes gates is done by itself: readers, and variations of *gated*, are not mixed.

    for row in ablate_gates(journal, store, reader):
        print(row.condition, row.left_out, row.metrics["accuracy"].difference)

What was done once is not done again: a second call writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from evitrail.agent.model import Answer
from evitrail.agent.reader.base import Reader
from evitrail.eval.log.runs import outcome_of, traces
from evitrail.eval.metrics import METRICS, Metric, stats
from evitrail.eval.metrics.difference import difference
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.plan.readers import Readers
from evitrail.eval.plan.run_name import ReadCondition
from evitrail.eval.rerun.fork import fork, forking, root_config
from evitrail.evidence_store.store import EvidenceStore
from evitrail.retrieval.base import Retrieved
from evitrail.retrieval.gates import GATES
from evitrail.traces.journal.journal import Journal
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import stored_name
from evitrail.traces.trace import Trace

GATED = "gated"
"""The condition whose gates are left out; so are those of its variations, and of any condition of its retriever."""
PASSES = "clean"
"""The retriever that passes gates."""
MEASURED = ("accuracy", "stale_rate", "contradiction_rate")


class MetricChange(NamedTuple):
    """One metric, and what leaving the gate out changed in it."""

    value: float | None
    difference: float | None = None
    """To the whole; None for the whole itself."""
    lo: float | None = None
    hi: float | None = None
    """Ends of the difference's 95 % interval."""
    n: int | None = None
    """Cases of which the metric speaks."""


class Ablated(NamedTuple):
    """The condition without one gate."""

    condition: str
    """``gated``; with its reader's label where there are several."""
    left_out: str | None
    """None for the condition as it is."""
    cases: int
    moved: int
    """Cases in which another option is chosen."""
    metrics: dict[str, MetricChange]


def ablate_gates(
    journal: Journal,
    store: EvidenceStore,
    reader: Reader | Readers,
    *,
    past: JournalView | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> list[Ablated]:
    """Each gated condition whole, and without each gate in the order they are passed.

    Raises ``ValueError`` where the experiment has no finished run of it.
    """
    past = past or journal
    conditions: dict[str, list[Trace]] = {}
    for trace in traces(past):
        condition = root_config(trace).condition
        if trace.ended and condition.retriever == PASSES:
            conditions.setdefault(str(ReadCondition.of(trace.run, condition.name)), []).append(trace)
    if not conditions:
        raise ValueError(
            f"expected finished runs of {GATED!r}, found none; run the experiment with {GATED!r} among its conditions"
        )
    rows, done, of = [], 0, len(GATES) * sum(map(len, conditions.values()))
    for name, runs in conditions.items():
        whole = [_outcome(trace) for trace in runs]
        passed = [_gates(trace) for trace in runs]
        rows.append(_compared(name, None, whole, whole))
        for gate in GATES:
            part = []
            for trace, held, before in zip(runs, passed, whole, strict=True):
                progress(done, of)
                done += 1
                if gate not in held:
                    part.append(before)
                    continue
                what = forking(trace, None, {"gates": [name for name in held if name != gate]})
                part.append(_outcome(Trace(past, fork(journal, what, store, reader, past=past).run)))
            rows.append(_compared(name, gate, part, whole))
    progress(of, of)
    return rows


def _gates(trace: Trace) -> list[str]:
    """The gates that the run's first search passed, in order."""
    searches = [activity for activity in trace.activities if activity.output_type == stored_name(Retrieved)]
    return [report.gate for report in trace.get(searches[0].output, Retrieved).gates] if searches else []


def _outcome(trace: Trace) -> Outcome:
    """A run's answer, or a fork's, scored against the case that was asked."""
    said = trace.output(Answer)
    assert said is not None  # the run has ended
    return outcome_of(trace.run, root_config(trace), said)


def _compared(condition: str, left_out: str | None, part: Sequence[Outcome], whole: Sequence[Outcome]) -> Ablated:
    draws = stats.draws(stats.bootstrap_indices(len(whole)))
    return Ablated(
        condition=condition,
        left_out=left_out,
        cases=len(whole),
        moved=sum(one.chosen != other.chosen for one, other in zip(part, whole, strict=True)),
        metrics={name: _measured(METRICS[name], part, whole, draws) for name in MEASURED},
    )


def _measured(metric: Metric, part: Sequence[Outcome], whole: Sequence[Outcome], draws: stats.Draws) -> MetricChange:
    value = metric.value(part)
    change = None if part is whole else difference(metric, part, whole, draws)
    return MetricChange(value) if change is None else MetricChange(value, change.value, change.lo, change.hi, change.n)
