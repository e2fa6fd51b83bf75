"""What a command costs from its start to its end, in CPU seconds (user and system), on the demonstration.

    evitrail demo --out DIR && python bench/startup.py DIR

Each command is a process of its own, started ``TIMES`` times; the least is nearest to what it costs on an idle machine.
The query of a search by meaning is another each time, in each measurement, since a store keeps the vectors of what it
was asked. Modules are
compiled, as pip leaves them: a first round, which is not counted, writes what it compiles to a folder of its own.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from secrets import token_hex
from statistics import median

TIMES = 9
RUN = "agentic.acute-003"
"""A run of the demonstration."""
WANTED = {"search by meaning": 2.5}
"""Seconds of CPU at most."""
OTHERS = 0.6
"""The same, for every other command."""


def commands(folder: Path) -> dict[str, list[str]]:
    """Each command line by what it is called here."""
    store, runs = ["--store", str(folder / "store")], str(folder / "experiment")
    return {
        "trace list": ["trace", "list", runs],
        "trace show": ["trace", "show", runs, RUN],
        "trace why": ["trace", "why", runs, RUN],
        "store list": ["store", "list", *store],
        "search by words": ["search", "pulmonary nodule follow-up", "--retriever", "bm25", *store],
        "search by meaning": [
            "search",
            f"how to follow up nodule number {token_hex(4)}",
            "--retriever",
            "dense",
            *store,
        ],
    }


def cpu_seconds(arguments: list[str], compiled: str) -> float:
    """What one process spent; raises ``CalledProcessError`` where it failed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "evitrail", *arguments]
    subprocess.run(command, check=True, capture_output=True, env=own | {"PYTHONPYCACHEPREFIX": compiled})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measured(folder: Path, times: int = TIMES) -> list[str]:
    """The table; the commands take turns."""
    spent: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as compiled:
        for _ in range(times + 1):
            for name, arguments in commands(folder).items():
                spent.setdefault(name, []).append(cpu_seconds(arguments, compiled))
    rows = [
        f"| {name} | {min(each):.2f} | {median(each):.2f} | {max(each):.2f} | {WANTED.get(name, OTHERS)} |"
        for name, (_, *each) in spent.items()
    ]
    return ["| command | least | median | most | wanted, at most |", "|---|---|---|---|---|", *rows]


def results() -> list[str]:
    """The table, on a demonstration made for it."""
    with tempfile.TemporaryDirectory() as folder:
        cpu_seconds(["demo", "--out", folder], f"{folder}/compiled")
        return measured(Path(folder))


if __name__ == "__main__":
    print("\n".join(measured(Path(sys.argv[1])) if sys.argv[1:] else results()))
