"""Can the record of an experiment be trusted? The verdicts of ``evitrail trace verify``.

Rules kept here
- The whole journal is checked, which takes about a second for 40 MB: it is asked for after a page is shown, and kept
  until the journal changes.
- What no check can tell is part of the answer.

    integrity(folder).verdict        # sound, altered, incomplete, added
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from evitrail.traces.audit.integrity import verify_journal
from evitrail.traces.audit.seal import sealed_root
from evitrail.traces.journal.folder import Journals
from evitrail.traces.record import Record
from evitrail.workbench.api.fresh import Fresh, journal_files

MOST = 50
"""Faults of a kind that are told; the rest are counted."""
NOT_COVERED = (
    "whether what was recorded is true",
    "a rewrite of the whole journal with its seal: compare the root with one kept elsewhere, or sign it "
    "(`evitrail trace sign`)",
)


class IntegrityReport(Record):
    """What the check of a journal found."""

    verdict: Literal["sound", "altered", "incomplete", "added", "none"]
    """The gravest of three: something was altered, is gone, or was added; ``none`` where there is no journal."""
    altered: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    more: int = 0
    """Faults beyond those told."""
    redacted: int = 0
    newer: int = 0
    """Runs that no seal covers yet: no fault."""
    runs: int = 0
    root: str | None = None
    not_covered: tuple[str, ...] = NOT_COVERED


def _verified(folder: Path) -> IntegrityReport:
    if not journal_files(folder):
        return IntegrityReport(verdict="none")
    with Journals.open(folder) as journal:
        found = verify_journal(journal)
        altered, gone, added = found.integrity, found.completeness, found.additions
        return IntegrityReport(
            verdict="altered" if altered else "incomplete" if gone else "added" if added else "sound",
            altered=altered[:MOST],
            gone=gone[:MOST],
            added=added[:MOST],
            more=sum(max(0, len(faults) - MOST) for faults in (altered, gone, added)),
            redacted=len(found.redacted),
            newer=len(found.newer),
            runs=len(journal.runs()),
            root=None if altered else sealed_root(journal),
        )


integrity = Fresh(_verified, journal_files)
"""The check of an experiment's whole journal."""
