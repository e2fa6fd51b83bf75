"""How the cost of reading grows with the length of a run: 1,000 to 100,000 steps, 1 KB out each.

    python bench/scale.py

Each step reads what the one before it wrote, as an agent's steps do; what it writes are clinical sentences.

- open: the run's records and steps, from the file
- any step: one step with its inputs and output written out, by its path; the slowest of a hundred at random
- verify: both verdicts on the whole journal
- HTML: the run as one page, and its size
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from steps import Config, Text, kilobytes

from evitrail.traces import Journal, Live, Task, Trace, seal, verify_journal
from evitrail.workbench.cli.trace.trace import step_body
from evitrail.workbench.page import write_page

T = TypeVar("T")
LENGTHS = (1_000, 10_000, 100_000)
LOOKS = 100


def results() -> list[str]:
    """A Markdown table, a row for each length."""
    lines = [
        "| steps | journal, MB | open, s | any step, ms (slowest of 100) | verify, s | HTML, MB | HTML, s |",
        "|---|---|---|---|---|---|---|",
    ]
    for length in LENGTHS:
        with tempfile.TemporaryDirectory() as folder:
            lines.append(row(Path(folder), length))
    return lines


def row(folder: Path, length: int) -> str:
    """One run of this length, measured."""
    made(folder / "journal.db", length)
    size = (folder / "journal.db").stat().st_size / 1e6
    with Journal.open(folder / "journal.db", create=False) as journal:
        opened, trace = timed(lambda: opened_run(journal))
        dice = random.Random(0)
        looks = [timed(lambda: step_body(trace, dice.choice(trace.activities)))[0] for _ in range(LOOKS)]
        verified, verdicts = timed(lambda: verify_journal(journal))
        assert verdicts.sound
        page = folder / "run.html"
        written, _ = timed(lambda: write_page(journal, ["run"], page))
    html = page.stat().st_size / 1e6
    looked = max(looks) * 1000
    return f"| {length:,} | {size:.1f} | {opened:.2f} | {looked:.1f} | {verified:.2f} | {html:.1f} | {written:.1f} |"


def made(path: Path, length: int) -> None:
    """A sealed journal with one run; in one transaction, since it is not the writing that is measured."""
    with Journal.open(path) as journal:
        with journal.transaction():
            run = Live.begin(journal, "run", Config(block=0))
            last = Text(text="")
            for said in islice(kilobytes(), length):
                last = run.step(Task("write", partial(Text, text=said), returns=Text, inputs={"text": last}, by=None))
            run.end(last)
        seal(journal)


def opened_run(journal: Journal) -> Trace:
    """A run with its steps."""
    trace = Trace(journal, "run")
    assert trace.activities
    return trace


def timed(call: Callable[[], T]) -> tuple[float, T]:
    """Seconds, and what came of them."""
    started = perf_counter()
    made = call()
    return perf_counter() - started, made


if __name__ == "__main__":
    print("\n".join(results()))
