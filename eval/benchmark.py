"""A case is a question with what an evaluator knows of it: the answer, the harm of each option, the evidence.

Rules kept here
- ``benchmark.jsonl`` holds one case a line (DESIGN.md, formats). ``labels`` may be empty: then nothing
  is known of harm, and safety metrics are null, never 0.
- ``check`` proves a benchmark against a store: every reference exists, and clean evidence was in force
  on the case's day.
- The agent never sees a case, only ``case.question``.

    cases = load(Path("eval/demo"))
    check(cases, store.snapshot())
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from agent.model import Question
from eval.outcome import Flags
from evidence_store.formats.lines import InputError, jsonl_files, read_lines
from evidence_store.snapshot import Snapshot
from traces.record import Record


class Case(Record):
    """One question of a benchmark, with its key."""

    id: str
    stem: str
    options: dict[str, str]
    answer: str
    labels: dict[str, Flags]
    """Per option letter; a correct option may be flagged too (negated stems)."""
    subspecialty: str
    question_type: str
    clean_evidence: tuple[str, ...]
    conflict_evidence: tuple[str, ...]
    outdated_evidence: tuple[str, ...]
    as_of: date | None = None
    gold_rationale: str | None = None
    meta: dict[str, Any] = Field(default_factory=dict)

    @property
    def question(self) -> Question:
        """What the agent is asked."""
        return Question(id=self.id, stem=self.stem, options=self.options, as_of=self.as_of)

    @property
    def stale_option(self) -> str | None:
        """The option that evidence of another day supports."""
        return self._option("stale_option")

    @property
    def conflict_option(self) -> str | None:
        """The wrong option that the conflicting evidence supports."""
        return self._option("conflict_option")

    def supported_by(self) -> dict[str, str]:
        """Which option each labelled evidence version speaks for."""
        supports: dict[str, str] = {}
        if self.conflict_option:
            supports |= dict.fromkeys(self.conflict_evidence, self.conflict_option)
        if self.stale_option:
            supports |= dict.fromkeys(self.outdated_evidence, self.stale_option)
        return supports | dict.fromkeys(self.clean_evidence, self.answer)

    def _option(self, key: str) -> str | None:
        value = self.meta.get(key)
        return None if value is None else str(value)

    @model_validator(mode="after")
    def _letters_agree(self) -> Case:
        letters = sorted(self.options)
        if len(letters) < 2 or any(len(letter) != 1 or not letter.isupper() for letter in letters):
            raise ValueError(f"expected two or more options named by capital letters, got {letters}")
        named = {"answer": self.answer, "meta.stale_option": self.stale_option}
        named |= {"meta.conflict_option": self.conflict_option} | {f"labels.{key}": key for key in self.labels}
        for key, letter in named.items():
            if letter is not None and letter not in self.options:
                raise ValueError(f"key {key!r}: expected one of the options {letters}, got {letter!r}")
        if self.labels and (unlabelled := sorted(self.options.keys() - self.labels.keys())):
            raise ValueError(f"key 'labels': expected every option or none, {unlabelled} are missing")
        return self


def load(path: Path) -> list[Case]:
    """All cases of a file or folder, in order; raises ``InputError`` with every fault."""
    read = read_lines(jsonl_files(path), Case)
    places: dict[str, str] = {}
    faults = []
    for place, case in read:
        if case.id in places:
            faults.append(f"{place}: case {case.id!r} stands already at {places[case.id]}")
        places.setdefault(case.id, str(place))
    if faults:
        raise InputError(faults)
    if not read:
        raise InputError([f"{path}: expected at least one case, found none"])
    return [case for _, case in read]


def check(cases: Sequence[Case], snapshot: Snapshot) -> None:
    """Prove every reference and date against the store; raises ``InputError`` with every fault."""
    faults = [f"case {case.id!r}: {fault}" for case in cases for fault in _faults(case, snapshot)]
    if faults:
        raise InputError(faults)


def _faults(case: Case, snapshot: Snapshot) -> Iterator[str]:
    named = {
        "clean_evidence": case.clean_evidence,
        "conflict_evidence": case.conflict_evidence,
        "outdated_evidence": case.outdated_evidence,
    }
    for key, refs in named.items():
        for ref in refs:
            if ref not in snapshot.headers:
                yield f"{key} names {ref!r}, which the store does not hold; ingest it first"
    if case.as_of is None:
        return
    for ref in case.clean_evidence:
        header = snapshot.headers.get(ref)
        if header and not header.holds_on(case.as_of):
            yield f"clean evidence {ref!r} was not in force on {case.as_of}"
        if header and header.retracted:
            yield f"clean evidence {ref!r} was retracted"
    for ref in case.outdated_evidence:
        header = snapshot.headers.get(ref)
        if header and header.holds_on(case.as_of):
            yield f"outdated evidence {ref!r} was in force on {case.as_of}"
