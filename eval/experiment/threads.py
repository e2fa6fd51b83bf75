"""Many runs at once, handed out by threads of this process: to a function here, or to one that asks another process.

Rules kept here
- A run is sequential, runs are independent. Each thread takes the next run when it has done one, so nothing is lined
  up ahead, however many there are.
- A run that fails is told and does not stop the others.
- Leaving early (Ctrl-C, SIGTERM, any exception) hands out nothing more and waits ``GRACE`` seconds for the steps that
  are in flight. What takes longer is abandoned: its thread dies with the process, and the journal has all that
  returned. A second Ctrl-C does not wait.

    with WorkerThreads(todo, do, 64, stop) as workers:
        for job, ended in workers:
            ...
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Generic, Self, TypeVar

from evitrail.eval.experiment.job import RunEnd, Stopped

T = TypeVar("T")

GRACE = 10.0
"""Seconds that a step in flight is given to return once the sweep is to stop."""


class WorkerThreads(Generic[T]):
    """Threads at work on a list; iterating tells of each job when it has ended, in no particular order."""

    def __init__(
        self, work: Sequence[T], do: Callable[[T], RunEnd], in_flight: int, stop: Callable[[], None] = lambda: None
    ) -> None:
        """``do`` raises only where work as such cannot go on; ``stop`` is told when no step is to be begun any more."""
        self.handed = 0
        """How many jobs were handed out."""
        self.under_way = 0
        """How many of them have not come back."""
        self._work = iter(work)
        self._do = do
        self._stop = stop
        self._next = threading.Lock()
        self._stopping = False
        self._heard: SimpleQueue[tuple[T, RunEnd] | BaseException | None] = SimpleQueue()
        names = [f"run-{number}" for number in range(1, min(in_flight, len(work)) + 1)]
        self._threads = [threading.Thread(target=self._take, name=name, daemon=True) for name in names]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            return
        self._stopping = True
        self._stop()
        until = monotonic() + GRACE
        for thread in self._threads:
            thread.join(max(0.0, until - monotonic()))

    def __iter__(self) -> Iterator[tuple[T, RunEnd]]:
        working = len(self._threads)
        while working:
            heard = self._heard.get()
            if isinstance(heard, BaseException):
                raise heard
            if heard is None:
                working -= 1
            else:
                yield heard

    def rest(self) -> Iterator[tuple[T, RunEnd]]:
        """What ended after nobody listened any more."""
        while True:
            try:
                heard = self._heard.get_nowait()
            except Empty:
                return
            if heard is not None and not isinstance(heard, BaseException):
                yield heard

    def _take(self) -> None:
        try:
            while not self._stopping:
                with self._next:
                    job = next(self._work)
                    self.handed += 1
                    self.under_way += 1
                try:
                    ended = self._do(job)
                finally:
                    with self._next:
                        self.under_way -= 1
                self._heard.put((job, ended))
        except (StopIteration, Stopped):
            pass
        except BaseException as error:
            self._stopping = True
            self._heard.put(error)
        self._heard.put(None)


@contextmanager
def terminable() -> Iterator[None]:
    """Within the block SIGTERM means what Ctrl-C means, where this thread is the one that hears signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
