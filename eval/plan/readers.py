"""Who reads an experiment: one reader, or several, each under a short label that its runs are named by.

Rules kept here
- A run keeps its reader's repr, which says all that decides what is read. Whoever does the run again takes that reader.
- One reader reads every run, and no run is named by it. With several, runs are named ``condition@LABEL.case``
  (``run_name.py``).
- Two readers with one repr are refused: no result could tell them apart.

    readers = Readers(dict(zip(labels(plan.readers), made, strict=True)))
    readers.of("standard@qwen3-8b.rad-001", "PromptedReader(…)")
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from evitrail.agent.llm.availability import concurrency_of, probe
from evitrail.agent.reader.base import Reader
from evitrail.eval.plan.run_name import ReadCondition


@dataclass(frozen=True)
class Readers:
    """The readers of an experiment, by their labels, in the order of the plan."""

    by_label: Mapping[str, Reader]

    def __post_init__(self) -> None:
        if not self.by_label:
            raise ValueError("expected at least one reader, got none")
        twice = next((name for name, n in Counter(map(repr, self.by_label.values())).items() if n > 1), None)
        if twice is not None:
            alike = [label for label, reader in self.by_label.items() if repr(reader) == twice]
            raise ValueError(f"readers: {' and '.join(alike)} are one reader, {twice}; name it once")

    def __iter__(self) -> Iterator[tuple[str, Reader]]:
        """Each with the label that its runs are named by, which is empty where there is one reader only."""
        alone = len(self.by_label) == 1
        return (("" if alone else label, reader) for label, reader in self.by_label.items())

    def of(self, run: str, name: str) -> Reader:
        """Who read this run, by its reader's repr, or else by the label in the run's name; raises ``ValueError``."""
        if len(self.by_label) == 1:
            return next(iter(self.by_label.values()))
        by_name = {repr(reader): reader for reader in self.by_label.values()}
        found = by_name.get(name) or self.by_label.get(ReadCondition.of(run).reader)
        if found is None:
            raise ValueError(f"run {run!r} was read by {name}, which is none of {', '.join(self.by_label)}")
        return found


def readers(given: Reader | Readers) -> Readers:
    """The readers, where one may stand for itself."""
    return given if isinstance(given, Readers) else Readers({"reader": given})


def at_once(given: Reader | Readers) -> int:
    """How many runs at once suit the readers: as many as suit the one that can take most."""
    return max(concurrency_of(reader) for _, reader in readers(given))


def probe_all(given: Reader | Readers) -> None:
    """Make sure that every reader's model, and its judge, will answer; raises ``LLMError`` where one does not."""
    for _, reader in readers(given):
        probe(reader)
