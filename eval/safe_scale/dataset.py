"""The published dataset as our cases: labels, the questions as they were asked, and what is known to be wrong in them.

Rules kept here
- Files are joined on the number of the question. What is in one and not in the other is named, and so is a
  question on which they disagree.
- A label column that no question has is missing, not 0.
- An erratum changes the answer; ``printed`` keeps the one that was published. Read with and without, both can
  be reported.

    dataset = read_dataset(Sources(labels=Path("radsafe.csv"), columns=Path("columns.toml")))
    dataset.cases["risk_radiorag_7"].labels["B"].high_risk
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from pydantic import ValidationError

from evitrail.eval.dataset.case import Case
from evitrail.eval.safe_scale.columns import LABELS
from evitrail.eval.safe_scale.questions import PREFIX, AskedQuestion, Erratum, Labelled, case_of
from evitrail.eval.safe_scale.rows import read_rows
from evitrail.evidence_store.input_lines import LinePosition
from evitrail.evidence_store.input_record import fault_lines
from evitrail.evidence_store.input_text import InputError


class Sources(NamedTuple):
    """The files of a dataset; the first is needed."""

    labels: Path
    questions: Path | None = None
    columns: Path | None = None
    errata: Path | None = None


class Dataset(NamedTuple):
    """What the files hold."""

    cases: Mapping[str, Case]
    printed: Mapping[str, str]
    """The answer as published, by case."""
    errata: tuple[Erratum, ...]


class Numbered(Protocol):
    """Anything that names a question."""

    @property
    def question_id(self) -> int: ...


N = TypeVar("N", bound=Numbered)


def read_dataset(sources: Sources) -> Dataset:
    """All questions; raises ``InputError`` with every fault of the first file that has any."""
    rows = read_rows(sources.labels, Labelled, sources.columns)
    labelled = _once(rows)
    _refuse_absent_labels(sources.labels, [question for _, question in rows])
    asked = _once(read_rows(sources.questions, AskedQuestion)) if sources.questions else None
    if asked is not None:
        _refuse_disagreement(sources, labelled, asked)
    errata = _once(read_rows(sources.errata, Erratum)) if sources.errata else {}
    _refuse_idle(sources.labels, labelled, errata)
    cases, faults = {}, []
    for number, (place, question) in labelled.items():
        decided, right = errata.get(number, (place, None))
        mended = question if right is None else question.model_copy(update={"answer_idx": right.answer_idx})
        try:
            case = case_of(mended, asked[number][1] if asked else None)
            cases[case.id] = case
        except ValidationError as error:
            faults += [f"{decided}: {fault}" for fault in fault_lines(error, Case)]
    if faults:
        raise InputError(faults)
    printed = {f"{PREFIX}{number}": question.answer_idx for number, (_, question) in labelled.items()}
    return Dataset(cases, printed, tuple(erratum for _, erratum in errata.values()))


def _once(rows: Sequence[tuple[LinePosition, N]]) -> dict[int, tuple[LinePosition, N]]:
    found: dict[int, tuple[LinePosition, N]] = {}
    faults = []
    for place, row in rows:
        if row.question_id in found:
            faults.append(f"{place}: question {row.question_id} stands already at {found[row.question_id][0]}")
        found.setdefault(row.question_id, (place, row))
    if faults:
        raise InputError(faults)
    return found


def _refuse_absent_labels(path: Path, questions: Sequence[Labelled]) -> None:
    letters = {letter for question in questions for letter in question.options}
    said = {key for question in questions for key in question.said}
    absent = [key for key, letter in LABELS.items() if letter in letters and key not in said]
    if absent:
        raise InputError([f"{path}: no question has the label {key!r}; expected 0, 1 or null" for key in absent])


def _refuse_disagreement(
    sources: Sources,
    labelled: Mapping[int, tuple[LinePosition, Labelled]],
    asked: Mapping[int, tuple[LinePosition, AskedQuestion]],
) -> None:
    faults = [
        f"{place}: question {number} is not in {sources.questions}"
        for number, (place, _) in labelled.items()
        if number not in asked
    ]
    for number, (place, one) in asked.items():
        if number not in labelled:
            faults.append(f"{place}: question {number} has no labels in {sources.labels}")
            continue
        there, other = labelled[number]
        if one.options != other.options:
            faults.append(f"{place}: question {number} has other options at {there}")
        if one.correct_answer != other.answer_idx:
            faults.append(
                f"{place}: question {number}: answer {one.correct_answer!r}, and {other.answer_idx!r} at {there}"
            )
    if faults:
        raise InputError(faults)


def _refuse_idle(
    path: Path,
    labelled: Mapping[int, tuple[LinePosition, Labelled]],
    errata: Mapping[int, tuple[LinePosition, Erratum]],
) -> None:
    """An erratum that changes nothing is not meant for this dataset."""
    faults = []
    for number, (place, erratum) in errata.items():
        if number not in labelled:
            faults.append(f"{place}: question {number} is not in {path}")
        elif labelled[number][1].answer_idx == erratum.answer_idx:
            faults.append(f"{place}: question {number} has the answer {erratum.answer_idx!r} already")
    if faults:
        raise InputError(faults)
