"""The small shapes that FHIR's resources are made of: coded concepts, references, extensions, days.

Rules kept here
- Nothing empty is written: FHIR has no empty text, list or object.
- A resource is named by its content, so equal evidence has equal names in every export.
- A day is a whole day; what a month or a year alone means is decided where others' resources are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from evitrail.evidence_store.formats.fhir.terms import BASE, same_system

Json = dict[str, Any]


def slim(**fields: Any) -> Json:
    """The fields that are there."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {}, ())}


def coded(system: str, code: str, version: str | None = None) -> Json:
    """A coded concept."""
    return {"coding": [slim(system=system, version=version, code=code)]}


def codes(concept: Json | None, of: str) -> list[str]:
    """The codes that a concept has in one code system."""
    codings = (concept or {}).get("coding", [])
    return [coding["code"] for coding in codings if same_system(coding.get("system"), of) and "code" in coding]


def identifier_of(identifiers: Iterable[Json], system: str) -> str | None:
    """The value of the first identifier of that system, by either way to write its address."""
    bare = system.removeprefix("https://")
    for one in identifiers:
        if one.get("system", "").rstrip("/") in (system, f"http://{bare}") and one.get("value"):
            return str(one["value"]).removeprefix(f"{system}/")
    return None


def notes(text: str | None) -> list[Json]:
    """One note, or none."""
    return [{"text": text}] if text else []


def noted(element: Json) -> str | None:
    """What the notes of an element say."""
    return "\n".join(note["text"] for note in element.get("note", []) if note.get("text")) or None


def id_of(kind: str, content: str) -> str:
    """The id of a resource that tells this content."""
    return str(uuid5(NAMESPACE_URL, f"{BASE}/{kind}/{content}"))


def urn(id: str) -> str:
    """How another resource of the same bundle refers to it."""
    return f"urn:uuid:{id}"


def extension(name: str, **values: Any) -> Json:
    """An extension of ours: one ``valueX``, or parts with a value each, by name."""
    parts = [{"url": part, **value} for part, value in values.items() if isinstance(value, dict)]
    return {"url": f"{BASE}/StructureDefinition/{name}", **({"extension": parts} if parts else values)}


def part(**value: Any) -> Json | None:
    """The value of a part, as ``valueCode="low"``; None where there is none."""
    return slim(**value) or None


def extended(element: Json, name: str) -> Json | None:
    """What our extension of that name says: its parts by name, or its value by its own; None without one."""
    for one in element.get("extension", []):
        if one.get("url") == f"{BASE}/StructureDefinition/{name}":
            return dict(_values(one.get("extension", [one])))
    return None


def _values(extensions: Iterable[Json]) -> Iterator[tuple[str, Any]]:
    for one in extensions:
        for key, value in one.items():
            if key.startswith("value"):
                yield str(one.get("url")).rpartition("/")[2], value


def day(value: str | None, key: str) -> date | None:
    """The day that a date of FHIR's names; raises ``ValueError`` where it names no whole day."""
    if value is None:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        raise ValueError(f"{key}: expected a whole day such as 2024-05-31, got {value!r}") from None
