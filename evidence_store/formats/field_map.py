"""Which column or front-matter key holds which field, and what holds where an entry says nothing: a map in TOML.

    [columns]                       # field = the column's name
    title = "Titel"
    [values]                        # field = what it is where an entry says nothing
    organization = "Our Trust"
    kind = "guideline"

Rules kept here
- A field that the map leaves out is looked for under its own name.
- An unknown field, and a column that is not there, are refused with the names that are.

    defaults = read_map(Path("map.toml"))
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from evitrail.evidence_store.formats.base import Defaults
from evitrail.evidence_store.formats.work import FIELDS
from evitrail.evidence_store.input_text import InputError, read_toml

SEVERAL = ("topics", "jurisdiction", "includes")
"""Fields that hold several values."""
TRUTH = ("retracted", "concern")
"""Fields that are true or false."""
OWN = ("id", "text", "title", "doi", "pmid", "supersedes")
"""Fields that two versions never share by default."""
TABLES = ("columns", "values")


def read_map(path: Path) -> Defaults:
    """The map in a file; raises ``InputError`` with every fault."""
    given = read_toml(path)
    faults = [
        f"{path}: unknown table {name!r}; expected {' and '.join(TABLES)}" for name in given if name not in TABLES
    ]
    tables: dict[str, dict[str, Any]] = {}
    for name in TABLES:
        table = given.get(name, {})
        if not isinstance(table, dict):
            faults.append(f"{path}: expected a table [{name}], got {table!r}"[:300])
            continue
        tables[name] = table
        allowed = [field for field in FIELDS if name == "columns" or field not in OWN]
        for field, value in table.items():
            if field not in allowed:
                faults.append(f"{path}: [{name}] unknown field {field!r}; expected one of {', '.join(allowed)}")
            elif name == "columns" and not isinstance(value, str):
                faults.append(f"{path}: [columns] {field}: expected a column's name, got {value!r}"[:300])
            elif name == "values" and not _fits(field, value):
                faults.append(f"{path}: [values] {field}: expected {_expected(field)}, got {value!r}"[:300])
    if faults:
        raise InputError(faults)
    return Defaults(**tables)


def _fits(field: str, value: Any) -> bool:
    if field in SEVERAL:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return isinstance(value, bool) if field in TRUTH else isinstance(value, (str, date))


def _expected(field: str) -> str:
    if field in SEVERAL:
        return "a list of texts"
    return "true or false" if field in TRUTH else "a text or a day"


def named_columns(place: str, columns: Sequence[str], defaults: Defaults) -> dict[str, str]:
    """The field that each column holds: field to column; raises ``InputError`` for a column that is not there."""
    faults = [
        f"{place}: no column {column!r} for {field}; the columns are {', '.join(map(repr, columns))}"
        for field, column in defaults.columns.items()
        if column not in columns
    ]
    if faults:
        raise InputError(faults)
    taken = set(defaults.columns.values())
    own = {field: field for field in FIELDS if field in columns and field not in taken}
    return {**own, **defaults.columns}


def truth(said: str) -> bool:
    """What ``true`` or ``false`` says; raises ``ValueError`` for anything else."""
    if said.lower() not in ("true", "false"):
        raise ValueError(f"expected true or false, got {said!r}")
    return said.lower() == "true"
