"""Which column of a question file holds what: a map in TOML.

    [columns]
    stem = "question"
    options = ["choice_1", "choice_2", "choice_3"]   # or one column that holds a list, or texts by label
    answer = "label"
    id = "qid"                                       # these three may be left out
    subspecialty = "topic"
    rationale = "why"
    [answer]
    is = "number"                                    # or "letter" (when left out), or "text"
    first = 0                                        # the number of the first option

Rules kept here
- What the map leaves out is looked for under its own name, options under A, B, C … or ``options``.
- A column that is not there is refused in one line with those that are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from evitrail.evidence_store.input_text import InputError, read_toml

ANSWER_IS = ("letter", "number", "text")
KNOWN = {"columns": ("stem", "options", "answer", "id", "subspecialty", "rationale"), "answer": ("is", "first")}
OWN = {"stem": ("stem", "question"), "answer": ("answer",)}
"""Where what must be there is looked for when the map does not say."""


@dataclass(frozen=True)
class ColumnMap:
    """What a map says; ``of`` settles the rest on the columns that are there."""

    stem: str = ""
    options: tuple[str, ...] = ()
    answer: str = ""
    others: dict[str, str] = field(default_factory=dict)
    answer_is: str = "letter"
    first: int | None = None

    @property
    def names_columns(self) -> bool:
        """Whether it says of any column what it holds."""
        return bool(self.stem or self.options or self.answer or self.others)

    def of(self, columns: Sequence[str]) -> ColumnMap:
        """The map with every column named; raises ``ValueError`` for one that is not there."""
        if not columns:
            raise ValueError("expected a header and at least one row, found no row")
        found = {"stem": self.stem, "answer": self.answer}
        for what, names in OWN.items():
            found[what] = found[what] or next((name for name in names if name in columns), names[-1])
        lettered = tuple(name for name in ascii_uppercase if name in columns)
        options = self.options or lettered or ("options",)
        named = [*found.items(), *(("options", name) for name in options), *self.others.items()]
        for what, name in named:
            if name not in columns:
                there = ", ".join(map(repr, columns[:20]))
                raise ValueError(f"no column {name!r} for {what}; the columns are {there}; name it in a --map")
        others = {what: what for what in KNOWN["columns"][3:] if what in columns} | self.others
        return replace(self, stem=found["stem"], answer=found["answer"], options=options, others=others)

    def options_in(self, row: dict[str, Any]) -> list[Any]:
        """The options of a row, in order; empty cells at the end are none."""
        if len(self.options) > 1:
            given = [row.get(name) for name in self.options]
            while given and given[-1] in (None, ""):
                given.pop()
            return given
        value = row.get(self.options[0])
        if isinstance(value, dict):
            texts = value.get("text", value.get("texts"))
            return list(texts) if isinstance(texts, list) else [value[name] for name in sorted(value)]
        return list(value) if isinstance(value, list) else []

    def other(self, row: dict[str, Any], what: str) -> Any:
        """What a row says of something that need not be there."""
        return row.get(self.others[what]) if what in self.others else None


def read_column_map(path: Path) -> ColumnMap:
    """The map in a file; raises ``InputError`` with every fault."""
    given = read_toml(path)
    faults = [f"{path}: unknown table {name!r}; expected {' and '.join(KNOWN)}" for name in given if name not in KNOWN]
    tables: dict[str, dict[str, Any]] = {"columns": {}, "answer": {}}
    for name, known in KNOWN.items():
        table = given.get(name, {})
        if not isinstance(table, dict):
            faults.append(f"{path}: expected a table [{name}], got {table!r}"[:300])
            continue
        tables[name] = table
        for key, value in table.items():
            if key not in known:
                faults.append(f"{path}: [{name}] unknown key {key!r}; expected one of {', '.join(known)}")
            elif not _fits(key, value):
                faults.append(f"{path}: [{name}] {key}: expected {_expected(key)}, got {value!r}"[:300])
    if faults:
        raise InputError(faults)
    columns, answer = tables["columns"], tables["answer"]
    options = columns.get("options", ())
    return ColumnMap(
        stem=columns.get("stem", ""),
        options=(options,) if isinstance(options, str) else tuple(options),
        answer=columns.get("answer", ""),
        others={what: columns[what] for what in KNOWN["columns"][3:] if what in columns},
        answer_is=answer.get("is", "letter"),
        first=answer.get("first"),
    )


def _fits(key: str, value: Any) -> bool:
    if key == "options":
        return isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))
    if key == "first":
        return value in (0, 1) and not isinstance(value, bool)
    return value in ANSWER_IS if key == "is" else isinstance(value, str)


def _expected(key: str) -> str:
    if key == "is":
        return f"one of {', '.join(ANSWER_IS)}"
    return {"options": "a column's name or a list of them", "first": "0 or 1"}.get(key, "a column's name")
