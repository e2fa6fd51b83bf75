"""Reviews: what people said of a run's label or blame in place of what is on record, each with author and reason.

Rules kept here
- A review is a record in the run's own chain, after its end. None is changed or deleted: who comes to another view
  records another review, which may also withdraw the earlier one.
- Of each author the newest review of a label or blame stands; of those that stand, the newest counts. Names are
  compared without regard to case and blanks.
- A review is of the option that was chosen when it was made. Where another one counts by now, because the answer was
  checked again, it is shown and does not count.
- Which is newer, the chain says; no clock decides.
- Of a case with patient data the reason is withheld.

    in_force(trace, chosen="B")["high_risk"].label

Every total reads what counts from here: labels by ``runs.py``, blame by ``attribution/record/reviewed_blame.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from evitrail.eval.dataset.case import COVER
from evitrail.eval.dataset.labels import Flag
from evitrail.eval.log.run_config import RunConfig
from evitrail.evidence_store.curation.workflow import folded_name
from evitrail.traces.journal.after_end import REVIEW
from evitrail.traces.journal.schema import Stored
from evitrail.traces.record import Grown
from evitrail.traces.trace import Trace

LABELS: tuple[Flag, ...] = get_args(Flag)
BLAME = "blame."
"""How what is overridden begins where it is a blame: ``blame.wrong``."""
MARK = b'"type":"review"'
"""What the bytes of a review hold; records of other types need not be read."""

LabelValue = Literal["yes", "no", "unknown"]
VALUES: dict[LabelValue, bool | None] = {"yes": True, "no": False, "unknown": None}
ReviewedLabels = Mapping[Flag, bool | None]

Standing = Literal["counts", "superseded", "withdrawn", "of another answer", "withdrawal"]
"""What became of a review."""


class Review(Grown, stored_as="Review"):
    """What one person said of one label or blame of a run."""

    later = frozenset({"authenticated"})

    of: str
    """A label, such as ``high_risk``; or a blame, such as ``blame.wrong``."""
    chosen: str | None
    """The option that counted when it was said."""
    label: LabelValue | None = None
    """What the label is; None for a blame."""
    steps: tuple[str, ...] | None = None
    """The steps to blame, empty for nobody; None for a label."""
    code: str | None = None
    """The code of the fault, or of the reason to blame nobody."""
    withdraws: bool = False
    """Whether it only withdraws what its author said before."""
    by: str
    reason: str
    authenticated: bool = False
    """Whether the author was known by a token of their own; otherwise the name is declared, and nobody checked it."""


def author_in_words(by: str, *, authenticated: bool) -> str:
    """Who said it, and whether that was checked: said of every name, so that none can claim it of itself."""
    return f"{by} ({'authenticated' if authenticated else 'declared'})"


class RecordedReview(NamedTuple):
    """A review as it lies in the chain."""

    at: str
    review: Review
    standing: Standing


def overridden_in_words(runs: int) -> str:
    """How many runs of a total were overridden: ``3 overridden by reviewers``; empty for none."""
    return f"{runs} overridden by reviewers" if runs else ""


def recorded_reviews(trace: Trace, chosen: str | None) -> list[RecordedReview]:
    """Every review of a run, oldest first; ``chosen`` is the option that counts now."""
    stored = _stored(trace)
    if not stored:
        return []
    said = [trace.get(record.body["review"], Review) for record in stored]
    newest = {(one.of, folded_name(one.by)): place for place, one in enumerate(said)}
    standing = [place for place in newest.values() if not said[place].withdraws and said[place].chosen == chosen]
    counting = {said[place].of: place for place in sorted(standing)}.values()

    def became(place: int, one: Review) -> Standing:
        if one.withdraws:
            return "withdrawal"
        if place in counting:
            return "counts"
        if said[newest[one.of, folded_name(one.by)]].withdraws:
            return "withdrawn"
        return "superseded" if one.chosen == chosen else "of another answer"

    if trace.config(RunConfig).case.sensitive:
        said = [one.model_copy(update={"reason": COVER}) for one in said]
    return [
        RecordedReview(record.line["t"], one, became(place, one))
        for place, (record, one) in enumerate(zip(stored, said, strict=True))
    ]


def is_reviewed(trace: Trace) -> bool:
    """Whether anybody reviewed the run, whatever became of that."""
    return bool(_stored(trace))


def in_force(trace: Trace, chosen: str | None) -> dict[str, Review]:
    """The reviews that count, by what they are of."""
    return {one.review.of: one.review for one in recorded_reviews(trace, chosen) if one.standing == "counts"}


def reviewed_labels(trace: Trace, chosen: str | None) -> ReviewedLabels:
    """What reviewers say of the labels of the option that was chosen."""
    found = in_force(trace, chosen)
    said = {label: found[label].label for label in LABELS if label in found}
    return {label: VALUES[value] for label, value in said.items() if value is not None}


def _stored(trace: Trace) -> list[Stored]:
    return [record for record in trace.records if MARK in record.bytes and record.type == REVIEW]
