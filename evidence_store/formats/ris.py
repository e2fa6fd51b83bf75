"""Reads RIS, as EndNote, Zotero, Mendeley and publishers write it: a work for each record.

Rules kept here
- The text is the abstract (AB, else N2); the organization is the journal (JO, JF, T2, JA), else the publisher (PB).
- The day of publication is DA, else PY or Y1.
- What RIS calls the type (TY) is a form of publication, not a kind of study; a type of work (M3) may be one.
- The accession number (AN) is a PMID where the database (DB) is PubMed or MEDLINE.
"""

from __future__ import annotations

import re
from pathlib import Path

from evitrail.evidence_store.formats.base import Defaults, EvidenceFormat, Parsed, files_of
from evitrail.evidence_store.formats.tagged_lines import Layout, TaggedRecord, each
from evitrail.evidence_store.formats.work import Work, versions

ENDINGS = (".ris",)
LINES = Layout(
    line=re.compile(r"([A-Z][A-Z0-9])  - ?(.*)$"),
    goes_on=re.compile(r".*\S"),
    begins="TY",
    ends="ER",
    example="TI  - A title",
)
PUBMED = re.compile(r"pubmed|medline", re.IGNORECASE)


def ris_records(path: Path, defaults: Defaults) -> Parsed:
    """The works of a file, or of the files of a folder."""
    return versions((_work(*one) for one in each(files_of(path, ENDINGS), LINES)), defaults, path)


def _work(place: str, record: TaggedRecord) -> Work:
    number = record.first("AN") or ""
    is_pmid = number.isdecimal() and PUBMED.search(" ".join(record.all("DB")))
    fields = {
        "pmid": number if is_pmid else None,
        "doi": record.first("DO"),
        "title": record.first("TI", "T1"),
        "text": "\n".join(record.all("AB", "N2")),
        "organization": record.first("JO", "JF", "T2", "JA", "PB"),
        "published": record.first("DA", "PY", "Y1"),
        "url": record.first("UR"),
    }
    return Work(place, fields, name=record.first("ID") or "", types=record.all("M3"))


RIS = EvidenceFormat("ris", "RIS citations", ENDINGS, ris_records, forms=("ris",), takes=("values",))
