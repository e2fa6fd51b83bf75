"""Fault codes: what kind of fault the blamed step committed, decided from the graph and the store.

Rules kept here (attribution.md, section 2.7; the codes that can be computed from what a run records)
- The blamed role says where to look, the recorded facts say what is there.
- A code is a description of the failure, never the evidence for the blame.
"""

from __future__ import annotations

from evitrail.eval.attribution.contracts import Facts, support
from evitrail.eval.attribution.oracles import Role
from evitrail.eval.dataset.case import Case
from evitrail.evidence_store.grading.grade import rank
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval.base import Retriever

FAULTS: dict[str, str] = {
    "S1": "gap: the store holds no current evidence for the answer",
    "S2": "stale: evidence that was not in force on the day stands with the chosen option",
    "S4": "conflict unresolved: the synthesis follows evidence as sure as the one that decides",
    "Q1": "poor query: no query found the evidence, its own title does",
    "K1": "false accept: evidence without support was judged adequate",
    "K2": "false reject: evidence with support was judged inadequate",
    "R1": "miss: the evidence is in the store, far below the cut-off or not found",
    "R2": "cut-off: the evidence ranks just below the cut-off",
    "R3": "distraction: the evidence was served, with other passages that misled",
    "Y1": "omission: the evidence was served, and no claim speaks for the answer from it",
    "Y2": "distortion: a passage was read as speaking for an option that it does not support",
    "Y4": "mis-weighting: the synthesis follows evidence of lower certainty",
    "C1": "misread: the claims speak for one option, another was chosen",
    "C3": "missed abstention: the claims speak for no option, one was chosen all the same",
}


def fault(role: Role, case: Case, snapshot: Snapshot, retriever: Retriever | None, k: int, recorded: Facts) -> str:
    """The code of the fault that the blamed role committed in this run."""
    gold = set(case.clean_evidence)
    chosen = recorded.choice.option if recorded.choice else None
    if role == "store":
        return "S1" if not gold & snapshot.headers.keys() else "S2"
    if role == "retrieve":
        return _retrieval_fault(case, snapshot, retriever, k, recorded, chosen)
    if role == "critique":
        return "K1" if not gold & recorded.refs else "K2"
    if role == "requery":
        return "Q1"
    if role == "synthesise":
        return _synthesis_fault(case, recorded, gold, chosen)
    return "C1" if recorded.synthesis and any(s > 0 for s in support(recorded.synthesis).values()) else "C3"


def _retrieval_fault(
    case: Case, snapshot: Snapshot, retriever: Retriever | None, k: int, recorded: Facts, chosen: str | None
) -> str:
    misled = [ref for ref, option in case.supported_by().items() if option == chosen and ref in recorded.refs]
    if any(snapshot.status(ref) != "current" for ref in misled):
        return "S2"
    gold = set(case.clean_evidence)
    if gold & recorded.refs:
        return "R3"
    wider = retriever.search(recorded.retrieved[0].query, snapshot, 5 * k).hits if retriever else ()
    return "R2" if any(hit.passage.ref in gold for hit in wider) else "R1"


def _synthesis_fault(case: Case, recorded: Facts, gold: set[str], chosen: str | None) -> str:
    claims = recorded.synthesis.claims if recorded.synthesis else ()
    supporting = [claim for claim in claims if claim.stance == "supports"]
    if not any(claim.option == case.answer and claim.evidence in gold for claim in supporting):
        return "Y2" if any(claim.option == chosen and claim.evidence in gold for claim in supporting) else "Y1"
    labels = case.supported_by()
    misled = {claim.evidence for claim in supporting if claim.option == chosen and labels.get(claim.evidence) == chosen}
    if not misled:
        return "Y2"
    grades = {hit.passage.ref: rank(hit.passage.header.grade) for hit in recorded.hits}
    surest = max(grades.get(ref, 0) for ref in gold)
    return "Y4" if all(grades.get(ref, 0) < surest for ref in misled) else "S4"
