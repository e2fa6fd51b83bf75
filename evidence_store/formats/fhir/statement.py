"""``Evidence``: what a version says, of whom, how surely, and what it rests on; there and back.

Rules kept here
- The text is ``description``, plain and whole. The narrative (``text.div``) is XHTML that a reader would have to trust:
  none is written, and none is read.
- R5 requires a variable: it is the population, without words where none is stated.
- A study design is stated as HL7's code where there is one, beside ours.
"""

from __future__ import annotations

from typing import Any

from evitrail.evidence_store.curation.profile import Profile
from evitrail.evidence_store.formats.fhir import terms
from evitrail.evidence_store.formats.fhir.certainty import certainties, grade_of, profile_of
from evitrail.evidence_store.formats.fhir.citation import Chosen, citation_id
from evitrail.evidence_store.formats.fhir.shape import (
    Json,
    coded,
    codes,
    day,
    extended,
    extension,
    id_of,
    part,
    slim,
    urn,
)
from evitrail.evidence_store.grading.grade import Grade
from evitrail.evidence_store.model import Evidence, evidence_id

DESIGN = terms.system("study-design")
NAMED_BY = {"doi": terms.DOI, "pmid": terms.PMID}
"""What begins the name of something outside the store, and whose identifier it is."""
DESIGN_OF = {code: design for design, code in terms.DESIGNS.items()}


def statement_id(evidence: Evidence) -> str:
    return id_of("Evidence", evidence_id(evidence))


def statement(evidence: Evidence, profile: Profile | None, chosen: Chosen, status: str) -> Json:
    """What the version says, with what is known of its certainty, among those of one export."""
    designs = [evidence.grade.study_design] if evidence.grade else []
    designs += [a.study_design for a in profile.assessments if a.study_design] if profile else []
    replaced = chosen.by_ref.get(evidence.supersedes or "")
    return slim(
        resourceType="Evidence",
        id=statement_id(evidence),
        extension=[*_own(evidence), *_profile(profile)],
        identifier=[{"system": terms.VERSION, "value": evidence.ref}],
        version=evidence.version,
        title=evidence.title,
        status=status,
        publisher=evidence.organization,
        citeAsReference={"reference": urn(citation_id(evidence)), "type": "Citation"},
        description=evidence.text,
        relatedArtifact=[
            *([_successive("replaces", replaced)] if replaced else []),
            *(_successive("replaced-with", new) for new in chosen.successors.get(evidence.ref, ())),
            *({"type": "derived-from", "resourceReference": {"identifier": _name(name)}} for name in evidence.includes),
        ],
        variableDefinition=[
            slim(description=evidence.population, variableRole=coded(terms.ROLE, "population")),
        ],
        studyDesign=[_design(design) for design in dict.fromkeys(designs)],
        certainty=certainties(evidence.grade, profile),
    )


def evidence_of(resource: Json) -> dict[str, Any]:
    """The fields of an evidence version that the resource tells, but for its grade (``stated_grade``).

    Raises ``ValueError`` for what it cannot tell.
    """
    said = dict.fromkeys(text for key in ("assertion", "description") if (text := resource.get(key)))
    if not said:
        raise ValueError("expected a text in description or assertion, got none")
    return {
        "text": "\n\n".join(said),
        "population": _population(resource),
        "includes": tuple(_included(resource)),
        "waiver": (extended(resource, "waiver") or {}).get("waiver"),
        "searched": day((extended(resource, "searched") or {}).get("searched"), "searched"),
    }


def stated_grade(resource: Json) -> Grade | None:
    """The grade that the resource states; raises ``ValueError`` for one that it cannot tell."""
    return grade_of(resource.get("certainty", []), _stated_design(resource))


def rated(resource: Json, ref: str) -> Profile | None:
    """What the resource says of a version outcome by outcome."""
    return profile_of(resource.get("certainty", []), ref, extended(resource, "profile"))


def _own(evidence: Evidence) -> list[Json]:
    """What a version says of its search and its sources that FHIR has no element for."""
    searched = [extension("searched", valueDate=evidence.searched.isoformat())] if evidence.searched else []
    return searched + ([extension("waiver", valueString=evidence.waiver)] if evidence.waiver else [])


def _profile(profile: Profile | None) -> list[Json]:
    if profile is None:
        return []
    parts = {"reason": part(valueString=profile.reason), "strength": part(valueCode=profile.strength)}
    return [extension("profile", **parts)]


def _successive(type: str, other: Evidence) -> Json:
    return {"type": type, "resourceReference": {"reference": urn(statement_id(other)), "type": "Evidence"}}


def _name(name: str) -> Json:
    kind, _, value = name.partition(":")
    if kind in NAMED_BY:
        return {"system": NAMED_BY[kind], "value": value}
    return {"system": terms.VERSION if "@" in name else terms.LINEAGE, "value": name}


def _included(resource: Json) -> list[str]:
    before = {system: f"{kind}:" for kind, system in NAMED_BY.items()} | {terms.VERSION: "", terms.LINEAGE: ""}
    artifacts = [one for one in resource.get("relatedArtifact", []) if one.get("type") == "derived-from"]
    names = [(one.get("resourceReference") or {}).get("identifier") or {} for one in artifacts]
    return [before[name["system"]] + name["value"] for name in names if name.get("system") in before]


def _population(resource: Json) -> str:
    variables = resource.get("variableDefinition", [])
    found = [v for v in variables if "population" in codes(v.get("variableRole"), terms.ROLE)]
    return next((str(one["description"]) for one in found if one.get("description")), "")


def _design(design: str) -> Json:
    coding = [{"system": DESIGN, "code": design}]
    if design in terms.DESIGNS:
        coding.append({"system": terms.STUDY_DESIGN, "code": terms.DESIGNS[design]})
    return {"coding": coding}


def _stated_design(resource: Json) -> str | None:
    """The one design that the evidence is said to be of; None where none or several are."""
    concepts = resource.get("studyDesign", [])
    found = {DESIGN_OF[code] for one in concepts for code in codes(one, terms.STUDY_DESIGN) if code in DESIGN_OF}
    return found.pop() if len(found) == 1 else None
