"""Reads a list of notices: a table with ``doi`` and ``kind``, as Crossref's is cut, or Retraction Watch's own CSV.

Rules kept here
- Which of the two it is, its columns tell; plain or gzipped. Columns that neither names are left.
- Of the first, ``pmid``, ``notice_doi`` and ``date`` are read where they are there.
- Retraction Watch writes its days as month/day/year, ``unavailable`` or 0 for a name that is not there, corrections
  beside retractions. A correction changes nothing of a version's standing: it is counted, and not returned.
- Every line is read before one is used; all faults are told together.

    published = read_notices(Path("retracted_dois.tsv.gz"))
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from evitrail.evidence_store.curation.notices import ListedNotice, Nature
from evitrail.evidence_store.formats.table import read_table
from evitrail.evidence_store.formats.work_names import plain_doi, plain_pmid
from evitrail.evidence_store.input_record import fault_lines
from evitrail.evidence_store.input_text import InputError

KINDS: dict[str, Nature] = {
    "retraction": "retraction",
    "concern": "concern",
    "expression_of_concern": "concern",
    "expression of concern": "concern",
    "reinstatement": "reinstatement",
}
CORRECTION = "correction"
US_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})( .*)?")
"""``5/26/2021 0:00``."""

Row = dict[str, str]


class NoticeList(NamedTuple):
    """What a list says."""

    notices: list[ListedNotice]
    corrections: int
    """Lines about corrections."""


def read_notices(path: Path) -> list[ListedNotice]:
    """Every notice of the list; raises ``InputError`` with all faults."""
    return read_notice_list(path).notices


def read_notice_list(path: Path) -> NoticeList:
    """Every line of the list; raises ``InputError`` with all faults."""
    if not path.is_file():
        found = "got a folder" if path.is_dir() else "found no such file"
        raise InputError([f"{path}: expected a list of notices, {found}"])
    table = read_table(path)
    column, told = next(((kind, told) for needed, kind, told in LISTS if needed <= set(table.columns)), ("", _plain))
    if not column:
        got = ", ".join(map(repr, table.columns))[:200] or "an empty file"
        raise InputError([f"{path}:1: expected columns doi and kind, or Retraction Watch's, got {got}"])
    read: list[ListedNotice] = []
    faults: list[str] = []
    corrections = 0
    for place, row in table.rows:
        kind = row[column].lower()
        if kind == CORRECTION:
            corrections += 1
        elif kind not in KINDS:
            faults.append(
                f"{place}: expected {column} to be one of {', '.join([*KINDS, CORRECTION])}, got {row[column]!r}"
            )
        else:
            try:
                read.append(ListedNotice.model_validate({"nature": KINDS[kind], **told(row)}))
            except ValidationError as error:
                faults += [f"{place}: {fault}" for fault in fault_lines(error, ListedNotice)]
            except ValueError as error:
                faults.append(f"{place}: {error}")
    if faults:
        raise InputError(faults)
    return NoticeList(read, corrections)


def _plain(row: Row) -> dict[str, Any]:
    return {
        "doi": plain_doi(row.get("doi")),
        "pmid": plain_pmid(row.get("pmid")),
        "notice": plain_doi(row.get("notice_doi")),
        "on": row.get("date") or None,
    }


def _retraction_watch(row: Row) -> dict[str, Any]:
    return {
        "doi": plain_doi(row.get("OriginalPaperDOI")),
        "pmid": plain_pmid(row.get("OriginalPaperPubMedID")),
        "notice": plain_doi(row.get("RetractionDOI")),
        "on": _us_day(row["RetractionDate"]) if row.get("RetractionDate") else None,
        "reason": "; ".join(one.strip(" +") for one in row.get("Reason", "").split(";") if one.strip(" +")) or None,
    }


def _us_day(text: str) -> date:
    found = US_DAY.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        return date(int(found[3]), int(found[1]), int(found[2]))
    except ValueError:
        raise ValueError(f"RetractionDate: expected month/day/year such as 5/26/2021 0:00, got {text!r}") from None


LISTS: tuple[tuple[set[str], str, Callable[[Row], dict[str, Any]]], ...] = (
    ({"doi", "kind"}, "kind", _plain),
    ({"OriginalPaperDOI", "RetractionNature", "RetractionDate"}, "RetractionNature", _retraction_watch),
)
"""The columns that tell a list, the one with its natures, and what reads a row."""
