"""A store's index in use: it follows the ledger, is searched by snapshots, and is built again when asked.

Rules kept here
- What the index has not seen is not searched: a snapshot of it is refused, with the command that repairs it.
- Built again as it was built, it is emptied first. For another model, or to be searched otherwise, it is built beside
  the one in use, which is searched until then; then the two change places (``store_folder.py``).

The store's lock is held by whoever calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.fold import Version
from evitrail.evidence_store.index.chunk import TextSpan
from evitrail.evidence_store.index.embed import Encoder
from evitrail.evidence_store.index.manifest import PAYLOAD, Mode
from evitrail.evidence_store.index.projection import Progress, Projection
from evitrail.evidence_store.recorded import Recorded
from evitrail.evidence_store.snapshot import Searched
from evitrail.evidence_store.store_folder import StoreParts, beside, exchange, successor


class StoreIndex:
    """The index of one store, whichever it is at the moment."""

    def __init__(self, parts: StoreParts, cut: Callable[[str], tuple[TextSpan, ...]]) -> None:
        self._cut = cut
        self._searched: Searched
        self._use(parts)

    @property
    def searched(self) -> Searched:
        """What snapshots search with; another one once the model has changed, or a graph was built again."""
        known = self._searched
        if (build := known.index.build) != known.manifest.build:
            self._searched = replace(known, manifest=known.manifest.model_copy(update={"build": build}))
        return self._searched

    @property
    def seq(self) -> int:
        """The last event that it has seen."""
        return self._projection.seq

    def expect_seen(self, seq: int) -> None:
        """Raise ``StoreError`` where it has not seen event ``seq``."""
        if self.seq < seq:
            said = f"{self._parts.path}: the index has seen event {self.seq} of {seq}"
            raise StoreError(f"{said}; run `evitrail store reindex --store {self._parts.path}`")

    def follow(self, recorded: Recorded, progress: Progress | None = None) -> None:
        """Bring it to the last event."""
        head = recorded.seq
        self._projection.follow(recorded.changed_since(self.seq), head, progress)

    def rebuild(
        self,
        recorded: Recorded,
        progress: Progress | None = None,
        embedder: Encoder | None = None,
        mode: Mode | None = None,
    ) -> None:
        """Build it again from the ledger, for ``embedder`` and to be searched by ``mode`` if they are given."""
        manifest = successor(self._parts, embedder, mode)
        if manifest == self._parts.manifest:  # so when killed at the end of a change of model
            self._projection.start_over()
            self._searched.index.clear()
            self.follow(recorded, progress)
            return
        if self._parts.manifest.payload == PAYLOAD:
            self.follow(recorded)  # it is searched until they change places
        other = beside(self._parts, manifest, embedder)
        head, projection = recorded.seq, self._projected(other)
        try:
            projection.follow(recorded.changed_since(projection.seq), head, progress)
        except BaseException:  # broken off: what is there is resumed later, by whoever opens it
            other.index.close()
            raise
        self._use(exchange(self._parts, other))

    def faults(self, versions: Mapping[str, Version], head: int) -> list[str]:
        """Where it is not what the ledger says; empty when it is."""
        return self._projection.faults(versions, head)

    def close(self) -> None:
        """Let go of it; snapshots can no longer search."""
        self._searched.index.close()

    def _use(self, parts: StoreParts) -> None:
        self._parts = parts
        self._searched = Searched(parts.index, parts.manifest, parts.encoder, self._cut)
        self._projection = self._projected(parts)

    def _projected(self, parts: StoreParts) -> Projection:
        return Projection(parts.index, parts.encoder, self._cut, parts.mark)
