"""Which event of the ledger turned a run's answer? Named with its author and reason, for one run or a whole experiment.

Rules kept here
- A run is asked about in one way of failing (``FAILS``). The event that is named is the one before which the run, done
  again, does not fail in that way, and after which it does. How it is searched for is in ``event_search.py``.
- An event that never happened cannot be found so: that nobody recorded that a version was superseded. So where a run
  passes at no state that was tried, or passes only because it abstains, it is done again as if the older versions had
  ended: those that the case labels as outdated, or that are of the lineage of the evidence for the answer, while the
  store takes them for current. If it passes then, the publication of the newer version is named, ``turned`` is false,
  and ``other`` is what it should have superseded.
- None says that no event can be named. The run searches nothing; or it does not fail when it is done again, so it was
  chance; or it fails at every state that was tried, back to the empty store; or it passes only at states where it was
  served other evidence altogether, as when the store was nearly empty.
- The journal is not written to. A model is asked again only about passages it has not been shown before.

    event = turning_event(journal, "gated.rad-001", store, reader, "wrong")
    print(event.sentence)       # wrong since event 311: regraded gu-x@2 by anna (panel of May)
    for one in by_event(turning_events(Path("experiment"), store, reader)):
        print(one.sentence)     # event 311 turned 14 answers: regraded gu-x@2 by anna (panel of May)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from evitrail.agent.llm.base import Unreachable
from evitrail.agent.model import Answer
from evitrail.agent.reader.base import Reader
from evitrail.eval.attribution.blame import FAILS, Kind
from evitrail.eval.attribution.event.earlier_states import EarlierStates, Ended, Rerun
from evitrail.eval.attribution.event.event_search import EventSearch, Turn
from evitrail.eval.attribution.event.ledger_history import LedgerHistory, action_in_words, lineage_of
from evitrail.eval.experiment.job import RunJob, fault_of
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import find_run, outcome_of, traces
from evitrail.eval.plan.readers import Readers
from evitrail.eval.rerun.fork import root_config
from evitrail.eval.rerun.whatif import came_across
from evitrail.evidence_store.model import Header
from evitrail.evidence_store.store import EvidenceStore
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import Record
from evitrail.traces.trace import Trace


class TurningEvent(Record):
    """The event of the ledger that made a run fail."""

    run: str
    case: str
    condition: str
    outcome: Kind
    """The way in which it fails."""
    seq: int
    """The event's ledger number."""
    type: str
    subject: str
    """The evidence version it is about."""
    other: str | None
    """The version that took over, or that contradicts it; where ``turned`` is false, what it should have superseded."""
    actor: str
    reason: str | None
    """None where the event has none."""
    recorded: str
    """When, as ISO 8601."""
    turned: bool
    """Whether the run passes before the event; if not, the event lacks a supersession, with which it would pass."""
    before: str | None
    """The option chosen when it passes; None where it abstains then."""
    replays: int
    """How often the run was done again to find it."""
    executed: int
    """Steps really done in that; the others were reused."""

    @property
    def action(self) -> str:
        """What was done, by whom and why: ``regraded gu-x@2 by anna (panel of May)``."""
        missing = "" if self.turned else f" without superseding {self.other}"
        return action_in_words(self.type, self.subject, self.other, f"{self.actor}{missing}", self.reason)

    @property
    def sentence(self) -> str:
        """``wrong since event 311: regraded gu-x@2 by anna (panel of May)``."""
        link = "since" if self.turned else "because of"
        return f"{self.outcome.replace('_', ' ')} {link} event {self.seq}: {self.action}"


class TurnedAnswers(NamedTuple):
    """The answers that one event turned."""

    seq: int
    found: tuple[TurningEvent, ...]

    @property
    def runs(self) -> tuple[str, ...]:
        """The runs, each once, however many ways it fails in."""
        return tuple(dict.fromkeys(one.run for one in self.found))

    @property
    def sentence(self) -> str:
        """``event 311 turned 14 answers: regraded gu-x@2 by anna (panel of May)``."""
        one, runs = self.found[0], len(self.runs)
        verb = "turned" if one.turned else "causes failures in"
        return f"event {self.seq} {verb} {runs} answer{'' if runs == 1 else 's'}: {one.action}"


def turning_event(
    journal: JournalView,
    run: str,
    store: EvidenceStore,
    reader: Reader | Readers,
    kind: Kind,
    history: LedgerHistory | None = None,
) -> TurningEvent | None:
    """The event that made a run fail in this way; None where no event can be named (see above).

    ``history`` is the store's, for those who ask about several runs. Raises ``ValueError`` for a run that is not there,
    is a fork, has not ended, or does not fail in this way, and for a kind of failure that is not one of ``FAILS``.
    """
    trace = find_run(journal, run)
    if kind not in FAILS:
        raise ValueError(f"kind: expected one of {', '.join(FAILS)}, got {kind!r}")
    root_config(trace)
    if trace.parent is not None:
        raise ValueError(f"expected a run of the experiment, got its fork {run!r}; ask about {trace.parent!r}")
    if not trace.ended:
        raise ValueError(f"expected a finished run, got {run!r}, which has not ended; run the experiment again")
    failing = failures(trace)
    if kind not in failing:
        ways = f"fails as {', '.join(failing)}" if failing else "does not fail"
        raise ValueError(f"expected a run that fails as {kind}, got {run!r}, which {ways}")
    return _turning(EarlierStates(trace, store, reader), history or LedgerHistory.of(store), kind)


