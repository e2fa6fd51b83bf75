"""Reads a list of retractions: a table with tabs, plain or gzipped, with ``doi`` and ``kind``, as Crossref's is cut.

Rules kept here
- Columns ``pmid``, ``notice_doi`` and ``date`` are read where they are there; others are left.
- Every line is read before one is used; all faults are told together.

    published = read_notices(Path("retracted_dois.tsv.gz"))
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from evitrail.evidence_store.curation.notices import ListedNotice, Nature
from evitrail.evidence_store.input_lines import InputError, LinePosition, fault_lines

KINDS: dict[str, Nature] = {
    "retraction": "retraction",
    "concern": "concern",
    "expression_of_concern": "concern",
    "expression of concern": "concern",
    "reinstatement": "reinstatement",
}


def read_notices(path: Path) -> list[ListedNotice]:
    """Every line of the table; raises ``InputError`` with all faults."""
    read: list[ListedNotice] = []
    faults: list[str] = []
    for place, row in _rows(path):
        kind = KINDS.get((row.get("kind") or "").strip().lower())
        if kind is None:
            faults.append(f"{place}: expected kind to be one of {', '.join(KINDS)}, got {row.get('kind')!r}")
            continue
        told = {"doi": row.get("doi"), "pmid": row.get("pmid"), "notice": row.get("notice_doi"), "on": row.get("date")}
        try:
            read.append(
                ListedNotice.model_validate({"nature": kind, **{key: value or None for key, value in told.items()}})
            )
        except ValidationError as error:
            faults += [f"{place}: {fault}" for fault in fault_lines(error, ListedNotice)]
    if faults:
        raise InputError(faults)
    return read


def _rows(path: Path) -> Iterator[tuple[LinePosition, dict[str, str]]]:
    if not path.is_file():
        found = "got a folder" if path.is_dir() else "found no such file"
        raise InputError([f"{path}: expected a list of notices, {found}"])
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8", newline="") as file:
            table = csv.DictReader(file, delimiter="\t")
            if not {"doi", "kind"} <= set(table.fieldnames or ()):
                raise InputError(
                    [f"{path}:1: expected columns doi and kind, with tabs between, got {table.fieldnames}"]
                )
            for number, row in enumerate(table, start=2):
                yield LinePosition(str(path), number), row
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError, csv.Error) as error:
        raise InputError(
            [f"{path}: expected UTF-8 text with tabs, plain or gzipped, got other bytes ({error})"]
        ) from error
