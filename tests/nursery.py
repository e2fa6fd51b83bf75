"""Processes made to be killed: forked from one that has imported everything, so that starting one costs milliseconds.

    with Nursery("killable:work") as nursery:       # a module of tests/ and its function, which takes texts; its
        # function ``warm``, where it has one, is called before the first fork
        worker = nursery.start(str(folder))
        worker.await_sign(lambda: (folder / "journal.db").exists())
        worker.await_end(0.02)                      # seconds
        worker.kill()                               # True: it was still at work
        worker.end()                                # -9

What the function prints, and the traceback of what it raises, is in ``worker.printed``. One worker at a time.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import evitrail.traces

SOURCE = Path(evitrail.__file__).parents[1]
PATIENCE = 60
"""Seconds that a worker may take until its sign is seen."""
PAUSE = 0.0005
"""Seconds between two looks for it."""


@dataclass
class Worker:
    """A process at work."""

    server: subprocess.Popen[str]
    pid: int
    printed: Path
    """The file that takes its stdout and stderr."""
    _handle: int | None = field(init=False)
    _status: int | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        try:
            self._handle = os.pidfd_open(self.pid)
        except ProcessLookupError:  # it has ended already
            self._handle = None

    def await_end(self, seconds: float) -> bool:
        """Wait that long, or until it has ended; whether it has."""
        return self._handle is None or bool(select.select([self._handle], [], [], seconds)[0])

    def await_sign(self, sign: Callable[[], bool]) -> None:
        """Wait until the sign is seen, or the worker has ended."""
        deadline = time.monotonic() + PATIENCE
        while not sign() and not self.await_end(PAUSE):
            assert time.monotonic() < deadline, f"the worker did nothing for a minute: {self.printed.read_text()}"

    def kill(self) -> bool:
        """Kill it; whether it was still at work."""
        if self._handle is not None:
            with suppress(ProcessLookupError):  # it ended a moment ago
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        return self.end() == -signal.SIGKILL

    def end(self) -> int:
        """Its exit status, once it has ended."""
        if self._status is None:
            assert self.server.stdout is not None
            self._status = int(self.server.stdout.readline())
            if self._handle is not None:
                os.close(self._handle)
                self._handle = None
        return self._status


class Nursery:
    """Forks workers on request; ``function`` is ``module:name``."""

    def __init__(self, function: str) -> None:
        self._function = function

    def __enter__(self) -> Self:
        env = {
            **os.environ,
            "PYTHONPATH": f"{SOURCE}{os.pathsep}{SOURCE.parent / 'tests'}",
            "TOKENIZERS_PARALLELISM": "false",  # its threads would not be there after the fork
            "OMP_NUM_THREADS": "1",
        }
        self._folder = tempfile.TemporaryDirectory()
        command = [sys.executable, __file__, self._function]
        self._server = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._server.stdout is not None
        self._server.stdout.readline()  # it has imported everything
        return self

    def __exit__(self, *_: object) -> None:
        self._server.communicate()
        self._folder.cleanup()

    def start(self, *arguments: str) -> Worker:
        """Let a new process do the function with these arguments; the last one must have ended."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        printed = Path(self._folder.name, "printed")
        printed.write_text("")
        print(json.dumps([str(printed), *arguments]), file=self._server.stdin, flush=True)
        return Worker(self._server, int(self._server.stdout.readline()), printed)


def serve(function: Callable[..., Any]) -> None:
    """Fork a worker for each line: its pid is printed, then its exit status."""
    print("ready", flush=True)
    gc.freeze()  # or each worker copies the pages that its collector looks at
    for line in sys.stdin:
        printed, *arguments = json.loads(line)
        if not (pid := os.fork()):
            _do(function, printed, arguments)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _do(function: Callable[..., Any], printed: str, arguments: list[str]) -> None:
    """In the forked process, which ends here."""
    status: Any = 1
    try:
        out = os.open(printed, os.O_WRONLY | os.O_APPEND)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for file, number in ((nothing, 0), (out, 1), (out, 2)):
            os.dup2(file, number)
        status = function(*arguments) or 0
    except Exception:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    module, _, name = sys.argv[1].partition(":")
    imported = importlib.import_module(module)
    getattr(imported, "warm", lambda: None)()
    serve(getattr(imported, name))