def turning_events(
    journal: JournalView | Path,
    store: EvidenceStore,
    reader: Reader | Readers,
    progress: Callable[[int, int], None] = lambda done, of: None,
    faults: Callable[[str, str], None] | None = None,
) -> list[TurningEvent]:
    """The event of every failure of an experiment for which one can be named, by run and way of failing.

    ``journal`` is an open one or an experiment's folder. ``faults`` is called with each run that could not be done
    again, and why, in one line, and the others go on; left out, the first such error is raised. Once a model does not
    answer, no further run is asked.
    """
    if isinstance(journal, Path):
        with Journals.open(journal) as opened:
            return turning_events(opened, store, reader, progress, faults)
    failed = [(trace, kinds) for trace in traces(journal) if trace.ended and (kinds := failures(trace))]
    history = LedgerHistory.of(store)
    found: list[TurningEvent] = []
    for done, (trace, kinds) in enumerate(failed):
        progress(done, len(failed))
        try:
            states = EarlierStates(trace, store, reader)
            events = [_turning(states, history, kind) for kind in kinds]
        except Exception as error:
            if faults is None:
                raise
            faults(trace.run, fault_of(RunJob(trace.run, trace.config(RunConfig)), error))
            if isinstance(error, Unreachable):
                break
            continue
        found += [event for event in events if event]
    progress(len(failed), len(failed))
    return found


def by_event(found: Iterable[TurningEvent]) -> list[TurnedAnswers]:
    """The answers that each event turned: the event with most runs first, then the later one."""
    groups: dict[tuple[int, bool], list[TurningEvent]] = {}
    for one in found:
        groups.setdefault((one.seq, one.turned), []).append(one)
    turned = [TurnedAnswers(seq, tuple(members)) for (seq, _), members in groups.items()]
    return sorted(turned, key=lambda one: (-len(one.runs), -one.seq))


def failures(trace: Trace) -> list[Kind]:
    """The ways in which a finished run fails; none where it was skipped."""
    said = trace.output(Answer)
    if said is None or said.skipped:
        return []
    outcome = outcome_of(trace.run, trace.config(RunConfig), said)
    return [kind for kind, fails in FAILS.items() if fails(outcome)]


def _turning(states: EarlierStates, history: LedgerHistory, kind: Kind) -> TurningEvent | None:
    search = EventSearch(states, history, FAILS[kind])
    if not search.states.recorded or not search.fails_at(search.seq):
        return None
    turn = search.turn()
    if turn is None or _abstains(turn.before):
        unlinked = _unlinked(search)
        if unlinked:
            return _reported(search, unlinked, kind, turned=False)
    turn = turn or search.turn_anywhere()
    return _reported(search, turn, kind, turned=True) if turn else None


def _abstains(rerun: Rerun) -> bool:
    """Whether it passes only because it abstains."""
    return rerun.outcome is not None and rerun.outcome.abstained


def _unlinked(search: EventSearch) -> Turn | None:
    """The publication of evidence for the answer that should have ended older versions, if the run would pass then."""
    case = search.states.config.case
    snapshot = search.states.store.snapshot(as_of=case.as_of, seq=search.seq)

    def current(refs: Iterable[str]) -> list[Header]:
        known = (ref for ref in refs if ref in snapshot.headers)
        return [snapshot.headers[ref] for ref in known if snapshot.status(ref) == "current"]

    newer = current(case.clean_evidence)
    lineages = {header.id for header in newer}
    suspected = {ref for ref in came_across(search.states.trace) if lineage_of(ref) in lineages}
    ended = [
        Ended(old.ref, min(later))
        for old in current(sorted({*suspected, *case.outdated_evidence} - {*case.clean_evidence}))
        if (later := [header.valid_from for header in newer if header.valid_from > old.valid_from])
    ]
    passing = search.passing_with(ended) if ended else None
    if passing is None:
        return None
    days = {one.on for one in ended}
    published = [search.history.publication(header.ref, search.seq) for header in newer if header.valid_from in days]
    event = max((event for event in published if event), key=lambda event: event.seq, default=None)
    return Turn(event._replace(other=", ".join(one.ref for one in ended)), passing) if event else None


def _reported(search: EventSearch, turn: Turn, kind: Kind, *, turned: bool) -> TurningEvent:
    config, outcome = search.states.config, turn.before.outcome
    fields = {key: value for key, value in turn.event._asdict().items() if key != "lineages"}
    return TurningEvent(
        run=search.states.trace.run,
        case=config.case.id,
        condition=config.condition.name,
        outcome=kind,
        **fields,
        turned=turned,
        before=outcome.chosen if outcome else None,
        replays=len(search.asked),
        executed=sum(search.asked.values()),
    )
