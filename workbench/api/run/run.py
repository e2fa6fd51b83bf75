"""One run, with all that its page shows first: the question, what the answer rests on, and who is blamed.

Rules kept here
- Everything is read from the run's own chain; what is shown of evidence is what the run was given.
- A run that is damaged is told with its faults, and shown as far as it can be read.
- Bodies of patient data do not leave: such a run is told by its row in the results alone.
- A run that has not ended, or was recorded elsewhere, has an outline and no chain.

    run_view(folder, "standard.radiology-003").chain.support
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal

from evitrail.agent.model import Answer
from evitrail.eval.attribution.blame import ABSTENTIONS, Blame
from evitrail.eval.attribution.record.reviewed_blame import counting_blames
from evitrail.eval.attribution.record.taxonomy import FAULTS
from evitrail.eval.attribution.scene.facts import facts
from evitrail.eval.dataset.labels import Flags
from evitrail.eval.log.latest_check import counted, rechecked
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import reviewed_outcome
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.report.review_list import ListedReview, reviews_of
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.evidence_store.model import Header
from evitrail.traces.audit.chain_check import check_chain
from evitrail.traces.audit.seal import SEAL_RUN
from evitrail.traces.external.external_run import recorded_elsewhere
from evitrail.traces.journal.errors import JournalError, Redacted
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.redacted import redacted_runs
from evitrail.traces.journal.schema import BLOB_FIELDS, KEYED
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import Record
from evitrail.traces.trace import Trace
from evitrail.workbench.api.evidence.standing import EvidenceStanding, standings
from evitrail.workbench.api.folders import UnknownName
from evitrail.workbench.api.fresh import Fresh, journal_files
from evitrail.workbench.api.run.forks import ForkLine, forks_of
from evitrail.workbench.api.runs.pack import columns_of
from evitrail.workbench.api.runs.runs import row_of
from evitrail.workbench.explain.chain import EvidenceChain, chain, config_of
from evitrail.workbench.one_line import one_line
from evitrail.workbench.page.outline import OutlineRow, outline

State = Literal["ended", "not ended", "elsewhere", "damaged", "withheld", "redacted"]


class AskedCase(Record):
    """The question of a run, with its key."""

    id: str
    stem: str
    options: dict[str, str]
    answer: str
    labels: dict[str, Flags]
    as_of: date | None
    stale_option: str | None
    conflict_option: str | None
    subspecialty: str
    question_type: str


class ServedPassage(Record):
    """A passage that the run found, as it was given."""

    passage: str
    ref: str
    step: str
    """The search that found it first."""
    rank: int
    score: float
    why: str
    query: str
    start: int
    """Where it begins in the version's text."""
    text: str
    header: Header


class RunIntegrity(Record):
    """Whether the run's own chain holds; the whole journal is checked elsewhere."""

    holds: bool
    records: int
    faults: tuple[str, ...]
    ignored: int
    """Records that may not follow the run's end, and are ignored."""


class RunView(Record):
    """One run; see the module."""

    run: str
    state: State
    why: str = ""
    """What the state means for this run, in one line; empty where it is simply shown."""
    parent: str | None
    condition: str | None
    reader: str | None
    seq: int | None
    """The ledger number up to which the store was seen."""
    case: AskedCase | None
    outcome: Outcome | None
    row: dict[str, Any] | None
    """Its row in the results, where nothing else tells its outcome."""
    outline: tuple[OutlineRow, ...]
    chain: EvidenceChain | None
    passages: tuple[ServedPassage, ...]
    standing: dict[str, EvidenceStanding]
    blames: tuple[Blame, ...]
    reviews: tuple[ListedReview, ...]
    codes: dict[str, str]
    """What each code of a fault, or of a reason to blame nobody, means."""
    forks: tuple[ForkLine, ...]
    integrity: RunIntegrity
    blob_fields: tuple[str, ...] = BLOB_FIELDS
    """The fields of a record's body that name a body of its own."""


latest_checks = Fresh(lambda folder: _rechecked(folder), journal_files)
"""Which re-check of a run counts, by run."""


def run_view(folder: Path, name: str) -> RunView:
    """Everything the page of a run shows first; raises ``UnknownName``."""
    with Journals.open(folder) as journal:
        trace = Trace(journal, name, checked=False)
        if not trace.stored or name == SEAL_RUN:
            raise UnknownName(f"expected a run of this experiment, got {name!r}{nearest(name, known_runs(folder))}")
        faults = check_chain(name, trace.stored)
        told = _Told(folder, journal, trace, tuple(faults))
        if unread := not_to_read(journal, trace, faults):
            return told.view(*unread)
        try:
            return told.whole()
        except Redacted as error:
            return told.view("redacted", str(error))
        except (JournalError, ValueError, KeyError, TypeError) as error:
            return told.view("damaged", one_line(error))


