"""Reviewing a run: a label or blame overridden, or that withdrawn, recorded for good with author and reason.

Rules kept here
- The review is appended to the run's own chain, in the file where the run lies, in one short transaction: a sweep that
  writes there waits no longer. Then the journal is sealed and the results are written again, so that every total
  honours it; ``results`` says how, for a server that does not wait for them.
- What cannot be meant is refused before anything is written: a run that has no answer, a label of an option that is
  right or was not chosen, a blame for a failure that the run does not have, a step that it did not do.
- Of a case with patient data the review is stored under the run's key, and is redacted with it.

    review_label(folder, "standard.rad-001", "high_risk", "no", by="d.larsen", reason="the dose is given per day")
    review_blame(folder, "standard.rad-001", "wrong", ["retrieve[1]"], code="R1", by="d.larsen", reason="never served")

Many reviews of one file: ``review_table.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from evitrail.agent.model import Answer
from evitrail.eval.attribution.blame import ABSTENTIONS, FAILS, Kind
from evitrail.eval.attribution.record.taxonomy import FAULTS
from evitrail.eval.attribution.scene.players import BUDGET, STORE
from evitrail.eval.log.latest_check import counted, rechecked
from evitrail.eval.log.reviews import BLAME, LABELS, VALUES, Review, recorded_reviews
from evitrail.eval.log.runs import JOURNAL, find_run, reviewed_outcome, why_no_option
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.run_columns import NOBODY
from evitrail.eval.report.results import write_results
from evitrail.evidence_store.curation.workflow import folded_name
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.evidence_store.input_text import InputError
from evitrail.traces.audit.seal import seal
from evitrail.traces.external.external_run import recorded_elsewhere
from evitrail.traces.journal.after_end import REVIEW
from evitrail.traces.journal.errors import Redacted
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.journal import Journal
from evitrail.traces.run.memory import secret_of
from evitrail.traces.trace import Trace

N = TypeVar("N", bound=str)
WriteResults = Callable[[Path], object]
"""What writes the results of an experiment again."""


class Reviewable(NamedTuple):
    """A run that can be reviewed, as it counts now."""

    trace: Trace
    outcome: Outcome


class RequestedReview(NamedTuple):
    """A review that somebody asks to record."""

    place: str
    """Where it was asked for: file and line."""
    run: str
    of: str
    """A label, or ``blame.KIND``."""
    says: tuple[str, ...]
    """The value of a label, or the steps of a blame."""
    code: str | None
    by: str
    reason: str

    def of_run(self, of: Reviewable) -> Review:
        """The review, if it can be meant; raises ``ValueError``."""
        if self.of.startswith(BLAME):
            return _blamed(of, self.of.removeprefix(BLAME), self.says, self.code, self.by, self.reason)
        _one_of("a label or blame.KIND", self.of, [*LABELS, *(f"{BLAME}{kind}" for kind in FAILS)])
        return _labelled(of, self.of, "".join(self.says), self.by, self.reason)


class _Ready(NamedTuple):
    """A review that may be written, and the file that its run lies in."""

    review: Review
    run: str
    path: Path


def review_label(folder: Path, run: str, label: str, value: str, *, by: str, reason: str) -> Review:
    """Say that a label of the option that a run chose is another; ``value`` is yes, no or unknown.

    Raises ``ValueError`` in one line for what cannot be meant, ``JournalError`` where there is no journal or the run
    was redacted.
    """
    return _recorded(folder, run, by, reason, lambda of: _labelled(of, label, value, by, reason))


def review_blame(
    folder: Path,
    run: str,
    outcome: str,
    steps: Sequence[str],
    *,
    by: str,
    reason: str,
    code: str | None = None,
    authenticated: bool = False,
    results: WriteResults = write_results,
) -> Review:
    """Say that other steps are to blame for a failure of a run, or ``nobody``; raises like ``review_label``.

    ``code`` is that of the fault, or of the reason to blame nobody, which must be given; ``authenticated`` says that
    somebody checked who ``by`` is.
    """

    def said(of: Reviewable) -> Review:
        found = _blamed(of, outcome, steps, code, by, reason)
        return found.model_copy(update={"authenticated": authenticated})

    return _recorded(folder, run, by, reason, said, results)


def withdraw_review(
    folder: Path,
    run: str,
    of: str,
    *,
    by: str,
    reason: str,
    authenticated: bool = False,
    results: WriteResults = write_results,
) -> Review:
    """Withdraw what one said of a label or blame; what others said of it stands. Raises like ``review_label``."""

    def said(what: Reviewable) -> Review:
        chosen = what.outcome.chosen
        reviews = recorded_reviews(what.trace, chosen)
        reviewed = list(dict.fromkeys(one.review.of for one in reviews))
        if not reviewed:
            raise ValueError(f"run {run!r}: expected a review to withdraw, the run has none")
        _one_of("a label or blame that was reviewed", of, reviewed)
        stands = [one.review for one in reviews if one.standing in ("counts", "superseded", "of another answer")]
        if folded_name(by) not in {folded_name(one.by) for one in stands if one.of == of}:
            others = ", ".join(dict.fromkeys(one.by for one in stands if one.of == of)) or "nobody"
            raise ValueError(f"run {run!r}: expected a review of {of} by {by!r} to withdraw, found those of {others}")
        return Review(of=of, chosen=chosen, withdraws=True, by=by, reason=reason, authenticated=authenticated)

    return _recorded(folder, run, by, reason, said, results)


class Reviewing(NamedTuple):
    """What a reviewer may record about the blames of a run."""

    failed: tuple[Kind, ...]
    """The kinds of failure that the run has."""
    players: tuple[str, ...]
    """Who may be blamed, in the order of the run; or nobody."""


def reviewing(folder: Path, run: str) -> Reviewing:
    """What ``review_blame`` takes for a run; raises like it."""
    with Journals.open(folder) as journals:
        of = _reviewable(journals, run)
        failed = tuple(kind for kind, fails in FAILS.items() if fails(of.outcome))
        return Reviewing(failed, tuple(_players(of.trace)))


def record_reviews(folder: Path, asked: Sequence[RequestedReview]) -> list[Review]:
    """Record many at once; returns those that say something new.

    Raises ``InputError`` with every fault and records nothing, ``JournalError`` where there is no journal.
    """
    found: list[_Ready] = []
    faults: list[str] = []
    with Journals.open(folder) as journals:
        for one in asked:
            try:
                subject = _reviewable(journals, one.run)
                review = one.of_run(subject)
            except (ValueError, Redacted) as error:
                faults.append(f"{one.place}: {error}")
                continue
            if not _said_before(subject, review):
                found.append(_Ready(review, one.run, _file_of(journals, subject.trace)))
    if faults:
        raise InputError(faults)
    _write(folder, found)
    return [one.review for one in found]


def _recorded(
    folder: Path,
    run: str,
    by: str,
    reason: str,
    said: Callable[[Reviewable], Review],
    results: WriteResults = write_results,
) -> Review:
    if not by.strip() or not reason.strip():
        raise ValueError(f"expected who reviews and why, got by={by!r}, reason={reason!r}")
    with Journals.open(folder) as journals:
        subject = _reviewable(journals, run)
        found = _Ready(said(subject), run, _file_of(journals, subject.trace))
    _write(folder, [found], results)
    return found.review


def _write(folder: Path, found: Sequence[_Ready], results: WriteResults = write_results) -> None:
    """Append each to its run's chain, those of one file in one transaction; then seal, and write the results again."""
    for path in sorted({one.path for one in found}):
        with Journal.open(path) as journal, journal.transaction():
            for one in found:
                if one.path == path:
                    secret = secret_of(journal, one.run)
                    name = journal.secret(secret).put(one.review) if secret else journal.put(one.review)
                    journal.append(one.run, REVIEW, {"review": name})
    if found:
        with Journals.open(folder) as journals, Journal.open(folder / JOURNAL) as journal:
            seal(journal, over=journals)
        results(folder)


