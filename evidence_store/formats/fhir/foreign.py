"""What resources of others leave open, and what is then assumed: each told, none of it in favour of the evidence.

Rules kept here
- An Evidence whose Citation is not there speaks for itself: its own title, publisher and date. Its date is that of its
  last change, so that is told.
- Without a version it is the number that its server gives (``meta.versionId``), else its year of publication.
- A month or a year alone begins a period with its first day, and ends one with its last, as FHIR has it.
- A certainty in codes that we do not know leaves the version ungraded; a type that we do not know, a narrative review.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from evitrail.evidence_store.formats.base import Defaults
from evitrail.evidence_store.formats.fhir import terms
from evitrail.evidence_store.formats.fhir.shape import Json, identifier_of
from evitrail.evidence_store.formats.partial_day import PartialDay, partial_day
from evitrail.evidence_store.formats.work import LEAST, WEB
from evitrail.evidence_store.formats.work_names import kebab

Assumed = list[str]
DAY = timedelta(days=1)


def first_day(said: str | None, key: str, assumed: Assumed) -> date | None:
    """The first day that a date means; raises ``ValueError`` for what is none."""
    return found.day if (found := _told(said, key, assumed)) else None


def last_day(said: str | None, key: str, assumed: Assumed) -> date | None:
    """The last day that a date means."""
    found = _told(said, key, assumed)
    if found is None or found.precision == "day":
        return found and found.day
    year, month = (found.day.year, found.day.month) if found.precision == "month" else (found.day.year, 12)
    return date(year, month, 31) if month == 12 else date(year, month + 1, 1) - DAY


def header_of_evidence(resource: Json, assumed: Assumed) -> dict[str, Any]:
    """The fields of a header that an Evidence tells by itself."""
    identifiers = resource.get("identifier", [])
    published = first_day(resource.get("date"), "Evidence.date", assumed)
    if published:
        assumed.append("published = the day of the resource's last change, as no Citation is there")
    address = str(resource.get("url", ""))
    return {
        "id": kebab(f"evidence {resource.get('id') or resource.get('title') or ''}"),
        "version": resource.get("version"),
        "title": resource.get("title") or "",
        "organization": resource.get("publisher") or "",
        "kind": None,
        "url": address if WEB.match(address) else None,
        "published": published,
        "valid_from": None,
        "valid_to": None,
        "supersedes": None,
        "retracted": False,
        "doi": identifier_of(identifiers, terms.DOI),
        "pmid": identifier_of(identifiers, terms.PMID),
    }


def abstract_of(citation: Json) -> str:
    """The abstract of what is cited; empty without one."""
    abstracts = (citation.get("citedArtifact") or {}).get("abstract", [])
    return "\n\n".join(str(one["text"]).strip() for one in abstracts if one.get("text"))


def completed(fields: dict[str, Any], resource: Json, defaults: Defaults, assumed: Assumed) -> dict[str, Any]:
    """The fields with what the person says, and what is assumed, where the resource says nothing."""
    fields = {name: value for name, value in fields.items() if value not in (None, "", ())}
    fields = {**defaults.values, **fields}
    if isinstance(fields.get("published"), str):
        fields["published"] = first_day(fields["published"], "published", assumed)
    if not fields.get("published"):
        return fields
    if not fields.get("version"):
        number = (resource.get("meta") or {}).get("versionId")
        fields["version"] = number or str(fields["published"].year)
        assumed.append(f"version = {'the number its server gives' if number else 'year of publication'}")
    if not fields.get("valid_from"):
        fields["valid_from"] = fields["published"]
        assumed.append("valid from its day of publication")
    if not fields.get("kind"):
        fields["kind"] = LEAST
        assumed.append(f"kind = {LEAST}, as no publication type of MeSH is said")
    if not fields.get("grade") and not any(one.startswith("ungraded") for one in assumed):
        assumed.append("ungraded")
    unsaid = {"title": "", "organization": "", "url": None, "valid_to": None, "supersedes": None, "grade": None}
    return {**unsaid, "retracted": False, **fields}


def _told(said: str | None, key: str, assumed: Assumed) -> PartialDay | None:
    if said is None:
        return None
    try:
        found = partial_day(said)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None
    if found.precision != "day":
        assumed.append(f"{key} is a {found.precision} alone")
    return found
