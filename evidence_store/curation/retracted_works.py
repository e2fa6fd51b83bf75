"""What of the store was retracted, found by any of its names, so that nothing new rests on it unnoticed.

Retracted(store.headers, [header]).among(header)              # ["trial@1"], if the version rests on that
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from evitrail.evidence_store.headers import named, names_of
from evitrail.evidence_store.model import Header


class Retracted:
    """The retracted versions of a store that any of these headers may rest on, by ref, lineage, DOI and PMID."""

    def __init__(self, known: Mapping[str, Header], asked: Iterable[Header]) -> None:
        meant = named(known, {name for header in asked for name in header.includes})
        gone = [header for header in meant.values() if header.retracted]
        standing = {header.id for header in meant.values() if not header.retracted}
        self._refs: dict[str, list[str]] = {}
        for header in gone:
            for name in names_of(header):
                # A lineage that has another version left was not lost with one.
                if name != header.id or header.id not in standing:
                    self._refs.setdefault(name, []).append(header.ref)

    def among(self, header: Header) -> list[str]:
        """The retracted versions that this one rests on."""
        return sorted({ref for name in header.includes for ref in self._refs.get(name, ()) if ref != header.ref})
