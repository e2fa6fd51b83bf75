"""Runs done by processes of Ray, on this machine or a cluster, with what threads promise.

Rules kept here
- Each worker writes a journal of its own, ``journal-N.db`` in the experiment's folder, a new one each time it is
  started. So the folder must be one that all workers share, and so must the store's.
- A run is handed to one worker at a time. Where the worker is lost (kill -9, a machine gone), the run goes to another:
  it takes over what the lost one had recorded, and no step of that is done again. A new worker takes the lost one's
  place.
- A run whose workers are lost ``TRIES`` times is left unfinished, since it may be what kills them.
- What a worker needs (store, reader) it opens for itself: only names and configs travel.
- Without an address a Ray is started on this machine for the sweep alone; nothing of it stays.

    Experiment(…, engine=Ray(partial(saying, plan), workers=4)).run(folder)

The only file that imports ray. What is done with a run is ``job.py``; who waits for what, ``threads.py``.
"""

from __future__ import annotations

import os
import re
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from evitrail.eval.experiment.job import Answerer, RunEnd, RunJob, Stopped, execute
from evitrail.eval.experiment.threads import GRACE
from evitrail.traces.journal.journal import Journal
from evitrail.traces.log import get_logger

Opening = Callable[[], AbstractContextManager[Answerer]]
"""Opens what a worker needs; goes to the worker as it is."""

TRIES = 3
HOST = re.compile(r"(?:ray://)?(.+):(\d{1,5})")
PATIENCE = 5.0
"""Seconds in which a cluster has to answer at all."""
MEMORY = 200 << 20
"""Bytes of Ray's own store of objects: next to nothing is kept there."""
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",  # else it writes a token into the home folder
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",  # else it says on stdout that a worker died, and stdout is for results
}
"""What Ray reads when it is imported."""

log = get_logger()


