"""Names of runs, of conditions and of forks: how each is written, and how it is read back.

    standard.rad-001                        a run: condition and case
    standard@qwen3-8b.rad-001               the same where several readers answer: condition, reader's label and case
    standard+retriever=hybrid+k=5           a condition that a grid varied
    standard.rad-001~retrieve[1]:k=5        a fork of a run: the step it changes, and the change

Rules kept here
- Names are written and read in this file only. They stand in journals and results, so their spelling never changes.
- Conditions and readers' labels of a plan hold no ``.``, ``@``, ``+`` or ``~``; a case id may hold any of them. Where
  a condition is known, give it to ``parse``: one named in Python may hold them too.
- A label is the model's name with letters, digits, ``_`` and ``-`` only, so that it can be part of a file's name and
  of a link; of two that are alike, the second gets ``-2``.
- A name shows what a fork probably is. Its record says for sure: a case id may hold ``~``.

    >>> str(RunName("standard", "qwen3-8b", "rad-001"))
    'standard@qwen3-8b.rad-001'
    >>> RunName.parse("standard.rad-001")
    RunName(condition='standard', reader='', case='rad-001')
    >>> str(ReadCondition.of("standard@qwen3-8b.rad-001"))
    'standard@qwen3-8b'
    >>> GridName.parse("standard+retriever=hybrid+k=5").settings
    (('retriever', 'hybrid'), ('k', '5'))
    >>> ForkName.parse("standard.rad-001~retrieve[1]:k=5")
    ForkName(parent='standard.rad-001', change='k=5', at='retrieve[1]', replicate=0)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from evitrail.traces.record import canonical_json, sha256

LABEL_LENGTH = 40
"""Characters of a label at most."""
VALUE_LENGTH = 24
"""Characters of a changed value at most, where it stands in a fork's name as it is."""
FORK = re.compile(
    r"(?P<parent>.+)~(?:(?P<at>[^=~]*\](?:\.\d+)?):)?(?P<change>(?!\d+\Z)[^~]+)(?:~(?P<replicate>[1-9]\d*))?", re.DOTALL
)


class RunName(NamedTuple):
    """The name of a run of an experiment."""

    condition: str
    reader: str
    """The reader's label; empty where the experiment has one reader."""
    case: str

    @classmethod
    def parse(cls, name: str, condition: str | None = None) -> RunName:
        """The parts of a run's name; raises ``ValueError`` where it is none, or none of this condition."""
        head = ReadCondition.of(name, condition)
        case = name.removeprefix(f"{head}.")
        if not head.condition or case == name:
            expected = f"{condition or 'CONDITION'}.CASE or {condition or 'CONDITION'}@READER.CASE"
            raise ValueError(f"expected the name of a run, {expected}, got {name!r}")
        return cls(head.condition, head.reader, case)

    def __str__(self) -> str:
        return f"{ReadCondition(self.condition, self.reader)}.{self.case}"


class ReadCondition(NamedTuple):
    """A condition together with the reader that answers under it: one row of a table."""

    condition: str
    reader: str = ""
    """The reader's label; empty where the experiment has one reader."""

    @classmethod
    def parse(cls, name: str) -> ReadCondition:
        """The parts of ``standard`` or ``standard@qwen3-8b``."""
        condition, _, reader = name.partition("@")
        return cls(condition, reader)

    @classmethod
    def of(cls, run: str, condition: str | None = None) -> ReadCondition:
        """What a run, or a fork of it, was answered under; any other name is taken to name no reader."""
        if condition is None:
            condition = re.split("[@.]", run, maxsplit=1)[0]
        rest = run.removeprefix(condition)
        return cls(condition, rest[1:].partition(".")[0] if rest.startswith("@") else "")

    def __str__(self) -> str:
        return f"{self.condition}@{self.reader}" if self.reader else self.condition


class GridName(NamedTuple):
    """The name of a condition, with what a grid sets in it."""

    base: str
    """The condition that was varied."""
    settings: tuple[tuple[str, str], ...] = ()
    """Each field that the grid sets, and the label of its value."""

    @classmethod
    def parse(cls, name: str) -> GridName:
        """The parts of a condition's name; one that no grid varied has no settings."""
        base, *settings = name.split("+")
        return cls(base, tuple((field, value) for field, _, value in (each.partition("=") for each in settings)))

    def __str__(self) -> str:
        return self.base + "".join(f"+{field}={value}" for field, value in self.settings)


class ForkName(NamedTuple):
    """The name of a fork: a run that was done again with something changed."""

    parent: str
    """The name of the run it was forked from, which may be a fork too."""
    change: str
    """``k=5,retriever=bm25`` (``change_text``); of a counterfactual, the repaired steps: ``retrieve+choose``."""
    at: str = ""
    """The first step that is changed; empty where all are."""
    replicate: int = 0
    """Which repetition of a counterfactual it is, counted from 0."""

    @classmethod
    def parse(cls, name: str) -> ForkName | None:
        """The parts of a fork's name; None where it is none."""
        found = FORK.fullmatch(name)
        if found is None:
            return None
        return cls(found["parent"], found["change"], found["at"] or "", int(found["replicate"] or 0))

    def __str__(self) -> str:
        at = f"{self.at}:" if self.at else ""
        return f"{self.parent}~{at}{self.change}" + (f"~{self.replicate}" if self.replicate else "")


def ran_under(run: str, condition: str) -> bool:
    """Whether the run's name begins with this condition: ``standard``, or ``standard@qwen3-8b`` for one reader."""
    return run.startswith((f"{condition}.", f"{condition}@"))


def change_text(changes: Mapping[str, Any], digest: Callable[[bytes], str] = sha256) -> str:
    """Changes as a fork's name shows them: ``k=5,retriever=bm25``.

    A long value is shown by its digest; give a keyed ``digest`` where it may hold patient data.
    """

    def shown(value: Any) -> str:
        plain = isinstance(value, (str, int, float)) and len(str(value)) <= VALUE_LENGTH and "/" not in str(value)
        return str(value) if plain else digest(canonical_json([value]).encode()).partition(":")[2][:8]

    return ",".join(f"{key}={shown(value)}" for key, value in sorted(changes.items()))


def labels(specs: Iterable[str]) -> list[str]:
    """A label for each reader of a plan, no two alike.

    >>> labels(["extractive", "openai:gpt-4o@http://127.0.0.1:8000/v1", "hf:Qwen/Qwen2.5-7B"])
    ['extractive', 'gpt-4o', 'Qwen2-5-7B']
    """
    return distinct(_model(spec) for spec in specs)


def distinct(names: Iterable[str]) -> list[str]:
    """A label for each name, no two alike."""
    found: list[str] = []
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:LABEL_LENGTH].strip("-") or "unnamed"
        number, label = 1, plain
        while label in found:
            number += 1
            label = f"{plain}-{number}"
        found.append(label)
    return found


def _model(spec: str) -> str:
    """The model's own name, without its kind, folder or owner, and address."""
    kind, colon, rest = re.sub(r"@\w+://.*$", "", spec).partition(":")
    return (rest if colon else kind).rstrip("/").rpartition("/")[2]
