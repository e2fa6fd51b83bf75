"""Resources of HL7's guide for evidence-based medicine, which is written for a ballot of FHIR R6, in the words of R5.

Rules kept here
- Only a resource that says it follows the guide (``meta.profile``), or that is spelt as only R6 does, is read so; any
  other is R5, or refused.
- What R6 spells otherwise and we read is put as R5 has it: a ``PublicationRecord`` is a ``Citation``, a role a concept.
- What R5 does not know is set aside and named. What R5 requires and is not there stays a fault.

    resource, aside = in_r5(document)
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from evitrail.evidence_store.formats.fhir import terms
from evitrail.evidence_store.formats.fhir.r5 import READ, unfit
from evitrail.evidence_store.formats.fhir.shape import Json, coded

GUIDE = "http://hl7.org/fhir/uv/ebm/"
RENAMED = {"PublicationRecord": "Citation"}
ROUNDS = 40
"""How often what is left is looked at again: taking out one element may leave its parent without what R5 requires."""


def is_r6(document: Json) -> bool:
    """Whether a resource says that it follows the guide, or is spelt as only R6 does."""
    meta, variables = document.get("meta"), document.get("variableDefinition")
    profiles = meta.get("profile") if isinstance(meta, dict) else None
    return (
        any(isinstance(one, str) and one.startswith(GUIDE) for one in _list(profiles))
        or document.get("resourceType") in RENAMED
        or any(isinstance(one, dict) and isinstance(one.get("variableRole"), str) for one in _list(variables))
    )


def in_r5(document: Json) -> tuple[Json, list[str]]:
    """A resource of the guide, or a bundle of such, in R5's words, and the elements that were set aside."""
    if document.get("resourceType") == "Bundle":
        aside: list[str] = []
        entries = []
        for entry in _list(document.get("entry")):
            inner = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(inner, dict) and is_r6(inner):
                entry = {**entry}
                entry["resource"], more = in_r5(inner)
                aside += more
            entries.append(entry)
        return ({**document, "entry": entries} if entries else document), aside
    if not is_r6(document):
        return document, []
    resource = deepcopy(document)
    resource["resourceType"] = RENAMED.get(str(resource.get("resourceType")), resource.get("resourceType"))
    if resource["resourceType"] not in READ:
        return document, []
    for variable in _list(resource.get("variableDefinition")):
        if isinstance(variable, dict) and isinstance(variable.get("variableRole"), str):
            variable["variableRole"] = coded(terms.ROLE, variable["variableRole"])
    return resource, sorted(_set_aside(resource))


def _set_aside(resource: Json) -> set[str]:
    """The elements that R5 does not know, which are taken out of the resource."""
    aside: set[str] = set()
    for _ in range(ROUNDS):
        places = [[step for step in loc if step != "root"] for loc in unfit(resource)]
        removed = [_remove(resource, place) for place in sorted(places, key=_last_first, reverse=True)]
        if not (named := {name for name in removed if name}):
            break
        aside |= named
    return aside


def _last_first(place: Sequence[Any]) -> list[tuple[int, str]]:
    """So that a position in a list is still right when those after it are gone."""
    return [(step, "") if isinstance(step, int) else (0, str(step)) for step in place]


def _remove(resource: Json, place: Sequence[Any]) -> str | None:
    """Take out the element there, or the one that lacks what should be there; what was taken out, by name."""
    parents: list[Any] = [resource]
    for n, step in enumerate(place):
        inside = parents[-1]
        if not _has(inside, step):
            place = place[:n]
            break
        parents.append(inside[step])
    if not place:
        return None
    del parents[len(place) - 1][place[-1]]
    return ".".join([str(resource["resourceType"]), *(step for step in place if isinstance(step, str))])


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _has(inside: Any, step: Any) -> bool:
    if isinstance(inside, dict):
        return step in inside
    return isinstance(inside, list) and isinstance(step, int) and 0 <= step < len(inside)