def not_to_read(journal: JournalView, trace: Trace, faults: Sequence[str]) -> tuple[State, str] | None:
    """The state of a run whose bodies are not read, and why; None for every other."""
    if faults:
        return "damaged", f"{faults[0]}; `evitrail trace verify` names every fault"
    if said := redacted_runs(journal).get(trace.run):
        return "redacted", str(said)
    if trace.records[0].body["config"].startswith(KEYED):
        return "withheld", "its bodies hold patient data, which does not leave the journal this way"
    return None


class _Told:
    """What is told of a run, part by part."""

    def __init__(self, folder: Path, journal: JournalView, trace: Trace, faults: tuple[str, ...]) -> None:
        self.folder, self.journal, self.trace, self.faults = folder, journal, trace, faults

    def view(self, state: State, why: str = "", **parts: Any) -> RunView:
        trace = self.trace
        empty: dict[str, Any] = dict.fromkeys(("parent", "condition", "reader", "seq", "case", "outcome"))
        empty |= {"chain": None, "passages": (), "standing": {}, "blames": (), "reviews": (), "forks": ()}
        return RunView(
            run=trace.run,
            state=state,
            why=why,
            row=None if state == "ended" else _row(self.folder, trace.run),
            outline=tuple(outline(trace.stored)),
            codes={**FAULTS, **ABSTENTIONS},
            integrity=RunIntegrity(
                holds=not self.faults, records=len(trace.stored), faults=self.faults, ignored=trace.ignored
            ),
            **(empty | parts),
        )

    def whole(self) -> RunView:
        trace = self.trace
        parent = trace.parent
        if recorded_elsewhere(trace):
            why = "it is an external run, done by another system and only recorded here: it can be read, not done again"
            return self.view("elsewhere", why, parent=parent)
        config = config_of(trace)
        parts: dict[str, Any] = {
            "parent": parent,
            "condition": config.condition.name,
            "reader": config.reader,
            "seq": config.seq,
            "case": asked_case(config),
            "forks": forks_of(self.folder, self.journal, trace.run),
        }
        if not trace.ended:
            return self.view("not ended", "it has no end yet; run the experiment again to finish it", **parts)
        served = tuple(_served(trace))
        headers = {passage.ref: passage.header for passage in served}
        checked = counted(trace, latest_checks(self.folder))
        answer = checked.output(Answer)
        own = parent is None and answer is not None
        return self.view(
            "ended",
            **parts,
            chain=_chain(trace),
            passages=served,
            standing=standings(self.folder, self.journal, config, headers),
            outcome=reviewed_outcome(trace, answer) if own and answer else None,
            blames=counting_blames(trace, checked) if own else (),
            reviews=tuple(reviews_of(trace, checked)) if own else (),
        )


def asked_case(config: RunConfig) -> AskedCase:
    """The question that a run was asked, with its key."""
    case = config.case
    kept = {name: getattr(case, name) for name in AskedCase.model_fields}
    return AskedCase(**kept)


def _served(trace: Trace) -> Iterable[ServedPassage]:
    """Every passage that a search found, each once, in the order of steps and ranks."""
    known: set[str] = set()
    recorded = facts(trace)
    steps = recorded.steps.get("retrieve", [])
    for step, found in zip(steps, recorded.retrieved, strict=True):
        for hit in found.hits:
            if hit.passage.id in known:
                continue
            known.add(hit.passage.id)
            yield ServedPassage(
                passage=hit.passage.id,
                ref=hit.passage.ref,
                step=step.path,
                rank=hit.rank,
                score=hit.score,
                why=hit.why,
                query=found.query,
                start=hit.passage.start,
                text=hit.passage.text,
                header=hit.passage.header,
            )


def _chain(trace: Trace) -> EvidenceChain | None:
    try:
        return chain(trace)
    except ValueError:  # an agent from outside, which chooses in another way
        return None


def _rechecked(folder: Path) -> Mapping[str, str]:
    with Journals.open(folder) as journal:
        return rechecked(journal)


def _row(folder: Path, run: str) -> dict[str, Any] | None:
    try:
        return row_of(folder, run)
    except FileNotFoundError:
        return None


def known_runs(folder: Path) -> list[str]:
    """The runs of the results, by name; none where there are no results."""
    try:
        return list(columns_of(folder).names("run").distinct)
    except FileNotFoundError:
        return []
