"""Redacting a run of an experiment: its patient data goes from the journals, and from all that is made of them.

Rules kept here
- The journals come first, each in one transaction: killed at any moment, a run is redacted or it is not.
- What comes after (scrubbing the files, the seal, the derived files) is done again by redacting again.
- Forks and counterfactuals of a run hold the same patient's data, and go with it.

    dropped = redact_run(folder, "standard.rad-001", by="d.larsen", reason="consent withdrawn")
    dropped.runs, dropped.blobs

Copies, backups and exports of the folder are beyond reach.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from evitrail.eval.report.results import write_results
from evitrail.traces.audit.seal import seal
from evitrail.traces.journal.errors import Redacted
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.journal import Journal
from evitrail.traces.journal.redacted import redacted_runs
from evitrail.traces.journal.redaction import redact_folder
from evitrail.traces.journal.view import Redaction


class RedactionCount(NamedTuple):
    """What a redaction came to."""

    said: Redaction
    """As it stands on record."""
    runs: tuple[str, ...]
    """The run, its forks and its counterfactuals."""
    blobs: int
    """How many went; 0 where they had gone before."""
    root: str
    """Of the new seal."""


def redact_run(folder: Path, run: str, *, by: str, reason: str) -> RedactionCount:
    """Drop a run's patient data, seal, and write the derived files anew.

    Raises ``JournalError`` where the run holds none.
    """
    try:
        blobs = redact_folder(folder, run, by=by, reason=reason)
    except Redacted:
        blobs = 0
    with Journals.open(folder) as journals, Journal.open(journals.files[0].path) as journal:
        root = seal(journal, over=journals)
        gone = redacted_runs(journals)
    write_results(folder)
    return RedactionCount(
        gone[run], tuple(name for name, said in gone.items() if said.run == gone[run].run), blobs, root
    )
