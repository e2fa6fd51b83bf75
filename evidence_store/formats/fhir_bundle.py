"""Reads evidence from FHIR R5 that tells nothing but evidence: a Bundle, a resource, or a folder of files.

Rules kept here
- Certainties by outcome, notices and contradictions are acts that somebody must answer for, so a bundle that tells
  some is refused here; ``evitrail store import-fhir`` records them with the evidence.
- Resources other than Evidence and Citation are not read.
"""

from __future__ import annotations

from pathlib import Path

from evitrail.evidence_store.formats.base import Defaults, EvidenceFormat, Parsed
from evitrail.evidence_store.input_text import InputError

ACTS = ("profiles", "notices", "contradictions")


def bundled_evidence(path: Path, defaults: Defaults) -> Parsed:
    """The versions in a bundle; raises ``InputError`` with every fault, or where the bundle tells more."""
    from evitrail.evidence_store.formats.fhir import read_fhir  # fhir.resources is loaded when a bundle is read

    found = read_fhir(path, defaults)
    if more := [f"{number} {name}" for name in ACTS if (number := len(getattr(found, name)))]:
        raise InputError(
            [
                f"{path}: expected a bundle of evidence only, got {', '.join(more)} beside it, which `ingest` does not "
                f"record; use `evitrail store import-fhir {path} --by NAME`"
            ]
        )
    left = ", ".join(f"{n} {name}" for name, n in found.left_aside.items())
    more = [f"{path}: left aside: {left}"] if left else []
    return Parsed([(f"{path}: {evidence.ref}", evidence) for evidence in found.evidence], (*found.notes, *more))


FHIR = EvidenceFormat(
    "fhir", "FHIR R5 resources or a Bundle, as JSON", (".json",), bundled_evidence, ("fhir", "json"), ("values",)
)
