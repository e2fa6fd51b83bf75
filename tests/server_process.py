"""``evitrail serve`` as a process of its own.

with served(folder) as (address, process):
    urllib.request.urlopen(address)
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

RUN = """
import os, sys, threading
from evitrail.workbench.cli.app import run_command
def tell():
    for line in sys.stdin:
        sys.stderr.write(" ".join(sorted(sys.modules)) + "\\n"); sys.stderr.flush()
threading.Thread(target=tell, daemon=True).start()
sys.exit(run_command(sys.argv[1:]))
"""


@contextmanager
def served(*arguments: object) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address that a server prints, and its process, which must end well when it is interrupted."""
    command = [sys.executable, "-c", RUN, "serve", *map(str, arguments), "--port", "0"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found
            yield found[0], process
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()
