"""How far an experiment is, by the begins, ends and errors in its journal while it is written.

Rules kept here
- Counted are the runs of the experiment itself: no fork, no seal, nothing that was recorded elsewhere.
- A run is done once it has ended. One has failed if the last that is on record of it is an error: while it is tried
  again, it is neither.
- The rate is that of the last minute. None while nothing ended in it: the end is then unknown.

    state = SweepState()
    for added in growth.between(Position(), growth.end()):
        state.note(added)
    state.progress(growth, now=time(), planned=644).done
"""

from __future__ import annotations

from collections import deque
from datetime import datetime

from evitrail.traces.external.external_run import ELSEWHERE
from evitrail.traces.growth import BEGIN, END, ERROR, Added, Growth
from evitrail.traces.record import Record

WINDOW = 60.0
"""Seconds over which the rate is taken."""
LEAST = 5.0
"""Seconds that the rate is taken over at least, so that two runs that end together are no rate."""


class SweepProgress(Record):
    """How far an experiment is."""

    done: int
    planned: int | None
    """None where the plan or its benchmark cannot be read."""
    failed: int | None
    """Runs that were left with an error; None where nobody looked."""
    rate: float | None = None
    """Runs a second; None where none ended lately."""
    eta_s: int | None = None
    """Seconds until the rest is done, at this rate."""


class SweepState:
    """The state so far; see the module."""

    def __init__(self) -> None:
        self._begun: set[str] = set()
        self._ended: set[str] = set()
        self._erred: dict[str, str] = {}
        """By run that has not ended, the file that holds its last error."""
        self._ends: deque[float] = deque(maxlen=10_000)

    def note(self, added: Added) -> bool:
        """Take note of a record; returns whether a run of the experiment ended with it."""
        run, body = added.run, added.body
        if added.type == BEGIN:
            if body.get("parent") is None and body.get("recorded") != ELSEWHERE:
                self._begun.add(run)
        elif run in self._begun and run not in self._ended:
            if added.type == ERROR:
                self._erred[run] = added.file
            elif added.type == END:
                self._erred.pop(run, None)
                self._ended.add(run)
                self._ends.append(datetime.fromisoformat(added.at).timestamp())
                return True
        return False

    def progress(self, growth: Growth, *, now: float, planned: int | None) -> SweepProgress:
        """How far it is at a moment; what is left with an error is looked up."""
        failed = sum(growth.last_type(file, run) == ERROR for run, file in self._erred.items())
        rate, done = self._rate(now), len(self._ended)
        left = None if planned is None else max(planned - done - failed, 0)
        eta = round(left / rate) if left and rate else None
        return SweepProgress(done=done, planned=planned, failed=failed, rate=rate, eta_s=eta)

    def _rate(self, now: float) -> float | None:
        lately = [at for at in self._ends if now - WINDOW <= at <= now]
        if not lately:
            return None
        spent = max(now - min(lately), LEAST) if len(lately) == len(self._ends) else WINDOW
        return float(f"{len(lately) / spent:.2g}")
