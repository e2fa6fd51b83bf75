"""FHIR bundles to test with: any evidence with any rating that our records allow, and a bundle of somebody else.

file = written(tmp_path, foreign())
read_fhir(file).evidence
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from unicodedata import normalize

from hypothesis import reject
from hypothesis import strategies as st
from pydantic import ValidationError

from evitrail.evidence_store.curation.profile import Profile
from evitrail.evidence_store.grading.assessment import (
    DOWNGRADES,
    MOST,
    UPGRADES,
    Assessment,
    Importance,
    Judgement,
    Variant,
)
from evitrail.evidence_store.grading.grade import LEVELS, STARTS, Grade, added_up
from evitrail.evidence_store.grading.native_grade import CODES, Rating
from evitrail.evidence_store.model import Evidence, Kind

CHARACTERS = st.characters(exclude_categories=["Cs"])
SAID = st.text(CHARACTERS, min_size=1, max_size=20).filter(str.strip)
ANY = st.just("") | SAID
WORD = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8).map(lambda text: normalize("NFC", text))
"""As the ledger spells it."""
DAYS = st.dates(min_value=date(2, 1, 1))
REFS = ("doi:10.1000/x", "pmid:123", "statin", "statin@2")


def one_of(literal: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(literal.__args__)


@st.composite
def grades(draw: Callable[..., Any]) -> Grade:
    design = draw(st.sampled_from([*STARTS, "mixed"]))
    start = draw(st.sampled_from(LEVELS)) if design == "mixed" else draw(st.none() | st.sampled_from(LEVELS))
    downs = draw(st.dictionaries(st.sampled_from(DOWNGRADES), st.integers(-3, -1)))
    ups = draw(st.dictionaries(st.sampled_from(UPGRADES), st.integers(1, 2)))
    level = draw(st.sampled_from(LEVELS))
    differs = level != added_up(start or STARTS[design], [*downs.values(), *ups.values()])
    return Grade(
        certainty=level,
        strength=draw(st.sampled_from([None, "strong", "conditional"])),
        study_design=design,
        start=start,
        downgrades=downs,
        upgrades=ups,
        override_reason=draw(SAID if differs else st.none() | SAID),
    )


@st.composite
def assessments(draw: Callable[..., Any]) -> Assessment:
    judged: dict[str, Judgement] = {}
    for domain in (*DOWNGRADES, *UPGRADES):
        levels = draw(st.none() | st.integers(0, MOST.get(domain, 3)))
        judged[domain] = Judgement(levels=levels, reason=draw(SAID if levels else st.none() | SAID))
    try:
        return Assessment(
            outcome=draw(SAID),
            importance=draw(one_of(Importance)),
            target=draw(st.none() | SAID),
            threshold=draw(st.none() | SAID),
            variant=draw(one_of(Variant)),
            study_design=draw(st.sampled_from([None, *STARTS, "mixed"])),
            start=draw(st.none() | st.sampled_from(LEVELS)),
            start_reason=draw(SAID),
            certainty=draw(st.none() | st.sampled_from(LEVELS)),
            override_reason=draw(SAID),
            **judged,
        )
    except ValidationError:
        reject()


@st.composite
def ratings(draw: Callable[..., Any]) -> Rating:
    system = draw(st.sampled_from(sorted(CODES)))
    edition = draw(st.sampled_from(sorted(CODES[system])))
    return Rating(system=system, edition=edition, code=draw(st.sampled_from(CODES[system][edition])))


@st.composite
def profiles(draw: Callable[..., Any], ref: str) -> Profile:
    try:
        return Profile(
            ref=ref,
            assessments=tuple(draw(st.lists(assessments(), max_size=2, unique_by=lambda a: a.outcome))),
            ratings=tuple(draw(st.lists(ratings(), max_size=2))),
            strength=draw(st.sampled_from([None, "strong", "conditional"])),
            reason=draw(SAID),
        )
    except ValidationError:
        reject()


@st.composite
def any_evidence(draw: Callable[..., Any], id: str) -> Evidence:
    """Any version of that lineage that a store would take in."""
    first, last = draw(st.tuples(DAYS, DAYS).filter(lambda pair: pair[0] != pair[1]).map(sorted))
    return Evidence(
        id=id,
        version=draw(WORD),
        title=draw(ANY),
        organization=draw(ANY),
        kind=draw(one_of(Kind)),
        url=draw(st.none() | SAID),
        published=draw(DAYS),
        valid_from=first,
        valid_to=draw(st.none() | st.just(last)),
        supersedes=None,
        retracted=draw(st.booleans()),
        grade=draw(st.none() | grades()),
        topics=tuple(draw(st.lists(SAID, max_size=3))),
        population=draw(ANY),
        concern=draw(st.booleans()),
        doi=draw(st.none() | WORD.map("10.1000/{}".format)),
        pmid=draw(st.none() | st.integers(1, 10**8 - 1).map(str)),
        jurisdiction=tuple(draw(st.lists(st.sampled_from(["DE", "EU", "GB"]), max_size=2))),
        includes=tuple(draw(st.lists(st.sampled_from(REFS), max_size=3))),
        waiver=draw(st.none() | SAID),
        searched=draw(st.none() | DAYS),
        review_due=draw(st.none() | DAYS),
        text=draw(SAID),
    )


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def foreign() -> dict[str, Any]:
    """A pair of Citation and Evidence with a certainty, none of it ours."""
    rating = "http://terminology.hl7.org/CodeSystem/certainty-rating"
    type_ = "http://terminology.hl7.org/CodeSystem/certainty-type"
    citation = {
        "resourceType": "Citation",
        "id": "IST-3.Review",
        "version": "1.0.0",
        "status": "active",
        "title": "Thrombolysis for acute ischaemic stroke",
        "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><script>x</script></div>'},
        "citedArtifact": {
            "identifier": [{"system": "https://doi.org", "value": "https://doi.org/10.1000/review"}],
            "publicationForm": [{"articleDate": "2014-07-29"}],
            "classification": [{"classifier": [coded("https://example.org/mesh", "D017418")]}],
        },
    }
    evidence = {
        "resourceType": "Evidence",
        "id": "thrombolysis",
        "status": "active",
        "citeAsReference": {"reference": "Citation/IST-3.Review"},
        "assertion": "Thrombolysis raises the number alive and independent.",
        "description": "Meta-analysis of thrombolysis against control.",
        "variableDefinition": [{"variableRole": {"text": "population"}}],
        "studyDesign": [coded("http://hl7.org/fhir/study-design", "SEVCO:01003")],
        "certainty": [
            {
                "type": coded(type_, "Overall"),
                "rating": coded(rating, "moderate"),
                "subcomponent": [{"type": coded(type_, "Imprecision"), "rating": coded(rating, "downcode1")}],
            }
        ],
    }
    entries = [{"fullUrl": f"https://example.org/{one['id']}", "resource": one} for one in (citation, evidence)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def written(folder: Path, bundle: object) -> Path:
    """The bundle in a file."""
    file = folder / "bundle.json"
    file.write_text(bundle if isinstance(bundle, str) else json.dumps(bundle), "utf-8")
    return file
