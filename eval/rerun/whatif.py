"""What if? Which answers would change if the store moved on, a draft were published, or a version fell.

Rules kept here
- Every finished run is asked; only those in which some step would come out otherwise are forked.
- Each fork is a stored run: a flipped decision can be opened, compared and explained like any other.
- A run that never came across a version cannot depend on its status or grade, and is not even probed.

    flips = whatif(journal, {"retract": ["aspirin-primary-prevention@2016"]}, store, reader)

Another text, or a version that the store does not hold, is drafted first and then asked about with ``publish``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from evitrail.agent.model import Answer
from evitrail.agent.reader.base import Reader
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import traces
from evitrail.eval.plan.readers import Readers
from evitrail.eval.rerun.fork import answer_again, change_of, fork, forking, memory_of
from evitrail.eval.rerun.fork_record import Fork
from evitrail.evidence_store.store import EvidenceStore
from evitrail.retrieval.base import Retrieved
from evitrail.traces.external.external_run import recorded_elsewhere
from evitrail.traces.journal.journal import Journal
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import stored_name
from evitrail.traces.run.probe import Probe, affected
from evitrail.traces.trace import Trace


class Flip(NamedTuple):
    """One run that something would change in."""

    run: str
    fork: str
    step: str
    """The first step that comes out otherwise."""
    answer: str
    """The right option."""
    before: str | None
    after: str | None

    @property
    def flipped(self) -> bool:
        """Whether another option is chosen."""
        return self.before != self.after


class WhatIf(NamedTuple):
    """All that a what-if question comes to."""

    asked: int
    affected: tuple[Flip, ...]


def whatif(
    journal: Journal,
    changes: Mapping[str, Any],
    store: EvidenceStore,
    reader: Reader | Readers,
    *,
    past: JournalView | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> WhatIf:
    """Put the supposition to every finished run that chose an option; forks those it affects."""
    past = past or journal
    finished = [trace for trace in traces(past) if trace.output(Answer) and not recorded_elsewhere(trace)]
    refs = {*changes.get("retract", ()), *changes.get("grade", ())}
    for ref in refs:
        store.get(ref)
    only_refs = changes.keys() <= {"retract", "grade"}
    flips = []
    for done, trace in enumerate(finished):
        progress(done, len(finished))
        if only_refs and not refs & came_across(trace):
            continue
        what = forking(trace, None, changes)
        step = _first_changed(trace, what, store, reader)
        if step is not None:
            forked = fork(journal, what, store, reader, past=past)
            before = trace.output(Answer)
            case = trace.config(RunConfig).case
            flips.append(
                Flip(trace.run, forked.run, step, case.answer, before.option if before else None, forked.answer.option)
            )
    progress(len(finished), len(finished))
    return WhatIf(len(finished), tuple(flips))


def came_across(trace: Trace) -> set[str]:
    """Every evidence version that a run's searches came upon, what their gates held back included."""
    return {ref for a in trace.activities if a.output_type == stored_name(Retrieved) for ref in _refs(trace, a.output)}


def impact(journal: JournalView, ref: str) -> Iterator[tuple[Trace, Answer]]:
    """Every answer that rests on an evidence version: the choice used a claim quoted from it."""
    for trace in traces(journal):
        said = None if recorded_elsewhere(trace) else trace.output(Answer)
        if said is not None and ref in said.rests_on:
            yield trace, said


def _refs(trace: Trace, retrieved: str) -> Iterator[str]:
    found = trace.get(retrieved, Retrieved)
    yield from (hit.passage.ref for hit in found.hits)
    for gate in found.gates:
        yield from (passage.partition("#")[0] for passage in (*gate.kept, *(drop.passage for drop in gate.dropped)))


def _first_changed(trace: Trace, what: Fork, store: EvidenceStore, reader: Reader | Readers) -> str | None:
    probe = Probe(trace.journal, trace.run, memory_of(trace))
    return affected(lambda: answer_again(trace, probe, store, reader, change_of(what, store)))
