"""When a step or run of another system began and ended, kept to the nanosecond.

Rules kept here
- A time is stored as ISO 8601 text, with nine decimals where six would lose something.
- An unknown time is None. It is never replaced by the time of the import.
- A run without times of its own began with its first step and ended with its last.

    recorded_times(trace).steps["retriever[1]"]      # Times(began, ended), in nanoseconds since 1970
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from evitrail.traces.trace import Trace

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = 2**64 - 1
"""The last moment that the nanoseconds of a span can hold: in the year 2554."""
FRACTION = re.compile(r"(?<=\d\d:\d\d:\d\d)[.,](\d+)")
MILLION = 10**6


class Times(NamedTuple):
    """A beginning and an end, in nanoseconds since 1970; None if unknown."""

    began: int | None
    ended: int | None


class RecordedTimes(NamedTuple):
    """The times that an imported run states."""

    run: Times
    steps: Mapping[str, Times]
    """By the step's path; a step that states no times is not among them."""


def iso_time(nanoseconds: int) -> str | None:
    """A moment as text; None for 0, which means unknown."""
    if not nanoseconds:
        return None
    text = (EPOCH + timedelta(microseconds=nanoseconds // 1000)).isoformat(timespec="microseconds")
    return text if nanoseconds % 1000 == 0 else text.replace("+", f"{nanoseconds % 1000:03d}+")


def nanoseconds(value: Any) -> int:
    """A moment given as ISO 8601 text (UTC if it names no zone) or as milliseconds since 1970; 0 for None or "".

    Raises ``ValueError`` for anything else.
    """
    if value is None or value == "":
        return 0
    if isinstance(value, int | float) and not isinstance(value, bool):
        found = round(value * MILLION)
    else:
        found = _from_text(value)
    if not 0 <= found <= LATEST:
        raise ValueError(f"expected a time between 1970 and 2554, got {value!r}")
    return found


def recorded_times(trace: Trace) -> RecordedTimes | None:
    """The times that a run of another system states; None for a run that was recorded here."""
    begin = trace.records[0].body if trace.records else {}
    if begin.get("config_type") != "Imported":
        return None
    bodies = [record.body for record in trace.records if record.type in ("activity.end", "activity.error")]
    stated = {body["path"]: body["parameters"] for body in bodies if "began" in body.get("parameters", ())}
    steps = {path: _times(parameters) for path, parameters in stated.items()}
    ends = [record.body for record in trace.of_type("run.end")]
    if "began" in begin:
        return RecordedTimes(_times({"began": begin["began"], "ended": ends[-1].get("ended") if ends else None}), steps)
    began = [times.began for times in steps.values() if times.began is not None]
    ended = [times.ended for times in steps.values() if times.ended is not None]
    return RecordedTimes(Times(min(began, default=None), max(ended, default=None)), steps)


def moment(nanoseconds: int) -> datetime:
    """The moment, to the microsecond."""
    return EPOCH + timedelta(microseconds=nanoseconds // 1000)


def _times(stated: Mapping[str, Any]) -> Times:
    return Times(*(nanoseconds(stated.get(name)) or None for name in ("began", "ended")))


def _from_text(value: Any) -> int:
    text = value.strip() if isinstance(value, str) else ""
    fraction = FRACTION.search(text)
    try:
        whole = datetime.fromisoformat(FRACTION.sub("", text))
    except ValueError as error:
        raise ValueError(f"expected an ISO 8601 time, got {value!r}") from error
    if len(text) < len("2024-01-01T00:00"):
        raise ValueError(f"expected an ISO 8601 time with hours and minutes, got {value!r}")
    seconds = ((whole if whole.tzinfo else whole.replace(tzinfo=UTC)) - EPOCH) // timedelta(seconds=1)
    return seconds * 10**9 + int(f"{fraction[1]:0<9.9}" if fraction else 0)
