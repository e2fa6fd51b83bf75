"""The values that a foreign pipeline's steps take and give.

Rules kept here
- What is asked is a ``Query``, a model call a ``Prompt`` and a ``Completion``, as in our own runs. Only what
  has no place there is declared here.
- A node keeps the text and metadata it was served with; the score belongs to the finding, not to the node.
- What has no type of its own is ``CapturedValues``: plain JSON, credentials left out.
"""

from __future__ import annotations

from typing import Any

from evitrail.traces.record import Record


class Captured(Record, stored_as="Captured"):
    """What a captured run is a run of, stored at its beginning."""

    library: str
    versions: dict[str, str]
    call: str
    """The method that was called from outside: ``RetrieverQueryEngine.query``."""
    asked: str
    """The question, where there was one."""
    pipeline: str
    """The pipeline's components, each with what it was set to."""


class Node(Record, stored_as="Node"):
    """A piece of text as a foreign store served it."""

    id: str
    text: str
    metadata: dict[str, Any]
    document: str | None = None
    """The document it was cut from, where the store says so."""
    start: int | None = None
    """Character offsets in that document."""
    end: int | None = None


class FoundNode(Record):
    """A node among those found."""

    node: Node
    score: float | str | None
    """As the retriever gave it; text where it is not a finite number."""


class Nodes(Record, stored_as="Nodes"):
    """Nodes in the order they were served."""

    nodes: tuple[FoundNode, ...]


class Texts(Record, stored_as="Texts"):
    """Texts to be embedded."""

    texts: tuple[str, ...]


class Vectors(Record, stored_as="Vectors"):
    """What texts were embedded as, in their order."""

    vectors: tuple[tuple[float | str, ...], ...]


class CapturedAnswer(Record, stored_as="Said"):
    """What a pipeline, or one part of it, answered."""

    text: str
    metadata: dict[str, Any]


class CapturedValues(Record, stored_as="Given"):
    """What a step took or gave, where nothing more is known of it."""

    value: Any
