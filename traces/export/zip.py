"""Runs as a portable bundle (``bundle.py``), by the name that an export calls it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evitrail.traces.bundle.bundle import write_bundle
from evitrail.traces.journal.view import JournalView


def write(journal: JournalView, runs: Sequence[str], target: Path, *, with_sensitive: bool) -> tuple[str, ...]:
    """Write these runs; returns the names of what was left out."""
    return write_bundle(journal, frozenset(runs), target, with_sensitive=with_sensitive).blobs_left_out
