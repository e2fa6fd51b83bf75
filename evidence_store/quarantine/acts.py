"""The rules that acts meet: notices, assessments, supersessions, contradictions and withdrawals of others' evidence.

Rules kept here
- Pure. An act is recorded at once where a publisher vouches for it that owns all it concerns, or was allowed to act on
  others' evidence so. Any other waits for a second person: whoever only has the command line vouches for nobody.
- What is about something that is held waits with it.
- What could never be recorded is refused, not held.
- An assessment, a supersession or a contradiction that says what the ledger says already is not recorded again: a
  command may be given again after its process was killed. Notices and withdrawals tell by the standing of a version.

    faults, drafts = judged("notice", notices, batch, known)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from evitrail.evidence_store.curation.notices import Notice, recordable
from evitrail.evidence_store.curation.profile import Profile, profiling
from evitrail.evidence_store.curation.relations import Contradiction, Supersession, disputing, superseding
from evitrail.evidence_store.curation.workflow import Dossier, acted
from evitrail.evidence_store.grading.grade import rank
from evitrail.evidence_store.known import Known
from evitrail.evidence_store.ledger.event import SUPERSEDED, WITHDRAWN, Draft
from evitrail.evidence_store.quarantine.admission import WAITS, signatures
from evitrail.evidence_store.quarantine.batch import Batch
from evitrail.evidence_store.quarantine.held import Held, Stop, What
from evitrail.evidence_store.quarantine.publisher import Publisher
from evitrail.evidence_store.quarantine.voucher import publisher_of
from evitrail.traces.record import Record

ACT = ""
"""Acts have one voucher for all of them, whatever version it is asked for."""

Decided = tuple[list[str], list[Draft]]
"""Why acts cannot be recorded, each in a line, and the events that record them."""


class Withdrawal(Record):
    """The store's own people take back a version that was published elsewhere."""

    ref: str
    reason: str


Act = Notice | Profile | Supersession | Contradiction | Withdrawal


class ActRule(NamedTuple):
    """What one type of act is, and whose evidence it may not touch unasked."""

    type: type[Act]
    decide: Callable[[Sequence[Any], Known], Decided]
    rule: str
    verb: str
    allowed: Callable[[Publisher], bool]
    """Whether a publisher may act so on others' evidence."""


def _superseding(edges: Sequence[Supersession], known: Known) -> Decided:
    return _joined([superseding(edge, known.headers, known.successors) for edge in edges])


def _disputing(edges: Sequence[Contradiction], known: Known) -> Decided:
    return _joined([disputing(edge, known.headers) for edge in edges])


def _withdrawing(acts: Sequence[Withdrawal], known: Known) -> Decided:
    dossiers = [Dossier(act.ref, stage="published", content=known[act.ref].origin.id) for act in acts]
    return [], [acted(WITHDRAWN, one, "", act.reason) for one, act in zip(dossiers, acts, strict=True)]


def _joined(decided: Sequence[Decided]) -> Decided:
    return [fault for faults, _ in decided for fault in faults], [draft for _, drafts in decided for draft in drafts]


ACTS: dict[What, ActRule] = {
    "notice": ActRule(
        Notice,
        lambda acts, known: recordable(acts, known.headers),
        "foreign_retraction",
        "changes the standing of",
        lambda publisher: publisher.retracts,
    ),
    "assessment": ActRule(
        Profile,
        lambda acts, known: profiling(acts, known.headers),
        "foreign_grade",
        "grades",
        lambda publisher: publisher.regrades,
    ),
    "supersession": ActRule(
        Supersession, _superseding, "foreign_lineage", "ends or amends", lambda publisher: publisher.supersedes
    ),
    "contradiction": ActRule(
        Contradiction, _disputing, "foreign_contradiction", "contradicts", lambda publisher: publisher.supersedes
    ),
    "withdrawal": ActRule(
        Withdrawal, _withdrawing, "foreign_retraction", "withdraws", lambda publisher: publisher.retracts
    ),
}
INFLATED, UNGROUNDED = "inflated_grade", "ungrounded_grade"


