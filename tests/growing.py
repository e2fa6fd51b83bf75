"""An experiment that grows as its sweep goes on: the journal of a finished one, written again record by record.

growing = Growing(finished, folder)
growing.grow(3)             # three more runs of the experiment end
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

from evitrail.traces.journal.journal import Journal


class Growing:
    """A folder that holds as much of a finished experiment as was asked for."""

    def __init__(self, finished: Path, folder: Path, name: str = "journal.db") -> None:
        folder.mkdir(exist_ok=True)
        if (finished / "plan.toml").is_file():
            shutil.copy(finished / "plan.toml", folder)
        self.folder, self._path = folder, folder / name
        Journal.open(self._path).close()
        with sqlite3.connect(finished / "journal.db") as source:
            self._records = source.execute("SELECT run, seq, prev, hash, bytes FROM record ORDER BY rowid").fetchall()
            kept = {
                table: source.execute(f"SELECT * FROM {table}").fetchall() for table in ("blob", "secret", "sensitive")
            }
        self._db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._db.execute("BEGIN")
        for table, rows in kept.items():
            for row in rows:
                self._db.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)
        self._db.execute("COMMIT")
        self._at = 0

    @property
    def left(self) -> bool:
        """Whether anything is left to be written."""
        return self._at < len(self._records)

    def grow(self, runs: int) -> list[str]:
        """Write on until so many more runs have ended, forks included, in one transaction; returns their names."""
        ended: list[str] = []
        self._db.execute("BEGIN")
        while self.left and len(ended) < runs:
            row = self._records[self._at]
            self._db.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?)", row)
            self._at += 1
            if json.loads(row[4])["type"] == "run.end":
                ended.append(row[0])
        self._db.execute("COMMIT")
        return ended

    def close(self) -> None:
        """Let the file go."""
        self._db.close()