def _file_of(journals: Journals, trace: Trace) -> Path:
    return next(file.path for file in journals.files if file.records(trace.run) == trace.stored)


def _said_before(of: Reviewable, review: Review) -> bool:
    """Whether it repeats its author's newest review of that label or blame, word for word."""
    ours = [
        one.review
        for one in recorded_reviews(of.trace, of.outcome.chosen)
        if one.review.of == review.of and folded_name(one.review.by) == folded_name(review.by)
    ]
    return bool(ours) and ours[-1] == review


def _labelled(of: Reviewable, label: str, value: str, by: str, reason: str) -> Review:
    known, said = _one_of("a label", label, LABELS), _one_of("a value", value, VALUES)
    if of.outcome.abstained or of.outcome.correct:
        did = "abstained" if of.outcome.abstained else f"chose {of.outcome.chosen}, the right option"
        raise ValueError(f"run {of.trace.run!r}: expected a wrong option that was chosen, to label it; the run {did}")
    return Review(of=known, chosen=of.outcome.chosen, label=said, by=by, reason=reason)


def _blamed(of: Reviewable, outcome: str, steps: Sequence[str], code: str | None, by: str, reason: str) -> Review:
    kind = _failure(of.outcome, outcome)
    blamed = _steps(of.trace, steps)
    codes = [one for one in FAULTS if one not in ABSTENTIONS] if blamed else list(ABSTENTIONS)
    if not blamed and code is None:
        raise ValueError(f"expected the code of the reason to blame nobody, got none; one of {', '.join(codes)}")
    if code is not None:
        _one_of("the code of a fault" if blamed else "the code of a reason to blame nobody", code, codes)
    return Review(of=f"{BLAME}{kind}", chosen=of.outcome.chosen, steps=blamed, code=code, by=by, reason=reason)


