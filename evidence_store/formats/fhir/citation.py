"""``Citation``: who published what, from when to when it holds, and what became of it; there and back.

Rules kept here
- It says what was known at the snapshot: the end, a retraction, a concern. What differed when the version was published
  stands in the extension ``as-published``, so the version comes back as it was, and what became of it beside it.
- An end that a later version of the same export brought is set again when that one is imported; any other end stays.
- FHIR's periods include their last day. Ours end on the first day that no longer counts: the day after.
- The days of sign-off are the store's own and are told, not taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from evitrail.evidence_store.formats.fhir import terms
from evitrail.evidence_store.formats.fhir.foreign import Assumed, first_day, last_day
from evitrail.evidence_store.formats.fhir.shape import (
    Json,
    coded,
    codes,
    day,
    extended,
    extension,
    id_of,
    identifier_of,
    slim,
    urn,
)
from evitrail.evidence_store.formats.publication_types import KINDS
from evitrail.evidence_store.model import Evidence, Header, evidence_id
from evitrail.evidence_store.snapshot import Status


@dataclass(frozen=True)
class Chosen:
    """The versions of one export."""

    by_ref: Mapping[str, Evidence]

    @cached_property
    def successors(self) -> Mapping[str, list[Evidence]]:
        """Those among them that say they supersede a version, by its ref."""
        found: dict[str, list[Evidence]] = {}
        for evidence in self.by_ref.values():
            if evidence.supersedes:
                found.setdefault(evidence.supersedes, []).append(evidence)
        return found


KIND, TOPIC = terms.system("kind"), terms.system("classification")
STANDING = terms.system("standing")
DAY = timedelta(days=1)


def citation_id(evidence: Evidence) -> str:
    return id_of("Citation", evidence_id(evidence))


def status_of(status: Status, draft: bool) -> str:
    """FHIR's publication status: ``draft``, ``active`` or ``retired``."""
    if draft:
        return "draft"
    return "active" if status in ("current", "not_yet") else "retired"


def citation(evidence: Evidence, known: Header, chosen: Chosen, status: str, approved: date | None) -> Json:
    """The version's citation, with what is ``known`` of it, among those of one export."""
    return slim(
        resourceType="Citation",
        id=citation_id(evidence),
        extension=[*_as_published(evidence, known, chosen), *_day("review-due", evidence.review_due)],
        identifier=[
            {"system": terms.LINEAGE, "value": evidence.id},
            {"system": terms.VERSION, "value": evidence.ref},
        ],
        version=evidence.version,
        title=evidence.title,
        status=status,
        publisher=evidence.organization,
        jurisdiction=[coded(terms.COUNTRY, country) for country in evidence.jurisdiction],
        approvalDate=approved.isoformat() if approved else None,
        effectivePeriod=_period(known.valid_from, known.valid_to),
        classification=[slim(type=coded(TOPIC, "topic"), classifier=[{"text": topic} for topic in evidence.topics])]
        if evidence.topics
        else [],
        citedArtifact=_artifact(evidence, known, chosen),
    )


def header_of(resource: Json, assumed: Assumed) -> dict[str, Any]:
    """The fields of a header that the citation tells, as published; raises ``ValueError`` for what it cannot tell.

    What is read of it with an assumption is added to ``assumed``.
    """
    artifact = resource.get("citedArtifact") or {}
    identifiers = [*resource.get("identifier", []), *artifact.get("identifier", [])]
    published = next(
        (
            first_day(f["articleDate"], "citedArtifact.publicationForm.articleDate", assumed)
            for f in artifact.get("publicationForm", [])
            if f.get("articleDate")
        ),
        None,
    )
    was = extended(resource, "as-published") or {}
    valid_from, valid_to = _days(was.get("period", resource.get("effectivePeriod")) or {}, assumed)
    return {
        "id": identifier_of(identifiers, terms.LINEAGE) or _kebab(resource.get("id") or ""),
        "version": resource.get("version"),
        "title": resource.get("title") or _title(artifact),
        "organization": resource.get("publisher") or "",
        "kind": _kind(artifact),
        "url": next((place["url"] for place in artifact.get("webLocation", []) if place.get("url")), None),
        "published": published,
        "valid_from": valid_from or (published if is_ours(resource) else None),
        "valid_to": valid_to,
        "supersedes": _replaced(artifact),
        "retracted": was.get("retracted", terms.RETRACTED in _states(artifact)),
        "concern": was.get("concern", terms.UNDER_CONCERN in _states(artifact)),
        "topics": tuple(_topics(resource)),
        "doi": identifier_of(identifiers, terms.DOI),
        "pmid": identifier_of(identifiers, terms.PMID),
        "jurisdiction": tuple(c for place in resource.get("jurisdiction", []) for c in codes(place, terms.COUNTRY)),
        "review_due": day((extended(resource, "review-due") or {}).get("review-due"), "review-due"),
    }


