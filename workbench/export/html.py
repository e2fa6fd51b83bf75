"""Runs as one HTML page (``workbench/page/``), by the name that an export calls it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evitrail.traces.journal.view import JournalView
from evitrail.workbench.page import write_page


def write(journal: JournalView, runs: Sequence[str], target: Path, *, with_sensitive: bool) -> tuple[str, ...]:
    """Write these runs; returns the names of what was left out."""
    return write_page(journal, runs, target, with_sensitive=with_sensitive).left_out
