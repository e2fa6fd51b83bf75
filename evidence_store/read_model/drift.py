"""Is the read model what the ledger says? Compared row by row with a fold of the whole ledger.

Rules kept here
- Nothing of what is compared was looked up in the read model: the ledger is folded from its first event.
- Each row that is missing, differs or is too many is named: the table, the version, and what was expected and found.

    drift(tables, fold(ledger.events()), ledger.head()[0])          # [] where it is sound
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from evitrail.evidence_store.fold import Version
from evitrail.evidence_store.read_model.selecting import DO, Tables
from evitrail.evidence_store.read_model.tables import RECTANGLE, TOPIC, VERSION, WORD, Row, rectangle_rows, version_row
from evitrail.evidence_store.read_model.word_counts import count_rows

SHOWN = 60
"""Characters shown of a value that differs."""


def drift(tables: Tables, versions: Mapping[str, Version], topics: Iterable[Row]) -> list[str]:
    """Where the tables are not what the fold of the ledger gives."""
    refs = sorted(versions)
    found = (version_row(versions[ref]) for ref in refs)
    known = (row for ref in refs for row in rectangle_rows(ref, versions[ref].rows))
    about = sorted(topics, key=lambda row: (row["topic"], row["seq"]))
    words = count_rows(versions)
    return [
        f"{tables.ledger.dialect.where}: read model: {fault}; {DO}"
        for table, expected in ((VERSION, found), (RECTANGLE, known), (TOPIC, iter(about)), (WORD, words))
        for fault in _compared(table, expected, tables.rows(table))
    ]


def _compared(table: sa.Table, expected: Iterator[Row], held: Iterator[Row]) -> Iterator[str]:
    """The differences of two runs of rows, both in the order of the table's key."""
    keys = [column.name for column in table.primary_key.columns]
    meant, there = next(expected, None), next(held, None)
    while meant is not None or there is not None:
        one, other = _key(keys, meant), _key(keys, there)
        if there is None or (meant is not None and one < other):
            yield f"{table.name} lacks {_name(keys, meant)}"
            meant = next(expected, None)
        elif meant is None or other < one:
            yield f"{table.name} holds {_name(keys, there)}, which the ledger does not give"
            there = next(held, None)
        else:
            for column in meant:
                if meant[column] != there[column]:
                    what = f"{_shown(meant[column])}, got {_shown(there[column])}"
                    yield f"{table.name}, {_name(keys, meant)}: expected {column} {what}"
                    break
            meant, there = next(expected, None), next(held, None)


def _key(keys: list[str], row: Row | None) -> tuple[Any, ...]:
    """What a row is ordered by; a damaged file may hold a number in place of a text, or nothing."""
    return tuple((row[key] is not None, isinstance(row[key], str), row[key]) for key in keys) if row else ()


def _name(keys: list[str], row: Row | None) -> str:
    values = [str(row[key]) for key in keys] if row else []
    return ascii(" from event ".join(values))


def _shown(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