def standing_of(resource: Json) -> tuple[bool, bool]:
    """Whether it was known to be retracted, and to be under concern."""
    states = _states(resource.get("citedArtifact") or {})
    return terms.RETRACTED in states, terms.UNDER_CONCERN in states


def is_ours(resource: Json) -> bool:
    """Whether it was written here."""
    return identifier_of(resource.get("identifier", []), terms.VERSION) is not None


def _artifact(evidence: Evidence, known: Header, chosen: Chosen) -> Json:
    standing = [coded(terms.STATE, terms.RETRACTED)] if known.retracted else []
    standing += [coded(STANDING, terms.UNDER_CONCERN)] if known.concern else []
    mesh = terms.PUBLICATION_TYPES.get(evidence.kind)
    kinds = [{"system": KIND, "code": evidence.kind}, *([{"system": terms.MESH, "code": mesh}] if mesh else [])]
    succeeded = [_relation("replaced-with", new.ref, chosen) for new in chosen.successors.get(evidence.ref, ())]
    replaced = [_relation("replaces", evidence.supersedes, chosen)] if evidence.supersedes else []
    return slim(
        identifier=[
            slim(system=system, value=value)
            for system, value in ((terms.DOI, evidence.doi), (terms.PMID, evidence.pmid))
            if value
        ],
        currentState=standing,
        title=[{"text": evidence.title}] if evidence.title else [],
        relatesTo=[*replaced, *succeeded],
        publicationForm=[{"articleDate": evidence.published.isoformat()}],
        webLocation=[{"url": evidence.url}] if evidence.url else [],
        classification=[{"type": coded(terms.CLASSIFICATION, "publication-type"), "classifier": [{"coding": kinds}]}],
    )


def _relation(type: str, ref: str, chosen: Chosen) -> Json:
    here = chosen.by_ref.get(ref)
    there = {"reference": urn(citation_id(here)), "type": "Citation"} if here else {}
    return {"type": type, "resourceReference": {**there, "identifier": {"system": terms.VERSION, "value": ref}}}


def _as_published(evidence: Evidence, known: Header, chosen: Chosen) -> list[Json]:
    closed = any(new.valid_from == known.valid_to for new in chosen.successors.get(evidence.ref, ()))
    period = _period(evidence.valid_from, evidence.valid_to)
    parts = {
        "period": {"valuePeriod": period} if closed and evidence.valid_to != known.valid_to else None,
        "retracted": {"valueBoolean": evidence.retracted} if evidence.retracted != known.retracted else None,
        "concern": {"valueBoolean": evidence.concern} if evidence.concern != known.concern else None,
    }
    return [extension("as-published", **parts)] if any(parts.values()) else []


def _day(name: str, on: date | None) -> list[Json]:
    return [extension(name, valueDate=on.isoformat())] if on else []


def _period(start: date, end: date | None) -> Json:
    return slim(start=start.isoformat(), end=(end - DAY).isoformat() if end else None)


def _days(period: Json, assumed: Assumed) -> tuple[date | None, date | None]:
    end = last_day(period.get("end"), "effectivePeriod.end", assumed)
    if end == date.max:
        raise ValueError(f"effectivePeriod.end: expected a day that somebody meant, got {end}; leave it out")
    return first_day(period.get("start"), "effectivePeriod.start", assumed), end + DAY if end else None


def _states(artifact: Json) -> set[str]:
    concepts = artifact.get("currentState", [])
    return {code for one in concepts for system in (terms.STATE, STANDING) for code in codes(one, system)}


def _kebab(id: str) -> str:
    return "-".join(word for word in id.lower().replace(".", "-").split("-") if word)


def _title(artifact: Json) -> str:
    return next((str(title["text"]) for title in artifact.get("title", []) if title.get("text")), "")


def _kind(artifact: Json) -> str | None:
    """The kind by our code, else by MeSH's publication types: of several, the first in the table of kinds."""
    concepts = [one for group in artifact.get("classification", []) for one in group.get("classifier", [])]
    if own := [code for one in concepts for code in codes(one, KIND)]:
        return own[0]
    found = {terms.KIND_OF.get(coding.get("code", "")) for one in concepts for coding in one.get("coding", [])}
    return next((kind for kind in KINDS.values() if kind in found), None)


def _topics(resource: Json) -> Iterable[str]:
    for sorted_by in resource.get("classification", []):
        if codes(sorted_by.get("type"), TOPIC) == ["topic"]:
            yield from (concept["text"] for concept in sorted_by.get("classifier", []) if concept.get("text"))


def _replaced(artifact: Json) -> str | None:
    found = [one for one in artifact.get("relatesTo", []) if one.get("type") == "replaces"]
    if len(found) > 1:
        raise ValueError(f"citedArtifact.relatesTo: expected at most one that it replaces, got {len(found)}")
    if not found:
        return None
    told = (found[0].get("resourceReference") or {}).get("identifier")
    ref = identifier_of([told] if told else [], terms.VERSION)
    if ref is None:
        raise ValueError(
            f"citedArtifact.relatesTo: expected what it replaces by an identifier of {terms.VERSION}, got none"
        )
    return ref
