"""The recorded work of a run, so that a resumed run or a fork can reuse it.

Rules kept here
- Work is found by its key and path, or else by its key and how many times that key has occurred in the run: two
  samples from a model that is not deterministic are two results, and each step keeps its own.
- An overridden output is not work that can be reused.
- A fork does not record the steps within a step it reused; they are read from the run that did them.

    memory = recorded_work(journal, "standard.rad-001")
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from evitrail.traces.journal.after_end import allowed
from evitrail.traces.journal.schema import Stored
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import Record
from evitrail.traces.run.activity import Activity


class RecordedWork(NamedTuple):
    """One step's recorded output and edges, which can be reused."""

    output: str
    edges: str | None
    run: str
    """The run that did the work."""
    value: Record | None = None
    """The output itself, if this process made or read it."""
    inner: tuple[str, ...] = ()
    """Keys of the steps within it, which do not run when it is reused."""


Memory = dict[tuple[str, str | int], RecordedWork]
"""Recorded work by step key and path, and by step key and how many times that key has occurred in the run."""


def add_work(memory: Memory, key: str, path: str, times: int, done: RecordedWork) -> None:
    """Add work under its path and under its count."""
    memory[key, path] = memory[key, times] = done


def reusable_work(memory: Memory, key: str, path: str, times: int) -> RecordedWork | None:
    """The work with this key at the same path; else the one at the same count; None if there is none."""
    return memory.get((key, path)) or memory.get((key, times))


def activities(journal: JournalView, run: str) -> list[Activity]:
    """The finished steps of a run, in order."""
    return finished(allowed(journal.records(run)))


def finished(records: Iterable[Stored]) -> list[Activity]:
    """The finished steps among these records; if a step was repeated after its code changed, the last one."""
    ends = (line["body"] for line in (record.line for record in records) if line["type"] == "activity.end")
    return list({activity.path: activity for activity in map(Activity.model_validate, ends)}.values())


def unfolded(journal: JournalView, run: str) -> list[Activity]:
    """The steps of a run, including the steps within reused ones, which are read from the run that did them."""
    whole: dict[str, Activity] = {}
    elsewhere: dict[str, list[Activity]] = {}
    for activity in activities(journal, run):
        if origin := activity.reused_from:
            if origin not in elsewhere:
                elsewhere[origin] = unfolded(journal, origin)
            whole |= {inner.path: inner for inner in _within(activity, elsewhere[origin])}
        whole[activity.path] = activity
    return list(whole.values())


def _within(reused: Activity, origin: list[Activity]) -> list[Activity]:
    """The steps within a reused step, read from the run that did them, with the paths they would have here."""
    same = [a for a in origin if (a.key, a.output) == (reused.key, reused.output)]
    done = next((a for a in same if a.path == reused.path), same[0] if same else reused)
    inner = [a for a in origin if done.path in outers(a.path)]
    moved = {a.path: reused.path + a.path.removeprefix(done.path) for a in inner}
    return [
        a.model_copy(update={"path": moved[a.path], "reused_from": a.reused_from or reused.reused_from}) for a in inner
    ]


def recorded_work(journal: JournalView, run: str) -> Memory:
    """The work of a recorded run that a fork of it may reuse, without overridden outputs."""
    steps = unfolded(journal, run)
    inner: dict[str, list[str]] = {}
    for activity in steps:
        for outer in outers(activity.path):
            inner.setdefault(outer, []).append(activity.key)
    seen: Counter[str] = Counter()
    memory: Memory = {}
    for activity in steps:
        seen[activity.key] += 1
        if not activity.given:
            within = tuple(inner.get(activity.path, ()))
            done = RecordedWork(activity.output, activity.edges, activity.reused_from or run, inner=within)
            add_work(memory, activity.key, activity.path, seen[activity.key], done)
    return memory


def outers(path: str) -> list[str]:
    """The paths of the steps that contain a step, outermost first."""
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]


def secret_of(journal: JournalView, run: str) -> str | None:
    """The run whose key names this run's blobs, if it holds patient data."""
    records = journal.records(run)
    return records[0].body.get("secret") if records else None
