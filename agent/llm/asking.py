"""How a language model is best asked: how many calls at once, and whether it answers at all.

Rules kept here
- A server, and an engine that batches, wait for their model rather than for this process: many calls at once suit them.
  A model whose calls wait for one another says so with ``concurrency``.
- A reader or checker that asks a model passes both on (``Asking``); one that says nothing works in this process.

    concurrency_of(reader), concurrency_of(checker)
    probe(reader)
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

SERVED = 64
"""Calls at once where a server or a batching engine does the work: waiting costs nothing here."""
HERE = 2
"""Runs at once where this process does the work."""


@runtime_checkable
class Narrow(Protocol):
    """A model that states how many calls at once suit it."""

    @property
    def concurrency(self) -> int:
        """Calls at once."""
        ...


@runtime_checkable
class Probed(Protocol):
    """A model, reader or checker that can tell whether it will answer."""

    def probe(self) -> None:
        """Raises ``LLMError`` where its server does not answer."""
        ...


@runtime_checkable
class Asking(Narrow, Probed, Protocol):
    """A reader or checker that asks a model."""


def calls_at_once(llm: object) -> int:
    """How many calls at once suit a model."""
    return llm.concurrency if isinstance(llm, Narrow) else SERVED


def concurrency_of(asks: object) -> int:
    """How many runs at once suit a reader or checker."""
    return asks.concurrency if isinstance(asks, Narrow) else HERE


def probe(asks: object) -> None:
    """Make sure that a model, reader or checker will answer; raises ``LLMError`` where its server does not."""
    if isinstance(asks, Probed):
        asks.probe()
