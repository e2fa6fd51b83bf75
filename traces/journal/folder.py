"""The journals of a folder, read as one.

Rules kept here
- Every writer has its own file (``journal.db``, ``journal-2.db``); readers see one journal.
- A run is in more than one file if its writer stopped and another one resumed it. The copy that ended is used, else
  the longer one; if they are equal, the first by file name.
- A blob is looked up in the file of the run that was read last, then in the others.
- What was redacted in one file is refused, even if another file still holds it.

    with Journals.open(folder) as journal:
        Trace(journal, "clean.rad-001").activities

Nothing is written here: each writer has its own ``Journal``.

Not covered: which of two copies is right where neither continues the other. ``trace verify`` names them. A seal does
not decide: whoever adds a file can seal it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import TypeVar

from evitrail.traces.journal.errors import DamagedJournal, JournalError, Redacted
from evitrail.traces.journal.journal import Journal
from evitrail.traces.journal.redacted import Claim, holding, no_key, root_of
from evitrail.traces.journal.schema import KEYED, Stored
from evitrail.traces.journal.sensitive import Secret, stored_secret
from evitrail.traces.journal.view import JournalView, Redaction
from evitrail.traces.record import Record

R = TypeVar("R", bound=Record)


class Journals:
    """All ``journal*.db`` of a folder; keeps ``JournalView``."""

    def __init__(self, path: Path, files: Sequence[Journal]) -> None:
        self.path = path
        self.files = tuple(files)
        """One journal per writer, by file name; each may be verified on its own."""
        self._nearest = self.files[0]

    @classmethod
    def open(cls, folder: Path | str) -> Journals:
        """Open every journal of a folder to read.

        Raises ``JournalError`` where there is none, ``DamagedJournal`` where a file is not one.
        """
        folder = Path(folder)
        if folder.is_file():
            raise JournalError(f"{folder}: expected the folder of an experiment, got a file")
        paths = sorted(folder.glob("journal*.db")) or [folder / "journal.db"]
        with ExitStack() as opened:
            files = [opened.enter_context(Journal.open(path, create=False)) for path in paths]
            opened.pop_all()
        return cls(folder, files)

    def close(self) -> None:
        """Let the files go; what was appended stays."""
        for file in self.files:
            file.close()

    def __enter__(self) -> Journals:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def runs(self) -> list[str]:
        """Every run that was begun in any file, by name."""
        return sorted({run for file in self.files for run in file.runs()})

    def heads(self) -> dict[str, str]:
        """The hash at the end of each run's chain, in the file that counts."""
        found: dict[str, str] = {}
        several: set[str] = set()
        for file in self.files:
            heads = file.heads()
            several |= found.keys() & heads.keys()
            found |= heads
        return dict(sorted(found.items())) | {run: self.records(run)[-1].hash for run in several}

    def begins(self) -> list[Stored]:
        """The first record of every run; of a run that several files hold, that of each."""
        return [record for file in self.files for record in file.begins()]

    def records(self, run: str) -> list[Stored]:
        """A run's records in order, from the file that counts; empty when there is no such run."""
        found = [(file, records) for file in self.files if (records := file.records(run))]
        if not found:
            return []
        self._nearest, records = max(found, key=lambda each: (_ended(each[1]), len(each[1])))  # the first of equals
        return records

    def get(self, name: str, returns: type[R]) -> R:
        """The blob of that name, as the record type it was stored as."""
        return returns.model_validate_json(self.raw(name).partition(b"\n")[2])

    def raw(self, name: str) -> bytes:
        """The bytes of a blob, from the nearest file that has it."""
        if name.startswith(KEYED) and (redaction := self.redacted().get(name)):
            raise Redacted(f"blob {name} of {str(self.path)!r} is gone: {redaction}")
        faults = []
        for file in (self._nearest, *(file for file in self.files if file is not self._nearest)):
            try:
                return file.raw(name)
            except DamagedJournal as error:
                faults.append(error)
        raise faults[0]

    def secret(self, run: str) -> Secret:
        """The key of a run's patient data, from the first file that has it."""
        root = root_of(self, run)
        found = (secret for file in self.files if (secret := stored_secret(file.database, root)))
        if secret := next(found, None):
            return secret
        raise no_key(self, root)

    def problems(self) -> list[str]:
        """What SQLite itself finds wrong, each with the file's name."""
        return [f"{file.path.name}: {problem}" for file in self.files for problem in file.problems()]

    def survey(self) -> Mapping[str, str | None]:
        """Every blob's name and what is wrong with it in any file (None: nothing)."""
        whole: dict[str, str | None] = dict.fromkeys(self.redacted())
        for file in self.files:
            for name, fault in file.survey().items():
                whole[name] = f"{fault} in {file.path.name}" if fault else whole.get(name)
        return whole

    def redacted(self) -> Mapping[str, Redaction]:
        """The names that redaction records of any file say were dropped, if they hold for the whole folder."""
        return holding(self.redaction_claims(), self)

    def redaction_claims(self) -> Iterator[Claim]:
        """What the redaction records of every file say, those of the first file last."""
        return chain.from_iterable(file.redaction_claims() for file in reversed(self.files))

    def holds_key(self, root: str) -> bool:
        """Whether the key of a run's patient data is in any file."""
        return any(file.holds_key(root) for file in self.files)


def _ended(records: list[Stored]) -> bool:
    return any(b'"type":"run.end"' in record.bytes for record in records)


def files_of(journal: JournalView) -> Sequence[JournalView]:
    """The files that make a journal, each with chains of its own."""
    return journal.files if isinstance(journal, Journals) else (journal,)
