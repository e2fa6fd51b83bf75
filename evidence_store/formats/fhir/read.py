"""Evidence from a FHIR R5 Bundle: one that was written here, or somebody else's as far as it says enough.

Rules kept here
- The file is not trusted: its narrative is never read, nothing in it is fetched; ``document.py`` bounds it.
- An ``Evidence`` and the ``Citation`` that it is to be cited as make one version. Nothing is guessed, nothing half
  read: all that is missing or not understood is told, each with its entry, and then nothing is returned.
- What was written here comes back as it was published; what became of it since comes as profiles, notices and
  contradictions, to be recorded after it.
- Other resources are left aside and counted.

    taken = read_fhir(Path("bundle.json"))
    taken.evidence, taken.profiles
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from evitrail.evidence_store.curation.notices import Nature, Notice
from evitrail.evidence_store.curation.profile import Profile
from evitrail.evidence_store.curation.relations import Contradiction
from evitrail.evidence_store.formats.fhir.appraisal import contradiction_of
from evitrail.evidence_store.formats.fhir.citation import header_of, is_ours, standing_of
from evitrail.evidence_store.formats.fhir.document import read_document
from evitrail.evidence_store.formats.fhir.r5 import NotR5, checked
from evitrail.evidence_store.formats.fhir.shape import Json
from evitrail.evidence_store.formats.fhir.statement import evidence_of, rated
from evitrail.evidence_store.grading.grade import Grade
from evitrail.evidence_store.input_lines import InputError, fault_lines
from evitrail.evidence_store.model import Evidence

WHERE = {
    "id": "Citation.id",
    "version": "Citation.version",
    "published": "Citation.citedArtifact.publicationForm.articleDate",
}
"""Where FHIR tells what a version must have."""
REFUSED = ("modifierExtension", "implicitRules")
"""What changes the meaning of what stands beside it; FHIR forbids to read past it."""


class Taken(NamedTuple):
    """What a bundle tells."""

    evidence: list[Evidence]
    """As published."""
    profiles: list[Profile]
    notices: list[Notice]
    """What became known of the standing since."""
    contradictions: list[Contradiction]
    left_aside: dict[str, int]
    """Resources that were not read, by their type."""


def read_fhir(path: Path) -> Taken:
    """What the bundle in a file tells; raises ``InputError`` with every fault."""
    try:
        bundle = checked(read_document(path))
    except NotR5 as error:
        raise InputError([f"{path}: {fault}" for fault in error.faults]) from error
    taken, faults, aside = Taken([], [], [], [], {}), [], Counter[str]()
    entries = [(f"{path}: entry {n}", one) for n, one in enumerate(bundle.get("entry", []), start=1)]
    citations = {name: one["resource"] for _, one in entries if _type(one) == "Citation" for name in _names(one)}
    used: set[str] = set()
    for place, one in entries:
        match _type(one):
            case "Evidence":
                cited = citations.get(_cited(one["resource"]) or "")
                used.update(_names({"resource": cited}) if cited else ())
                faults += [f"{place}: {fault}" for fault in _take(one["resource"], cited, taken, path.name)]
            case "ArtifactAssessment":
                faults += [f"{place}: {fault}" for fault in _dispute(one["resource"], taken, aside)]
            case "Citation":
                pass
            case other:
                aside[other] += 1
    aside["Citation"] += sum(used.isdisjoint(_names(one)) for _, one in entries if _type(one) == "Citation")
    faults += _loose(taken, path)
    if not (faults or taken.evidence):
        faults = [f"{path}: expected Evidence and the Citation of each, got {_counts_text(aside)}"]
    if faults:
        raise InputError(faults)
    return taken._replace(left_aside={name: n for name, n in sorted(aside.items()) if n})


def _take(resource: Json, cited: Json | None, taken: Taken, source: str) -> Iterator[str]:
    """Why the evidence cannot be taken, each in a line; if it can, it is added to what was ``taken``."""
    if cited is None:
        yield f"expected the Citation that it is to be cited as in this bundle, got {_cited(resource) or 'none named'}"
        return
    faults = [*_unreadable(resource), *_unreadable(cited), *_unfit(cited)]
    fields: dict[str, Any] = {}
    for tell, of in ((header_of, cited), (evidence_of, resource)):
        try:
            fields |= tell(of)
        except ValidationError as error:
            faults += fault_lines(error, Grade)
        except ValueError as error:
            faults.append(str(error))
    faults += [f"{WHERE[key]} is missing" for key in WHERE if key in fields and not fields[key]]
    if faults:
        yield from faults
        return
    try:
        evidence = Evidence.model_validate(fields)
        profile = rated(resource, evidence.ref)
    except ValidationError as error:
        yield from fault_lines(error, Evidence)
        return
    except ValueError as error:
        yield str(error)
        return
    if evidence.ref in {item.ref for item in taken.evidence}:
        yield f"expected each version once, got {evidence.ref!r} in an earlier entry too"
        return
    taken.evidence.append(evidence)
    taken.profiles.extend([profile] if profile else [])
    natures = _became((evidence.retracted, evidence.concern), standing_of(cited))
    taken.notices.extend(Notice(ref=evidence.ref, nature=nature, reason=f"as {source} says") for nature in natures)


def _dispute(resource: Json, taken: Taken, aside: Counter[str]) -> Iterator[str]:
    try:
        found = contradiction_of(resource)
    except ValidationError as error:
        yield from fault_lines(error, Contradiction)
    except ValueError as error:
        yield str(error)
    else:
        taken.contradictions.extend([found] if found else [])
        aside["ArtifactAssessment"] += found is None


def _loose(taken: Taken, path: Path) -> Iterator[str]:
    """The contradictions with a version that is not here."""
    here = {item.ref for item in taken.evidence}
    for edge in taken.contradictions:
        for ref in sorted({edge.a, edge.b} - here):
            yield f"{path}: expected both versions of a contradiction in the bundle, got no {ref!r}"


def _unfit(cited: Json) -> Iterator[str]:
    """Why what is cited does not count as published evidence."""
    status, ended = cited.get("status"), (cited.get("effectivePeriod") or {}).get("end")
    if status not in ("active", "retired"):
        yield f"Citation.status: expected active or retired, got {status!r}"
    elif status == "retired" and not (ended or is_ours(cited) or any(standing_of(cited))):
        yield "Citation.effectivePeriod.end is missing: it is retired, and nobody says since when"


def _became(was: tuple[bool, bool], now: tuple[bool, bool]) -> Iterator[Nature]:
    """The notices that lead from one standing, retracted and under concern, to another."""
    if any(before and not after for before, after in zip(was, now, strict=True)):
        yield "reinstatement"
        was = (False, False)
    named: tuple[Nature, Nature] = ("retraction", "concern")
    for nature, before, after in zip(named, was, now, strict=True):
        if after and not before:
            yield nature


def _unreadable(element: Any, path: str = "") -> Iterator[str]:
    """The parts that may change the meaning of the rest."""
    if isinstance(element, list):
        for n, one in enumerate(element):
            yield from _unreadable(one, f"{path}.{n}")
    elif isinstance(element, dict):
        for key, value in element.items():
            if key in REFUSED:
                yield f"{path}.{key}: expected none, for it may change what the rest means".lstrip(".")
            else:
                yield from _unreadable(value, f"{path}.{key}")


def _type(entry: Json) -> str:
    return str((entry.get("resource") or {}).get("resourceType", "nothing"))


def _names(entry: Json) -> set[str]:
    """How other resources may refer to the resource of an entry."""
    resource = entry["resource"]
    named = f"{resource['resourceType']}/{resource['id']}" if resource.get("id") else None
    return {name for name in (entry.get("fullUrl"), named) if name}


def _cited(resource: Json) -> str | None:
    told = (resource.get("citeAsReference") or {}).get("reference")
    return str(told) if told else None


def _counts_text(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in sorted(counted.items()) if n) or "nothing"