@dataclass(frozen=True)
class Ray:
    """Who does the runs of an experiment; see ``Engine``."""

    opening: Opening
    workers: int = 2
    address: str | None = None
    """Of a cluster that is there, as ``ray.init`` takes it; None starts one here."""

    @contextmanager
    def executor(self, folder: Path, in_flight: int) -> Iterator[Workers]:
        """See ``Engine.executor``; raises ``ValueError`` where no worker can be started."""
        ray = _ray()
        with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as scratch:
            _connected(ray, self.address, scratch)
            try:
                number = min(self.workers, in_flight)
                each = -(-in_flight // number)
                workers = Workers(ray, self.opening, folder.resolve(), number, each)
                try:
                    yield workers
                finally:
                    workers.close()
            finally:
                ray.shutdown()


class Worker:
    """One process: a journal, and all it takes to do runs. Its calls come on threads of Ray's."""

    def __init__(self, opening: Opening, journal: Path) -> None:
        self._opening = opening
        self._place = journal
        self._open = ExitStack()
        self._first = threading.Lock()
        self._stop = threading.Event()
        self._answer: Answerer | None = None
        self._journal: Journal | None = None

    def ready(self) -> str | None:
        """Open everything; what was wrong with it, in one line."""
        with self._first:
            try:
                if self._answer is None:
                    self._journal = self._open.enter_context(Journal.open(self._place))
                    self._answer = self._open.enter_context(self._opening())
            except Exception as error:
                return f"{type(error).__name__}: {error}"
        return None

    def do(self, job: RunJob) -> RunEnd | None:
        """Do a run; None where it was not, because the sweep is to stop."""
        if fault := self.ready():
            return RunEnd(f"no worker for it could be started ({fault})")
        assert self._answer is not None
        assert self._journal is not None
        try:
            return execute(job, self._answer, self._journal, self._stop)
        except Stopped:
            return None

    def stop(self) -> None:
        """Begin no more steps."""
        self._stop.set()

    def close(self) -> None:
        """Let everything go."""
        self._open.close()


@dataclass(eq=False)
class Hired:
    """A worker as the sweep sees it."""

    actor: Any
    place: Path
    busy: int = 0


class Workers:
    """All workers of a sweep; keeps ``Doing``. ``do`` waits on the thread that calls, as many times as it is called."""

    def __init__(self, ray: Any, opening: Opening, folder: Path, number: int, each: int) -> None:
        self._ray = ray
        self._opening = opening
        self._folder = folder
        self._each = each
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._stopping = False
        self._hired = [self._hire() for _ in range(number)]
        for fault in ray.get([worker.actor.ready.remote() for worker in self._hired]):
            if fault:
                raise ValueError(f"a worker could not be started: {fault}")

    def do(self, job: RunJob) -> RunEnd:
        """See ``Doing.do``; a run whose worker is lost goes to another."""
        for _ in range(TRIES):
            with self._lock:
                worker = min(self._hired, key=lambda one: one.busy)
                worker.busy += 1
            try:
                ended: RunEnd | None = self._ray.get(worker.actor.do.remote(job))
                if ended is None:
                    raise Stopped
                return ended
            except self._ray.exceptions.RayActorError as error:
                self._lost(worker, error)
                job = job._replace(begun=True)
            finally:
                with self._lock:
                    worker.busy -= 1
        return RunEnd(f"its worker was lost {TRIES} times")

    def stop(self) -> None:
        """See ``Doing.stop``."""
        with self._lock:
            self._stopping = True
            for worker in self._hired:
                worker.actor.stop.remote()

    def close(self) -> None:
        """Let the workers end; one that does not within the grace is ended."""
        closing = [worker.actor.close.remote() for worker in self._hired]
        with suppress(self._ray.exceptions.RayError):
            self._ray.wait(closing, num_returns=len(closing), timeout=GRACE)
        for worker in self._hired:
            self._ray.kill(worker.actor)

    def _hire(self) -> Hired:
        """A new worker, with the first journal that is nobody's."""
        place = next(at for n in self._numbers if not (at := self._folder / f"journal-{n}.db").exists())
        actor = self._ray.remote(Worker).options(
            max_concurrency=self._each + 2, max_restarts=0, scheduling_strategy="SPREAD"
        )  # two more, to be told to stop and to close while all runs wait
        return Hired(actor.remote(self._opening, place), place)

    def _lost(self, worker: Hired, error: Exception) -> None:
        """Put another in a lost worker's place, once however many runs it had."""
        with self._lock:
            if self._stopping:
                raise Stopped from error
            if worker in self._hired:
                log.warning("a worker was lost; another takes up its runs", journal=worker.place.name)
                with suppress(Exception):
                    self._ray.kill(worker.actor)  # lost to us, but perhaps not to itself
                self._hired[self._hired.index(worker)] = self._hire()


def _ray() -> Any:
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise ValueError("the engine `ray` needs Ray; run `pip install 'evitrail[ray]'`") from error
    return ray


def _connected(ray: Any, address: str | None, scratch: str) -> None:
    """A Ray of our own, or the one at an address; raises ``ValueError`` where there is none."""
    if address and (at := HOST.fullmatch(address)):  # Ray itself would try for minutes
        try:
            socket.create_connection((at[1].strip("[]"), int(at[2])), timeout=PATIENCE).close()
        except (OSError, OverflowError) as error:
            said = f"--address: expected a Ray cluster at {address}, got: {error}"
            raise ValueError(f"{said}; `ray start --head` starts one and says where") from error
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address:
            ray.init(address, **quiet)
        else:
            ray.init("local", include_dashboard=False, object_store_memory=MEMORY, _temp_dir=scratch, **quiet)
    except (ConnectionError, RuntimeError, OSError, ValueError) as error:
        where = f"at {address}" if address else "on this machine"
        raise ValueError(f"expected a Ray {where}, got: {' '.join(str(error).split())}") from error
