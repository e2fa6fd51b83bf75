"""Reads a published question set as cases: all of it, or none where something is wrong.

Rules kept here
- A fault that many rows share is one line, with the first place and how many more there are.
- A file of another form is one line that names the form which its rows have.
- What asks for something else than one of its options, or has no answer, is left out and counted by its reason.

    read = read_exam(Path("dev.jsonl"), "medqa")
    read.cases, read.left_out
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from evitrail.eval.dataset.case import Case
from evitrail.eval.dataset.exams.column_map import ColumnMap
from evitrail.eval.dataset.exams.exam_forms import FORMS
from evitrail.eval.dataset.exams.exam_item import NotAsked
from evitrail.eval.dataset.exams.exam_rows import Placed
from evitrail.evidence_store.input_text import InputError


class ReadExam(NamedTuple):
    """The cases of a question set, and how many rows are none, by reason."""

    cases: tuple[Case, ...]
    left_out: Mapping[str, int]


def read_exam(path: Path, form: str, columns: ColumnMap | None = None) -> ReadExam:
    """The questions of a file of that form; raises ``InputError`` with every kind of fault once."""
    if form not in FORMS:
        raise InputError([f"--format: expected one of {', '.join(FORMS)}, got {form!r}"])
    told = FORMS[form]
    if columns and columns.names_columns and not told.mapped:
        raise InputError([f"--map: the form {form} has columns of its own; leave out [columns], or give --format json"])
    rows = told.rows(path)
    try:
        read = told.reading([placed.row for placed in rows], columns or ColumnMap())
    except ValueError as error:
        raise InputError([f"{path}: {error}"]) from error
    cases: dict[str, Case] = {}
    faults: dict[str, list[str]] = {}
    left_out: Counter[str] = Counter()
    name = path.name.partition(".")[0]
    for number, placed in enumerate(rows, 1):
        try:
            case = read(placed.row).case(f"{name}-{number:0{len(str(len(rows)))}}", form)
            if case.id in cases:
                raise ValueError("has the id of a question before it")
        except NotAsked as reason:
            left_out[str(reason)] += 1
            continue
        except ValueError as error:
            faults.setdefault(str(error).splitlines()[-1].strip(), []).append(placed.place)
            continue
        cases[case.id] = case
    if faults:
        if not cases and (other := _form_of(rows)) not in (None, form):
            raise InputError([f"{path}: expected the form {form}, got rows of the form {other}; give --format {other}"])
        raise InputError([_fault(said, places) for said, places in faults.items()])
    if not cases:
        reasons = "; ".join(f"{count} {reason}" for reason, count in left_out.items()) or "no rows"
        raise InputError([f"{path}: expected at least one question with options and an answer, got {reasons}"])
    return ReadExam(tuple(cases.values()), dict(left_out))


def _fault(said: str, places: list[str]) -> str:
    more = f" (and {len(places) - 1} more rows)" if len(places) > 1 else ""
    return f"{places[0]}: {said}{more}"


def _form_of(rows: list[Placed]) -> str | None:
    """The form whose keys the first row has."""
    keys = rows[0].row.keys()
    return next((name for name, form in FORMS.items() if form.keys and keys >= set(form.keys)), None)
