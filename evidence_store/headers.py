"""Headers by ref, each looked up when it is asked for, so that nobody has to hold those of a whole store.

Rules kept here
- To whoever reads it, it is a mapping like any other; to iterate over it is to scan the store, in the order of refs.
- ``named`` finds what goes by a name (ref, lineage, ``doi:…``, ``pmid:…``) without a scan where that can be done.

    named(store.headers, ["doi:10.1000/x"])       # {"trial@1": Header(…)}
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterator, Mapping

from evitrail.evidence_store.model import Header


class Headers(Mapping[str, Header]):
    """A store's headers, or a view of them."""

    @abstractmethod
    def named(self, names: Collection[str]) -> dict[str, Header]:
        """What goes by one of these names, with all versions of its lineages."""


class HeadersView(Headers):
    """A store's headers with some in place of the recorded ones, or beside them, and without others."""

    def __init__(
        self, base: Mapping[str, Header], over: Mapping[str, Header], without: Collection[str] = frozenset()
    ) -> None:
        self._base, self._over, self._without = base, over, without

    def __getitem__(self, ref: str) -> Header:
        if ref in self._without:
            raise KeyError(ref)
        return self._over[ref] if ref in self._over else self._base[ref]

    def __iter__(self) -> Iterator[str]:
        yield from (ref for ref in self._base if ref not in self._without)
        yield from (ref for ref in self._over if ref not in self._without and ref not in self._base)

    def __len__(self) -> int:
        more = sum(ref not in self._base for ref in self._over.keys() - self._without)
        return len(self._base) - sum(ref in self._base for ref in self._without) + more

    def named(self, names: Collection[str]) -> dict[str, Header]:
        found = {**named(self._base, names), **named(self._over, names)}
        mates = named(self, {header.id for header in found.values()} - set(names)) if found else {}
        return {ref: self[ref] for ref in (*found, *mates) if ref not in self._without}


def named(known: Mapping[str, Header], names: Collection[str]) -> dict[str, Header]:
    """What of ``known`` goes by one of these names, with all versions of its lineages."""
    if isinstance(known, Headers):
        return known.named(names)
    asked = set(names)
    lineages = {header.id for header in known.values() if asked & {*names_of(header)}} if asked else set()
    return {ref: header for ref, header in known.items() if header.id in lineages}


def names_of(header: Header) -> list[str]:
    """All that a version goes by; a DOI is the same whatever its case (ISO 26324)."""
    dois = [f"doi:{header.doi}", f"doi:{header.doi.lower()}"] if header.doi else []
    return list(dict.fromkeys([header.ref, header.id, *dois, *([f"pmid:{header.pmid}"] if header.pmid else [])]))
