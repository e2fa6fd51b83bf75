"""Where the CPU time of a long command goes, part by part.

    spent = SpentTime()
    spent.ends("start")
    write_results(folder)
    spent.ends("report")
    spent.line()               # 'CPU seconds: start 1.2, report 3.4; 4.6 in all'

The time is that of this process and its threads; processes that it started are not counted.
"""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evitrail.eval.experiment.events import Event, Listener


class SpentTime:
    """What each part took so far; it begins with the process."""

    def __init__(self, now: Callable[[], float] = process_time) -> None:
        self._now = now
        self._parts: dict[str, float] = {}
        self._since = 0.0

    def ends(self, part: str) -> None:
        """All since the part before was spent on this one."""
        now = self._now()
        self._parts[part] = self._parts.get(part, 0.0) + now - self._since
        self._since = now

    def hearing(self, hear: Listener) -> Listener:
        """A listener that ends a part with each event of ``run_plan``, and passes the event on."""
        from evitrail.eval.experiment.events import Attributing, Embedding, Running

        parts = {Embedding: "sentences embedded", Running: "runs", Attributing: "attribution"}

        def heard(event: Event) -> None:
            if part := parts.get(type(event)):
                self.ends(part)
            hear(event)

        return heard

    def line(self) -> str:
        """All parts in the order in which they came."""
        told = ", ".join(f"{part} {seconds:.1f}" for part, seconds in self._parts.items())
        return f"CPU seconds: {told}; {sum(self._parts.values()):.1f} in all"
