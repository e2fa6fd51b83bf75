"""The addresses and codes of FHIR that we write, and the words of ours that they stand for.

Rules kept here
- A code of HL7's is used where there is one. What has none has a code of ours, under ``BASE``; nothing is served there.
- Each table is read both ways. What is read and stands in none is refused by whoever reads it, never guessed.
- HL7 moved some of its code systems from one address to another: there the last part of the address decides.
"""

from __future__ import annotations

from evitrail.evidence_store.grading.grade import Certainty
from evitrail.evidence_store.model import Kind

BASE = "https://evitrail.org/fhir"
"""What is ours is named under it."""
LINEAGE = f"{BASE}/lineage"
VERSION = f"{BASE}/version"
"""Of identifiers: the lineage, and ``id@version``."""
SNAPSHOT, LEDGER, AS_OF = f"{BASE}/snapshot", f"{BASE}/ledger", f"{BASE}/as-of"
"""Of the identifier and the tags of a bundle."""
DOI, PMID = "https://doi.org", "https://pubmed.ncbi.nlm.nih.gov"
COUNTRY = "urn:iso:std:iso:3166"

CERTAINTY_TYPE = "http://hl7.org/fhir/certainty-type"
CERTAINTY_RATING = "http://hl7.org/fhir/certainty-rating"
STUDY_DESIGN = "http://hl7.org/fhir/study-design"
ROLE = "http://terminology.hl7.org/CodeSystem/variable-role"
STATE = "http://hl7.org/fhir/cited-artifact-status-type"
CLASSIFICATION = "http://hl7.org/fhir/cited-artifact-classification-type"
MESH = "http://terminology.hl7.org/CodeSystem/MSH"

OVERALL = "Overall"
DOMAINS: dict[str, str] = {
    "risk_of_bias": "RiskOfBias",
    "inconsistency": "Inconsistency",
    "indirectness": "Indirectness",
    "imprecision": "Imprecision",
    "publication_bias": "PublicationBias",
    "large_effect": "LargeEffect",
    "dose_response": "DoseResponseGradient",
    "plausible_confounding": "PlausibleConfounding",
}
LEVELS: dict[Certainty, str] = {"high": "high", "moderate": "moderate", "low": "low", "very_low": "very-low"}
CONCERNS: tuple[str, ...] = ("no-concern", "serious-concern", "very-serious-concern", "extremely-serious-concern")
"""By how many levels a domain lowers the certainty."""
RISES: tuple[str, ...] = ("absent", "upcode1", "upcode2")
"""By how many it raises it."""
DOWN = {code: n for n, code in enumerate(CONCERNS)} | {"no-change": 0, "downcode1": 1, "downcode2": 2, "downcode3": 3}
UP = {code: n for n, code in enumerate(RISES)} | {"no-change": 0}

DESIGNS: dict[str, str] = {"randomized": "SEVCO:01003", "observational": "SEVCO:01002"}
"""Study designs that FHIR has a code for; the others go by ours alone."""
PUBLICATION_TYPES: dict[Kind, str] = {
    "guideline": "D016431",
    "systematic_review": "D000078182",
    "randomized_trial": "D016449",
    "observational_study": "D064888",
    "case_report": "D002363",
    "narrative_review": "D016454",
    "preprint": "D000076942",
}
"""MeSH's publication types; expert opinion has none."""
KIND_OF: dict[str, Kind] = {mesh: kind for kind, mesh in PUBLICATION_TYPES.items()} | {
    "D017065": "guideline",  # Practice Guideline
    "D017418": "systematic_review",  # Meta-Analysis
}
RETRACTED = "retracted"
UNDER_CONCERN = "expression-of-concern"
"""Not among FHIR's states of a publication, so of our own system."""


def system(name: str) -> str:
    """The address of a code system of ours."""
    return f"{BASE}/CodeSystem/{name}"


def same_system(address: str | None, of: str) -> bool:
    """Whether an address means this code system, by whichever of HL7's releases."""
    if address is None or address == of:
        return address is not None
    return all("hl7.org/" in one for one in (address, of)) and address.rpartition("/")[2] == of.rpartition("/")[2]
