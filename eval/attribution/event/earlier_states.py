"""A recorded run, done again with the store as it stood at earlier ledger numbers; nothing is written.

Rules kept here
- Everything but the store is as it was: the day asked about, the condition, the reader, what a fork changed.
- Each search is made again. What follows is done again only where a search served passages, or headers of them, that
  no earlier try was served; else it is reused, from the record or from an earlier try. Scores are not compared: they
  move with the number of passages in the store, and no reader here reads them.
- A reader that is deterministic is asked once at each state. Any other is asked up to ``DRAWS`` times with seeds of its
  own, and the majority decides; so a lucky draw does not count as an event's doing.
- At a state that does not hold evidence which the condition serves by name, the run cannot be done. Neither can it
  where it is skipped because its evidence does not fit the model.

    states = EarlierStates(Trace(journal, "gated.rad-001"), store, reader)
    states.at(StoreState(seq=310)).outcome
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from evitrail.agent.reader.base import Reader
from evitrail.agent.tools import Change, Tools
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import outcome_of
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.plan.readers import Readers, readers
from evitrail.eval.rerun.changes import applied
from evitrail.eval.rerun.fork import answer_again, memory_of
from evitrail.evidence_store.errors import UnknownEvidenceError
from evitrail.evidence_store.store import EvidenceStore
from evitrail.retrieval.base import Retrieved
from evitrail.traces.record import Record, content_id, stored_name
from evitrail.traces.run.memory import Memory
from evitrail.traces.run.unrecorded import Unrecorded
from evitrail.traces.trace import Trace

DRAWS = 3
"""How often a reader that is not deterministic is asked at one state."""


class Ended(NamedTuple):
    """A version that is supposed to have ended."""

    ref: str
    on: date


class StoreState(NamedTuple):
    """The store as it stood after an event, and what is supposed of it."""

    seq: int
    ended: tuple[Ended, ...] = ()


class Rerun(NamedTuple):
    """What one try came to."""

    outcome: Outcome | None
    """None where the run cannot be done at that state."""
    executed: int
    """Steps really done; the others were reused."""
    served: frozenset[str] = frozenset()
    """The lineages of what its searches served."""


class EarlierStates:
    """One run at earlier states of the store; each is tried once and kept."""

    def __init__(self, trace: Trace, store: EvidenceStore, reader: Reader | Readers) -> None:
        self.trace = trace
        self.config = trace.config(RunConfig)
        self.store = store
        self._readers = readers(reader)
        self.deterministic = self._readers.of(trace.run, self.config.reader).deterministic
        self._memories: dict[int, Memory] = {0: memory_of(trace)}
        self._lists: dict[str, Retrieved] = {}
        self._done: dict[tuple[StoreState, int], Rerun] = {}
        steps = (step for step in trace.activities if step.output_type == stored_name(Retrieved))
        self.recorded = [trace.get(step.output, Retrieved) for step in steps]
        """What the run's own searches found."""
        for found in self.recorded:
            self._same(found)

    def at(self, state: StoreState, draw: int = 0) -> Rerun:
        """The run at that state; the first draw keeps what was recorded, any other asks everything anew."""
        if (state, draw) not in self._done:
            self._done[state, draw] = self._do(state, draw)
        return self._done[state, draw]

    @property
    def replays(self) -> int:
        """How often the run was done again so far."""
        return len(self._done)

    def _do(self, state: StoreState, draw: int) -> Rerun:
        changes: dict[str, Any] = {"seq": state.seq}
        if draw:
            changes["seed"] = self.config.decoding.seed + draw
        memory = self._memories.setdefault(draw, {})
        served: set[str] = set()

        def same(output: Record) -> Record:
            shown = self._same(output)
            if isinstance(shown, Retrieved):
                served.update(hit.passage.header.id for hit in shown.hits)
            return shown

        run = Unrecorded(self.trace.journal, self.trace.run, memory, same)
        then = Change(None, partial(applied, changes=changes, store=self.store))
        ended = Change(None, partial(_ended, versions=state.ended))
        try:
            said = answer_again(self.trace, run, self.store, self._readers, then, ended)
        except UnknownEvidenceError:
            return Rerun(None, run.executed)
        outcome = None if said.skipped else outcome_of(self.trace.run, self.config, said)
        return Rerun(outcome, run.executed, frozenset(served))

    def _same(self, output: Record) -> Record:
        """The first list of hits that had these passages in this order; any other output itself."""
        if not isinstance(output, Retrieved):
            return output
        passages = (content_id(hit.passage) for hit in output.hits)
        return self._lists.setdefault("\n".join((*passages, output.query)), output)


def _ended(tools: Tools, versions: tuple[Ended, ...]) -> Tools:
    """The tools with versions supposed to have ended."""
    if not versions:
        return tools
    snapshot = tools.snapshot
    dated = snapshot.as_of is not None  # without a day no end is looked at; a retraction is, and has the same effect
    headers = [
        snapshot.headers[ref].model_copy(update={"valid_to": on} if dated else {"retracted": True})
        for ref, on in versions
    ]
    return replace(tools, snapshot=snapshot.supposing(headers))
