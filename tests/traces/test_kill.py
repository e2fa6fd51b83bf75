"""After kill -9 every step that returned is in the journal, and taking the run up again repeats no call."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from scribe import Order

import evitrail.traces
from evitrail.traces import Journal, Live, Trace
from evitrail.traces.audit.integrity import check_chain

SOURCE = Path(evitrail.__file__).parents[1]
TRIALS = 5
STEPS = 250
ORDER = Order(words=tuple(f"word-{n}" for n in range(STEPS)))
# The side file is written before the step returns, with no cache between: it says which calls were begun.
WORKER = """
import os, sys
from scribe import Order, Scribe, copied
from evitrail.traces import Journal, Live
folder, steps = sys.argv[1], int(sys.argv[2])
order = Order(words=tuple(f"word-{n}" for n in range(steps)))
side = os.open(folder + "/calls", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

class Noting(Scribe):
    def write(self, note, word):
        os.write(side, (word + "\\n").encode())
        return super().write(note, word[-1])

class Telling:
    def __init__(self, run):
        self.run = run
    def step(self, task):
        out = self.run.step(task)
        os.write(1, (task.parameters["word"] + "\\n").encode())
        return out

with Journal.open(folder + "/journal.db") as journal:
    run = Live.begin(journal, "run", order)
    run.end(copied(Telling(run), order, Noting()))
"""


def started(folder: Path) -> subprocess.Popen[bytes]:
    env = {**os.environ, "PYTHONPATH": f"{SOURCE}{os.pathsep}{SOURCE.parent / 'tests'}"}
    command = [sys.executable, "-c", WORKER, str(folder), str(STEPS)]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE)


def killed(folder: Path, dice: random.Random) -> list[str]:
    """Run until some step has been printed, a little longer, then SIGKILL; returns what was printed."""
    worker = started(folder)
    assert worker.stdout is not None
    heard = [worker.stdout.readline() for _ in range(dice.randint(1, 40))]
    time.sleep(dice.uniform(0, 0.01))
    worker.send_signal(signal.SIGKILL)
    heard += worker.stdout.read().splitlines(keepends=True)
    worker.stdout.close()
    assert worker.wait() == -signal.SIGKILL
    return [line.decode().strip() for line in heard if line.endswith(b"\n")]


def finished(folder: Path) -> None:
    worker = started(folder)
    worker.communicate()
    assert worker.returncode == 0


def kept(folder: Path) -> list[str]:
    """The words of the steps in the journal, its chain checked on the way."""
    with Journal.open(folder / "journal.db", create=False) as journal:
        assert journal.problems() == []
        assert check_chain("run", journal.records("run")) == []
        done = Trace(journal, "run").activities
        assert [a.path for a in done] == [f"write[{n}]" for n in range(1, len(done) + 1)]
        for activity in done:
            assert activity.edges is not None
            for blob in (activity.output, activity.edges, *(given.id for given in activity.inputs)):
                journal.raw(blob)
        return [a.parameters["word"] for a in done]


def calls(folder: Path) -> Counter[str]:
    return Counter((folder / "calls").read_text().split())


@pytest.mark.parametrize("seed", range(TRIALS))
def test_every_step_that_returned_is_there_after_kill_9(tmp_path: Path, seed: int) -> None:
    printed = killed(tmp_path, random.Random(seed))
    recorded = kept(tmp_path)
    assert 0 < len(printed) < STEPS
    assert recorded[: len(printed)] == printed == list(ORDER.words[: len(printed)])
    assert len(recorded) <= len(printed) + 1


@pytest.mark.parametrize("seed", range(TRIALS))
def test_a_run_taken_up_after_kill_9_repeats_no_call_that_was_recorded(tmp_path: Path, seed: int) -> None:
    killed(tmp_path, random.Random(100 + seed))
    before = kept(tmp_path)
    finished(tmp_path)
    assert kept(tmp_path) == list(ORDER.words)
    made = calls(tmp_path)
    assert set(made) == set(ORDER.words)
    assert {made[word] for word in before} == {1}
    assert sum(made.values()) <= STEPS + 1


def test_a_run_killed_again_and_again_comes_to_the_same_end(tmp_path: Path) -> None:
    dice = random.Random(7)
    once, often = tmp_path / "once", tmp_path / "often"
    for folder in (once, often):
        folder.mkdir()
    for _ in range(TRIALS):
        before = kept(often) if (often / "journal.db").exists() else []
        killed(often, dice)
        assert kept(often)[: len(before)] == before
    finished(often)
    finished(once)
    assert kept(often) == kept(once) == list(ORDER.words)
    assert sum(calls(often).values()) <= STEPS + TRIALS
    ends = []
    for folder in (once, often):
        with Journal.open(folder / "journal.db", create=False) as journal:
            ends.append((Trace(journal, "run").of_type("run.end")[0].body, len(Trace(journal, "run").activities)))
    assert ends[0] == ends[1]


def test_a_finished_run_that_is_taken_up_again_writes_nothing(tmp_path: Path) -> None:
    finished(tmp_path)
    with Journal.open(tmp_path / "journal.db") as journal:
        before = journal.heads()
        Live.begin(journal, "run", ORDER)
    finished(tmp_path)
    with Journal.open(tmp_path / "journal.db", create=False) as journal:
        assert journal.heads() == before
    assert sum(calls(tmp_path).values()) == STEPS
