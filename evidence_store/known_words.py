"""How rare words were at one ledger number: looked up when it is asked for, and cached.

Rules kept here
- What was counted at a number never changes, so what was looked up once is kept; a cache that is full is emptied.
- Versions that a view leaves out are not counted for it; drafts that it supposes to be published are.

    counts, total = KnownWords(model, seq=412).counts(query_words("aspirin after stroke"), without={"aspirin@2016"})
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from evitrail.evidence_store.fold import Version
from evitrail.evidence_store.read_model.read_model import ReadModel, cached
from evitrail.evidence_store.read_model.word_counts import EVERY, counted, published_by, words_of


@dataclass(frozen=True, eq=False)
class KnownWords:
    """The words of the versions that were published by event ``seq``."""

    model: ReadModel = field(repr=False)
    seq: int
    _counts: dict[int, int] = field(default_factory=dict, repr=False)
    _held: dict[str, tuple[frozenset[int], bool]] = field(default_factory=dict, repr=False)

    def counts(
        self, words: Collection[int], without: Collection[str] = (), published: Collection[str] = ()
    ) -> tuple[dict[int, int], int]:
        """How many of the versions hold each of these words, and how many there are.

        ``without`` are not counted; ``published`` are drafts, and counted as if they were published.
        """
        asked = {EVERY, *words}
        found = {word: self._counts[word] for word in asked if word in self._counts}
        if missing := asked - found.keys():
            with self.model.tables() as tables:
                new = counted(tables.db, missing, self.seq)
            found |= cached(self._counts, {word: new.get(word, 0) for word in missing})
        for held, is_counted in self._held_by(without):
            for word in asked & held if is_counted else ():
                found[word] -= 1
        for held, is_counted in self._held_by(published):
            for word in asked & held if not is_counted else ():
                found[word] += 1
        return found, found.pop(EVERY)

    def _held_by(self, refs: Collection[str]) -> Iterable[tuple[frozenset[int], bool]]:
        """What each of the versions would be counted for, and whether it is: whether it was published by then."""
        known = {ref: self._held[ref] for ref in refs if ref in self._held}
        if missing := set(refs) - known.keys():
            with self.model.tables() as tables:
                rows, origins = tables.rectangles(missing), self.model.origins(tables, missing)
            there = {ref: Version(one.evidence, rows[ref]) for ref, one in origins.items() if ref in rows}
            known |= cached(self._held, {ref: self._holds(version) for ref, version in there.items()})
        return known.values()

    def _holds(self, version: Version) -> tuple[frozenset[int], bool]:
        words, published = words_of(version.evidence), published_by(version)
        return frozenset((EVERY, *words) if words else ()), published is not None and published <= self.seq
