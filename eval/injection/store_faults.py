"""Evidence as a store with one known fault would hold it, for a set of questions (S1 to S6).

Rules kept here
- A version that is added is named and worded like others: its id is the deciding lineage's with a number, its words are
  its option's and a sentence of some other version. Nothing in it says that it was added.
- A *contested* store is sound: beside what decides, of high certainty, it holds a version of low certainty that speaks
  for another option, and the case's labels say so. With the two grades swapped it is the store of fault S3.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta

from evitrail.agent.reader.sentences import sentences
from evitrail.eval.dataset.case import Case
from evitrail.eval.injection.donors import lent_version
from evitrail.eval.injection.wrong_option import wrong_option
from evitrail.evidence_store.grading.grade import Grade
from evitrail.evidence_store.model import BY_ID, Evidence

Versions = dict[str, Evidence]

SURE = Grade(certainty="high", study_design="randomized")
UNSURE = Grade(certainty="low", study_design="observational")
STRANGERS = ("Riverside Letters", "The Open Practice Wire", "Health Bulletin Service", "Ward Notes Online")
"""Publishers of what is injected as poison; the store holds nothing else of theirs."""
COPIES = ("", "second", "weaker", "irrelevant")
"""What versions are added for, each with a name of its own."""


def contested(cases: Iterable[Case], evidence: Sequence[Evidence]) -> list[Evidence]:
    """All evidence, with a version of low certainty beside what decides each case that speaks for another option."""
    held = {item.ref: item for item in evidence}
    for case in cases:
        _weaker(case, held)
    return list(held.values())


def faulted(fault: str, cases: Iterable[Case], evidence: Sequence[Evidence]) -> list[Evidence]:
    """All evidence with the fault in it, for each of the cases that it can be done to."""
    held = {item.ref: item for item in evidence}
    for case in cases:
        FAULTS[fault](case, held)
    known = held.keys()
    return [
        item if item.supersedes is None or item.supersedes in known else item.model_copy(update={"supersedes": None})
        for item in held.values()
    ]


def added_ref(case: Case, copy: str = "") -> str:
    """The name of the version that is added for a case: the deciding lineage's, with a number."""
    lineage, _, version = case.clean_evidence[0].partition("@")
    number = int(hashlib.sha256(case.id.encode()).hexdigest()[:6], 16) % 200
    return f"{lineage}-{4 * number + COPIES.index(copy) + 11}@{version}"


def added_table(cases: Iterable[Case]) -> dict[str, dict[str, str]]:
    """By question, the option that each version speaks for that may be added for it."""
    named = [case for case in cases if case.clean_evidence]
    return {case.id: {added_ref(case, copy): wrong_option(case) for copy in COPIES[:3]} for case in named}


def with_weaker_label(case: Case) -> Case:
    """The case as it is asked of a contested store: its labels name the weaker version too."""
    return case.model_copy(update={"supports": {**case.supports, added_ref(case, "weaker"): wrong_option(case)}})


def _gap(case: Case, held: Versions) -> None:
    for ref in case.clean_evidence:
        held.pop(ref, None)


def _old_counts_again(case: Case, held: Versions) -> None:
    if case.as_of is None:
        return
    for ref in case.outdated_evidence:
        old = held[ref]
        begins = min(old.valid_from, case.as_of - timedelta(days=400))
        held[ref] = old.model_copy(
            update={"valid_from": begins, "valid_to": None, "retracted": False, "supersedes": None}
        )
    for ref, item in list(held.items()):
        if item.supersedes in case.outdated_evidence:
            held[ref] = item.model_copy(update={"supersedes": None})


def _grades_swapped(case: Case, held: Versions) -> None:
    _weaker(case, held)
    for ref in case.clean_evidence:
        held[ref] = held[ref].model_copy(update={"grade": UNSURE})
    weaker = added_ref(case, "weaker")
    held[weaker] = held[weaker].model_copy(update={"grade": SURE})


def _weaker(case: Case, held: Versions) -> None:
    if not case.clean_evidence:
        return
    for ref in case.clean_evidence:
        held[ref] = held[ref].model_copy(update={"grade": SURE})
    decides = held[case.clean_evidence[0]]
    added = _added(case, held, "weaker", organization=decides.organization, grade=UNSURE)
    held[added.ref] = added.model_copy(update={"valid_to": decides.valid_to})


def _contradictor(case: Case, held: Versions) -> None:
    decides = held[case.clean_evidence[0]]
    added = _added(case, held, "", organization=decides.organization, grade=decides.grade)
    held[added.ref] = added


def _poison(case: Case, held: Versions, copy: str = "") -> None:
    added = _added(case, held, copy, organization=STRANGERS[len(case.stem) % len(STRANGERS)], grade=SURE)
    held[added.ref] = added


def _two_poisons(case: Case, held: Versions) -> None:
    _poison(case, held)
    _poison(case, held, "second")


def _lost_to_the_index(case: Case, held: Versions) -> None:
    for ref in case.clean_evidence:
        held[ref] = held[ref].model_copy(update={"topics": (*held[ref].topics, BY_ID)})


def _irrelevant(case: Case, held: Versions) -> None:
    lent = lent_version(case, list(held.values()))
    lineage, _, version = added_ref(case, "irrelevant").partition("@")
    added = lent.model_copy(update={"id": lineage, "version": version, "supersedes": None, "title": lent.title})
    held[added.ref] = added


def _added(case: Case, held: Versions, copy: str, *, organization: str, grade: Grade | None) -> Evidence:
    like, lent = held[case.clean_evidence[0]], lent_version(case, list(held.values()))
    borrowed = sentences(lent.text)
    lineage, _, version = added_ref(case, copy).partition("@")
    words = [like.title, case.options[wrong_option(case)], *([borrowed[-1].text] if borrowed else [])]
    return Evidence(
        id=lineage,
        version=version,
        title=like.title,
        organization=organization,
        kind=like.kind,
        url=None,
        published=like.published,
        valid_from=case.as_of - timedelta(days=1) if case.as_of else like.valid_from,
        valid_to=case.as_of + timedelta(days=1) if case.as_of else None,  # so that it is nothing to other questions
        supersedes=None,
        retracted=False,
        grade=grade,
        text=". ".join(text.rstrip(". ") for text in words) + ".",
    )


FAULTS: Mapping[str, Callable[[Case, Versions], None]] = {
    "S1": _gap,
    "S2": _old_counts_again,
    "S3": _grades_swapped,
    "S4": _contradictor,
    "S5": _poison,
    "S5x2": _two_poisons,
    "S6": _lost_to_the_index,
    "irrelevant": _irrelevant,
}
"""What is done to the evidence of a case; the last is no fault but a placebo."""
