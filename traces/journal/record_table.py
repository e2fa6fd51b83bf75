"""The table of records, read: those of one run, and the first or the last of every run.

Rules kept here
- The first and the last record of a run are found in the index: of those between no text is read.
- A row whose values are not of a record's types is a damaged file, and said to be one.

    records = RecordTable(database)
    records.of("clean.rad-001"), records.heads()
"""

from __future__ import annotations

from typing import NamedTuple

from evitrail.traces.journal.database import Database, damaged
from evitrail.traces.journal.schema import Stored

COLUMNS = "run, seq, prev, hash, bytes"
TYPES = [str, int, str, str, bytes]
HEADS = """SELECT run, hash FROM (SELECT run AS name, max(seq) AS last FROM record GROUP BY run) CROSS JOIN record
    ON run = name AND seq = last ORDER BY name"""
BEGINS = f"""SELECT {COLUMNS} FROM (SELECT run AS name, min(seq) AS first FROM record GROUP BY run) CROSS JOIN record
    ON run = name AND seq = first ORDER BY name"""


class RecordTable(NamedTuple):
    """The records of one file."""

    database: Database

    def of(self, run: str) -> list[Stored]:
        """A run's records in order; empty when there is no such run."""
        return self._stored(f"SELECT {COLUMNS} FROM record WHERE run = ? ORDER BY seq", run)

    def begins(self) -> list[Stored]:
        """The first record of every run, by name."""
        return self._stored(BEGINS)

    def heads(self) -> dict[str, str]:
        """The hash at the end of each run's chain, by name."""
        return dict(self.database.read(HEADS))

    def last_run(self) -> str | None:
        """The run of the record that was written last; None in an empty file."""
        rows = self.database.read("SELECT run FROM record ORDER BY rowid DESC LIMIT 1")
        return rows[0][0] if rows else None

    def _stored(self, sql: str, *parameters: str) -> list[Stored]:
        rows = self.database.read(sql, parameters)
        for row in rows:
            if [type(value) for value in row] != TYPES:
                raise damaged(self.database.path, f"run {row[0]!r} record {row[1]!r} is not of a record's types")
        return [Stored(*row) for row in rows]
