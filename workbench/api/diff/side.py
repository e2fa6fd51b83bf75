"""One of two runs that are compared: its question, its outcome, and whether it can be compared at all.

Rules kept here
- Its outcome is scored as everywhere: reviewed labels and re-checks count. A fork is scored with the key of the
  run it came from.
- A run that is damaged, redacted or holds patient data has its state and its row in the results, and no bodies.

    first = read_side(folder, journal, "standard.radiology-003")
    first.told.outcome, first.is_readable
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from evitrail.agent.model import Answer, OpenAnswer
from evitrail.eval.attribution.scene.facts import Facts, facts
from evitrail.eval.log.latest_check import counted
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import outcome_of, reviewed_outcome
from evitrail.eval.metrics.outcome import Outcome
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.traces.audit.chain_check import check_chain
from evitrail.traces.audit.seal import SEAL_RUN
from evitrail.traces.external.external_run import recorded_elsewhere
from evitrail.traces.journal.errors import JournalError, Redacted
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import Record
from evitrail.traces.trace import Trace
from evitrail.workbench.api.folders import UnknownName
from evitrail.workbench.api.run.run import AskedCase, State, asked_case, known_runs, latest_checks, not_to_read
from evitrail.workbench.api.runs.runs import row_of
from evitrail.workbench.explain.chain import config_of, fork_in_words
from evitrail.workbench.one_line import one_line

READABLE: tuple[State, ...] = ("ended", "not ended", "elsewhere")
"""States of a run whose steps can be compared with those of another."""


class DiffSide(Record):
    """One of the two runs."""

    run: str
    state: State
    why: str = ""
    """What the state means, in one line; empty where the run has ended."""
    parent: str | None = None
    fork: str | None = None
    """Of a fork: the run that it repeats, and what was changed."""
    condition: str | None = None
    reader: str | None = None
    seq: int | None = None
    case: AskedCase | None = None
    chosen: str | None = None
    reason: str = ""
    outcome: Outcome | None = None
    row: dict[str, Any] | None = None
    """Its row in the results, where the run itself is not read."""
    logits: dict[str, float] | None = None
    """What spoke for each option, in the reader's own numbers."""
    text: str = ""
    """Its answer, where that is in free text."""


class ReadSide(NamedTuple):
    """A run with what was read of it."""

    trace: Trace
    told: DiffSide
    config: RunConfig | None = None
    facts: Facts | None = None
    """What an ended run of this package recorded; None for any other."""

    @property
    def is_readable(self) -> bool:
        """Whether its steps can be compared."""
        return self.told.state in READABLE


def read_side(folder: Path, journal: JournalView, name: str) -> ReadSide:
    """A run by its name; raises ``UnknownName``."""
    trace = Trace(journal, name, checked=False)
    if not trace.stored or name == SEAL_RUN:
        raise UnknownName(f"expected a run of this experiment, got {name!r}{nearest(name, known_runs(folder))}")
    if unread := not_to_read(journal, trace, check_chain(name, trace.stored)):
        return _unread(folder, trace, *unread)
    try:
        return _read(folder, trace)
    except Redacted as error:
        return _unread(folder, trace, "redacted", str(error))
    except (JournalError, ValueError, KeyError, TypeError) as error:
        return _unread(folder, trace, "damaged", one_line(error))


def _unread(folder: Path, trace: Trace, state: State, why: str) -> ReadSide:
    try:
        row = row_of(folder, trace.run)
    except FileNotFoundError:
        row = None
    chosen = row.get("chosen") if row else None
    return ReadSide(trace, DiffSide(run=trace.run, state=state, why=why, row=row, chosen=chosen))


def _read(folder: Path, trace: Trace) -> ReadSide:
    if recorded_elsewhere(trace):
        why = "it is an external run, done by another system and only recorded here"
        return ReadSide(trace, DiffSide(run=trace.run, state="elsewhere", why=why, parent=trace.parent))
    config = config_of(trace)
    told = DiffSide(
        run=trace.run,
        state="ended" if trace.ended else "not ended",
        why="" if trace.ended else "it has no end yet; run the experiment again to finish it",
        parent=trace.parent,
        fork=fork_in_words(trace) if trace.parent else None,
        condition=config.condition.name,
        reader=config.reader,
        seq=config.seq,
        case=asked_case(config),
    )
    if not trace.ended:
        return ReadSide(trace, told, config)
    recorded, end = facts(trace), _end(folder, trace, config)
    if recorded.choice is not None:
        end["logits"] = {letter: round(value, 3) for letter, value in recorded.choice.logits.items()}
    return ReadSide(trace, told.model_copy(update=end), config, recorded)


def _end(folder: Path, trace: Trace, config: RunConfig) -> dict[str, Any]:
    """Its outcome: an option, scored, or an answer in free text."""
    said = counted(trace, latest_checks(folder)).output(Answer)
    if said is None:
        written = trace.output(OpenAnswer)
        return {"text": written.text, "reason": written.note} if written else {}
    outcome = outcome_of(trace.run, config, said) if trace.parent else reviewed_outcome(trace, said)
    return {"chosen": said.option, "reason": said.reason, "outcome": outcome}
