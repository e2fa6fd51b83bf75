"""Keeps the index in step with the ledger, and says where it is not.

Rules kept here
- The index follows the fold, never the other way; rebuilding it from nothing gives the same points.
- Of a version that changed, the rectangles that changed are written: the one that was closed, and those after it.
- How far it has come is written down only once it is there, batch by batch in the order of the ledger: a killed
  process is noticed, and no more than its last batch is done again.
- Versions are read some at a time: of a million only a thousand are in memory.
- The index is compared with the ledger by digests of the points; only points at fault are read again.
- Passages are embedded in batches, the next while the last is written; vectors already known are not computed again.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from pathlib import Path

from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.fold import Version
from evitrail.evidence_store.index.base import Payload, Point, VectorIndex, payloads
from evitrail.evidence_store.index.chunk import TextSpan
from evitrail.evidence_store.index.embed import Encoder
from evitrail.evidence_store.index.words import document_terms
from evitrail.evidence_store.model import indexed_text

Cut = tuple[Version, int, TextSpan]
"""A passage to be: its version, its part, and where it stands."""

Progress = Callable[[int, int], None]
"""Told how many versions are done, of how many."""

BATCH = 256
"""Passages that are embedded and written at a time."""
PORTION = 1000
"""Versions that are read at a time."""


@dataclass(frozen=True)
class Changed:
    """The versions of which some events changed what is known."""

    recorded: Mapping[str, int]
    """Each by its ref, with the number of the event that recorded it, in the order of these."""
    read: Callable[[Sequence[str]], Sequence[Version]]
    """Gives some of the versions, in the order of the refs."""

    def versions(self, refs: Sequence[str]) -> Iterator[Version]:
        """These versions, read when they are needed."""
        for at in range(0, len(refs), PORTION):
            yield from self.read(refs[at : at + PORTION])


@dataclass(frozen=True)
class Projection:
    """One store's index, and how much of the ledger it has seen."""

    index: VectorIndex
    encoder: Encoder
    cut: Callable[[str], tuple[TextSpan, ...]]
    mark: Path
    """The file that says up to which event the index is complete."""

    @property
    def seq(self) -> int:
        """The last event the index has seen."""
        try:
            return int(self.mark.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return 0
        except ValueError as error:
            said = f"{self.mark}: expected the number of the last event that the index has seen, got something else"
            raise StoreError(f"{said}; run `evitrail store reindex`") from error

    def start_over(self) -> None:
        """Forget what the index has seen, because it was emptied."""
        self.mark.unlink(missing_ok=True)

    def follow(self, changed: Changed, head: int, progress: Progress | None = None) -> None:
        """Bring the index from where it is to event ``head``; ``changed`` is what the events in between changed."""
        done = self.seq
        if done == head:
            return
        known = [ref for ref, recorded in changed.recorded.items() if recorded <= done]
        for points, _ in self._batches(self._cuts(changed.versions(known)), done):
            self.index.upsert(points)  # first: a batch that follows marks all before it as seen
        new = [ref for ref, recorded in changed.recorded.items() if recorded > done]
        places = {ref: place for place, ref in enumerate(new)}
        for points, following in self._batches(self._cuts(changed.versions(new)), done):
            self.index.upsert(points)
            if following is not None:
                self._reached(changed.recorded[following] - 1)
            if progress is not None:
                progress(len(new) if following is None else places[following], len(new))
        if changed.recorded:
            self.index.settle()
        self._reached(head)

    def faults(self, versions: Mapping[str, Version], head: int) -> list[str]:
        """Where the index is not what the ledger says; empty when it is."""
        found: list[str] = []
        if self.seq != head:
            found.append(f"index: has seen the ledger up to event {self.seq}, which ends at {head}; run reindex")
        expected, held = _digests(self._meant(versions)), _digests(self.index.scroll())
        differing = {point for point in expected.keys() & held.keys() if expected[point] != held[point]}
        for what, points, among in (
            ("lacks", expected.keys() - held.keys(), self._meant(versions)),
            ("holds other data than the ledger for", differing, self._meant(versions)),
            ("holds, unknown to the ledger,", held.keys() - expected.keys(), self.index.scroll()),
        ):
            at_fault = (payload for point, payload in among if point in points) if points else ()
            found += [f"index: {what} {n} of {ref}; run reindex" for ref, n in _tally(at_fault)]
        return found

    def _meant(self, versions: Mapping[str, Version]) -> Iterator[tuple[str, Payload]]:
        """What the ledger says that the index holds."""
        return (point for cut in self._cuts(versions.values()) for point in payloads(*cut))

    def _cuts(self, versions: Iterable[Version]) -> Iterator[Cut]:
        return ((v, part, span) for v in versions for part, span in enumerate(self.cut(v.evidence.text)))

    def _batches(self, passages: Iterator[Cut], done: int) -> Iterator[tuple[list[Point], str | None]]:
        """Batch after batch, each with the version that the next begins with, which is embedded meanwhile."""
        with ThreadPoolExecutor(1) as aside:
            ahead: Future[list[Point]] | None = None
            while batch := list(islice(passages, BATCH)):
                ready, ahead = ahead, aside.submit(self._points, batch, done)
                if ready is not None:
                    yield ready.result(), batch[0][0].evidence.ref
            if ahead is not None:
                yield ahead.result(), None

    def _points(self, batch: Sequence[Cut], done: int) -> list[Point]:
        """What the passages' rectangles say that the index, which has seen event ``done``, does not know."""
        texts = [indexed_text(v.evidence.title, v.evidence.text[span.start : span.end]) for v, _, span in batch]
        vectors = self.encoder.encode(texts)
        return [
            Point(name, vector, terms, payload)
            for cut, terms, vector in zip(batch, map(document_terms, texts), vectors, strict=True)
            for name, payload in payloads(*cut)
            if payload["seq"] > done
        ]

    def _reached(self, head: int) -> None:
        draft = self.mark.with_suffix(".new")
        draft.write_text(str(head))
        os.replace(draft, self.mark)


def expect_seen(ledger: str, seen: int, last: int) -> None:
    """Raise ``StoreError`` where a ledger ends before the last event that the index has seen: its tail is gone."""
    if seen > last:
        said = f"{ledger}: expected event {seen}, which the index has seen, got {last} events"
        raise StoreError(f"{said}; restore it from a copy, or run `evitrail store reindex` to accept the loss")


def _digests(points: Iterable[tuple[str, Payload]]) -> dict[str, bytes]:
    """The digest of each point's payload, by the point's id."""
    return {
        point: blake2b(json.dumps(payload, sort_keys=True).encode(), digest_size=16).digest()
        for point, payload in points
    }


def _tally(points: Iterable[Payload]) -> list[tuple[str, str]]:
    """How many passages of each version these are points of."""
    counts = Counter(ref for ref, _ in {(str(point.get("ref")), point.get("part")): None for point in points})
    return [(ref, f"{n} passage{'s' * (n > 1)}") for ref, n in counts.items()]
