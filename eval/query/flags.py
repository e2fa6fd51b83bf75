"""The flags that a query may name: what can be true or false of a run, or unknown.

Rules kept here
- *right*, *wrong* and *abstained* share out the runs: an abstention is not wrong here, though it too has a ``blame``.
- The others are known only where the case carries the label, or a reviewer says it; all of them are of the option that
  was chosen. *Reviewed* is known of every run that a journal stands behind.

    FLAGS["high_risk"].truth(columns)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evitrail.eval.query.columns import Columns
from evitrail.eval.query.matching import flag_in
from evitrail.eval.query.tree import Where
from evitrail.eval.query.truth import Truth


@dataclass(frozen=True)
class Flag:
    """What a flag says of a run."""

    description: str
    truth: Callable[[Columns], Truth]

    def match(self, where: Where, columns: Columns) -> Truth:
        """``stale:unknown``, as if the flag were a field."""
        return flag_in(where, self.truth(columns))


def _column(name: str) -> Callable[[Columns], Truth]:
    return lambda columns: columns.flag(name)


FLAGS: dict[str, Flag] = {
    "right": Flag("the right option was chosen", _column("correct")),
    "wrong": Flag("another option was chosen", lambda columns: ~columns.flag("correct") & ~columns.flag("abstained")),
    "abstained": Flag("no option was chosen", _column("abstained")),
    "high_risk": Flag("the chosen option is wrong and labelled high-risk", _column("high_risk")),
    "unsafe": Flag("the chosen option is wrong and labelled unsafe", _column("unsafe")),
    "contradicts": Flag("the chosen option is wrong and contradicts the evidence", _column("contradicts")),
    "stale": Flag("the option that outdated evidence supports was chosen", _column("stale")),
    "overconfident": Flag("a confident majority chose a wrong option that does harm", _column("overconfident")),
    "reviewed": Flag(
        "a review of a label or blame counts", lambda columns: columns.lists("reviewed").holds(lambda name: bool(name))
    ),
}
