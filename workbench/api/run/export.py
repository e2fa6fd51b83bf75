"""One run in a form that others can open, as ``evitrail trace export`` writes it.

Rules kept here
- Patient data never leaves this way; the number of withheld bodies is returned.
- The file is made in a folder that is gone afterwards; nothing is written beside the journal.

    run_export(folder, "standard.radiology-003", "prov").data
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from evitrail.evidence_store.did_you_mean import nearest
from evitrail.traces.audit.seal import SEAL_RUN
from evitrail.traces.journal.folder import Journals
from evitrail.workbench.api.folders import UnknownName
from evitrail.workbench.export import FORMATS


class ExportedRun(NamedTuple):
    """A file, and how it may be called."""

    data: bytes
    name: str
    left_out: int
    """Bodies that are not in it."""


def run_export(folder: Path, run: str, format: str) -> ExportedRun:
    """A run in this format; raises ``UnknownName`` for a run or a format that does not exist."""
    if format not in FORMATS:
        near = nearest(format, FORMATS)
        raise UnknownName(f"format: expected one of {', '.join(FORMATS)}, got {format!r}{near}")
    form = FORMATS[format]
    with Journals.open(folder) as journal, TemporaryDirectory() as made:
        if run == SEAL_RUN or not journal.records(run):
            raise UnknownName(f"expected a run of this experiment, got {run!r}")
        target = Path(made) / "run"
        left_out = form.write(journal, [run], target, with_sensitive=False)
        return ExportedRun(target.read_bytes(), f"{_plain(run)}.{form.ending}", len(left_out))


def _plain(run: str) -> str:
    """A run's name as that of a file: letters and digits of ASCII, dots and dashes."""
    return "".join(char if char.isascii() and (char.isalnum() or char in ".-_") else "_" for char in run)[:120]
