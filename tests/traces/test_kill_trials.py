"""Two hundred times kill -9 at a random moment, four threads at work: nothing that returned is lost or redone."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from killable import RUNS, STEPS, after, killed, lines, work
from nursery import Nursery
from scribe import Note

from evitrail.traces import Journal, content_id, verify_journal
from evitrail.traces.run.memory import activities

KILLS = 200
BATCHES = 4
LONGEST = 0.08
"""Seconds from a worker's first step to its end, at most."""

Step = tuple[str, str]


@pytest.mark.parametrize("batch", range(BATCHES))
def test_no_step_that_returned_is_lost_and_no_call_is_repeated(tmp_path: Path, batch: int) -> None:
    dice, kills, folders = random.Random(batch), 0, []
    with Nursery("killable:work") as nursery:
        while kills < KILLS // BATCHES:
            folder = tmp_path / str(len(folders))
            folder.mkdir()
            folders.append(folder)
            before: dict[Step, str] = {}
            while before.keys() != every_step() and kills < KILLS // BATCHES:
                calls = called(folder)
                kills += killed(nursery, folder, after=dice.uniform(0, LONGEST))
                now = recorded(folder)
                assert before.items() < now.items()
                for run, path, output in lines(folder / "returned"):
                    assert now[run, path] == output
                assert not before.keys() & (called(folder) - calls).keys()
                before = now
    for folder in folders:
        finished(folder)


def finished(folder: Path) -> None:
    """Left alone, the work comes to the end that an undisturbed one comes to, and each call was made about once."""
    before, calls = recorded(folder), called(folder)
    work(str(folder))
    assert recorded(folder).keys() == every_step()
    assert called(folder) - calls == Counter(every_step() - before.keys())
    with Journal.open(folder / "journal.db", create=False) as journal:
        ends = {run: [r.body["output"] for r in journal.records(run) if r.type == "run.end"] for run in journal.runs()}
    assert ends == {run: [told(run)] for run in RUNS}


def recorded(folder: Path) -> dict[Step, str]:
    """Every step in the journal, by run and path, with its output's name; and the journal is sound."""
    with Journal.open(folder / "journal.db") as journal:  # to write, as the next worker finds it
        assert verify_journal(journal).integrity == ()
        return {(run, a.path): a.output for run in journal.runs() for a in activities(journal, run)}


def called(folder: Path) -> Counter[Step]:
    """How often each call was begun."""
    return Counter((run, path) for run, path in lines(folder / "calls"))


def told(run: str) -> str:
    """The name of the note that a run ends with."""
    note = Note(text=run)
    for number in range(1, STEPS + 1):
        note = after(note, number)
    return content_id(note)


def every_step() -> set[Step]:
    return {(run, f"ask[{n}]") for run in RUNS for n in range(1, STEPS + 1)}
