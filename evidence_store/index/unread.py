"""How much of what a store embeds is beyond the window of its model?

Rules kept here
- A model reads the first word pieces of a text, as many as its window holds, and says nothing of the rest. Whoever
  ingests is told how many passages are longer, and what part of all word pieces that leaves unread.
- Counted is what is embedded: a passage under the title of its version.
- A model that does not tell its window is not guessed at: None.

    unread(store.encoder, passages)      # Unread(passages=807, of_passages=1302, pieces=…, of_pieces=…, window=256)

Search by words reads the whole passage.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Protocol, runtime_checkable

from evitrail.evidence_store.index.embed import Encoder
from evitrail.evidence_store.index.embed_cache import EmbedCache
from evitrail.evidence_store.model import Passage, indexed_text
from evitrail.traces.record import Record

BATCH = 1000
"""Texts that are cut into word pieces at a time."""


@runtime_checkable
class Windowed(Protocol):
    """An encoder that tells how much of a text it reads."""

    @property
    def window(self) -> int:
        """Word pieces of a text that it reads."""
        ...

    def pieces(self, texts: Sequence[str]) -> list[int]:
        """The number of word pieces of each text, those beyond the window included."""
        ...


class Unread(Record):
    """What of some passages a model does not read."""

    passages: int
    """Those that are longer than the window."""
    of_passages: int
    pieces: int
    """Word pieces beyond the window."""
    of_pieces: int
    window: int


def unread(encoder: Encoder, passages: Iterable[Passage]) -> Unread | None:
    """What of these passages the encoder's model does not read; None where it does not tell its window."""
    model = encoder.encoder if isinstance(encoder, EmbedCache) else encoder
    if not isinstance(model, Windowed):
        return None
    texts = (indexed_text(passage.header.title, passage.text) for passage in passages)
    sizes = [size for batch in _batches(texts) for size in model.pieces(batch)]
    beyond = [size - model.window for size in sizes if size > model.window]
    return Unread(
        passages=len(beyond), of_passages=len(sizes), pieces=sum(beyond), of_pieces=sum(sizes), window=model.window
    )


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(texts)
    while batch := list(islice(rest, BATCH)):
        yield batch
