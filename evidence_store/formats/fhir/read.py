"""Evidence from FHIR R5: a bundle that was written here, or resources of others as far as they say enough.

Rules kept here
- The file is not trusted: its narrative is never read, nothing in it is fetched; ``document.py`` bounds it.
- An ``Evidence`` and the ``Citation`` that it is to be cited as make one version. Of others' resources either may stand
  alone: an Evidence speaks for itself, a Citation by the abstract of what it cites. What they leave open is assumed as
  ``foreign.py`` says, and told; what is not understood is a fault with its entry, and then nothing is returned.
- What was written here comes back as it was published; what became of it since comes as profiles, notices and
  contradictions, to be recorded after it.
- Other resources are left aside and counted; so are others' assessments.

    taken = read_fhir(Path("bundle.json"))
    taken.evidence, taken.profiles, taken.notes
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
from evitrail.evidence_store.formats.base import Defaults
from evitrail.evidence_store.formats.fhir.appraisal import contradiction_of
from evitrail.evidence_store.formats.fhir.citation import header_of, is_ours, standing_of
from evitrail.evidence_store.formats.fhir.foreign import abstract_of, completed, header_of_evidence
from evitrail.evidence_store.formats.fhir.resources import resources
from evitrail.evidence_store.formats.fhir.shape import Json
from evitrail.evidence_store.formats.fhir.statement import evidence_of, rated, stated_grade
from evitrail.evidence_store.grading.grade import Grade
from evitrail.evidence_store.input_record import fault_lines
from evitrail.evidence_store.input_text import InputError
from evitrail.evidence_store.model import Evidence

WHERE = {
    "id": "Citation.id",
    "version": "Citation.version",
    "published": "Citation.citedArtifact.publicationForm.articleDate",
    "kind": "Citation.citedArtifact.classification",
}
"""Where FHIR tells what a version must have."""
WHERE_ALONE = {"id": "Evidence.id", "version": "Evidence.version", "published": "Evidence.date", "kind": "a kind"}
NEEDED = {"published": "; add it, or give --published DAY", "id": "", "version": "", "kind": ""}
"""What a version must have, and what to do where it is missing."""
NAMED, LONGEST = 20, 120
"""Elements named in a line, and the letters of each."""
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
    notes: tuple[str, ...] = ()
    """What was assumed, and what was not read of the resources, each in a line."""


def read_fhir(path: Path, defaults: Defaults | None = None) -> Taken:
    """What a file tells, or the files of a folder; raises ``InputError`` with every fault."""
    entries, is_bundle, set_aside = resources(path)
    taken, faults, aside, assumed = Taken([], [], [], [], {}), [], Counter[str](), Counter[str]()
    citations = {name: one["resource"] for _, one in entries if _type(one) == "Citation" for name in _names(one)}
    used: set[str] = set()
    for place, one in entries:
        match _type(one):
            case "Evidence":
                cited = citations.get(_cited(one["resource"]) or "")
                used.update(_names({"resource": cited}) if cited else ())
                told = _take(one["resource"], cited, taken, path.name, defaults or Defaults(), assumed)
                faults += [f"{place}: {fault}" for fault in told]
            case "ArtifactAssessment":
                faults += [f"{place}: {fault}" for fault in _dispute(one["resource"], taken, aside)]
            case "Citation":
                pass
            case other:
                aside[other] += 1
    for place, one in entries:
        if _type(one) == "Citation" and used.isdisjoint(_names(one)):
            if is_ours(one["resource"]) or not abstract_of(one["resource"]):
                aside["Citation"] += 1
            else:
                told = _take(None, one["resource"], taken, path.name, defaults or Defaults(), assumed)
                faults += [f"{place}: {fault}" for fault in told]
    faults += _loose(taken, path) if is_bundle else []
    if not (faults or taken.evidence or taken.contradictions or set(aside) == {"ArtifactAssessment"}):
        faults = [f"{path}: expected Evidence, or a Citation with an abstract, got {_counts_text(aside)}"]
    if faults:
        raise InputError(faults)
    notes = [f"{path}: assumed: {'; '.join(f'{what} ({n})' for what, n in assumed.items())}"] if assumed else []
    rest = f" and {len(set_aside) - NAMED} more" if len(set_aside) > NAMED else ""
    more = ", ".join(name[:LONGEST] for name in set_aside[:NAMED])
    notes += [f"{path}: FHIR R6, read as R5; not in R5 and not read: {more}{rest}"] if set_aside else []
    return taken._replace(left_aside={name: n for name, n in sorted(aside.items()) if n}, notes=tuple(notes))


def _take(
    resource: Json | None, cited: Json | None, taken: Taken, source: str, defaults: Defaults, assumed: Counter[str]
) -> Iterator[str]:
    """Why the evidence cannot be taken, each in a line; if it can, it is added to what was ``taken``."""
    ours = is_ours(cited or resource or {})
    if ours and (resource is None or cited is None):
        named = _cited(resource or {}) or "none named"
        yield f"expected the Citation that it is to be cited as in this bundle, got {named}"
        return
    faults = [*_unreadable(resource or {}), *_unreadable(cited or {}), *_unfit(cited or resource or {})]
    here: list[str] = []
    fields: dict[str, Any] = {}
    for tell in (
        lambda: header_of(cited, here) if cited else header_of_evidence(resource or {}, here),
        lambda: evidence_of(resource) if resource else {"text": abstract_of(cited or {})},
        lambda: {"grade": _grade(resource or {}, ours, here)},
    ):
        try:
            fields |= tell()
        except ValidationError as error:
            faults += fault_lines(error, Grade)
        except ValueError as error:
            faults.append(str(error))
    needed = NEEDED if "title" in fields else {}
    if not ours:
        fields = completed(fields, cited or resource or {}, defaults, here)
    where = WHERE if cited else WHERE_ALONE
    missing = [key for key in needed if not fields.get(key)]
    faults += [f"{where[key]} is missing{needed[key]}" for key in (missing if ours else missing[:1])]
    if faults:
        yield from faults
        return
    try:
        evidence = Evidence.model_validate(fields)
        profile = rated(resource, evidence.ref) if resource else None
    except ValidationError as error:
        yield from fault_lines(error, Evidence)
        return
    except ValueError as error:
        yield str(error)
        return
    if evidence.ref in {item.ref for item in taken.evidence}:
        yield f"expected each version once, got {evidence.ref!r} in an earlier entry too"
        return
    assumed.update(here)
    taken.evidence.append(evidence)
    taken.profiles.extend([profile] if profile else [])
    natures = _became((evidence.retracted, evidence.concern), standing_of(cited or {}))
    taken.notices.extend(Notice(ref=evidence.ref, nature=nature, reason=f"as {source} says") for nature in natures)


def _grade(resource: Json, ours: bool, assumed: list[str]) -> Grade | None:
    """The grade that is stated; of others' certainties, only one whose codes we know."""
    try:
        return stated_grade(resource)
    except ValidationError:
        raise
    except ValueError as error:
        if ours:
            raise
        assumed.append(f"ungraded, as its certainty is not understood: {error}")
        return None


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
    """Why a resource does not count as published evidence."""
    name, status, ended = (
        cited.get("resourceType"),
        cited.get("status"),
        (cited.get("effectivePeriod") or {}).get("end"),
    )
    if status not in ("active", "retired"):
        yield f"{name}.status: expected active or retired, got {status!r}"
    elif status == "retired" and not (ended or is_ours(cited) or any(standing_of(cited))):
        yield f"{name}.effectivePeriod.end is missing: it is retired, and nobody says since when"


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
