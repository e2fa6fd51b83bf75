"""``ArtifactAssessment``: how a version was curated, and what contradicts it.

Rules kept here
- A dossier is told as it stood at the snapshot: acts recorded later are left out.
- It is told and not taken back: a sign-off counts in the store where somebody gave it.
- A contradiction comes back with what became of it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from evitrail.evidence_store.curation.relations import Contradiction
from evitrail.evidence_store.curation.workflow import BEST, STAGES, Dossier, Entry, Stage
from evitrail.evidence_store.formats.fhir import terms
from evitrail.evidence_store.formats.fhir.citation import Chosen, citation_id
from evitrail.evidence_store.formats.fhir.shape import Json, coded, codes, extension, id_of, part, slim, urn
from evitrail.evidence_store.formats.fhir.statement import statement_id
from evitrail.evidence_store.ledger.event import DRAFTED, RETURNED, SIGNED_OFF
from evitrail.evidence_store.model import Evidence
from evitrail.traces.record import canonical_json

ACT, DISAGREEMENT, RESOLUTION = (terms.system(name) for name in ("act", "contradiction", "resolution"))
WORKFLOW: dict[Stage, str] = {
    "drafted": "waiting-for-input",
    "submitted": "submitted",
    "signed_off": "resolved-no-change",
    "published": "published",
    "withdrawn": "applied",
}
CHANGES_REQUIRED = "resolved-change-required"
"""Of a draft that was returned."""
DISPOSITION: dict[Stage, str] = {"signed_off": "persuasive", "published": "persuasive", "withdrawn": "not-persuasive"}


def standing_at(dossier: Dossier, seq: int) -> Dossier | None:
    """The dossier as it stood after event ``seq``; None before its first act. The draft itself is left out."""
    entries = tuple(entry for entry in dossier.entries if entry.seq <= seq)
    if not entries:
        return None
    drafts = [entry for entry in entries if entry.type == DRAFTED]
    return replace(
        dossier,
        stage=STAGES[entries[-1].type],
        drafts=len(drafts),
        evidence=None,
        content=next((entry.after for entry in reversed(entries) if entry.after), None),
        authors=tuple(dict.fromkeys(entry.actor for entry in drafts)),
        entries=entries,
    )


def approved(dossier: Dossier | None) -> date | None:
    """The day on which somebody answered for what now stands."""
    if dossier is None or dossier.signed_by is None:
        return None
    signed = [entry for entry in dossier.entries if entry.type == SIGNED_OFF and entry.after == dossier.content]
    return date.fromisoformat(signed[-1].at[:10])


def curated(dossier: Dossier, evidence: Evidence) -> Json:
    """The way of a version through curation, act by act."""
    last = dossier.entries[-1]
    returned = last.type == RETURNED
    return slim(
        resourceType="ArtifactAssessment",
        id=id_of("ArtifactAssessment", f"{dossier.ref} {canonical_json([e.model_dump() for e in dossier.entries])}"),
        extension=[extension("stage", valueCode=dossier.stage)],
        identifier=[{"system": terms.VERSION, "value": dossier.ref}],
        title=f"Curation of {dossier.ref}",
        date=last.at,
        approvalDate=day.isoformat() if (day := approved(dossier)) else None,
        artifactReference={"reference": urn(statement_id(evidence)), "type": "Evidence"},
        citeAsReference={"reference": urn(citation_id(evidence)), "type": "Citation"},
        content=[_act(entry) for entry in dossier.entries],
        workflowStatus=CHANGES_REQUIRED if returned else WORKFLOW[dossier.stage],
        disposition=DISPOSITION.get(dossier.stage, "unresolved"),
    )


def disputed(edge: Contradiction, chosen: Chosen) -> Json:
    """That two versions contradict each other, and what became of it."""
    resolved = edge.resolution != "unresolved"
    response = slim(
        informationType="response",
        summary=edge.reason,
        classifier=[coded(RESOLUTION, edge.resolution.replace("_", "-"))],
    )
    sides = [
        {
            "reference": urn(statement_id(chosen.by_ref[ref])),
            "type": "Evidence",
            "identifier": {"system": terms.VERSION, "value": ref},
        }
        for ref in (edge.a, edge.b)
    ]
    return slim(
        resourceType="ArtifactAssessment",
        id=id_of("ArtifactAssessment", f"{edge.id} {canonical_json(edge)}"),
        title=f"{edge.a} and {edge.b} say different things",
        artifactReference=sides[0],
        content=[
            slim(
                informationType="comment",
                type=coded(DISAGREEMENT, edge.type.replace("_", "-")),
                summary=edge.scope,
                author={"display": edge.detector},
                relatedArtifact=[{"type": "comments-on", "resourceReference": one} for one in sides],
                component=[response],
            )
        ],
        workflowStatus="resolved-no-change" if resolved else "triaged",
        disposition=None if resolved else "unresolved",
    )


def contradiction_of(resource: Json) -> Contradiction | None:
    """The contradiction that an assessment tells of; None for an assessment of another kind."""
    for content in resource.get("content", []):
        if said := codes(content.get("type"), DISAGREEMENT):
            named = [(one.get("resourceReference") or {}) for one in content.get("relatedArtifact", [])]
            refs = [(one.get("identifier") or {}).get("value") for one in named]
            if len(refs) != 2:
                raise ValueError(f"content.relatedArtifact: expected the two versions, got {len(refs)}")
            response: Json = next(iter(content.get("component", [])), {})
            resolution = [code for one in response.get("classifier", []) for code in codes(one, RESOLUTION)]
            return Contradiction.model_validate(
                {
                    "a": refs[0],
                    "b": refs[1],
                    "scope": content.get("summary"),
                    "type": said[0].replace("-", "_"),
                    "detector": (content.get("author") or {}).get("display"),
                    "resolution": (resolution or ["unresolved"])[0].replace("-", "_"),
                    "reason": response.get("summary") or "",
                }
            )
    return None


def _act(entry: Entry) -> Json:
    own = extension(
        "act",
        event=part(valuePositiveInt=entry.seq),
        recorded=part(valueInstant=entry.at),
        before=part(valueString=entry.before),
        after=part(valueString=entry.after),
    )
    scores = [
        {"informationType": "rating", "type": {"text": what}, "quantity": {"value": score, "unit": f"of {BEST}"}}
        for what, score in entry.rubric.items()
    ]
    return slim(
        extension=[own],
        informationType="change-request" if entry.type == RETURNED else "comment",
        summary=entry.reason,
        type=coded(ACT, entry.type.rpartition(".")[2].replace("_", "-")),
        author={"display": entry.actor},
        component=scores,
    )
