"""The forms that question sets are published in: what a row of each says.

Rules kept here
- A form is one line in ``FORMS``: how its file is read, and what a row becomes.
- What a row lacks is a ``ValueError`` that names the key; a row that asks something else is ``NotAsked``.
- Whether the number of an answer counts from 0 or from 1 is seen on all rows: a 0 or the number of options tells. Where
  neither occurs it must be said (``[answer] first`` in a map).

Sources of the forms: MedQA (Jin et al. 2021), MedMCQA (Pal et al. 2022), PubMedQA (Jin et al. 2019), MMLU (Hendrycks
et al. 2021), BioASQ task b (Tsatsaronis et al. 2015); each as its authors publish it and as Hugging Face gives it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from evitrail.eval.dataset.exams.column_map import ColumnMap
from evitrail.eval.dataset.exams.exam_item import ExamItem, NotAsked, item
from evitrail.eval.dataset.exams.exam_rows import Placed, Row, bare_rows, json_rows, table_rows

VERDICTS = ("yes", "no", "maybe")


@dataclass(frozen=True)
class ExamForm:
    """One form of question files."""

    rows: Callable[[Path], list[Placed]]
    reading: Callable[[Sequence[Row], ColumnMap], Callable[[Row], ExamItem]]
    """Given all rows, what reads one of them."""
    keys: tuple[str, ...]
    """By which a row of this form is known."""
    mapped: bool = False
    """Whether a map says which column holds what."""


def value_of(row: Row, *names: str) -> Any:
    """What stands under the first of these names; raises ``ValueError`` where none is there."""
    for name in names:
        if name in row:
            return row[name]
    raise ValueError(f"expected the key {names[0]!r}, found none")


def numbered(values: Sequence[Any], most: int, first: int | None) -> int:
    """From which number on options are counted, 0 or 1, as the answers show."""
    if first is not None:
        return first
    seen = {str(value) for value in values}
    if "0" in seen and str(most) not in seen:
        return 0
    if str(most) in seen and "0" not in seen:
        return 1
    said = "both 0 and" if "0" in seen else "neither 0 nor"
    raise ValueError(
        f"expected answers that show whether options count from 0 or 1, got {said} {most}; "
        "give a map with `first = 0` or `first = 1` under [answer]"
    )


def letter(said: Any, options: int) -> int:
    """Which option a letter means."""
    at = ascii_uppercase.find(str(said).strip().upper()) if len(str(said).strip()) == 1 else -1
    if not 0 <= at < options:
        raise ValueError(f"expected a letter from A to {ascii_uppercase[options - 1]} as answer, got {said!r}")
    return at


def _medqa(_: Sequence[Row], __: ColumnMap) -> Callable[[Row], ExamItem]:
    def read(row: Row) -> ExamItem:
        options = value_of(row, "options")
        if not isinstance(options, dict):
            raise ValueError(f"expected options by letter, got {options!r}"[:200])
        letters = sorted(options)
        said = value_of(row, "answer_idx")
        if said not in letters:
            raise ValueError(f"expected an answer_idx of {letters}, got {said!r}")
        if row.get("answer") not in (None, options[said]):
            raise ValueError(f"answer_idx {said!r} is {options[said]!r}, and answer says {row['answer']!r}"[:300])
        texts = [options[name] for name in letters]
        return item(value_of(row, "question"), texts, letters.index(said), id=row.get("id"))

    return read


def _medmcqa(rows: Sequence[Row], given: ColumnMap) -> Callable[[Row], ExamItem]:
    answers = [row.get("cop") for row in rows if row.get("cop") not in (None, -1)]
    first = numbered(answers, 4, given.first) if answers else 0

    def read(row: Row) -> ExamItem:
        said = value_of(row, "cop")
        if said in (None, -1):
            raise NotAsked("without an answer")
        options = [value_of(row, f"op{name}") for name in "abcd"]
        told = {"id": row.get("id"), "subspecialty": row.get("subject_name"), "rationale": row.get("exp")}
        return item(value_of(row, "question"), options, _whole(said) - first, **told)

    return read


def _pubmedqa(_: Sequence[Row], __: ColumnMap) -> Callable[[Row], ExamItem]:
    def read(row: Row) -> ExamItem:
        if "final_decision" not in row and "QUESTION" in row:
            raise NotAsked("without an answer")
        said = str(value_of(row, "final_decision")).lower()
        if said not in VERDICTS:
            raise ValueError(f"expected a final_decision of {', '.join(VERDICTS)}, got {said!r}")
        told = {"id": row.get("pubid", row.get("id")), "rationale": row.get("LONG_ANSWER", row.get("long_answer"))}
        return item(value_of(row, "question", "QUESTION"), VERDICTS, VERDICTS.index(said), **told)

    return read


def _mmlu(_: Sequence[Row], given: ColumnMap) -> Callable[[Row], ExamItem]:
    def read(row: Row) -> ExamItem:
        if "choices" not in row:  # the authors' table: question, options, letter
            cells = list(row.values())
            if len(cells) < 4:
                raise ValueError(f"expected a question, options and a letter, got {len(cells)} cells")
            return item(cells[0], cells[1:-1], letter(cells[-1], len(cells) - 2))
        options, said = value_of(row, "choices"), value_of(row, "answer")
        right = letter(said, len(options)) if isinstance(said, str) else _whole(said) - (given.first or 0)
        return item(value_of(row, "question"), options, right, id=row.get("id"), subspecialty=row.get("subject"))

    return read


def _bioasq(_: Sequence[Row], __: ColumnMap) -> Callable[[Row], ExamItem]:
    def read(row: Row) -> ExamItem:
        if (kind := value_of(row, "type")) != "yesno":
            raise NotAsked(f"asked for {kind}, not for yes or no")
        if "exact_answer" not in row:
            raise NotAsked("without an answer")
        said = row["exact_answer"]
        said = str(said[0] if isinstance(said, list) and said else said).lower()
        if said not in VERDICTS[:2]:
            raise ValueError(f"expected an exact_answer of yes or no, got {said!r}")
        ideal = row.get("ideal_answer")
        told = {"id": row.get("id"), "rationale": ideal[0] if isinstance(ideal, list) and ideal else ideal}
        return item(value_of(row, "body"), VERDICTS[:2], VERDICTS.index(said), **told)

    return read


def _mapped(rows: Sequence[Row], given: ColumnMap) -> Callable[[Row], ExamItem]:
    columns = given.of(list(dict.fromkeys(name for row in rows for name in row)))
    most = max((len(columns.options_in(row)) for row in rows), default=0)
    answers = [row.get(columns.answer) for row in rows]
    first = numbered(answers, most, columns.first) if columns.answer_is == "number" else 0

    def read(row: Row) -> ExamItem:
        options, said = columns.options_in(row), value_of(row, columns.answer)
        if said is None or str(said).strip() == "":
            raise NotAsked("without an answer")
        if columns.answer_is == "number":
            right = _whole(said) - first
        elif columns.answer_is == "text":
            texts = [str(option).strip() for option in options]
            if texts.count(str(said).strip()) != 1:
                raise ValueError(f"expected the text of one option as answer, got {said!r}"[:200])
            right = texts.index(str(said).strip())
        else:
            right = letter(said, len(options))
        told = {"id": columns.other(row, "id"), "subspecialty": columns.other(row, "subspecialty")}
        return item(value_of(row, columns.stem), options, right, rationale=columns.other(row, "rationale"), **told)

    return read


def _whole(said: Any) -> int:
    try:
        return int(str(said))
    except ValueError:
        raise ValueError(f"expected the number of an option as answer, got {said!r}") from None


def _mmlu_rows(path: Path) -> list[Placed]:
    return bare_rows(path) if path.name.removesuffix(".gz").endswith(".csv") else json_rows(path)


FORMS = {
    "medqa": ExamForm(json_rows, _medqa, ("question", "options", "answer_idx")),
    "medmcqa": ExamForm(json_rows, _medmcqa, ("question", "opa", "opb", "cop")),
    "pubmedqa": ExamForm(json_rows, _pubmedqa, ("final_decision", "QUESTION", "LONG_ANSWER")),
    "mmlu": ExamForm(_mmlu_rows, _mmlu, ("question", "choices", "answer")),
    "bioasq": ExamForm(json_rows, _bioasq, ("body", "type", "exact_answer")),
    "csv": ExamForm(table_rows, _mapped, (), mapped=True),
    "json": ExamForm(json_rows, _mapped, (), mapped=True),
}
