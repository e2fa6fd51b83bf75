"""What of the store was retracted, found by any of its names, so that nothing new rests on it unnoticed.

Retracted(store.headers).among(header)              # ["trial@1"], if the version rests on that
"""

from __future__ import annotations

from collections.abc import Mapping

from evitrail.evidence_store.model import Header


class Retracted:
    """The retracted versions of a store, by ref, lineage, DOI and PMID."""

    def __init__(self, known: Mapping[str, Header]) -> None:
        gone = [header for header in known.values() if header.retracted]
        standing = {header.id for header in known.values() if not header.retracted}
        self._refs: dict[str, list[str]] = {}
        for header in gone:
            # A lineage that has another version left was not lost with one.
            names = [header.ref, *([] if header.id in standing else [header.id])]
            names += [f"doi:{header.doi}"] * bool(header.doi) + [f"pmid:{header.pmid}"] * bool(header.pmid)
            for name in names:
                self._refs.setdefault(name, []).append(header.ref)

    def among(self, header: Header) -> list[str]:
        """The retracted versions that this one rests on."""
        return sorted({ref for name in header.includes for ref in self._refs.get(name, ()) if ref != header.ref})
