"""How sure raters are of one version, outcome by outcome and domain by domain, with the reason for each judgement.

Rules kept here
- What was not assessed has no levels, never 0. Where only the sum of a rating is on record, a domain that moved nothing
  is not known to have been assessed.
- A published certainty that differs from the sum stands beside the sum, with its reason.

    profile_of(snapshot, "aspirin@2022").outcomes[0].domains["imprecision"].reason
"""

from __future__ import annotations

from evitrail.evidence_store.curation.profile import Profile
from evitrail.evidence_store.grading.assessment import DOWNGRADES, UPGRADES, Assessment
from evitrail.evidence_store.grading.grade import Certainty, Grade, Strength
from evitrail.evidence_store.grading.native_grade import Rating
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.traces.record import Record

DOMAINS: tuple[str, ...] = (*DOWNGRADES, *UPGRADES)


class DomainMove(Record):
    """What one domain does to the certainty."""

    levels: int | None
    """Down is negative; 0 was judged and is no concern; None was not assessed, or is not on record."""
    reason: str


class GradedOutcome(Record):
    """One outcome, from where its rating starts to its certainty."""

    outcome: str | None
    """None where the rating on record is of the version as a whole."""
    importance: str | None
    target: str
    study_design: str | None
    start: Certainty | None
    start_reason: str
    domains: dict[str, DomainMove]
    certainty: Certainty | None
    """As published; None where it was left open."""
    computed: Certainty | None
    """What the judgements add up to; None where nobody knows from which level."""
    sum_in_words: str
    override_reason: str
    """Why the published certainty differs from the sum; empty where it does not."""
    decides: bool
    """Whether the certainty of the version is this outcome's."""


class GradeProfile(Record):
    """How sure raters are of one version."""

    ref: str
    certainty: Certainty | None
    strength: Strength | None
    outcomes: tuple[GradedOutcome, ...]
    ratings: tuple[Rating, ...]
    """In the codes of other systems, as they are."""
    unrated: tuple[str, ...]
    """Outcomes that would count, without a certainty."""
    reason: str
    """What the profile rests on; empty where none is on record."""


def profile_of(snapshot: Snapshot, ref: str) -> GradeProfile:
    """The profile of a version as known by the snapshot; without outcomes where nobody rated it."""
    profile, grade = snapshot.profile(ref), snapshot.headers[ref].grade
    outcomes = [_of_outcome(one, profile) for one in profile.assessments] if profile else []
    if profile is None and grade is not None:
        outcomes = [_of_whole(grade)]
    return GradeProfile(
        ref=ref,
        certainty=grade.certainty if grade else None,
        strength=grade.strength if grade else None,
        outcomes=tuple(outcomes),
        ratings=profile.ratings if profile else (),
        unrated=profile.overall.unrated if profile else (),
        reason=profile.reason if profile else "",
    )


def _of_outcome(assessed: Assessment, profile: Profile) -> GradedOutcome:
    judged = {domain: getattr(assessed, domain) for domain in DOMAINS}
    target = " ".join(part for part in (assessed.target, assessed.threshold) if part)
    return GradedOutcome(
        outcome=assessed.outcome,
        importance=assessed.importance,
        target=target,
        study_design=assessed.study_design,
        start=assessed.start,
        start_reason=assessed.start_reason or "",
        domains={
            domain: DomainMove(
                levels=None if one.levels is None else -one.levels if domain in DOWNGRADES else one.levels,
                reason=one.reason or "",
            )
            for domain, one in judged.items()
        },
        certainty=assessed.certainty,
        computed=assessed.computed,
        sum_in_words=assessed.sum_in_words(),
        override_reason=assessed.override_reason or "",
        decides=assessed.outcome in profile.overall.decided_by[:1],
    )


def _of_whole(grade: Grade) -> GradedOutcome:
    """A rating of which only what moved the certainty is on record."""
    return GradedOutcome(
        outcome=None,
        importance=None,
        target="",
        study_design=grade.study_design,
        start=grade.starting_level,
        start_reason="",
        domains={domain: DomainMove(levels=grade.moves.get(domain), reason="") for domain in DOMAINS},
        certainty=grade.certainty,
        computed=grade.computed,
        sum_in_words=grade.sum_in_words(),
        override_reason=grade.override_reason or "",
        decides=True,
    )
