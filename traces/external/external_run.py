"""Whether a run was done by evitrail, or elsewhere and only written down here.

Rules kept here
- The first record of a run that was done elsewhere says so: ``"recorded": "elsewhere"``.
- Such a run can be listed, walked, exported and checked for integrity. It cannot be done again, whole or in
  part: its code is not here.

    expect_own(trace, "verified")
"""

from __future__ import annotations

from evitrail.traces.run.activity import Activity
from evitrail.traces.trace import Trace

ELSEWHERE = "elsewhere"
"""What ``run.begin`` has for ``recorded`` where the work was not ours."""
WHEN = frozenset({"span", "began", "ended"})
"""Parameters that say which span a step was and when: no two are alike, though the work be the same."""


def recorded_elsewhere(trace: Trace) -> bool:
    """Whether the work of this run was not ours."""
    return bool(trace.records) and trace.records[0].body.get("recorded") == ELSEWHERE


def expect_own(trace: Trace, done: str) -> None:
    """Raise ``ValueError`` for a run that cannot be done again; ``done`` says what was asked: ``forked``."""
    if recorded_elsewhere(trace):
        raise ValueError(
            f"{trace.run!r} was recorded elsewhere and cannot be {done}: its code is not here; "
            "walk through it with `evitrail replay`"
        )


def timeless(trace: Trace) -> list[Activity]:
    """A run's steps without what says when they were done, to be compared with those of another."""
    return [
        activity.model_copy(update={"parameters": {k: v for k, v in activity.parameters.items() if k not in WHEN}})
        for activity in trace.activities
    ]
