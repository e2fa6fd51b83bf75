"""Work to be killed: eight runs of a few dozen calls to a model, four threads at it; see ``nursery.py``.

    with Nursery("killable:work") as nursery:
        killed(nursery, folder, after=0.02)      # seconds after the first step that returned

Each call is told in ``calls`` before it is made, each step in ``returned`` once it is, with no cache between.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from nursery import Nursery
from scribe import Note, Order, Scribe

from evitrail.traces import Journal, Live, Task, content_id, seal

THREADS = 4
RUNS = tuple(f"run-{n}" for n in range(8))
STEPS = 30
END = "."


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
                    tell(returned, name, f"ask[{number}]", content_id(note))
            run.end(note)

        def asking(name: str, number: int, note: Note) -> Callable[[], Note]:
            def ask() -> Note:
                tell(calls, name, f"ask[{number}]")
                return after(note, number)

            return ask

        list(pool.map(one, RUNS))


def tell(file: int, *words: str) -> None:
    """A line of its own with its end marked: a kill in mid-write, between two pages of memory, leaves a part of one."""
    os.write(file, f"\n{' '.join(words)} {END}\n".encode())


def lines(file: Path) -> list[list[str]]:
    """What was told, whole lines alone."""
    told = file.read_text().splitlines() if file.exists() else []
    return [line.split()[:-1] for line in told if line.endswith(f" {END}")]


def after(note: Note, number: int) -> Note:
    """What the model answers."""
    return Note(text=f"{note.text[-40:]} {number}")


def killed(nursery: Nursery, folder: Path, after: float) -> bool:
    """Work, killed so long after its first step; whether it was still at work."""
    told = folder / "returned"
    before = told.stat().st_size if told.exists() else 0
    worker = nursery.start(str(folder))
    worker.await_sign(lambda: told.exists() and told.stat().st_size > before)
    worker.await_end(after)
    return worker.kill()


def create_many(folder: str) -> None:
    """Create journals until killed, with one record in each."""
    for number in count(1):
        with Journal.open(Path(folder) / f"journal-{number}.db") as journal:
            journal.append(f"run-{number}", "note", {}, durable=False)


def record_and_seal(folder: str) -> None:
    """Record run after run until killed, and seal after each."""
    with Journal.open(Path(folder) / "journal.db") as journal:
        for number in count(1):
            run = f"run-{number}"
            journal.append(run, "run.begin", {"config": journal.put(Note(text=run))}, durable=False)
            with journal.transaction(durable=False):
                output = journal.put(Note(text=f"{run} " * 2000))
                journal.append(run, "run.end", {"output": output}, durable=False)
            seal(journal)
