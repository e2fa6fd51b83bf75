"""The rules that evidence meets when it is ingested: each says why a version must wait, or nothing.

Rules kept here
- Pure: a rule reads the version and its ``Batch``; the reason that it gives is a sentence for the person who reviews.
- A rule holds back, it does not judge: what it stops may be right, and is served once a second person has released it.
- Every rule is asked, so that a reviewer sees all that speaks against a version.

    stops(evidence, batch)           # [Stop("foreign_lineage", "supersedes aspirin@2022, which belongs to 'uspstf'")]

A rule is a function and its name in ``RULES``. What a lone publisher that is allowed to publish may still get wrong is
for the gates of ``retrieval/`` to see.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from evitrail.evidence_store.grading.grade import LEVELS, STARTS
from evitrail.evidence_store.model import Evidence, indexed_text
from evitrail.evidence_store.quarantine.batch import Batch
from evitrail.evidence_store.quarantine.held import Stop
from evitrail.evidence_store.quarantine.near_copies import HELD, held_share

Rule = Callable[[Evidence, Batch], str | None]

AHEAD = 366
"""Days that evidence may be announced before it comes into force."""
MANY = 3
"""Lineages that say nearly the same words before that is many."""
OPTION = re.compile(r"(?:^|\s)\(?([A-E])[).:]\s+\S")


def unknown_publisher(evidence: Evidence, batch: Batch) -> str | None:
    """Nobody who is registered vouches for it."""
    return batch.unknown(evidence.ref)


def unsigned_batch(evidence: Evidence, batch: Batch) -> str | None:
    """The publisher named has a key, and did not sign the file."""
    return batch.unproven(evidence.ref)


def foreign_organization(evidence: Evidence, batch: Batch) -> str | None:
    """It names an organization that the publisher does not speak for."""
    publisher = batch.publisher(evidence.ref)
    if publisher is None or publisher.speaks_for(evidence.organization):
        return None
    return f"names the organization {evidence.organization!r}, for which {publisher.name!r} does not speak"


def wrong_kind(evidence: Evidence, batch: Batch) -> str | None:
    """It is of a kind that the publisher does not publish."""
    publisher = batch.publisher(evidence.ref)
    if publisher is None or evidence.kind in publisher.kinds:
        return None
    return f"is a {evidence.kind}; {publisher.name!r} may publish {', '.join(publisher.kinds) or 'nothing'}"


def foreign_lineage(evidence: Evidence, batch: Batch) -> str | None:
    """It supersedes, or becomes a version beside, what belongs to somebody else."""
    publisher, old = batch.publisher(evidence.ref), evidence.supersedes
    if publisher and publisher.supersedes:
        return None
    if fault := _beside_others(evidence, batch):
        return fault
    if old is None or old.partition("@")[0] == evidence.id or batch.owns(publisher, old):
        return None
    return f"supersedes {old}, which belongs to {batch.owner(old)}"


def _beside_others(evidence: Evidence, batch: Batch) -> str | None:
    """Why a lineage is not one that the publisher may go on with, or begin."""
    publisher, named = batch.publisher(evidence.ref), f"is a version of {evidence.id!r}"
    if publisher and publisher.has_lineage(evidence.id):
        return None
    if mates := batch.mates(evidence):
        own = any(batch.owns(publisher, ref) for ref in mates)
        return None if own else f"{named}, whose {mates[-1]} belongs to {batch.owner(mates[-1])}"
    if keepers := batch.keepers(evidence.id):
        return f"{named}, a lineage that was given to {' and '.join(keepers)}"
    others = [ref for ref in batch.new_mates(evidence) if publisher and not batch.owns(publisher, ref)]
    return f"{named}, whose {others[0]} belongs to {batch.owner(others[0])}" if others else None


def ungrounded_grade(evidence: Evidence, batch: Batch) -> str | None:
    """It states a certainty that the publisher may not state, or that no judgement bears."""
    grade, publisher = evidence.grade, batch.publisher(evidence.ref)
    if grade is None:
        return None
    if publisher is None or not publisher.grades:
        return f"states the certainty {grade.certainty!r}, which {_by(batch, evidence.ref)} may not state"
    if grade.certainty != grade.computed and not grade.moves:
        return f"states the certainty {grade.certainty!r} by a reason alone ({grade.override_reason}), no judgement"
    own = STARTS.get(grade.study_design) if grade.study_design != "mixed" else None
    if grade.start and own and LEVELS.index(grade.start) > LEVELS.index(own) and not grade.moves:
        return f"starts at {grade.start!r} where {grade.study_design} evidence starts at {own!r}, with no judgement"
    return None


def implausible_dates(evidence: Evidence, batch: Batch) -> str | None:
    """Its dates cannot be, or make it count longer ago than the publisher may say."""
    today, begins, publisher = batch.today, evidence.valid_from, batch.publisher(evidence.ref)
    if evidence.published > today:
        return f"says that it was published on {evidence.published}; it was ingested on {today}"
    if begins < evidence.published:
        return f"says that it was in force from {begins}, before it was published on {evidence.published}"
    if begins > today + timedelta(days=AHEAD):
        return f"says that it is in force from {begins}, more than {AHEAD} days after {today}"
    if publisher is None or publisher.backdate_days == "any":
        return None
    if begins < today - timedelta(days=publisher.backdate_days):
        return (
            f"says that it was in force from {begins}; {publisher.name!r} may say so of {publisher.backdate_days} days "
            f"before {today}"
        )
    return None


def question_copy(evidence: Evidence, batch: Batch) -> str | None:
    """It is written like a question, or repeats one that is asked in a benchmark."""
    searched = indexed_text(evidence.title, evidence.text)
    if (share := held_share(searched, batch.sketches)) >= HELD:
        return f"holds {share:.0%} of the words of a registered question, run by run"
    if _is_multiple_choice(searched):
        return "is written as a multiple choice question"
    return None


def many_copies(evidence: Evidence, batch: Batch) -> str | None:
    """Several lineages say nearly the same words."""
    near = [ref for ref in batch.near[evidence.ref] if ref != evidence.ref]
    if any(ref in batch.known and _lineage(ref) == evidence.id for ref in near):
        return None  # its own lineage said so before: others copied it
    lineages = {evidence.id, *map(_lineage, near)}
    if len(lineages) < MANY:
        return None
    others = ", ".join(near[: MANY - 1])
    return f"says nearly the same words as {len(near)} others in {len(lineages) - 1} lineages, {others} among them"


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        unknown_publisher,
        unsigned_batch,
        foreign_organization,
        wrong_kind,
        foreign_lineage,
        ungrounded_grade,
        implausible_dates,
        question_copy,
        many_copies,
    )
}
"""By the name they go by in the ledger, in the order they are told."""


def stops(evidence: Evidence, batch: Batch) -> list[Stop]:
    """Every rule that stops a version; none in a store that has no publishers."""
    if batch.quarantine.open:
        return []
    told = ((name, rule(evidence, batch)) for name, rule in RULES.items())
    return [Stop(rule=name, reason=reason) for name, reason in told if reason is not None]


def _by(batch: Batch, ref: str) -> str:
    publisher = batch.publisher(ref)
    return repr(publisher.name) if publisher else "nobody here"


def _lineage(ref: str) -> str:
    return ref.partition("@")[0]


def _is_multiple_choice(text: str) -> bool:
    """Whether options A, B and C follow a question mark."""
    asked = text.partition("?")[2]
    letters = [found[1] for found in OPTION.finditer(asked)]
    return [letter for letter in letters if letter in "ABC"][:3] == ["A", "B", "C"]
