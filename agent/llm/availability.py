"""Whether a language model will answer, and how many calls at once suit it: told by whoever holds the model.

Rules kept here
- A model that says nothing is asked ``SERVED`` times at once: a server, or an engine that batches, does the work. One
  whose calls wait for one another states its own ``concurrency``.
- A reader or checker that asks a model passes on what the model says (``AsksModel``). One that says nothing works in
  this process, and gets ``IN_PROCESS`` runs at once.

    concurrency_of(reader)      # 64 for a served model, 2 for the extractive reader
    probe(reader)               # raises LLMError where its server does not answer
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from evitrail.agent.llm.base import LLM

SERVED = 64
"""Calls at once where a server or a batching engine does the work: waiting costs nothing here."""
IN_PROCESS = 2
"""Runs at once where this process does the work."""


@runtime_checkable
class Concurrent(Protocol):
    """A model, reader or checker that states how many calls at once suit it."""

    @property
    def concurrency(self) -> int:
        """Calls at once."""
        ...


@runtime_checkable
class Probing(Protocol):
    """A model, reader or checker that can tell whether it will answer."""

    def probe(self) -> None:
        """Raise ``LLMError`` where its server does not answer."""
        ...


class AsksModel:
    """A reader or checker that asks one language model: what suits the model suits it."""

    llm: LLM

    @property
    def concurrency(self) -> int:
        """Runs at once that suit the model."""
        return concurrency_of(self.llm, default=SERVED)

    def probe(self) -> None:
        """Make sure that the model will answer; raises ``LLMError``."""
        probe(self.llm)


def concurrency_of(asked: object, default: int = IN_PROCESS) -> int:
    """How many calls at once suit a model, reader or checker; ``default`` where it does not say."""
    return asked.concurrency if isinstance(asked, Concurrent) else default


def probe(asked: object) -> None:
    """Make sure that a model, reader or checker will answer; raises ``LLMError`` where its server does not."""
    if isinstance(asked, Probing):
        asked.probe()
