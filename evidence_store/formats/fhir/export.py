"""A state of the store as a FHIR R5 Bundle, checked by fhir.resources before it is handed out.

Rules kept here
- Pure: no clock, no dice. Equal snapshots, with the dossiers of the same store, give the same bytes.
- The bundle names the state it is of: the snapshot, how much of the ledger it knows, the day asked about.
- What the snapshot does not show is not in it: drafts, and acts recorded later, stay out.
- Resources stand version by version in the order of their refs, contradictions last.

    Path("bundle.json").write_text(bundle(store.snapshot(), store.dossiers), "utf-8")
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from evitrail.evidence_store.curation.workflow import MARK, Dossier
from evitrail.evidence_store.errors import EvidenceError
from evitrail.evidence_store.formats.fhir import terms
from evitrail.evidence_store.formats.fhir.appraisal import approved, curated, disputed, standing_at
from evitrail.evidence_store.formats.fhir.citation import Chosen, citation, status_of
from evitrail.evidence_store.formats.fhir.r5 import NotR5, checked
from evitrail.evidence_store.formats.fhir.shape import Json, slim, urn
from evitrail.evidence_store.formats.fhir.statement import statement
from evitrail.evidence_store.snapshot import Snapshot


def bundle(snapshot: Snapshot, dossiers: Mapping[str, Dossier], refs: Iterable[str] | None = None) -> str:
    """The snapshot's versions, or only ``refs``, as the JSON text of a Bundle; raises ``EvidenceError``."""
    if snapshot.supposed:
        raise EvidenceError(f"expected a snapshot as it is recorded, got one that supposes {sorted(snapshot.supposed)}")
    chosen = sorted(snapshot.headers if refs is None else set(refs))
    text = json.dumps(_bundle(snapshot, dossiers, chosen), ensure_ascii=False, indent=1) + "\n"
    try:
        checked(text)
    except NotR5 as error:
        raise EvidenceError(f"what is recorded cannot be told in FHIR R5: {error}") from error
    return text


def _bundle(snapshot: Snapshot, dossiers: Mapping[str, Dossier], refs: list[str]) -> Json:
    day = snapshot.as_of.isoformat() if snapshot.as_of else None
    tags = [(terms.LEDGER, str(snapshot.seq)), (terms.AS_OF, day)]
    resources = _resources(snapshot, dossiers, refs)
    return slim(
        resourceType="Bundle",
        meta={"tag": [{"system": system, "code": code} for system, code in tags if code]},
        identifier={"system": terms.SNAPSHOT, "value": snapshot.id},
        type="collection",
        entry=[{"fullUrl": urn(one["id"]), "resource": one} for one in resources],
    )


def _resources(snapshot: Snapshot, dossiers: Mapping[str, Dossier], refs: list[str]) -> list[Json]:
    chosen = Chosen({ref: snapshot.evidence(ref) for ref in refs})
    told: list[Json] = []
    for ref, evidence in chosen.by_ref.items():
        dossier = dossiers.get(ref.partition(MARK)[0])
        dossier = standing_at(dossier, snapshot.seq) if dossier else None
        status = status_of(snapshot.status(ref), draft=MARK in ref)
        told.append(citation(evidence, snapshot.headers[ref], chosen, status, approved(dossier)))
        told.append(statement(evidence, snapshot.profile(ref), chosen, status))
        if dossier and (MARK not in ref or dossier.draft == ref):
            told.append(curated(dossier, evidence))
    edges = {edge.id: edge for ref in refs for edge in snapshot.disputes(ref) if edge.other(ref) in chosen.by_ref}
    return [*told, *(disputed(edge, chosen) for _, edge in sorted(edges.items()))]
