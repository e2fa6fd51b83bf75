"""A small table of the runs in a journal's file, so that a list of runs reads no run.

Rules kept here
- It is derived, and evidence of nothing: each row is made again from its run's records where it is missing.
- A row holds while its run ends where it ended when the row was made (``head``), and its digest is that of its text.
- What a row says is JSON of whoever lists runs; nothing is known of it here.
- A run with patient data has no row: a row could not be redacted.

    keep_rows(journal, {"clean.rad-001": '{"chosen":"B"}'})
    rows(journal)["clean.rad-001"]

The table is not part of the schema: it is made when a writer first keeps a row, and readers do without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from evitrail.traces.journal.folder import files_of
from evitrail.traces.journal.journal import Journal
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import sha256

TABLE = "run_row"
MADE = f"CREATE TABLE IF NOT EXISTS {TABLE} (run TEXT PRIMARY KEY, head TEXT, said TEXT, digest TEXT) WITHOUT ROWID"


class Row(NamedTuple):
    """One row as it lies in the file."""

    run: str
    head: str
    said: str
    digest: str

    @property
    def sound(self) -> bool:
        """Whether it is as it was written."""
        return self.digest == digest_of(self.run, self.head, self.said)


def rows(journal: JournalView) -> dict[str, str]:
    """What the rows that hold say, by run."""
    heads = journal.heads()
    return {row.run: row.said for row in stored_rows(journal) if row.sound and heads.get(row.run) == row.head}


def stored_rows(journal: JournalView) -> Iterator[Row]:
    """Every row of every file, whether or not it holds."""
    for file in files_of(journal):
        if isinstance(file, Journal) and file.database.has(TABLE):
            for row in file.database.read(f"SELECT run, head, said, digest FROM {TABLE}"):
                yield Row(*map(str, row))


def keep_rows(journal: Journal, said: Mapping[str, str]) -> None:
    """Write these rows, as of where their runs end now; a run that is not in the file gets none."""
    heads = journal.heads()
    with journal.transaction(durable=False):
        journal.database.write(MADE)
        for run in sorted(said.keys() & heads.keys()):
            row = (run, heads[run], said[run], digest_of(run, heads[run], said[run]))
            journal.database.write(f"INSERT OR REPLACE INTO {TABLE} VALUES (?, ?, ?, ?)", row)


def digest_of(run: str, head: str, said: str) -> str:
    """The digest of a row."""
    return sha256("\n".join((run, head, said)).encode())
