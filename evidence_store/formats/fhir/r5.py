"""The door to fhir.resources: whether a bundle, or a single resource, is FHIR R5.

Rules kept here
- This file alone imports it, and says what to install where it is missing.
- It knows names, types and what is required; it does not know code lists, so whoever reads a code checks it.
- Its own words do not reach a user: a fault names the entry, the element, what was expected and what was got.

    bundle = checked(json_text)     # raises NotR5 with every fault
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from evitrail.evidence_store.errors import MissingPackageError
from evitrail.evidence_store.formats.fhir.shape import Json

READ = ("Bundle", "Evidence", "Citation", "ArtifactAssessment")
"""The resources that a file may be."""
LONGEST = 60
"""Characters shown of a value that does not fit."""


class NotR5(ValueError):
    """What is not FHIR R5, a fault a line."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


def checked(text: str) -> Json:
    """A bundle or resource as fhir.resources understands it: equal values in one spelling; ``text`` is JSON."""
    document = json.loads(text)
    name = document.get("resourceType") if isinstance(document, dict) else type(document).__name__
    if not isinstance(document, dict) or name not in READ:
        raise NotR5([f"expected a {', '.join(READ[:-1])} or {READ[-1]} of FHIR R5, got {name!r}"])
    for place, inner in _resource_types(document):
        try:
            _model(inner)
        except MissingPackageError:
            raise
        except (ValueError, LookupError, TypeError):
            raise NotR5([f"{place}: expected a resource of FHIR R5, got {inner!r}"]) from None
    try:
        understood: Json = json.loads(_model(name).model_validate_json(text).model_dump_json())
    except ValidationError as error:
        raise NotR5([_fault(dict(found), name) for found in error.errors(include_url=False)]) from error
    return understood


def unfit(resource: Json) -> list[tuple[Any, ...]]:
    """Where a resource is not FHIR R5: the keys and positions that lead there."""
    try:
        _model(resource["resourceType"]).model_validate_json(json.dumps(resource))
    except ValidationError as error:
        return [found["loc"] for found in error.errors(include_url=False)]
    return []


def _model(name: Any) -> Any:
    try:
        from fhir.resources import get_fhir_model_class
    except ImportError as error:
        raise MissingPackageError("FHIR needs fhir.resources; `pip install 'evitrail[fhir]'` brings it") from error
    return get_fhir_model_class(name)


def _resource_types(document: Json) -> Iterator[tuple[str, Any]]:
    """What each entry, and whatever is contained in one, says that it is; fhir.resources would stumble over another."""
    entries = document.get("entry")
    for n, entry in enumerate(entries if isinstance(entries, list) else [], start=1):
        ahead = [entry]
        while ahead:
            one = ahead.pop()
            if isinstance(one, dict) and "resourceType" in one:
                yield f"entry {n}", one["resourceType"]
            ahead += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()


def _fault(found: dict[str, Any], name: str) -> str:
    place = [*found["loc"]]
    where = "the bundle" if name == "Bundle" else name
    if place[:1] == ["entry"] and len(place) > 1:
        where = f"entry {place[1] + 1}"
        place = place[3:] if place[2:3] == ["resource"] else place[2:]
    element = ".".join(str(step) for step in place)
    if found["type"] == "extra_forbidden":
        return f"{where}: expected an element of FHIR R5, got {element!r}; correct its name, or take it out"
    if found["type"] == "missing":
        return f"{where}: element {element!r} is missing, which FHIR R5 requires"
    said = " ".join(found["msg"].split()).replace("Input should be", "expected").removeprefix("Value error, ")
    got = repr(found["input"])
    got = got if len(got) <= LONGEST else f"{got[:LONGEST]}…"
    return f"{where}: {f'element {element!r}: ' if element else ''}{said[:1].lower()}{said[1:]}, got {got}"
