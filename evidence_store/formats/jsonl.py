"""Reads ``evidence.jsonl``: one evidence version a line, as DESIGN.md section 9 describes it.

Rules kept here
- Every line is checked by itself and then against the others and against what the store knows.
- All faults are collected; if there is one, nothing is returned.
- A folder stands for all its ``*.jsonl`` files in name order, read as one set.
- Nothing is assumed: a line says all of a version.

    store.ingest(read_evidence(Path("evidence.jsonl"), known=store.headers))
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from evitrail.evidence_store.formats.base import Defaults, EvidenceFormat, Parsed
from evitrail.evidence_store.input_lines import jsonl_files, read_lines
from evitrail.evidence_store.model import Evidence, Header


def evidence_lines(path: Path, defaults: Defaults) -> Parsed:
    """The versions in a file or folder, each with file and line."""
    return Parsed([(str(place), evidence) for place, evidence in read_lines(jsonl_files(path), Evidence)])


JSONL = EvidenceFormat("jsonl", "JSON lines, one version a line", (".jsonl",), evidence_lines, ("jsonl", "json"))


def read_evidence(path: Path, known: Mapping[str, Header] | None = None) -> list[Evidence]:
    """The versions in a file or folder, in the order they stand; raises ``InputError`` with every fault."""
    return JSONL.read(path, known)
