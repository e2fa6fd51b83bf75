"""The jobs of a workbench: one at a time, eight waiting, on disk from the moment they are requested.

Rules kept here
- The state of a job is read from its file (``file.py``). One that is neither waiting here nor ended was
  interrupted: its server was killed. It can be resumed, and what it made is not made again.
- Cancelled, a job ends before its next step; forks that have ended are kept.
- A ninth that would have to wait is refused. One server at a time works in an experiment.
- Whoever listens waits for ``changes`` to grow; it counts every event of every job.

    jobs = Jobs(folders)
    view = jobs.submit("evitrail-demo:experiment", job)
    jobs.wait(after=view.change, seconds=10)
    jobs.view(view.id).state
"""

from __future__ import annotations

import fcntl
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Condition, Event, Thread
from typing import Any

from evitrail.eval.experiment.job import Stopped
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.workbench.api.folders import ExperimentFolders, UnknownName
from evitrail.workbench.api.jobs.file import ENDED, FOLDER, Job, JobEvent, JobFile, JobRecord, State, job_files, now
from evitrail.workbench.api.jobs.view import JobView, job_view
from evitrail.workbench.one_line import one_line

WAITING = 8
"""Jobs that may wait while one runs."""
RESULTS = 500
"""Results of an answer at most; the rest is asked for with ``after``."""
OPENING = "opening the store and the embedding model"


class NotNow(Exception):
    """The request cannot be done now; the message says what to do."""


class Jobs:
    """See the module."""

    def __init__(self, folders: ExperimentFolders) -> None:
        self._folders = folders
        self._queue: deque[JobFile] = deque()
        self._running: JobFile | None = None
        self._stop = Event()
        self._stopped_by = ""
        self._changed = Condition()
        self._thread: Thread | None = None
        self.changes = 0
        """How many events there were since the server began; it only grows."""

    def submit(self, exp: str, job: Job) -> JobView:
        """Put a job in the queue; raises ``NotNow`` where it is full."""
        folder = self._folders.named(exp)
        with self._changed:
            self._expect_room()
            try:
                self._enqueue(JobFile.begin(folder, job))
            except OSError as error:
                said = f"{folder}: expected a folder that can be written to, got: {error.strerror}"
                raise NotNow(f"{said}; serve a copy of it to fork its runs") from error
        return self.view(job.id)

    def resume(self, id: str, *, by: str = "") -> JobView:
        """Put a job that was interrupted, cancelled or failed in the queue again; ``by`` is who is signed in."""
        file = self._named(id)
        with self._changed:
            state = self._state(file, file.read())
            if state not in ("interrupted", "cancelled", "failed"):
                raise NotNow(f"expected a job that was interrupted, cancelled or failed, this one is {state}")
            self._expect_room()
            if self._running is None or self._running.folder != file.folder:
                with _alone(file.folder):
                    pass
            self._enqueue(file, by)
        return self.view(id)

    def cancel(self, id: str, *, by: str = "") -> JobView:
        """End a job before its next step, or take it out of the queue; ``by`` is who is signed in."""
        file = self._named(id)
        with self._changed:
            state = self._state(file, file.read())
            if state == "running":
                self._stopped_by = by
                self._stop.set()
            elif state in ("queued", "interrupted"):
                self._queue = deque(each for each in self._queue if each.path != file.path)
                self._note(file, state="cancelled", by=by)
            else:
                raise NotNow(f"expected a job that waits or runs, this one is {state}")
        return self.view(id)

    def view(self, id: str, after: int = 0) -> JobView:
        """The state of a job, with the results from the one numbered ``after`` on; raises ``UnknownName``."""
        file = self._named(id)
        return self._view(file, after, RESULTS)

    def all(self) -> list[JobView]:
        """Every job of every experiment, newest first, without results."""
        return sorted((self._view(file, 0, 0) for file in self._files()), key=lambda view: view.id, reverse=True)

    def wait(self, after: int, seconds: float) -> int:
        """The number of the last change, once it is above ``after`` or so many seconds have passed."""
        with self._changed:
            self._changed.wait_for(lambda: self.changes > after, seconds)
            return self.changes

    def _files(self) -> Iterator[JobFile]:
        for folder in self._folders.all().values():
            yield from job_files(folder)

    def _named(self, id: str) -> JobFile:
        found = {file.id: file for file in self._files()}
        if id not in found:
            raise UnknownName(f"expected a job of this workbench, got {id!r}{nearest(id, found)}; /jobs lists them")
        return found[id]

    def _view(self, file: JobFile, after: int, most: int) -> JobView:
        exp = next(name for name, folder in self._folders.all().items() if folder == file.folder)
        with self._changed:  # else it may end between what is read and what runs
            record = file.read()
            state = self._state(file, record)
            before = next((n for n, each in enumerate(self._queue) if each.path == file.path), 0)
            ahead = before + (self._running is not None) if state == "queued" else 0
            return job_view(record, exp=exp, state=state, after=after, most=most, ahead=ahead, change=self.changes)

    def _state(self, file: JobFile, record: JobRecord) -> State:
        ours = self._running is not None and self._running.path == file.path
        waits = any(each.path == file.path for each in self._queue)
        if waits:
            return "queued"
        return record.state if record.state in ENDED else "running" if ours else "interrupted"

    def _expect_room(self) -> None:
        begins_at_once = self._running is None
        if len(self._queue) >= WAITING + begins_at_once:
            raise NotNow(
                f"expected at most {WAITING} jobs waiting, there are {WAITING}; wait for one to end, or cancel one"
            )

    def _enqueue(self, file: JobFile, by: str = "") -> None:
        self._queue.append(file)
        self._note(file, state="queued", by=by)
        if self._thread is None:
            self._thread = Thread(target=self._work, name="jobs", daemon=True)
            self._thread.start()

    def _note(self, file: JobFile, **what: Any) -> None:
        file.add(JobEvent(at=now(), **what))
        with self._changed:
            self.changes += 1
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._queue))
                file = self._running = self._queue.popleft()
                self._stop.clear()
                self._stopped_by = ""
            state, note = self._ended(file)
            with self._changed:
                with suppress(OSError):  # the folder is gone, or its disk is full
                    self._note(file, state=state, note=note, by=self._stopped_by if state == "cancelled" else "")
                self._running = None

    def _ended(self, file: JobFile) -> tuple[State, str]:
        """Do a job; how it ended, and why."""
        try:
            with _alone(file.folder):
                self._note(file, state="running", note=OPENING)
                self._do(file)
        except Stopped:
            return "cancelled", ""
        except Exception as error:
            return "failed", one_line(error) or type(error).__name__
        faults = [result.fault for result in file.read().results.values() if result.fault]
        if faults and len(faults) == file.read().job.forks:
            return "failed", faults[0]
        file.drop_draft()
        return "done", ""

    def _do(self, file: JobFile) -> None:
        from evitrail.eval.rerun.fork_batch import batch  # which takes a while to load

        record = file.read()
        made = {key for key, result in record.results.items() if not result.fault}
        with batch(file.folder, file.draft) as forks:
            self._note(file, state="running")
            for run in record.job.runs:
                for place, variant in enumerate(record.job.variants):
                    if self._stop.is_set():
                        raise Stopped
                    if (run, place) not in made:
                        self._note(file, result=forks.fork(run, variant, place, self._stop))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Work in an experiment while no other server does; raises ``NotNow``."""
    with (folder / FOLDER / "lock").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotNow(
                "another server is at work in this experiment; resume this job once that one is done"
            ) from None
        yield
