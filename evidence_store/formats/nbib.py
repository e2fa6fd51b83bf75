"""Reads NBIB, the tagged lines of MEDLINE that PubMed saves citations as: a work for each record.

Rules kept here
- The text is the abstract (AB), as MEDLINE runs it together; the organization is the journal (JT, else TA).
- The day of publication is that of the electronic one (DEP), else that of the issue (DP).
- Publication types (PT) say the kind, and whether the paper was retracted.
"""

from __future__ import annotations

import re
from pathlib import Path

from evitrail.evidence_store.formats.base import Defaults, EvidenceFormat, Parsed, files_of
from evitrail.evidence_store.formats.publication_types import is_retracted
from evitrail.evidence_store.formats.tagged_lines import Layout, TaggedRecord, each
from evitrail.evidence_store.formats.work import Work, versions

ENDINGS = (".nbib",)
LINES = Layout(
    line=re.compile(r"([A-Z][A-Z0-9]{1,3}) *- ?(.*)$"),
    goes_on=re.compile(r"\s{2,}\S"),
    begins="PMID",
    ends=None,
    example="TI  - A title",
)
DOI = re.compile(r"(\S+) \[doi\]")


def nbib_records(path: Path, defaults: Defaults) -> Parsed:
    """The works of a file, or of the files of a folder."""
    return versions((_work(*one) for one in each(files_of(path, ENDINGS), LINES)), defaults, path)


def _work(place: str, record: TaggedRecord) -> Work:
    types = record.all("PT")
    named = [found[1] for value in (*record.all("LID"), *record.all("AID")) if (found := DOI.fullmatch(value))]
    fields = {
        "pmid": record.first("PMID"),
        "doi": named[0] if named else None,
        "title": record.first("TI", "BTI"),
        "text": record.first("AB"),
        "organization": record.first("JT", "TA"),
        "published": record.first("DEP", "DP"),
        "retracted": is_retracted(types),
    }
    return Work(place, fields, types=types)


NBIB = EvidenceFormat("nbib", "PubMed's tagged citations", ENDINGS, nbib_records, forms=("nbib",), takes=("values",))
