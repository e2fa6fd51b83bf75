"""What was added to the journals of a folder since a position: the begins, ends, errors and seals, in order.

Rules kept here
- A position says, of each file, how many of its records were read. Its text stands in one line:
  ``journal.db=18659&journal-2.db=77``.
- A file only grows, so a position stays valid: what is read after it is what was added after it, each record once.
- Nothing waits for this, and it waits for nothing: each look is a short read of its own, beside whoever writes.
- ``moved`` asks SQLite whether somebody wrote, and reads no record.

    with Growth(folder) as growth:
        for added in growth.between(Position(), growth.end()):
            print(added.run, added.type)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl, quote_plus

from evitrail.traces.audit.seal import SEAL_RUN
from evitrail.traces.journal.journal import Journal

BEGIN, END, ERROR, SEALED = "run.begin", "run.end", "activity.error", "checkpoint"
AT_ONCE = 20_000
"""Records that one read passes over at most: whoever empties the write-ahead log waits no longer for it."""
HOLDS = " OR ".join("instr(bytes, x'{}')".format(f'"type":"{kind}"'.encode().hex()) for kind in (END, ERROR))
ADDED = f"""SELECT rowid, run, bytes FROM record
    WHERE rowid > ? AND rowid <= ? AND (seq = 0 OR run = ? OR {HOLDS}) ORDER BY rowid"""


class Position(dict[str, int]):
    """By file, the number of records that were read."""

    @classmethod
    def parse(cls, text: str) -> Position:
        """The position in a text; raises ``ValueError``."""
        try:
            pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text))
        except ValueError:
            pairs = [("", "")]
        if not all(number.isascii() and number.isdigit() for _, number in pairs):
            raise ValueError(f"expected a position such as journal.db=120, got {text!r}")
        return cls({name: int(number) for name, number in pairs})

    def __str__(self) -> str:
        return "&".join(f"{quote_plus(name)}={number}" for name, number in sorted(self.items()))

    def reaches(self, other: Mapping[str, int]) -> bool:
        """Whether everything up to the other position was read."""
        return all(self.get(name, 0) >= number for name, number in other.items())


class Added(NamedTuple):
    """One record that tells how far a run is."""

    file: str
    number: int
    """Its place in the file, counted from 1."""
    run: str
    type: str
    at: str
    """When it was written, in UTC."""
    body: dict[str, Any]


class Growth:
    """The journals of a folder, as they grow; see the module."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, Journal] = {}
        self._versions: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the files go."""
        for file in self._files.values():
            file.close()
        self._files.clear()
        self._versions.clear()

    def moved(self) -> bool:
        """Whether anybody wrote since the last call; raises ``JournalError`` where a file cannot be read."""
        now = {name: int(file.database.read("PRAGMA data_version")[0][0]) for name, file in self._opened().items()}
        before, self._versions = self._versions, now
        return now != before

    def end(self) -> Position:
        """The position behind the last record."""
        asked = "SELECT max(rowid) FROM record"
        return Position({name: file.database.read(asked)[0][0] or 0 for name, file in self._opened().items()})

    def between(self, after: Mapping[str, int], upto: Mapping[str, int]) -> Iterator[Added]:
        """The begins, ends, errors and seals that were added between two positions, file by file in their order."""
        for name, file in self._opened().items():
            last = upto.get(name, 0)
            for at in range(after.get(name, 0), last, AT_ONCE):
                rows = file.database.read(ADDED, (at, min(at + AT_ONCE, last), SEAL_RUN))
                yield from (added for row in rows if (added := _added(name, *row)) is not None)

    def last_type(self, name: str, run: str) -> str:
        """The type of the last record that a file has of a run."""
        asked = "SELECT bytes FROM record WHERE run = ? ORDER BY seq DESC LIMIT 1"
        return str(json.loads(self._opened()[name].database.read(asked, (run,))[0][0])["type"])

    def _opened(self) -> dict[str, Journal]:
        """Every file that is there now, opened."""
        for path in sorted(self._folder.glob("journal*.db")):
            if path.name not in self._files:
                self._files[path.name] = Journal.open(path, create=False)
        return dict(sorted(self._files.items()))


def _added(file: str, number: int, run: str, data: bytes) -> Added | None:
    """The record, where its text says that it is of one of these types; None for an altered one."""
    try:
        line = json.loads(data)
        kind, body, at = line["type"], line["body"], line["t"]
    except (ValueError, KeyError, TypeError):
        return None
    told = kind in (BEGIN, END, ERROR) or (run == SEAL_RUN and kind == SEALED)
    return Added(file, number, run, kind, at, body) if told and isinstance(body, dict) else None
