"""The files people give us, each read and checked by one module; and the formats that evidence is ingested from.

    FORMATS["jsonl"].read(Path("evidence.jsonl"), known=store.headers)

A format that evidence is ingested from is one file that makes a ``EvidenceFormat``, and its name in ``FORMATS``.
"""

from __future__ import annotations

from pathlib import Path

from evitrail.evidence_store.formats.base import EvidenceFormat
from evitrail.evidence_store.formats.fhir_bundle import FHIR
from evitrail.evidence_store.formats.jsonl import JSONL

FORMATS: dict[str, EvidenceFormat] = {form.name: form for form in (JSONL, FHIR)}
"""By the name the command line calls them."""


def format_of(path: Path) -> EvidenceFormat:
    """The format that a file's name ends like; JSON lines for a folder, and where no format has that ending."""
    if path.is_dir():
        return JSONL
    return next((form for form in FORMATS.values() if path.name.lower().endswith(form.endings)), JSONL)
