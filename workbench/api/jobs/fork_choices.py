"""What a run can be forked with: its steps, what it was done with, and what there is instead.

Rules kept here
- It is read from the record and the plan alone; no store is opened and no embedding model is loaded.
- Where a run cannot be forked, the answer says why and what to do, and offers nothing.
- Retrievers are those registered here; what a plan names as code is not offered, since it never runs from the browser.
- ``others`` is the query for the runs with the same failure: those under the same condition that are wrong with the
  same blame, where the run is one of them.

    fork_choices(folder, "standard.radiology-003").retrievers
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from evitrail.agent.model import Answer, Choice
from evitrail.agent.reader.named import READERS
from evitrail.eval.attribution.blame import Blame
from evitrail.eval.attribution.record.reviewed_blame import counting_blames
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import find_run, outcome_of
from evitrail.eval.plan.plan import PLAN, Plan, plan_in
from evitrail.eval.plugin import OUTSIDE
from evitrail.eval.rerun.fork import forking, root_config
from evitrail.eval.rerun.fork_estimate import expect_forkable
from evitrail.eval.rerun.fork_record import Fork
from evitrail.eval.rerun.fork_variant import expect_no_code
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.evidence_store.grading.grade import LEVELS
from evitrail.retrieval import RETRIEVERS
from evitrail.retrieval.base import Retrieved
from evitrail.retrieval.gates import GATES
from evitrail.traces.journal.errors import JournalError
from evitrail.traces.journal.folder import Journals
from evitrail.traces.record import Record, stored_name
from evitrail.traces.trace import Trace
from evitrail.workbench.api.folders import UnknownName
from evitrail.workbench.api.store.state import store_state
from evitrail.workbench.one_line import one_line


class StepChoice(Record):
    """A step that a fork can begin at."""

    path: str
    kind: str
    found: tuple[str, ...]
    """The evidence versions that it found, where it searched."""
    options: tuple[str, ...]
    """The options that it weighed, where it chose."""


class ForkChoices(Record):
    """See the module."""

    run: str
    refused: str = ""
    """Why it cannot be forked; empty where it can."""
    steps: tuple[StepChoice, ...] = ()
    retriever: str | None = None
    """What it searched with; None where it did not, or its evidence was named by the case."""
    retrievers: tuple[str, ...] = ()
    """The others."""
    planned: tuple[str, ...] = ()
    """Those of the others that a condition of the plan searches with."""
    gates: tuple[str, ...] = ()
    """Of the clean retriever, which alone has gates."""
    readers: tuple[str, ...] = ()
    """Readers that need no language model."""
    certainties: tuple[str, ...] = ()
    k: int | None = None
    as_of: date | None = None
    seq: int | None = None
    samples: int | None = None
    temperature: float | None = None
    seed: int | None = None
    chosen: str | None = None
    others: str = ""
    """The query for the runs with the same failure."""


def fork_choices(folder: Path, run: str) -> ForkChoices:
    """What a run can be forked with; raises ``UnknownName`` for a run that there is not."""
    with Journals.open(folder) as past:
        expect_run(past, run)
        trace = find_run(past, run)
        refused = why_not(folder)
        try:
            expect_forkable(trace)
            forking(trace, None, {})
            config = root_config(trace)
            return _choices(folder, trace, config, refused)
        except (JournalError, ValueError) as error:
            return ForkChoices(run=run, refused=refused or one_line(error))


def expect_run(past: Journals, run: str) -> None:
    """Raise ``UnknownName`` where there is no such run."""
    if not past.records(run):
        raise UnknownName(f"expected a run of this experiment, got {run!r}{nearest(run, past.runs())}")


def why_not(folder: Path) -> str:
    """Why no run of an experiment can be forked from here; empty where they can."""
    if not (folder / PLAN).is_file():
        return f"forks are off: the experiment has no {PLAN}, so its runs cannot be forked here"
    try:
        expect_no_code(plan_in(folder))
    except ValueError as error:
        return f"forks are off: {one_line(error)}"
    state = store_state(folder)
    return "" if state.found else f"forks are off: {state.lacking}"


def _choices(folder: Path, trace: Trace, config: RunConfig, refused: str) -> ForkChoices:
    held = _held(trace, config)
    steps = tuple(_steps(trace))
    searches = any(step.kind == "retrieve" for step in steps)
    known = [name for name in RETRIEVERS if not OUTSIDE.fullmatch(name)]
    others = tuple(name for name in known if name != held["retriever"]) if searches else ()
    said = trace.output(Answer)
    return ForkChoices(
        run=trace.run,
        refused=refused,
        steps=steps,
        retriever=held["retriever"] if searches else None,
        retrievers=others,
        planned=tuple(name for name in others if name in _planned(folder)),
        gates=tuple(GATES),
        readers=tuple(name for name in READERS if name != held.get("reader")),
        certainties=LEVELS,
        k=held["k"] if searches else None,
        as_of=held["as_of"],
        seq=held["seq"],
        samples=held["samples"],
        temperature=held["temperature"],
        seed=held["seed"],
        chosen=said.option if said else None,
        others=_same_failure(trace, config, said),
    )


def _held(trace: Trace, config: RunConfig) -> dict[str, Any]:
    """What a run was done with, by the names that changes have."""
    if trace.parent is not None:
        return _held(Trace(trace.journal, trace.parent), config) | trace.config(Fork).changes
    condition, decoding = config.condition, config.decoding
    return {
        "retriever": condition.retriever,
        "k": condition.k,
        "as_of": config.case.as_of,
        "seq": config.seq,
        **decoding.model_dump(),
    }


def _steps(trace: Trace) -> list[StepChoice]:
    found = []
    for step in trace.activities:
        if "/" in step.path:
            continue
        hits: tuple[str, ...] = ()
        options: tuple[str, ...] = ()
        if step.output_type == stored_name(Retrieved):
            hits = tuple(dict.fromkeys(hit.passage.ref for hit in trace.get(step.output, Retrieved).hits))
        if step.output_type == stored_name(Choice):
            options = tuple(sorted(trace.get(step.output, Choice).logits))
        found.append(StepChoice(path=step.path, kind=step.kind, found=hits, options=options))
    return found


def _planned(folder: Path) -> set[str | None]:
    plan: Plan | None = plan_in(folder) if (folder / PLAN).is_file() else None
    return {condition.retriever for condition in plan.asked} if plan else set()


def _same_failure(trace: Trace, config: RunConfig, said: Answer | None) -> str:
    condition = f"condition:{config.condition.name}"
    if said is None:
        return condition
    outcome = outcome_of(trace.run, config, said)
    if outcome.correct:
        return f"{condition} right"
    blames = counting_blames(trace, trace) if trace.parent is None else ()
    blame: Blame | None = next((one for one in blames if one.outcome == "wrong"), None)
    kinds = sorted({path.partition("[")[0] for path in blame.culprit}) if blame else []
    failure = "abstained" if outcome.abstained else "wrong"
    return f"{condition} {failure}" + (f" blame:{','.join(kinds)}" if kinds else "")
