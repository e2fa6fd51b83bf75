"""Work to be killed: eight runs of a few dozen calls to a model, four threads at it, in a process of its own.

    with Nursery() as nursery:
        worker = nursery.start(folder)
        worker.kill(after=0.02)      # seconds after the first step that returned

Workers are forked from a process that has imported everything, so that starting one costs milliseconds. Each call is
told in ``calls`` before it is made, each step in ``returned`` once it is, with no cache between.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from scribe import Note, Order, Scribe

import evitrail.traces
from evitrail.traces import Journal, Live, Task, content_id

THREADS = 4
RUNS = tuple(f"run-{n}" for n in range(8))
STEPS = 30
SOURCE = Path(evitrail.__file__).parents[1]


def work(folder: str) -> None:
    """All runs, four at a time."""
    calls = os.open(f"{folder}/calls", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    returned = os.open(f"{folder}/returned", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with Journal.open(f"{folder}/journal.db") as journal, ThreadPoolExecutor(THREADS) as pool:

        def one(name: str) -> None:
            run = Live.begin(journal, name, Order(words=(name,)))
            note = Note(text=name)
            for number in range(1, STEPS + 1):
                task = Task(
                    "ask",
                    asking(name, number, note),
                    returns=Note,
                    inputs={"note": note},
                    by=Scribe(),
                    parameters={"number": number},
                    effect="reads_external",
                )
                note = run.step(task)
                if run.executed:  # what is only remembered is no news
                    os.write(returned, f"{name} ask[{number}] {content_id(note)}\n".encode())
            run.end(note)

        def asking(name: str, number: int, note: Note) -> Callable[[], Note]:
            def ask() -> Note:
                os.write(calls, f"{name} ask[{number}]\n".encode())
                return after(note, number)

            return ask

        list(pool.map(one, RUNS))


def after(note: Note, number: int) -> Note:
    """What the model answers."""
    return Note(text=f"{note.text[-40:]} {number}")


@dataclass(frozen=True)
class Worker:
    """A process at work."""

    pid: int
    told: Path
    """The file that grows with each step that returned."""
    size: int
    """Its size when the worker was started."""

    def kill(self, after: float) -> bool:
        """Kill it so long after its first step; whether it was still at work."""
        deadline = time.monotonic() + 60
        while self._alive() and self._grown() == 0:
            assert time.monotonic() < deadline, "the worker did nothing for a minute"
            time.sleep(0.0005)
        time.sleep(after)
        working = self._alive()
        if working:
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:  # it ended between the look and the blow
                working = False
        while self._alive():
            time.sleep(0.0005)
        return working

    def _alive(self) -> bool:
        try:
            state = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
        return state not in "ZX"

    def _grown(self) -> int:
        return (self.told.stat().st_size if self.told.exists() else 0) - self.size


class Nursery:
    """Forks workers on request."""

    def __enter__(self) -> Self:
        env = {**os.environ, "PYTHONPATH": f"{SOURCE}{os.pathsep}{SOURCE.parent / 'tests'}"}
        self._process = subprocess.Popen(
            [sys.executable, __file__], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def start(self, folder: Path) -> Worker:
        """Set a worker to a folder."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        told = folder / "returned"
        size = told.stat().st_size if told.exists() else 0
        print(folder, file=self._process.stdin, flush=True)
        return Worker(int(self._process.stdout.readline()), told, size)


def serve() -> None:
    """Fork a worker for each folder that is named; its end is nobody's business here."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            work(line.strip())
            os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    serve()
