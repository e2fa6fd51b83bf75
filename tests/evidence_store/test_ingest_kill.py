"""An ingest killed at any moment loses nothing: the ledger verifies, it goes on, and the index comes out the same."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PASSAGES = 8_000
EARLY, LATE = 6, 14
"""Kills before anything is in the index of an ingest that is let be, and after."""
TESTS = Path(__file__).parents[1]


@dataclass(frozen=True)
class Ingesting:
    """Work on stores in processes of its own, one at a time; see ``tests/ingesting.py``."""

    server: subprocess.Popen[str]

    def begun(self, deed: str, path: Path) -> int:
        """The process that is at it now."""
        assert self.server.stdin is not None
        print(deed, path, file=self.server.stdin, flush=True)
        (process,) = {self.line(), self.line()} - {"begun"}
        return int(process.removeprefix("pid "))

    def line(self) -> str:
        """The next that is told."""
        assert self.server.stdout is not None
        return self.server.stdout.readline().rstrip("\n")

    def rest(self) -> tuple[list[str], str]:
        """All that is told until the process is gone, and how it ended."""
        lines = [self.line()]
        while lines[-1] and not lines[-1].startswith("end "):
            lines.append(self.line())
        return lines[:-1], lines[-1]

    def does(self, deed: str, path: Path) -> list[str]:
        """What there is to tell of a deed done to its end."""
        self.begun(deed, path)
        told, end = self.rest()
        assert end == "end 0"
        return told


@pytest.fixture(scope="module")
def ingesting() -> Iterator[Ingesting]:
    path = os.pathsep.join(map(str, (TESTS, TESTS.parent)))
    with subprocess.Popen(
        [sys.executable, str(TESTS / "ingesting.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    ) as server:
        yield Ingesting(server)
        assert server.stdin is not None
        server.stdin.close()


def test_killed_twenty_times_it_goes_on_and_ends_as_if_it_never_had_been(ingesting: Ingesting, tmp_path: Path) -> None:
    whole, path, dice = tmp_path / "whole", tmp_path / "store", random.Random(7)
    ingesting.begun("ingest", whole)
    started = time.perf_counter()
    left = int(ingesting.line())
    first = time.perf_counter() - started
    batches, end = ingesting.rest()
    batch = (time.perf_counter() - started - first) / len(batches)
    assert end == "end 0"
    assert ingesting.does("verify", whole) == ["[]"]
    expected = ingesting.does("answer", whole)
    stats = json.loads(expected[0])
    assert stats["passages"] >= PASSAGES

    recorded: list[bool] = []
    lacking: list[int] = []
    for kill in range(EARLY + LATE):
        process = ingesting.begun("ingest", path)
        if kill < EARLY:
            time.sleep((kill + dice.random()) / EARLY * first)
        else:
            while int(ingesting.line()) > left * (1 - (kill - EARLY) / (LATE + 1)):
                pass
            time.sleep(dice.random() * batch)
        os.kill(process, signal.SIGKILL)
        assert ingesting.rest()[1] == f"end {-signal.SIGKILL}"
        faults = json.loads(ingesting.does("verify", path)[0])
        assert all(fault.startswith("index: ") for fault in faults)
        assert not faults or f"which ends at {stats['events']};" in faults[0], "a ledger with all, or with nothing"
        lacking.append(sum(fault.startswith("index: lacks ") for fault in faults))
        recorded.append(bool(faults) or any(recorded))
    assert recorded == sorted(recorded)
    assert not recorded[0], "a kill before the ledger had it"
    kept = lacking[recorded.index(True) :]
    assert kept == sorted(kept, reverse=True)
    assert any(0 < number < kept[0] for number in kept), "kills between batches"

    ingesting.does("ingest", path)
    assert ingesting.does("verify", path) == ["[]"]
    assert ingesting.does("answer", path) == expected
