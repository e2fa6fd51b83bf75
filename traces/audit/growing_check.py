"""A check of a folder's journal that is resumed as the journal grows, at the cost of what was added.

Rules kept here
- A whole check comes first. After it only the records and blobs that were added are hashed; of each run that was
  checked, the last record is compared with the hash that it had.
- What was added is a fault, or does not continue what was checked, or is a seal or a redaction: only a whole check
  tells. So it is where a file is another one, is shorter, came or went, or its tables were rebuilt or changed.
- A change that added nothing is no growth: somebody altered the file, or SQLite moved its log there. That too takes a
  whole check.

    check = GrowingCheck.whole(journal)
    check = check.grown(journal) or GrowingCheck.whole(journal)
    check.verdicts, check.added

Not covered until the next whole check: a record or blob that was altered on the disk after it was checked, except a
run's last record, and what SQLite itself finds wrong with the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import NamedTuple

from evitrail.traces.audit.chain_check import ChainCheck, ChainEnd, checked_chain
from evitrail.traces.audit.integrity import Checked, Verdicts, checked_journal, diverged, unfinished
from evitrail.traces.audit.seal import SEAL_RUN
from evitrail.traces.journal.after_end import REDACTION
from evitrail.traces.journal.bodies import Bodies
from evitrail.traces.journal.database import Database
from evitrail.traces.journal.errors import DamagedJournal, Redacted
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.journal import Journal
from evitrail.traces.journal.schema import KEYED, Stored

ADDED = "SELECT run, seq, prev, hash, bytes FROM record WHERE rowid > ? AND rowid <= ? ORDER BY rowid"
TYPES = (str, int, str, str, bytes)
"""Of the columns of a record."""


class FileState(NamedTuple):
    """What tells one file from another, and from itself before its tables were rebuilt or changed."""

    device: int
    inode: int
    tables: int
    """Counted up by SQLite whenever a table or trigger is made or dropped, or the file is rewritten."""


class CheckedFile(NamedTuple):
    """Up to where one file was checked."""

    state: FileState
    records: int
    """The row of the last record."""
    blobs: int
    """The row of the last blob."""
    runs: Mapping[str, ChainEnd] = {}


class GrowingCheck(NamedTuple):
    """What was checked of a folder's journal, and what was found."""

    verdicts: Verdicts
    files: Mapping[str, CheckedFile]
    seal_faults: tuple[str, ...]
    root: str | None
    """Of the newest seal."""
    added: int = 0
    """Records that were checked since the whole check."""

    @property
    def runs(self) -> int:
        """How many runs were checked, that of the seals included."""
        return len({run for file in self.files.values() for run in file.runs})

    @classmethod
    def whole(cls, journal: Journals) -> GrowingCheck:
        """Check every record and blob."""
        files = {file.path.name: _stands_at(file) for file in journal.files}
        found = checked_journal(journal)
        ends = _by_file(found)
        files = {name: file._replace(runs=ends.get(name, {})) for name, file in files.items()}
        return cls(found.verdicts, files, found.seal_faults, found.root)

    def grown(self, journal: Journals) -> GrowingCheck | None:
        """The check with what was added since; None where only a whole check tells."""
        if [file.path.name for file in journal.files] != list(self.files):
            return None
        try:
            return self._grown(journal)
        except (DamagedJournal, OSError):
            return None

    def _grown(self, journal: Journals) -> GrowingCheck | None:
        files, chains = dict[str, CheckedFile](), list[ChainCheck]()
        for file in journal.files:
            before, now = self.files[file.path.name], _stands_at(file)
            if now.state != before.state or now.records < before.records or now.blobs < before.blobs:
                return None
            more = _added_chains(file.database, before, now)
            if more is None:
                return None
            runs = {**before.runs, **{each.end.run: each.end for each in more}}
            if not _reach(file, runs) or any(fault for _, fault in Bodies(file.database).survey(before.blobs)):
                return None
            files[file.path.name] = now._replace(runs=runs)
            chains += more
        grown = {each.end.run for each in chains}
        if not self._added_to(files) or not _there(journal, chain.from_iterable(each.needs for each in chains)):
            return None
        if any(diverged(_copies(journal, files, grown))):
            return None
        gone = unfinished(chain.from_iterable(file.runs.values() for file in files.values()))
        newer = tuple(sorted({*self.verdicts.newer, *grown})) if self.root else ()
        verdicts = self.verdicts._replace(completeness=(*gone, *self.seal_faults), newer=newer)
        added = self.added + sum(len(each.links) for each in chains)
        return self._replace(verdicts=verdicts, files=files, added=added)

    def _added_to(self, files: Mapping[str, CheckedFile]) -> bool:
        return any(
            file.records > self.files[name].records or file.blobs > self.files[name].blobs
            for name, file in files.items()
        )


def _stands_at(file: Journal) -> CheckedFile:
    """Where a file stands; records first, whose blobs are never later than they."""
    read, found = file.database.read, file.path.stat()
    state = FileState(found.st_dev, found.st_ino, read("PRAGMA schema_version")[0][0])
    records = read("SELECT max(rowid) FROM record")[0][0] or 0
    return CheckedFile(state, records, read("SELECT max(rowid) FROM blob")[0][0] or 0)


def _by_file(found: Checked) -> dict[str, dict[str, ChainEnd]]:
    ends: dict[str, dict[str, ChainEnd]] = {}
    for name, each in found.chains:
        ends.setdefault(name, {})[each.end.run] = each.end
    return ends


def _added_chains(database: Database, before: CheckedFile, now: CheckedFile) -> list[ChainCheck] | None:
    """The check of each run that has grown; None where something is wrong with it, or other runs are concerned."""
    records: dict[str, list[Stored]] = {}
    for row in database.read(ADDED, (before.records, now.records)):
        if tuple(map(type, row)) != TYPES:
            return None
        record = Stored(*row)
        end = before.runs.get(record.run)
        if end is None or record.seq >= end.length:  # else it came while the whole was checked
            records.setdefault(record.run, []).append(record)
    redaction = f'"type":"{REDACTION}"'.encode()
    if SEAL_RUN in records or any(redaction in each.bytes for each in chain.from_iterable(records.values())):
        return None
    found = [checked_chain(run, added, before.runs.get(run)) for run, added in records.items()]
    return None if any(each.faults or each.added for each in found) else found


def _reach(file: Journal, runs: Mapping[str, ChainEnd]) -> bool:
    """Whether the last record that was checked of each run is still there, at its place."""
    heads = file.heads()
    asked = "SELECT hash FROM record WHERE run = ? AND seq = ?"
    return all(
        heads.get(run) == end.head or file.database.read(asked, (run, end.length - 1)) == [(end.head,)]
        for run, end in runs.items()
    )


def _there(journal: Journals, names: Iterable[str]) -> bool:
    """Whether each of these blobs is there; those that are not patient data were hashed."""
    asked = "SELECT 1 FROM blob WHERE id = ?"
    for name in set(names):
        if name.startswith(KEYED):
            try:
                journal.raw(name)
            except Redacted:
                continue
        elif not any(file.database.read(asked, (name,)) for file in journal.files):
            return False
    return True


def _copies(journal: Journals, files: Mapping[str, CheckedFile], grown: set[str]) -> list[ChainCheck]:
    """The chains of runs that have grown and are in more than one file."""
    several = sorted(run for run in grown if sum(run in file.runs for file in files.values()) > 1)
    found = ((run, records) for run in several for file in journal.files if (records := file.records(run)))
    return [checked_chain(run, records) for run, records in found]
