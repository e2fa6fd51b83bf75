"""What a run calls the records it stores: by their content, or keyed where they hold patient data.

Rules kept here
- A record's name is worked out once for each object: what one step makes the next ones use.
- In a run with patient data every record is named by a keyed hash, and the edges speak of it by that name,
  so that nothing outside the keyed blobs can be guessed at.

Which record holds patient data is not asked: all that such a run says is derived from the patient's question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from evitrail.traces.record import Record, content_id, named, spelt, written
from evitrail.traces.run.activity import Edges, Entity

if TYPE_CHECKING:
    from evitrail.traces.journal.journal import Journal
    from evitrail.traces.journal.sensitive import Secret

R = TypeVar("R", bound=Record)


class BlobNames:
    """The names of one run's records."""

    def __init__(self, secret: Secret | None = None) -> None:
        self.secret = secret
        self._known: dict[int, tuple[Record, str]] = {}
        self._keyed: dict[str, str] = {}
        self._unstored: dict[str, bytes] = {}

    def of(self, record: Record) -> str:
        """The record's name."""
        if id(record) not in self._known:
            self._learn(record, written(record))
        return self._known[id(record)][1]

    def as_stored(self, record: Record, returns: type[R]) -> R:
        """The record as it would come back from storage, its name known."""
        stored, data = spelt(record, returns)
        self._learn(stored, data)
        return stored

    def know(self, record: Record, name: str) -> None:
        """Learn the name of a record that came from the journal."""
        self._known[id(record)] = (record, name)
        if self.secret:
            self._keyed[content_id(record)] = name

    def put(self, journal: Journal, record: Record) -> str:
        """Store the record under its name."""
        name, keeper = self.of(record), self.secret or journal
        data = self._unstored.pop(name, None)
        return keeper.put(record, name) if data is None else keeper.store(name, data)

    def forget(self) -> None:
        """Let go of what was written out for a name and is not to be stored."""
        self._unstored.clear()

    def _learn(self, record: Record, data: bytes) -> None:
        name = self.secret.named(data) if self.secret else named(record, data)
        self._unstored[name] = data  # written out once, for its name and its bytes
        self.know(record, name)

    def restated(self, edges: Edges) -> Edges:
        """The edges, each record of this run called by its name in it."""
        if not self._keyed:
            return edges

        def renamed(entity: Entity) -> Entity:
            return entity.model_copy(update={"id": self._keyed.get(entity.id, entity.id)})

        return Edges(
            edges=tuple(
                edge.model_copy(update={"source": renamed(edge.source), "target": renamed(edge.target)})
                for edge in edges.edges
            )
        )