def judged(what: What, acts: Sequence[Act], batch: Batch, known: Known) -> Decided:
    """Why these acts cannot be recorded, and the events that record them or hold them."""
    decide = ACTS[what].decide
    if batch.quarantine.open:
        return decide(acts, known)
    held = {ref for one in batch.quarantine.waiting if one.what == "evidence" for ref in one.refs}
    waiting = {ref for ref in held if ref not in batch.known}
    faults, _ = decide([act for act in acts if not waiting.intersection(_named(act))], known)
    if faults:
        return faults, []
    stopped = [(act, list(_stops(what, act, batch, waiting))) for act in acts]
    free = [act for act, told in stopped if not told]
    holding = [draft for act, told in stopped if told for draft in _holding(what, act, told, batch)]
    return [], [*(signatures(batch, [ACT]) if free or holding else []), *decide(free, known)[1], *holding]


def on_record(act: Act, known: Known, has_event: Callable[[str, str], bool]) -> bool:
    """Whether the ledger says just this already; ``has_event`` tells whether it has one of a type and subject."""
    match act:
        case Profile():
            return any(one.row.profile == act for one in known.find([act.ref]).values())
        case Contradiction():
            return any(act in one.row.disputes for one in known.find([act.a]).values())
        case Supersession():  # its subject is its content
            return has_event(SUPERSEDED, act.id)
        case _:
            return False


def concerned(act: Act) -> tuple[str, ...]:
    """The versions that an act changes the worth of."""
    match act:
        case Supersession():
            return act.old
        case Contradiction():
            return act.a, act.b
        case _:
            return (act.ref,)


def _named(act: Act) -> tuple[str, ...]:
    """Every version that an act names."""
    return (*concerned(act), *(act.new if isinstance(act, Supersession) else ()))


def _stops(what: What, act: Act, batch: Batch, waiting: set[str]) -> Iterator[Stop]:
    meant, publisher, refs = ACTS[what], batch.publisher(ACT), concerned(act)
    if later := [ref for ref in _named(act) if ref in waiting]:
        yield Stop(rule=WAITS, reason=f"is about {', '.join(later)}, which is held")
    if isinstance(act, Profile) and act.assessments and publisher and not publisher.grades:
        yield Stop(rule=UNGROUNDED, reason=f"states a certainty, which {publisher.name!r} may not state")
    if publisher and meant.allowed(publisher):
        return
    foreign = [ref for ref in refs if ref not in waiting and not batch.owns(publisher, ref)]
    if foreign:
        rule = INFLATED if isinstance(act, Profile) and _raises(act, batch) else meant.rule
        who = f"{publisher.name!r}" if publisher else batch.unproven(ACT) or batch.unknown(ACT)
        whose = ", ".join(f"{ref}, which belongs to {batch.owner(ref)}" for ref in foreign)
        yield Stop(rule=rule, reason=f"{meant.verb} {whose}: {who}{' may not' if publisher else ''}")


def _raises(profile: Profile, batch: Batch) -> bool:
    """Whether the version would count as surer than it does."""
    return bool(profile.assessments) and rank(profile.grade) > rank(batch.known[profile.ref].header.grade)


def _holding(what: What, act: Act, told: list[Stop], batch: Batch) -> list[Draft]:
    proof = batch.proof(ACT)
    new = Held(
        what=what,
        refs=concerned(act),
        content=act.model_dump(mode="json"),
        stops=tuple(told),
        publisher=publisher_of(batch.voucher(ACT)),
        signed=proof.file if proof else None,
    )
    subject = act.id if isinstance(act, Supersession | Contradiction) else new.refs[0]
    return [] if batch.quarantine.brought_before(new) else [new.event(subject)]
