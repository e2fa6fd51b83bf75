"""The files people give us, each read and checked by one module; and the formats that evidence is ingested from.

    FORMATS["jsonl"].read(Path("evidence.jsonl"), known=store.headers)

A format that evidence is ingested from is one file that makes a ``EvidenceFormat``, and its name in ``FORMATS``.
"""

from __future__ import annotations

from pathlib import Path

from evitrail.evidence_store.formats.base import EvidenceFormat
from evitrail.evidence_store.formats.bibtex import BIBTEX
from evitrail.evidence_store.formats.csv_table import CSV
from evitrail.evidence_store.formats.fhir_bundle import FHIR
from evitrail.evidence_store.formats.jsonl import JSONL
from evitrail.evidence_store.formats.markdown import MARKDOWN
from evitrail.evidence_store.formats.nbib import NBIB
from evitrail.evidence_store.formats.pdf import PDF
from evitrail.evidence_store.formats.pubmed import PUBMED
from evitrail.evidence_store.formats.ris import RIS
from evitrail.evidence_store.formats.text import TEXT
from evitrail.evidence_store.input_text import InputError

FORMATS: dict[str, EvidenceFormat] = {
    form.name: form for form in (JSONL, FHIR, CSV, PUBMED, NBIB, RIS, BIBTEX, MARKDOWN, TEXT, PDF)
}
"""By the name the command line calls them."""


def format_of(path: Path) -> EvidenceFormat:
    """The format that a file's name ends like; JSON lines where no format has that ending.

    Of a folder: the format that its files' names end like, JSON lines where it holds some; raises ``InputError`` where
    it holds files of several formats else.
    """
    if not path.is_dir():
        return _by_ending(path) or JSONL
    names = [one for one in sorted(path.iterdir()) if one.is_file()]
    held = {form.name: form for one in names if (form := _by_ending(one))}
    if JSONL.name in held or not held:
        return JSONL
    if len(held) > 1:
        raise InputError([f"{path}: holds files of the formats {', '.join(sorted(held))}; give --format NAME for one"])
    return next(iter(held.values()))


def _by_ending(path: Path) -> EvidenceFormat | None:
    return next((form for form in FORMATS.values() if path.name.lower().endswith(form.endings)), None)
