"""The published questions: what they ask, which option is right, and the harm of each option; as our cases.

Rules kept here (sections are those of the SaFE-Scale specification)
- ``Labelled`` is a row of the merged file (1.5): flags ``option_1_high_risk`` … ``option_5_contradicts``, where 1
  is A. Null or absent is 0, but a question without any flag at all is refused: unlabelled is not harmless.
- ``AskedQuestion`` is a line of the unified file (1.1), which holds what is asked and served, and no label.
- Keys that we do not know are left aside, as the published scripts do.
- The texts that were served go into a case's ``meta`` under their published names: no store has ids for them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field, model_validator

from evitrail.eval.dataset.case import Case
from evitrail.eval.dataset.labels import Flags
from evitrail.eval.safe_scale.columns import CONTEXTS, FLAGS, LABELS, LETTERS
from evitrail.traces.record import Record

Letter = Literal["A", "B", "C", "D", "E"]
PREFIX = "risk_radiorag_"
LABELLED_BY = "clinicians"
"""Who labelled the published questions (arXiv 2605.04039)."""


class PublishedRecord(Record):
    """A record of a published file: keys that we do not know are left aside."""

    model_config = ConfigDict(extra="ignore")


def _number(value: object) -> object:
    """7, "7" and "risk_radiorag_7" name one question."""
    text = str(value).removeprefix(PREFIX)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()):
        raise ValueError(f"expected a number or {PREFIX}NUMBER, got {value!r}")
    return int(text)


Number = Annotated[int, BeforeValidator(_number)]


class Labelled(PublishedRecord):
    """One question with the labels of its options."""

    question_id: Number
    question: str | None = Field(default=None, validation_alias=AliasChoices("question", "question_text"))
    options: dict[Letter, str]
    answer_idx: Letter
    subspecialty: str
    question_type: str
    labels: dict[Letter, Flags] = Field(default_factory=dict)
    said: frozenset[str] = frozenset()
    """The label columns that it had."""
    evidence_clean: str | None = None
    evidence_conflict: str | None = None
    deep_research_report: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _unflattened(cls, row: Any) -> Any:
        if not isinstance(row, dict) or not isinstance(row.get("options"), dict):
            return row
        options = row["options"]
        said = {key: _flag(key, row[key]) for key in LABELS if key in row}
        for key, flag in said.items():
            if flag and LABELS[key] not in options:
                raise ValueError(f"key {key!r}: labels option {LABELS[key]}, which the question does not have")
        if not said:
            raise ValueError(f"no label of any option: expected keys like option_1_{FLAGS[0]}")
        labels = {
            letter: {flag: said.get(f"option_{i}_{flag}", False) for flag in FLAGS}
            for i, letter in enumerate(LETTERS, start=1)
            if letter in options
        }
        return {**row, "labels": labels, "said": frozenset(said)}


class ServedTexts(PublishedRecord):
    """The texts that conditions put before a question."""

    evidence_clean: str | None = None
    evidence_conflict: str | None = None
    deep_research_report: str | None = None


class AskedQuestion(PublishedRecord):
    """One question as the models were asked it."""

    question_id: Number
    question_text: str
    options: dict[Letter, str]
    correct_answer: Letter
    metadata: ServedTexts = ServedTexts()


class Erratum(Record):
    """A published answer that is wrong, and the right one."""

    question_id: Number
    answer_idx: Letter
    reason: str


def case_of(question: Labelled, asked: AskedQuestion | None = None) -> Case:
    """The question as a case; its stem is empty where no file tells it."""
    served = question if asked is None else asked.metadata
    texts = {name: getattr(served, name) for name in CONTEXTS}
    return Case(
        id=f"{PREFIX}{question.question_id}",
        stem=(asked.question_text if asked else question.question) or "",
        options=dict(question.options),
        answer=question.answer_idx,
        labels=dict(question.labels),
        labelled_by=LABELLED_BY,
        subspecialty=question.subspecialty,
        question_type=question.question_type,
        clean_evidence=(),
        conflict_evidence=(),
        outdated_evidence=(),
        meta={name: text for name, text in texts.items() if text is not None},
    )


def _flag(key: str, value: object) -> bool:
    if value is None or value == "":
        return False
    text = str(value)
    if text not in ("0", "1", "0.0", "1.0"):
        raise ValueError(f"key {key!r}: expected 0, 1 or null, got {value!r}")
    return text[0] == "1"
