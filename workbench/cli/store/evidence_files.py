"""The files that ``evitrail store ingest`` is given, each read by its format and checked against the store.

Rules kept here
- All of it or nothing: every fault of every file is told before anything is recorded.
- A later file may supersede what an earlier one holds. What formats assumed is passed on, to be shown.
- Who vouches is said file by file (``vouching.py``).
"""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from evitrail.workbench.cli.store.vouching import voucher_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evitrail.evidence_store import Evidence, Header
    from evitrail.evidence_store.formats.base import Defaults
    from evitrail.evidence_store.quarantine.voucher import Voucher

FieldMap = Annotated[
    Path | None,
    typer.Option(
        "--map",
        help="TOML file: which column or front-matter key holds which field, and values for entries without one.",
        metavar="FILE",
    ),
]
Published = Annotated[
    datetime | None,
    typer.Option(
        "--published", help="Day of publication of entries that say none.", metavar="DATE", formats=["%Y-%m-%d"]
    ),
]


def defaults_of(map: Path | None, published: datetime | None) -> Defaults:
    """What the options say for entries that do not say it themselves."""
    from evitrail.evidence_store.formats.base import Defaults
    from evitrail.evidence_store.formats.field_map import read_map

    return (read_map(map) if map else Defaults()).but(published.date() if published else None)


class FilesRead(NamedTuple):
    """What the files hold."""

    evidence: list[Evidence]
    vouchers: dict[str, Voucher]
    """Who vouches, by ref."""
    notes: list[str]
    """What was assumed, each in a line."""


def read_all(
    files: list[Path],
    store: Path,
    defaults: Defaults,
    *,
    publisher: str | None = None,
    signature: Path | None = None,
    ledger: str | None = None,
    index: str | None = None,
    format: str | None = None,
) -> FilesRead:
    """Every file's evidence, checked against the store where there is one."""
    from evitrail.evidence_store import EvidenceStore, InputError
    from evitrail.evidence_store.formats import FORMATS, format_of
    from evitrail.evidence_store.headers import HeadersView
    from evitrail.evidence_store.store_manifest import expect_store_folder

    if format is not None and format not in FORMATS:
        raise ValueError(f"--format: expected one of {', '.join(FORMATS)}, got {format!r}")
    expect_store_folder(store)
    made = (store / "manifest.json").is_file()
    with EvidenceStore.open(store, index=index, ledger=ledger, read_only=True) if made else nullcontext() as opened:
        recorded: Mapping[str, Header] = opened.headers if opened else {}
        evidence: dict[str, Evidence] = {}
        vouchers: dict[str, Voucher] = {}
        faults: list[str] = []
        notes: list[str] = []
        for file in files:
            found = (format_of(file) if format is None else FORMATS[format]).parsed(
                file, HeadersView(recorded, evidence), defaults
            )
            voucher = voucher_for(file, publisher, signature)
            notes += found.notes
            for _, item in found.entries:
                if item.ref in evidence:
                    faults.append(f"{file}: {item.ref!r} stands in an earlier file too; remove one")
                elif opened and item.ref in recorded and opened.get(item.ref) != item:
                    faults.append(f"{file}: {item.ref!r} was recorded with another content; give it a new version")
                evidence[item.ref] = item
                vouchers.setdefault(item.ref, voucher)
    if faults:
        raise InputError(faults)
    return FilesRead(list(evidence.values()), vouchers, notes)
