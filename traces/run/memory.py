"""What a recorded run did, so that it need not be done again.

Rules kept here
- Work is found by its key, first where it stood, then by how many times that key has come up in the run:
  drawing twice from a model that is not deterministic gives two results, and each step keeps its own.
- What a fork laid down is not work.
- A fork does not record what was done within a step it reused; that is read where it was done.

    memory = remembered(journal, "standard.rad-001")
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from evitrail.traces.journal.schema import Stored
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import Record
from evitrail.traces.run.activity import Activity


class RecordedWork(NamedTuple):
    """Work that need not be done again."""

    output: str
    edges: str | None
    run: str
    """Where it was done."""
    value: Record | None = None
    """The output itself, where it was made or read in this process."""
    inner: tuple[str, ...] = ()
    """Keys of the steps within it, which are not come by when it is remembered."""


Memory = dict[tuple[str, str | int], RecordedWork]
"""By step key and path, and by step key and how many times that key has come up in the run."""


def add_work(memory: Memory, key: str, path: str, times: int, done: RecordedWork) -> None:
    """Remember work under both its names."""
    memory[key, path] = memory[key, times] = done


def reusable_work(memory: Memory, key: str, path: str, times: int) -> RecordedWork | None:
    """The work of that key that was done at that place; else the one that came up as the same in number."""
    return memory.get((key, path)) or memory.get((key, times))


def activities(journal: JournalView, run: str) -> list[Activity]:
    """The finished steps of a run, in order."""
    return finished(journal.records(run))


def finished(records: Iterable[Stored]) -> list[Activity]:
    """The steps that these records tell of; of a step that was done again after its code changed, the last."""
    ends = (line["body"] for line in (record.line for record in records) if line["type"] == "activity.end")
    return list({activity.path: activity for activity in map(Activity.model_validate, ends)}.values())


def unfolded(journal: JournalView, run: str) -> list[Activity]:
    """The steps of a run, each reused one with those that were done within it, where it was done."""
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
    """What was done within a step where it was done, by the paths it would have here."""
    same = [a for a in origin if (a.key, a.output) == (reused.key, reused.output)]
    done = next((a for a in same if a.path == reused.path), same[0] if same else reused)
    inner = [a for a in origin if done.path in outers(a.path)]
    moved = {a.path: reused.path + a.path.removeprefix(done.path) for a in inner}
    return [
        a.model_copy(update={"path": moved[a.path], "reused_from": a.reused_from or reused.reused_from}) for a in inner
    ]


def recorded_work(journal: JournalView, run: str) -> Memory:
    """The work that a recorded run did, as a fork of it may reuse; what was laid down in it is not work."""
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
    """The steps that a step stands within, the nearest last."""
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]


def secret_of(journal: JournalView, run: str) -> str | None:
    """The run whose key names what this one stores, where it holds patient data."""
    records = journal.records(run)
    return records[0].body.get("secret") if records else None
