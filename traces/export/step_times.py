"""When a run and its steps began and ended, as an export says it.

Rules kept here
- A step ended when its record was written, and began so many milliseconds before.
- A run of another system has the times that it states. One that it does not state is None, never the time of import.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from evitrail.traces.external.recorded_times import Times, moment, recorded_times
from evitrail.traces.trace import Trace

Span = tuple[datetime | None, datetime | None]
"""A beginning and an end; None if unknown."""


def step_times(run: Trace) -> Mapping[str, Span]:
    """When each finished step began and ended, by its path."""
    ended = {record.body["path"]: datetime.fromisoformat(record.line["t"]) for record in run.of_type("activity.end")}
    here = {a.path: (ended[a.path] - timedelta(milliseconds=a.milliseconds), ended[a.path]) for a in run.activities}
    stated = recorded_times(run)
    return {path: _span(stated.steps[path]) if stated and path in stated.steps else here[path] for path in here}


def run_times(run: Trace) -> Span:
    """When the run began and ended; records after its end are not part of it."""
    if stated := recorded_times(run):
        return _span(stated.run)
    last = (run.of_type("run.end") or run.records)[-1]
    return datetime.fromisoformat(run.records[0].line["t"]), datetime.fromisoformat(last.line["t"])


def _span(times: Times) -> Span:
    began, ended = (None if at is None else moment(at) for at in times)
    return began, ended
