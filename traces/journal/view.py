"""The read side of a journal, the same for one file and for a folder of files.

Rules kept here
- A reader changes nothing, and sees the journal as it is at that moment: a run can be read while it is written.
- A blob is read by name. Names that start with ``hmac-sha256:`` are names of patient data (``sensitive.py``).
- A redacted blob is not damage: ``redacted`` names it, ``raw`` refuses it in one line.

    def record_types(journal: JournalView, run: str) -> list[str]:
        return [record.type for record in journal.records(run)]

``Journal`` (one file, which may also be written) and ``Journals`` (a folder) both keep this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self, TypeVar

from evitrail.traces.journal.schema import Stored
from evitrail.traces.journal.sensitive import Secret
from evitrail.traces.record import Record

if TYPE_CHECKING:
    from evitrail.traces.journal.redacted import Claim

R = TypeVar("R", bound=Record)


class Redaction(NamedTuple):
    """Why a blob is not here any more, as its redaction record says."""

    run: str
    """The run whose patient data it was; that of its forks went with it."""
    at: str
    """When, in UTC."""
    by: str
    reason: str

    def __str__(self) -> str:
        return f"run {self.run!r} was redacted on {self.at} by {self.by}: {self.reason}"


class JournalView(Protocol):
    """The read side of a journal."""

    @property
    def path(self) -> Path:
        """The file, or the folder of files."""
        ...

    def runs(self) -> list[str]:
        """Every run that was begun, by name."""
        ...

    def heads(self) -> dict[str, str]:
        """The hash at the end of each run's chain."""
        ...

    def begins(self) -> list[Stored]:
        """The first record of every run; of a run that several files hold, that of each."""
        ...

    def records(self, run: str) -> list[Stored]:
        """A run's records in order; empty when there is no such run."""
        ...

    def get(self, name: str, returns: type[R]) -> R:
        """The blob of that name, as the record type it was stored as."""
        ...

    def raw(self, name: str) -> bytes:
        """The bytes of a blob: the type's stored name, a newline, the canonical JSON.

        Raises ``Redacted`` where it was dropped on purpose, ``DamagedJournal`` where it is missing.
        """
        ...

    def problems(self) -> list[str]:
        """What SQLite itself finds wrong."""
        ...

    def survey(self) -> Mapping[str, str | None]:
        """Every blob's name and what is wrong with it (None: nothing), in one pass over all of them.

        A redacted name stands here with None, since its absence is on record. So a blob that a record
        names is at fault when this names no such blob or says what is wrong with it; to tell the
        redacted from the present, ask ``redacted``.
        """
        ...

    def redacted(self) -> Mapping[str, Redaction]:
        """The names that redaction records say were dropped, each with the record that says so."""
        ...

    def redaction_claims(self) -> Iterator[Claim]:
        """What redaction records say, before anybody checks it; ``redacted`` has those that hold."""
        ...

    def holds_key(self, root: str) -> bool:
        """Whether the key of a run's patient data is here."""
        ...

    def secret(self, run: str) -> Secret:
        """The key that a run's patient data is named by, and that of its forks.

        Raises ``Redacted`` where it was dropped on purpose, ``DamagedJournal`` where it is missing.
        """
        ...

    def close(self) -> None:
        """Let the files go; what was appended stays."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...
