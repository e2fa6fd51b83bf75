"""A job on disk: the request as it was sent, and line by line its events.

Rules kept here
- A job is one file of JSON lines, ``workbench-jobs/ID.jsonl`` in the experiment's folder. The first line is the job,
  and never changes; every later one says a state or a result, in the order of events. Nothing is written over.
- A line that a killed server left unfinished is ignored, and so is a file that is no job.
- Its name is chosen here. A request names a job, which is looked up among those there are.
- The draft beside it holds the steps of a fork that is under way; it is deleted when the job is done.

    file = JobFile.begin(folder, Job(…))
    file.add(JobEvent(state="running", at=now()))
    file.read().results
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import ValidationError

from evitrail.eval.rerun.fork_result import ForkResult
from evitrail.eval.rerun.fork_variant import ForkVariant
from evitrail.traces.record import Record
from evitrail.workbench.api.fresh import Fresh

FOLDER = "workbench-jobs"
State = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
ENDED = ("done", "failed", "cancelled")


class Job(Record):
    """The request: each variant of each run."""

    id: str
    kind: Literal["fork"] = "fork"
    title: str
    asked: str
    """When, in UTC."""
    runs: tuple[str, ...]
    of: str
    """The run from whose page it was requested."""
    query: str | None
    """The query that found the other runs; None where only one run was requested."""
    variants: tuple[ForkVariant, ...]
    by: str = ""
    """Who asked for it, by their token; empty where nobody signs in."""

    @property
    def forks(self) -> int:
        """How many forks were requested."""
        return len(self.runs) * len(self.variants)


class JobEvent(Record):
    """One event of a job: a new state, or a result."""

    at: str
    state: State | None = None
    note: str = ""
    """Why it failed, or what it is doing before the first result."""
    result: ForkResult | None = None
    by: str = ""
    """Who cancelled or resumed it, by their token; empty where nobody signs in, or nobody did."""


class JobRecord(NamedTuple):
    """A job and its events."""

    job: Job
    events: tuple[JobEvent, ...]

    @property
    def state(self) -> State:
        """The last state on record."""
        return next((event.state for event in reversed(self.events) if event.state), "queued")

    @property
    def results(self) -> dict[tuple[str, int], ForkResult]:
        """By run and variant, the last result, in the order of these."""
        found: dict[tuple[str, int], ForkResult] = {}
        for event in self.events:
            if event.result is not None:
                found[event.result.run, event.result.variant] = event.result
        return found


class JobFile:
    """See the module."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.stem

    @classmethod
    def begin(cls, folder: Path, job: Job) -> JobFile:
        """A new job, written down."""
        path = folder / FOLDER / f"{job.id}.jsonl"
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as out:
            out.write(job.model_dump_json() + "\n")
        return cls(path)

    @property
    def folder(self) -> Path:
        """The experiment's folder."""
        return self.path.parent.parent

    @property
    def draft(self) -> Path:
        """The journal file of what is under way."""
        return self.path.with_suffix(".db")

    def add(self, event: JobEvent) -> None:
        """Write down an event."""
        line = event.model_dump_json().encode() + b"\n"
        with self.path.open("r+b") as out:
            out.seek(-1, os.SEEK_END)
            torn = out.read(1) != b"\n"
            out.write((b"\n" if torn else b"") + line)

    def drop_draft(self) -> None:
        """Delete the draft."""
        for path in (self.draft, *(self.draft.with_name(f"{self.draft.name}{end}") for end in ("-wal", "-shm"))):
            path.unlink(missing_ok=True)

    def read(self) -> JobRecord:
        """What is on record; raises ``ValueError`` for a file that is no job."""
        return _record(self.path)


def job_files(folder: Path) -> list[JobFile]:
    """The jobs of an experiment, oldest first."""
    found = [JobFile(path) for path in sorted((folder / FOLDER).glob("*.jsonl"))]
    return [file for file in found if _is_job(file)]


def new_id() -> str:
    """A name that sorts by time."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def now() -> str:
    """This moment, in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _is_job(file: JobFile) -> bool:
    try:
        return file.read().job.id == file.id
    except (ValueError, OSError):
        return False


def _read(path: Path) -> JobRecord:
    first, *rest = path.read_text("utf-8").splitlines() or [""]
    return JobRecord(Job.model_validate_json(first), tuple(_events(rest)))


def _events(lines: list[str]) -> Iterator[JobEvent]:
    for line in lines:
        try:
            yield JobEvent.model_validate(json.loads(line))
        except (ValueError, ValidationError):
            continue


_record = Fresh(_read, lambda path: [path], most=256)
