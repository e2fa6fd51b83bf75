"""Counterfactuals: a recorded run, done again with some mechanisms repaired, through the same engine.

Rules kept here
- Each is a stored run of its own, a fork that names its parent and what was repaired.
- The token rule: a step whose mechanism and inputs are those of the record is reused, never redrawn.
  So a counterfactual explains *this* failure, and costs only the steps it touches.
- Work done in one counterfactual is reused by the next of the same replicate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from evitrail.agent.reader.base import Reader
from evitrail.agent.tools import Tools
from evitrail.eval.attribution.oracles import ROLES, OracleReader, OracleRetriever, Role, mended_store
from evitrail.eval.experiment.answer import answer_with
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import outcome_of
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.plan.run_name import ForkName
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval.base import Retrieved, Retriever
from evitrail.traces.journal.journal import Journal
from evitrail.traces.record import Record
from evitrail.traces.run.live import Live
from evitrail.traces.run.memory import Memory, recorded_work


class Mended(Record, stored_as="Mended"):
    """What distinguishes a counterfactual from the run it is a fork of."""

    of: str
    mended: tuple[Role, ...] = ()
    without: tuple[str, ...] = ()
    """Evidence versions withheld from every list of hits."""
    replicate: int = 0


@dataclass(frozen=True)
class Withholding:
    """Another retriever's hits, save for some evidence: what if it had not been served?"""

    inner: Retriever
    refs: tuple[str, ...]

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``; the list gets shorter, nothing takes the empty places."""
        found = self.inner.search(query, snapshot, k)
        kept = [hit for hit in found.hits if hit.passage.ref not in self.refs]
        hits = tuple(hit.model_copy(update={"rank": place}) for place, hit in enumerate(kept, start=1))
        return Retrieved(query=query, hits=hits, gates=found.gates)


class Replay(NamedTuple):
    """One counterfactual, done."""

    run: str
    outcome: Outcome
    executed: int
    reused: int


@dataclass
class Replays:
    """All counterfactuals of one run; each is executed once and reused."""

    journal: Journal
    run: str
    config: RunConfig
    snapshot: Snapshot
    reader: Reader
    done: dict[Mended, Replay] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._oracle = OracleReader.of(self.config.case, self.snapshot)
        self._mended_store = mended_store(self.snapshot)
        self._memories: dict[int, Memory] = {}

    @property
    def roles(self) -> tuple[Role, ...]:
        """The mechanisms this run had; curated evidence is served by id, so the store plays no part in it."""
        condition = self.config.condition
        absent: set[Role] = set()
        if condition.agent != "agentic":
            absent |= {"critique"} if condition.agent == "per_option" else {"critique", "requery"}
        if condition.agent == "closed_book":
            absent |= {"store", "retrieve"}
        if condition.curated:
            absent |= {"store"}
        return tuple(role for role in ROLES if role not in absent)

    def play(self, *, kept: frozenset[Role], replicate: int = 0, without: tuple[str, ...] = ()) -> Replay:
        """Do the run with every role not in ``kept`` repaired, and ``without`` some evidence."""
        mended = tuple(role for role in self.roles if role not in kept)
        what = Mended(of=self.run, mended=mended, without=without, replicate=replicate)
        if what not in self.done:
            self.done[what] = self._do(what)
        return self.done[what]

    def _do(self, what: Mended) -> Replay:
        name = fork_name(what)
        if what.replicate not in self._memories:
            self._memories[what.replicate] = recorded_work(self.journal, self.run)
        memory = self._memories[what.replicate]
        live = Live.begin(self.journal, name, what, parent=self.run, memory=memory)
        said = answer_with(self.config, self._tools(what, live))
        live.end(said)
        memory |= live.memory
        return Replay(name, outcome_of(name, self.config, said), live.executed, live.reused)

    def _tools(self, what: Mended, live: Live) -> Tools:
        config = self.config
        retriever = config.condition.retriever_for(config.case, self.reader)
        if retriever is not None and "retrieve" in what.mended:
            retriever = OracleRetriever(retriever, config.case.clean_evidence)
        if retriever is not None and what.without:
            retriever = Withholding(retriever, what.without)
        readers: Mapping[str, Reader] = {
            role: self._oracle for role in what.mended if role not in ("store", "retrieve")
        }
        return Tools(
            run=live,
            snapshot=self._mended_store if "store" in what.mended else self.snapshot,
            reader=self.reader,
            retriever=retriever,
            k=config.condition.k,
            decoding=config.decoding,
            fit=config.condition.fit,
            stand_ins=readers,
        )


def fork_name(what: Mended) -> str:
    """``standard.rad-001~retrieve+choose``: the parent, and what was repaired or withheld."""
    changed = [*what.mended, *(f"-{ref}" for ref in what.without)]
    return str(ForkName(what.of, "+".join(changed) or "unchanged", replicate=what.replicate))
