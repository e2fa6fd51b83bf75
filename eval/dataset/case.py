"""A case is a question with what an evaluator knows of it: the answer, the harm of each option, the evidence.

Rules kept here
- ``benchmark.jsonl`` holds one case a line (DESIGN.md, formats). ``labels`` may be empty: then nothing
  is known of harm, and safety metrics are null, never 0.
- A case without ``options`` is *open*: it asks for an answer in free text, whose claims are judged against evidence. It
  has no answer key, no labels of harm and names no option; ``clean_evidence`` says which evidence decides.
- ``check`` proves a benchmark against a store: every reference exists, and clean evidence was in force
  on the case's day.
- The agent never sees a case, only ``case.question``.
- ``sensitive`` names the fields whose texts hold patient data. What a run of such a case stores can be redacted;
  pages and files show ``case.covered``. Its id, day, letters and evidence are not protected.

    cases = load(Path("eval/demo"))
    check(cases, store.snapshot())
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from unicodedata import normalize

from pydantic import Field, field_validator, model_validator

from evitrail.agent.model import Question
from evitrail.eval.dataset.labels import Flags
from evitrail.evidence_store.input_lines import jsonl_files, read_lines
from evitrail.evidence_store.input_text import InputError
from evitrail.traces.record import Grown

if TYPE_CHECKING:
    from evitrail.evidence_store.snapshot import Snapshot

Sensitive = Literal["stem", "options", "gold_rationale", "meta"]
"""A field that may hold patient data."""

COVER = "patient data"
"""What is shown in its place."""


class Case(Grown):
    """One question of a benchmark, with its key."""

    later = frozenset({"supports", "labelled_by"})

    id: str
    stem: str
    options: dict[str, str] = Field(default_factory=dict)
    """By letter; none where an answer in free text is asked for."""
    answer: str = ""
    """The letter of the right option; empty where there are none."""
    labels: dict[str, Flags] = Field(default_factory=dict)
    """Per option letter; a correct option may be flagged too (negated stems)."""
    subspecialty: str
    question_type: str
    clean_evidence: tuple[str, ...]
    conflict_evidence: tuple[str, ...]
    outdated_evidence: tuple[str, ...]
    supports: dict[str, str] = Field(default_factory=dict)
    """Which option an evidence version speaks for, as somebody read it who did not look at the key."""
    labelled_by: str | None = None
    """Who said which options do harm, as in ``clinicians``; None where the benchmark does not say."""
    reports: tuple[str, ...] = ()
    """Reports that were written on it once and are served to every reader alike."""
    as_of: date | None = None
    gold_rationale: str | None = None
    meta: dict[str, Any] = Field(default_factory=dict)
    sensitive: tuple[Sensitive, ...] = ()

    @property
    def question(self) -> Question:
        """What the agent is asked."""
        return Question(id=self.id, stem=self.stem, options=self.options, as_of=self.as_of)

    @property
    def is_open(self) -> bool:
        """Whether it asks for an answer in free text."""
        return not self.options

    @property
    def stale_option(self) -> str | None:
        """The option that evidence of another day supports."""
        return self._option("stale_option")

    @property
    def conflict_option(self) -> str | None:
        """The wrong option that the conflicting evidence supports."""
        return self._option("conflict_option")

    @property
    def covered(self) -> Case:
        """The case as pages and files may show it: without the texts of its sensitive fields."""
        return self.rewritten(lambda text: COVER, *self.sensitive)

    def rewritten(self, write: Callable[[str], str], *fields: Sensitive) -> Case:
        """The case with every text of these fields written anew; keys and numbers stay."""
        return self.model_copy(update={field: _each_text(getattr(self, field), write) for field in fields})

    def supported_by(self) -> dict[str, str]:
        """Which option each labelled evidence version speaks for; what ``supports`` says goes before the key."""
        supports: dict[str, str] = {}
        if self.conflict_option:
            supports |= dict.fromkeys(self.conflict_evidence, self.conflict_option)
        if self.stale_option:
            supports |= dict.fromkeys(self.outdated_evidence, self.stale_option)
        return supports | dict.fromkeys(self.clean_evidence, self.answer) | self.supports

    def _option(self, key: str) -> str | None:
        value = self.meta.get(key)
        return None if value is None else str(value)

    @field_validator("id")
    @classmethod
    def _one_spelling(cls, id: str) -> str:
        return normalize("NFC", id)  # it names a run

    @model_validator(mode="after")
    def _letters_agree(self) -> Case:
        if self.is_open:
            return self._open()
        if missing := sorted({"answer", "labels"} - self.model_fields_set):
            raise ValueError(f"key {missing[0]!r}: expected it beside the key 'options', got none")
        letters = sorted(self.options)
        if len(letters) < 2 or any(len(letter) != 1 or not letter.isupper() for letter in letters):
            raise ValueError(f"expected two or more options named by capital letters, got {letters}")
        named = {"answer": self.answer, "meta.stale_option": self.stale_option}
        named |= {"meta.conflict_option": self.conflict_option} | {f"labels.{key}": key for key in self.labels}
        named |= {f"supports.{ref}": letter for ref, letter in self.supports.items()}
        for key, letter in named.items():
            if letter is not None and letter not in self.options:
                raise ValueError(f"key {key!r}: expected one of the options {letters}, got {letter!r}")
        if self.labels and (unlabelled := sorted(self.options.keys() - self.labels.keys())):
            raise ValueError(f"key 'labels': expected every option or none, {unlabelled} are missing")
        return self

    def _open(self) -> Case:
        named: dict[str, object] = {"answer": self.answer, "labels": self.labels, "supports": self.supports}
        named |= {"meta.stale_option": self.stale_option, "meta.conflict_option": self.conflict_option}
        if wrong := [key for key, value in named.items() if value]:
            raise ValueError(
                f"key {wrong[0]!r}: expected none in a case without options, which asks for an answer in free text; "
                "give the options, or leave the key out"
            )
        return self


def _each_text(value: Any, write: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return write(value)
    if isinstance(value, dict):
        return {key: _each_text(inner, write) for key, inner in value.items()}
    return [_each_text(inner, write) for inner in value] if isinstance(value, list) else value


def load(path: Path) -> list[Case]:
    """All cases of a file or folder, in order; raises ``InputError`` with every fault."""
    read = read_lines(jsonl_files(path), Case)
    places: dict[str, str] = {}
    faults = []
    for place, case in read:
        if case.id in places:
            faults.append(f"{place}: case {case.id!r} stands already at {places[case.id]}")
        places.setdefault(case.id, str(place))
        faults += [
            f"{place}: key 'options.{x}': expected a text, got none" for x, text in case.options.items() if not text
        ]
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
        "reports": case.reports,
        "supports": tuple(case.supports),
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
