"""The reviews of an experiment: what each says, what is on record beside it, and whether it counts.

with Journals.open(folder) as journal:
    [review for review in listed_reviews(journal) if review.standing == "counts"]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from evitrail.agent.model import Answer
from evitrail.eval.attribution.blame import Blame
from evitrail.eval.attribution.record.recorded_blame import blames_of
from evitrail.eval.attribution.record.reviewed_blame import agrees, code_of, culprit_in_words
from evitrail.eval.log.latest_check import counted, rechecked
from evitrail.eval.log.reviews import (
    BLAME,
    LABELS,
    VALUES,
    RecordedReview,
    Review,
    Standing,
    author_in_words,
    is_reviewed,
    recorded_reviews,
)
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import traces
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.report.files import write_csv, write_json
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import Record
from evitrail.traces.trace import Trace


class ListedReview(Record):
    """One review, as a list tells it."""

    run: str
    of: str
    """The label or blame."""
    says: str
    recorded: str
    """What the benchmark or the attribution says."""
    by: str
    reason: str
    at: str
    """When it was recorded, in UTC."""
    standing: Standing
    overrides: bool
    """Whether it counts and says something else than what is on record."""
    authenticated: bool
    """Whether the author was known by a token of their own; otherwise the name is declared."""

    @property
    def author(self) -> str:
        """Who said it, and whether that was checked."""
        return author_in_words(self.by, authenticated=self.authenticated)

    @property
    def in_words(self) -> str:
        """What it says, who said it and why, what is on record, and what became of it."""
        said = "withdraws that" if self.standing == "withdrawal" else f"is {self.says}"
        standing = "" if self.standing in ("counts", "withdrawal") else f"; {self.standing}"
        return f"{self.of} {said}, by {self.author}: {self.reason}; on record: {self.recorded}{standing}"


def overridden_runs(outcomes: Iterable[Outcome], blames: Iterable[Blame] = ()) -> set[str]:
    """The runs of which a reviewer overrode a label or a blame."""
    relabelled = {outcome.run for outcome in outcomes if outcome.relabelled}
    return relabelled | {blame.run for blame in blames if blame.overridden}


def listed_reviews(journal: JournalView) -> list[ListedReview]:
    """Every review, by run, oldest first."""
    latest = rechecked(journal)
    reviewed = (trace for trace in traces(journal) if is_reviewed(trace))
    return [review for trace in reviewed for review in reviews_of(trace, counted(trace, latest))]


def write_reviews(path: Path, reviews: Sequence[ListedReview]) -> None:
    """Write a list of reviews as the file's name says; raises ``ValueError`` for another ending than .csv or .json."""
    rows = [one.model_dump(mode="json") for one in reviews]
    if path.suffix == ".json":
        write_json(path, rows)
    elif path.suffix == ".csv":
        write_csv(path, rows, tuple(ListedReview.model_fields))
    else:
        raise ValueError(f"--out: expected a name that ends with .csv or .json, got {str(path)!r}")


def reviews_of(trace: Trace, checked: Trace) -> list[ListedReview]:
    """The reviews of one run, oldest first; ``checked`` is the run whose answer counts."""
    said = checked.output(Answer) if is_reviewed(trace) else None
    if said is None:
        return []
    return [_listed(trace, one) for one in recorded_reviews(trace, said.option)]


def _listed(trace: Trace, one: RecordedReview) -> ListedReview:
    review = one.review
    if review.of in LABELS:
        recorded = _label(trace, review)
        agreed = recorded == review.label
    else:
        blame = _blame(trace, review)
        recorded = culprit_in_words(blame.culprit if blame else None, code_of(blame) if blame else None)
        agreed = blame is not None and agrees(blame, review)
    return ListedReview(
        run=trace.run,
        of=review.of,
        says="withdrawn" if review.withdraws else review.label or culprit_in_words(review.steps, review.code),
        recorded=recorded,
        by=review.by,
        reason=review.reason,
        at=one.at,
        standing=one.standing,
        overrides=one.standing == "counts" and not agreed,
        authenticated=review.authenticated,
    )


def _label(trace: Trace, review: Review) -> str:
    """What the case says of the option that was reviewed."""
    labels = trace.config(RunConfig).case.labels
    flags = labels.get(review.chosen or "")
    known = bool(flags and getattr(flags, review.of)) if labels else None
    return next(value for value, means in VALUES.items() if means is known)


def _blame(trace: Trace, review: Review) -> Blame | None:
    """What the attribution found of the answer that was reviewed."""
    own = trace.output(Answer)
    found = blames_of(trace) if own is not None and own.option == review.chosen else ()
    return next((one for one in found if f"{BLAME}{one.outcome}" == review.of), None)
