"""Why an answer was given: the evidence versions it rests on, each with its claims, its grade and its curator.

Read from what the run recorded. Who entered a version is the store's to say: where the store is not available, that
is said, and never guessed.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from evitrail.eval.attribution import Blame
from evitrail.eval.attribution.record.reviewed_blame import counting_blames
from evitrail.eval.log.latest_check import counted, rechecked
from evitrail.eval.log.recorded_store import LostStore, recorded_store
from evitrail.eval.log.runs import traces
from evitrail.eval.plan.plan import PLAN, plan_in
from evitrail.eval.report.review_list import ListedReview, reviews_of
from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.ledger.event import PUBLISHED
from evitrail.evidence_store.model import Header
from evitrail.traces.external.external_run import recorded_elsewhere
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import Record
from evitrail.traces.trace import Trace
from evitrail.workbench.explain.chain import ContextLink, Link, chain, config_of

NO_STORE_TO_ASK = "curator: not known, the store is not available"


class AnswerSource(Record):
    """One evidence version that an answer rests on."""

    evidence: Header
    lapsed: str | None
    """Why it should not have been used, where it was retracted or not in force on the question's day."""
    grade: str
    curator: str
    links: tuple[Link, ...]
    seen: tuple[ContextLink, ...] = ()
    """Its passages that stood before the model as they are."""


class Reasons(Record):
    """An answer and its sources, those it leans on most first."""

    run: str
    chosen: str | None
    answer: str
    options: dict[str, str]
    sources: tuple[AnswerSource, ...]
    blames: tuple[Blame, ...] = ()
    """Who is blamed for a wrong answer, one record for each kind of failure."""
    reviews: tuple[ListedReview, ...] = ()
    """What reviewers said of its labels and blame, oldest first."""


def reasons(trace: Trace, folder: Path, store: Path | None = None) -> Reasons:
    """The sources of a finished run's answer; raises ``ValueError`` for a run of another system.

    ``store`` is where the experiment's store is now; None: where the plan says, or beside the experiment.
    """
    if recorded_elsewhere(trace):
        raise ValueError(
            f"{trace.run!r} was recorded elsewhere, and names no evidence versions; see `evitrail trace show`"
        )
    told, config = chain(trace), config_of(trace)
    checked = counted(trace, rechecked(trace.journal))
    links: dict[str, list[Link]] = {}
    for link in (*told.support, *told.other):
        links.setdefault(link.evidence.ref, []).append(link)
    seen: dict[str, list[ContextLink]] = {}
    for one in told.seen:
        seen.setdefault(one.evidence.ref, []).append(one)
    refs = list(dict.fromkeys((*links, *seen)))
    curators = _curators(trace, folder, store, config.seq, refs)
    return Reasons(
        run=trace.run,
        chosen=told.chosen,
        answer=told.answer,
        options=told.options,
        sources=tuple(
            AnswerSource(
                evidence=first.evidence,
                lapsed=_lapsed(first.evidence, config.case.as_of),
                grade=first.grade,
                curator=curators[ref],
                links=tuple(links.get(ref, ())),
                seen=tuple(seen.get(ref, ())),
            )
            for ref in refs
            for first in [(*links.get(ref, ()), *seen.get(ref, ()))[0]]
        ),
        blames=counting_blames(trace, checked),
        reviews=tuple(reviews_of(trace, checked)),
    )


def known_or_refused(journal: JournalView, ref: str) -> None:
    """Raise ``ValueError`` when no run of the experiment ever came across the version."""
    from evitrail.eval.rerun.whatif import came_across  # loads what forks a run; `why` needs none of it

    if not any(ref in came_across(trace) for trace in traces(journal)):
        raise ValueError(f"expected an evidence version that a run came across, got {ref!r}; no run was served it")


def _lapsed(header: Header, day: date | None) -> str | None:
    if header.retracted:
        return "retracted"
    if day is None or header.holds_on(day):
        return None
    return f"{'not yet' if day < header.valid_from else 'no longer'} in force on {day}"


def _curators(trace: Trace, folder: Path, given: Path | None, seq: int, refs: list[str]) -> dict[str, str]:
    """Who entered each version, by the ledger as it was when the run was made."""
    if not (folder / PLAN).is_file():
        return dict.fromkeys(refs, NO_STORE_TO_ASK)
    try:
        with recorded_store(folder, plan_in(folder), trace.journal, given) as store:
            return {ref: _entered(store, ref, seq) for ref in refs}
    except LostStore:
        return dict.fromkeys(refs, NO_STORE_TO_ASK)


def _entered(store: EvidenceStore, ref: str, seq: int) -> str:
    events = [e for e in store.history(ref.partition("@")[0]) if e.subject == ref and e.seq <= seq]
    entered = next((event for event in events if event.type == PUBLISHED), None)
    if entered is None:
        return "curator: not known, the store's ledger does not hold it"
    return f"curator: {entered.actor}, event {entered.seq} of {entered.at[:10]}"
