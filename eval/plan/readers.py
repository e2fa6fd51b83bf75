"""Who reads an experiment: one reader, or several, each under a short label that its runs are named by.

Rules kept here
- A run keeps its reader's repr, which says all that decides what is read. Whoever does the run again takes that reader.
- One reader reads every run, and no run is named by it. With several, runs are named ``condition@LABEL.case``.
- A label is the model's name with letters, digits, ``_`` and ``-`` only, so that a file or an anchor can be named by
  it; of two that are alike, the second gets ``-2``. It depends on nothing but the plan.
- Two readers with one repr are refused: no result could tell them apart.

    readers = Readers(dict(zip(labels(plan.readers), made, strict=True)))
    readers.of("standard@qwen3-8b.rad-001", "PromptedReader(…)")

    >>> labels(["extractive", "openai:gpt-4o@http://127.0.0.1:8000/v1", "hf:Qwen/Qwen2.5-7B"])
    ['extractive', 'gpt-4o', 'Qwen2-5-7B']
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from evitrail.agent.reader.base import Reader

LONGEST = 40
"""Characters of a label."""


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
        found = by_name.get(name) or self.by_label.get(run.partition("@")[2].partition(".")[0])
        if found is None:
            raise ValueError(f"run {run!r} was read by {name}, which is none of {', '.join(self.by_label)}")
        return found


def readers(given: Reader | Readers) -> Readers:
    """The readers, where one may stand for itself."""
    return given if isinstance(given, Readers) else Readers({"reader": given})


def probe(given: Reader | Readers) -> None:
    """Ask every server of a model, and of a judge, whether it can be asked; raises ``LLMError`` where it cannot."""
    for _, reader in readers(given):
        for asks in (reader, getattr(reader, "checker", None)):
            ask = getattr(getattr(asks, "llm", None), "probe", None)
            if ask is not None:
                ask()


def run_name(condition: str, label: str, case: str) -> str:
    """``standard.rad-001``, or ``standard@qwen3-8b.rad-001``."""
    return f"{arm_name(condition, label)}.{case}"


def arm_name(condition: str, label: str) -> str:
    """``standard``, or ``standard@qwen3-8b``."""
    return f"{condition}@{label}" if label else condition


def label_in(run: str, condition: str) -> str:
    """The label in a run's name; empty where its experiment has one reader."""
    rest = run.removeprefix(condition)
    return rest[1:].partition(".")[0] if rest.startswith("@") else ""


def labels(specs: Iterable[str]) -> list[str]:
    """A label for each reader that a plan names, no two alike."""
    return distinct(_model(spec) for spec in specs)


def distinct(names: Iterable[str]) -> list[str]:
    """The names as labels: what files cannot bear replaced, and those that come out alike numbered."""
    found: list[str] = []
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:LONGEST].strip("-") or "unnamed"
        number, label = 1, plain
        while label in found:
            number += 1
            label = f"{plain}-{number}"
        found.append(label)
    return found


def _model(spec: str) -> str:
    """The model's own name: without the kind before it, its folder or owner, and the address after it."""
    kind, colon, rest = re.sub(r"@\w+://.*$", "", spec).partition(":")
    return (rest if colon else kind).rstrip("/").rpartition("/")[2]
