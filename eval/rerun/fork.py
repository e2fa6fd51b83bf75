"""A fork: a recorded run, done again with something changed from one step on.

Rules kept here
- A fork is a stored run of its own, which names its parent, the step and the change.
- Steps before the change are reused, and so is every later one whose work comes out the same; the rest is done
  again. Nothing is ever done for a step whose inputs did not move.
- ``output`` lays down what one step said; every other change holds from that step to the end, or from the
  start where no step is named.
- A fork of a fork keeps what its parents changed.
- Asked for again it is the same fork, in whichever file of the folder it is, unless the code that did it has changed
  since: then it is another, ``…~1``.
- Once ``stop`` is set no step is begun any more: ``Stopped`` is raised, and what was done is in the journal.
- Of several readers, it is read by the one that read the run it goes back to.

    what = forking("agentic.rad-001", at="retrieve[2]", changes={"retriever": "bm25"})
    forked = fork(journal, what, store, reader)
    forked.checked      # a verdict on each step, compared with the parent

What the change did to the answer is told by ``evitrail diff``; why a run failed, by the attribution.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import count
from threading import Event
from typing import Any, NamedTuple

from evitrail.agent.llm.base import Completion
from evitrail.agent.model import Answer, Choice, Critique, OpenAnswer, Query, Synthesis
from evitrail.agent.reader.base import Reader
from evitrail.agent.tools import Change, Tools
from evitrail.eval.experiment.answer import answer_with, open_answer_with
from evitrail.eval.experiment.job import Watched
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.plan.readers import Readers, readers
from evitrail.eval.plan.run_name import ForkName, change_text
from evitrail.eval.rerun.changes import applied, checked_changes
from evitrail.eval.rerun.fork_record import Fork
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.evidence_store.store import EvidenceStore
from evitrail.retrieval.base import Retrieved
from evitrail.traces.external.external_run import expect_own
from evitrail.traces.journal.errors import RunEnded
from evitrail.traces.journal.handover import take_over
from evitrail.traces.journal.journal import Journal
from evitrail.traces.journal.schema import keyed
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import Record, fitted, sha256, stored_name
from evitrail.traces.run.diff import StepVerdict, compared
from evitrail.traces.run.live import Live, Run
from evitrail.traces.run.memory import Memory, recorded_work, secret_of, unfolded
from evitrail.traces.run.verify import Verify
from evitrail.traces.trace import Trace

OUTPUTS: dict[str, type[Record]] = {
    stored_name(each): each for each in (Query, Retrieved, Critique, Synthesis, Choice, Completion)
}
"""What the steps of an agent say, and so can be made to say."""


class Forked(NamedTuple):
    """A fork, done."""

    run: str
    answer: Answer
    checked: list[StepVerdict]
    executed: int
    """Steps really done."""
    reused: int


def forking(of: Trace, at: str | None, changes: Mapping[str, Any]) -> Fork:
    """A fork as a person asks for it; raises ``ValueError`` naming what is wrong with it."""
    if root_config(of).case.is_open:
        raise ValueError(
            f"run {of.run!r} answered in free text, which cannot be forked; run the case again under another condition"
        )
    if not of.ended:
        raise ValueError(f"run {of.run!r} was not finished; run the experiment again to finish it, then fork it")
    steps = {activity.path: activity for activity in of.activities}
    if at is not None and at not in steps:
        raise ValueError(f"expected a step of {of.run!r} among {', '.join(steps)}, got {at!r}{nearest(at, steps)}")
    if at is None and "output" in changes:
        raise ValueError("an output is overridden at one step; name it with --at")
    if at is not None and "/" in at and set(changes) != {"output"}:
        raise ValueError(f"{at!r} is a step within another: only its output can be overridden; fork at the outer one")
    if at is not None and "output" in changes:
        returns = OUTPUTS.get(steps[at].output_type)
        if returns is None:
            raise ValueError(f"{at}: expected a step that says a {', '.join(OUTPUTS)}, got {steps[at].output_type}")
        fitted(changes["output"], returns, at)
    return Fork(of=of.run, at=at, changes=checked_changes(changes))


def fork(
    journal: Journal,
    what: Fork,
    store: EvidenceStore,
    reader: Reader | Readers,
    *,
    past: JournalView | None = None,
    acknowledged: str | None = None,
    stop: Event | None = None,
) -> Forked:
    """Do a fork into ``journal``, which is one file of ``past`` where there are several.

    Raises ``ValueError`` for a change that cannot be made; nothing is written then.
    """
    past = past or journal
    parent = Trace(past, what.of)
    secret = secret_of(past, what.of)
    change = change_of(what, store)
    _prove(change, tools_of(parent, Verify(past, what.of), store, reader))
    digest = partial(keyed, past.secret(secret).key) if secret else sha256
    for again in count():
        name = fork_name(what, digest, again)
        take_over(journal, past, name)
        live = Live.begin(
            journal,
            name,
            what,
            parent=what.of,
            memory=memory_of(parent),
            given=laid_down(parent) | _overrides(what),
            acknowledged=acknowledged,
            past=past,
        )
        try:
            run = Watched(live, stop) if stop else live
            answer = answer_again(parent, run, store, reader, change)
        except RunEnded:
            continue  # it was done before by other code: that stays, and this is another
        live.end(answer)
        checked = compared(past, unfolded(past, what.of), Trace(past, live.name).activities)
        return Forked(live.name, answer, checked, live.executed, live.reused)
    raise AssertionError("there is always one more name")


def answer_again(trace: Trace, run: Run, store: EvidenceStore, reader: Reader | Readers, *more: Change) -> Answer:
    """The option that a recorded run's agent chooses: verified, probed or forked, as ``run`` decides, with ``more``."""
    config, tools = root_config(trace), tools_of(trace, run, store, reader)
    return answer_with(config, replace(tools, changes=(*tools.changes, *more)))