def _reviewable(journals: Journals, run: str) -> Reviewable:
    trace = find_run(journals, run)
    if trace.parent is not None or recorded_elsewhere(trace):
        what = (
            "a run of another system" if trace.parent is None else f"a fork of {trace.parent!r}, which counts nowhere"
        )
        raise ValueError(f"expected a run of this experiment to review, got {run!r}, {what}")
    answer = counted(trace, rechecked(journals)).output(Answer)
    if answer is None or answer.skipped:
        why = why_no_option(trace) if answer is None else f"was skipped ({answer.skipped})"
        raise ValueError(f"expected a run that chose an option to review, got {run!r}, which {why}")
    return Reviewable(trace, reviewed_outcome(trace, answer))


def _failure(outcome: Outcome, asked: str) -> Kind:
    kind = _one_of("a kind of failure", asked, FAILS)
    failed = [one for one, fails in FAILS.items() if fails(outcome)]
    if kind in failed:
        return kind
    if FAILS[kind](outcome) is None:
        raise ValueError(f"run {outcome.run!r}: expected a failure to blame somebody for, it is unknown whether {kind} "
                         "holds; `evitrail review label` says it")  # fmt: skip
    named = f"only {', '.join(failed)}" if failed else "in no way"
    raise ValueError(f"run {outcome.run!r}: expected a way in which it failed, got {kind!r}; it failed {named}")


def _steps(trace: Trace, asked: Sequence[str]) -> tuple[str, ...]:
    """The steps to blame, empty for nobody."""
    if not asked or (NOBODY in asked and len(asked) > 1):
        raise ValueError(f"expected the steps to blame, or {NOBODY!r} alone, got {', '.join(asked) or 'none'}")
    for step in asked:
        _one_of(f"a step of run {trace.run!r}", step, [*_players(trace), NOBODY])
    return () if NOBODY in asked else tuple(dict.fromkeys(asked))


def _players(trace: Trace) -> list[str]:
    paths = [step.path for step in trace.activities if "/" not in step.path]
    kinds = {step.kind for step in trace.activities}
    return [*([STORE] if "retrieve" in kinds else []), *paths, *([BUDGET] if "critique" in kinds else [])]


def _one_of(what: str, asked: str, known: Iterable[N]) -> N:
    """The known name that was asked for; raises ``ValueError`` naming the nearest."""
    names = list(known)
    if asked not in names:
        raise ValueError(f"expected {what}, one of {', '.join(names)}, got {asked!r}{nearest(asked, names)}")
    return next(name for name in names if name == asked)
