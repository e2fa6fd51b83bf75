"""What a format is that evidence can be read from: how its files are told, and what reads their entries.

Rules kept here
- A format only reads: each entry it finds is a version of evidence, with the place where it stands.
- What every format owes is proven here: at least one entry, and versions that may join what the store knows.
- Either all of a file is returned, or every fault of it is raised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from evitrail.evidence_store.curation.lineage import lineage_faults
from evitrail.evidence_store.input_lines import InputError
from evitrail.evidence_store.model import Evidence, Header

Entries = Sequence[tuple[str, Evidence]]
"""The versions that a file holds, in order, each with its place as a person would name it: ``evidence.jsonl:3``."""


class EvidenceFormat(NamedTuple):
    """A format that evidence is read from."""

    name: str
    description: str
    endings: tuple[str, ...]
    """How its files' names end."""
    entries: Callable[[Path], Entries]
    """The versions in a file; raises ``InputError`` with every fault of it."""

    def read(self, path: Path, known: Mapping[str, Header] | None = None) -> list[Evidence]:
        """The versions in a file, in order; ``known`` are the headers of those in the store.

        Raises ``InputError`` with every fault.
        """
        entries = self.entries(path)
        if not entries:
            raise InputError([f"{path}: expected at least one version of evidence, got none"])
        if faults := lineage_faults(entries, known or {}):
            raise InputError(faults)
        return [evidence for _, evidence in entries]
