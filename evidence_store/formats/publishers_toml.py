"""Reads ``publishers.toml``: one table ``[[publisher]]`` for each publisher, with the keys of ``Publisher``.

Rules kept here
- Unknown keys, and names that stand twice, are refused. Every fault is listed, and then nothing is returned.

    Registrar(store).add(read_publishers(Path("publishers.toml")), reason="agreed in May")
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evitrail.evidence_store.input_record import fault_lines, from_toml
from evitrail.evidence_store.input_text import InputError, read_toml
from evitrail.evidence_store.quarantine.publisher import Publisher

TABLE = "publisher"


def read_publishers(path: Path) -> list[Publisher]:
    """Every publisher in a file, in order; raises ``InputError``."""
    read, faults = [], []
    for number, table in enumerate(_tables(path), start=1):
        named = table.get("name") if isinstance(table, dict) else None
        place = f"{path}: publisher {number}" + (f" ({named})" if named else "")
        try:
            read.append(from_toml(Publisher, table))
        except ValidationError as error:
            faults += [f"{place}: {fault}" for fault in fault_lines(error, Publisher)]
    names = [one.name for one in read]
    faults += [f"{path}: publisher {name!r} stands twice; remove one" for name in set(names) if names.count(name) > 1]
    if faults:
        raise InputError(sorted(faults))
    return read


def _tables(path: Path) -> list[Any]:
    found = read_toml(path)
    tables = found.get(TABLE)
    if not isinstance(tables, list) or not tables or set(found) != {TABLE}:
        raise InputError([f"{path}: expected tables [[{TABLE}]] and nothing else, got {sorted(found) or 'none'}"])
    return tables