def do_again(trace: Trace, run: Run, store: EvidenceStore, reader: Reader | Readers) -> Answer | OpenAnswer:
    """What a recorded run's agent says, an option or free text, with nothing changed."""
    config = root_config(trace)
    if config.case.is_open:
        return open_answer_with(config, tools_of(trace, run, store, reader))
    return answer_again(trace, run, store, reader)


def tools_of(trace: Trace, run: Run, store: EvidenceStore, reader: Reader | Readers) -> Tools:
    """What a recorded run was done with; of a fork, what its parent had and what it changed."""
    if trace.parent is None:
        config = trace.config(RunConfig)
        snapshot = store.snapshot(as_of=config.case.as_of, seq=config.seq)
        read_by = readers(reader).of(trace.run, config.reader)
        return config.condition.tools(config.case, run, snapshot, read_by, config.decoding)
    before = tools_of(Trace(trace.journal, trace.parent), run, store, reader)
    return replace(before, changes=(*before.changes, change_of(trace.config(Fork), store)))


def root_config(trace: Trace) -> RunConfig:
    """What decided the run that a fork goes back to; raises ``ValueError`` for a run that cannot be done again."""
    expect_own(trace, "done again")
    if trace.records[0].body["config_type"] == "Mended":
        raise ValueError(
            f"{trace.run!r} is a counterfactual of the attribution; fork the run it came from, {trace.parent!r}"
        )
    return root_config(Trace(trace.journal, trace.parent)) if trace.parent else trace.config(RunConfig)


def memory_of(trace: Trace) -> Memory:
    """All work that a run and the runs it was forked from did."""
    before = memory_of(Trace(trace.journal, trace.parent)) if trace.parent else {}
    return before | recorded_work(trace.journal, trace.run)


def laid_down(trace: Trace) -> dict[str, Any]:
    """The outputs that a fork and those it came from overridden, by step."""
    if trace.parent is None:
        return {}
    return laid_down(Trace(trace.journal, trace.parent)) | _overrides(trace.config(Fork))


def forks_of(journal: JournalView, run: str) -> list[str]:
    """The forks that were made of a run, by name."""
    return [name for name in journal.runs() if name.startswith(run) and Trace(journal, name).parent == run]


def fork_name(what: Fork, digest: Callable[[bytes], str] = sha256, again: int = 0) -> str:
    """``agentic.rad-001~retrieve[2]:retriever=bm25``: the parent, the step, the change, and which time it is done."""
    return str(ForkName(what.of, change_text(what.changes, digest), what.at or "", again))


def _prove(change: Change, tools: Tools) -> None:
    """Make the change once, beside the run, after all that its parents changed."""
    for one in (*tools.changes, change):
        tools = one.apply(tools)


def _overrides(what: Fork) -> dict[str, Any]:
    return {what.at: what.changes["output"]} if what.at and "output" in what.changes else {}


def change_of(what: Fork, store: EvidenceStore) -> Change:
    """What a fork does otherwise, and from where on."""
    return Change(what.at, partial(applied, changes=what.changes, store=store))
