"""A reviewer's override of a blame: the choices for a run, its recording, and its withdrawal, as ``evitrail review``.

Rules kept here
- ``eval/review.py`` decides what is valid and records it; nothing is changed or deleted.
- The results are written again in the background, and each answer says whether they have been.
- The reviewer's name is that of whoever is signed in; where nobody signs in it is declared, and recorded as such.

    override_blame(folder, OverrideBlame(run=run, outcome="wrong", steps=["choose[1]"], by="d.larsen", reason="…"))
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field

from evitrail.eval.attribution.blame import ABSTENTIONS
from evitrail.eval.attribution.record.taxonomy import FAULTS
from evitrail.eval.log.latest_check import counted, rechecked
from evitrail.eval.log.reviews import BLAME
from evitrail.eval.log.runs import find_run
from evitrail.eval.report.review_list import ListedReview, reviews_of
from evitrail.eval.review import review_blame, reviewing, withdraw_review
from evitrail.traces.journal.folder import Journals
from evitrail.traces.record import Record
from evitrail.workbench.api.attribution.results_writer import ResultsState, results_state, write_later
from evitrail.workbench.api.author import author
from evitrail.workbench.api.plain_words import plain_words

LONGEST_NAME, LONGEST_REASON = 120, 2000
BY = "The reviewer's name, as declared; may be left out where people sign in, since the token says whose it is."


class OverrideBlame(BaseModel):
    """Who is to blame for one failure of a run, and why."""

    run: str = Field(description="Name of a run.", max_length=1000)
    outcome: str = Field(description="The kind of failure: wrong, high_risk, unsafe, contradiction or overconfident.")
    steps: list[str] = Field(description="Steps by their paths, store, budget; or nobody alone.", max_length=100)
    code: str | None = Field(None, description="Code of the fault; for nobody, of the reason.")
    by: str = Field("", description=BY, max_length=LONGEST_NAME)
    reason: str = Field(description="Why.", max_length=LONGEST_REASON)


class WithdrawReview(BaseModel):
    """The withdrawal of one's own review of a blame."""

    run: str = Field(description="Name of a run.", max_length=1000)
    of: str = Field(description="What was reviewed: blame.wrong, or a label.", max_length=100)
    by: str = Field("", description=BY, max_length=LONGEST_NAME)
    reason: str = Field(description="Why.", max_length=LONGEST_REASON)


class BlameChoices(Record):
    """What a reviewer may record about the blames of a run."""

    run: str
    failed: tuple[str, ...]
    players: tuple[str, ...]
    """Steps, the store and the budget, in the order of the run."""
    faults: dict[str, str]
    """By code, what the fault of a step is."""
    reasons: dict[str, str]
    """By code, why nobody is blamed."""
    reviews: tuple[ListedReview, ...]


class RecordedReview(Record):
    """A review as it was recorded."""

    review: ListedReview
    results: ResultsState


def blame_choices(folder: Path, run: str) -> BlameChoices:
    """The choices for a run; raises ``ValueError`` where there are none."""
    may = reviewing(folder, run)
    return BlameChoices(
        run=run,
        failed=may.failed,
        players=may.players,
        faults={code: what for code, what in FAULTS.items() if code not in ABSTENTIONS},
        reasons=ABSTENTIONS,
        reviews=tuple(one for one in _reviews(folder, run) if one.of.startswith(BLAME)),
    )


def override_blame(folder: Path, said: OverrideBlame, *, signed_in: str = "") -> RecordedReview:
    """Record an override; raises ``ValueError`` for what is not valid."""
    by, why = author(said.by, signed_in=signed_in), plain_words("reason", said.reason)
    review_blame(
        folder,
        said.run,
        said.outcome,
        said.steps,
        code=said.code or None,
        by=by.name,
        reason=why,
        authenticated=by.authenticated,
        results=write_later,
    )
    return _recorded(folder, said.run)


def withdraw(folder: Path, said: WithdrawReview, *, signed_in: str = "") -> RecordedReview:
    """Record a withdrawal; raises ``ValueError`` where there is nothing of theirs to withdraw."""
    by, why = author(said.by, signed_in=signed_in), plain_words("reason", said.reason)
    withdraw_review(
        folder, said.run, said.of, by=by.name, reason=why, authenticated=by.authenticated, results=write_later
    )
    return _recorded(folder, said.run)


def _recorded(folder: Path, run: str) -> RecordedReview:
    return RecordedReview(review=_reviews(folder, run)[-1], results=results_state(folder))


def _reviews(folder: Path, run: str) -> list[ListedReview]:
    with Journals.open(folder) as journal:
        trace = find_run(journal, run)
        return list(reviews_of(trace, counted(trace, rechecked(journal))))
