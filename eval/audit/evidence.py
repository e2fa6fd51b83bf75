"""Was the evidence that answers cite what the policy asks for: in force, not retracted, certain, recent, signed off?

============================  ==================================================================================
``nothing_superseded_cited``  no cited version was superseded, expired or withdrawn on the day its question was asked of
``nothing_retracted``         no cited version is retracted
``min_certainty``             every cited version is graded at least so certain
``max_age_years``             every cited version was published at most so many years before that day
``signed_off_only``           every cited version was signed off here, or vouched for by a registered publisher
============================  ==================================================================================

Rules kept here
- What counts is what the store knows now: a retraction recorded after the answer breaks the rule.
- Answers are not a sample of citations: one that breaks the rule fails it, whatever their number.
- A version of which the store does not say what the rule asks for (no grade, or another store) cannot be told.
- Answers that cite nothing are not judged. Where none cites anything, it cannot be told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from evitrail.eval.audit.audited import Audited
from evitrail.eval.audit.result import EXAMPLES, RuleResult, result
from evitrail.eval.audit.rules import EvidenceRule
from evitrail.evidence_store.grading.grade import LEVELS, Certainty
from evitrail.evidence_store.snapshot import Status
from evitrail.evidence_store.store import EvidenceStore

IN_WORDS = {
    "nothing_superseded_cited": "cites nothing that was superseded, expired or withdrawn",
    "nothing_retracted": "cites nothing that is retracted",
    "min_certainty": "cites nothing of lower certainty than {certainty}",
    "max_age_years": "cites nothing published more than {years} years before",
    "signed_off_only": "cites only what was signed off or vouched for",
}
LAPSED: tuple[Status, ...] = ("superseded", "expired", "withdrawn")
NO_STORE = "the evidence store is not available; name its folder with --store"


class Cited(NamedTuple):
    """One version as an answer cites it."""

    ref: str
    status: Status
    """On the day that the question was asked of."""
    retracted: bool
    certainty: Certainty | None
    published: date
    day: date | None
    signed_off: bool


class Breaches(NamedTuple):
    """The answers of a condition that break a rule about what is cited, and those of which it cannot be told."""

    of: int
    """Answers that cite anything."""
    broken: Mapping[str, str]
    """By run, a version that it must not cite."""
    unknown: Mapping[str, str]
    """By run, a version of which the store does not say what the rule asks for."""

    @property
    def behind(self) -> Mapping[str, str]:
        """What the verdict rests on, unless the rule is kept."""
        return self.broken or self.unknown


Citations = Mapping[str, tuple[Cited | str, ...]]
"""By run, what it cites; the name alone of a version that the store does not hold."""


def read_citations(audited: Audited, store: EvidenceStore) -> Citations:
    """What the store knows of everything that answers cite."""
    known: dict[tuple[str, date | None], Cited | str] = {}

    def look_up(ref: str, day: date | None) -> Cited | str:
        if (ref, day) not in known:
            known[ref, day] = _cited(ref, day, store)
        return known[ref, day]

    return {
        outcome.run: tuple(look_up(ref, audited.days[outcome.run]) for ref in outcome.cited)
        for outcome in audited.outcomes
    }


def judge_evidence(rule: EvidenceRule, audited: Audited, citations: Citations | None) -> RuleResult:
    """The verdict on one rule about what is cited."""
    condition = audited.condition(rule.condition, rule.id)
    words = IN_WORDS[rule.rule].format(certainty=str(rule.certainty).replace("_", " "), years=rule.years)
    states = f"{condition} {words}"
    if citations is None:
        return result(rule, states, "cannot tell", NO_STORE)
    found = breaches(rule, audited, citations)
    if not found.of:
        return result(rule, states, "cannot tell", "no answer cites anything", n=0)
    of = f"of {found.of} answers with citations"
    told = {"events": len(found.broken), "n": found.of, "examples": tuple(found.behind)[:EXAMPLES]}
    if found.broken:
        because = f"{len(found.broken)} {of} break it: {_named(found.broken)}"
        return result(rule, states, "fail", because, **told)
    if found.unknown:
        because = f"the store does not say it of what {len(found.unknown)} {of} cite: {_named(found.unknown)}"
        return result(rule, states, "cannot tell", because, **told)
    return result(rule, states, "pass", f"none {of} breaks it", **told)


def breaches(rule: EvidenceRule, audited: Audited, citations: Citations) -> Breaches:
    """Every answer that breaks a rule, and every one of which it cannot be told."""
    condition = audited.condition(rule.condition, rule.id)
    runs = [answer.run for answer in audited.answers(condition).values() if answer.cited]
    broken: dict[str, str] = {}
    unknown: dict[str, str] = {}
    for run in runs:
        for cited in citations[run]:
            keeps = None if isinstance(cited, str) else CHECKS[rule.rule](rule, cited)
            ref = cited if isinstance(cited, str) else cited.ref
            if keeps is False:
                broken.setdefault(run, ref)
            elif keeps is None:
                unknown.setdefault(run, ref)
    return Breaches(len(runs), broken, unknown)


def _in_force(rule: EvidenceRule, cited: Cited) -> bool:
    return cited.status not in LAPSED


def _not_retracted(rule: EvidenceRule, cited: Cited) -> bool:
    return not cited.retracted


def _certain(rule: EvidenceRule, cited: Cited) -> bool | None:
    assert rule.certainty is not None
    return None if cited.certainty is None else LEVELS.index(cited.certainty) >= LEVELS.index(rule.certainty)


def _recent(rule: EvidenceRule, cited: Cited) -> bool | None:
    """Unknown where the question has no day."""
    assert rule.years is not None
    if cited.day is None:
        return None
    day = cited.published
    whole = cited.day.year - day.year - ((cited.day.month, cited.day.day) < (day.month, day.day))
    anniversary = (cited.day.month, cited.day.day) == (day.month, day.day)
    return whole < rule.years or (whole == rule.years and anniversary)


def _signed(rule: EvidenceRule, cited: Cited) -> bool:
    return cited.signed_off


CHECKS: Mapping[str, Callable[[EvidenceRule, Cited], bool | None]] = {
    "nothing_superseded_cited": _in_force,
    "nothing_retracted": _not_retracted,
    "min_certainty": _certain,
    "max_age_years": _recent,
    "signed_off_only": _signed,
}
"""Whether a cited version keeps a rule; None where that is unknown."""


def _cited(ref: str, day: date | None, store: EvidenceStore) -> Cited | str:
    snapshot = store.snapshot(as_of=day)
    header = snapshot.headers.get(ref)
    if header is None:
        return ref
    dossier = store.dossiers.get(ref)
    signed = (dossier is not None and dossier.signed_by is not None) or snapshot.publisher(ref) is not None
    certainty = header.grade.certainty if header.grade else None
    return Cited(ref, snapshot.status(ref), header.retracted, certainty, header.published, day, signed)


def _named(found: Mapping[str, str]) -> str:
    shown: Iterable[str] = (f"{run} cites {ref}" for run, ref in list(found.items())[:2])
    return ", ".join(shown) + (f" and {len(found) - 2} more" if len(found) > 2 else "")
