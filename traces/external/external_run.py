"""Tell external runs (recorded by another system and imported) from evitrail's own.

Rules kept here
- The first record of an external run says so: ``"recorded": "elsewhere"``.
- An external run can be listed, replayed, exported and checked for integrity. It cannot be run again, whole or in
  part, because evitrail does not have its code.

    expect_own(trace, "verified")
"""

from __future__ import annotations

from evitrail.traces.run.activity import Activity
from evitrail.traces.trace import Trace

ELSEWHERE = "elsewhere"
"""The value of ``recorded`` in ``run.begin`` of an external run."""
WHEN = frozenset({"span", "began", "ended"})
"""Parameters with the span id and times of a step: they always differ, even if the work is the same."""


def recorded_elsewhere(trace: Trace) -> bool:
    """Whether this is an external run."""
    return bool(trace.records) and trace.records[0].body.get("recorded") == ELSEWHERE


def expect_own(trace: Trace, done: str) -> None:
    """Raise ``ValueError`` for an external run; ``done`` says what was asked for, for example ``forked``."""
    if recorded_elsewhere(trace):
        raise ValueError(
            f"{trace.run!r} is an external run and cannot be {done}, because evitrail does not have its code; "
            "step through it with `evitrail replay`"
        )


def failed_steps(trace: Trace) -> dict[str, Activity]:
    """What the failed steps of an imported run were given and gave, by path.

    Of a step that failed here, only the path and the error are known.
    """
    bodies = [record.body for record in trace.of_type("activity.error") if "parameters" in record.body]
    steps = [{name: value for name, value in body.items() if name in Activity.model_fields} for body in bodies]
    return {step["path"]: Activity.model_validate(step) for step in steps}


def without_times(trace: Trace) -> list[Activity]:
    """A run's steps without span ids and times, so that they can be compared with those of another run."""
    return [
        activity.model_copy(update={"parameters": {k: v for k, v in activity.parameters.items() if k not in WHEN}})
        for activity in trace.activities
    ]
