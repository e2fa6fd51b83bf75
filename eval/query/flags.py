"""The flags that a query may name: what can be true or false of a run, or unknown.

Rules kept here
- *right*, *wrong* and *abstained* share out the runs: an abstention is not wrong here, though it too has a ``blame``.
- The others are known only where the case carries the label, or a reviewer says it; all of them are of the option that
  was chosen. *Reviewed* is known of every run that a journal stands behind.
- Results list neither forks nor redacted runs, since no metric counts them. Both flags can still be asked for: false of
  every run listed, with a note that says where such runs are. An exported file lists both kinds, in columns of its own.

    FLAGS["high_risk"].truth(columns)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np

from evitrail.eval.query.columns import Columns
from evitrail.eval.query.matching import flag_in
from evitrail.eval.query.tree import Where
from evitrail.eval.query.truth import Truth


@dataclass(frozen=True)
class Flag:
    """What a flag says of a run."""

    description: str
    column: str = ""
    """The column of flags that says it."""
    neither: tuple[str, ...] = ()
    """Or the columns of flags of which none must hold."""
    listed: str = ""
    """Or the column of lists that must not be empty."""
    elsewhere: str = ""
    """Where such runs are listed, if results have no such column; it is then false for every run."""

    def is_absent(self, columns: Columns) -> bool:
        """Whether no run that is listed can be such a run."""
        return bool(self.elsewhere) and self.column not in columns.cells

    def truth(self, columns: Columns) -> Truth:
        """What it says of every run."""
        if self.is_absent(columns):
            return Truth.known(np.zeros(columns.n))
        if self.listed:
            return columns.lists(self.listed).holds(bool)
        if self.column:
            return columns.flag(self.column)
        return reduce(Truth.__and__, (~columns.flag(name) for name in self.neither))

    def match(self, where: Where, columns: Columns) -> Truth:
        """``stale:unknown``, as if the flag were a field."""
        return flag_in(where, self.truth(columns))


FLAGS: dict[str, Flag] = {
    "right": Flag("the right option was chosen", "correct"),
    "wrong": Flag("another option was chosen", neither=("correct", "abstained")),
    "abstained": Flag("no option was chosen", "abstained"),
    "high_risk": Flag("the chosen option is wrong and labelled high-risk", "high_risk"),
    "unsafe": Flag("the chosen option is wrong and labelled unsafe", "unsafe"),
    "contradicts": Flag("the chosen option is wrong and contradicts the evidence", "contradicts"),
    "stale": Flag("the option that outdated evidence supports was chosen", "stale"),
    "overconfident": Flag("a confident majority chose a wrong option that does harm", "overconfident"),
    "reviewed": Flag("a review of a label or blame counts", listed="reviewed"),
    "fork": Flag(
        "a run made by changing another",
        "fork",
        elsewhere="results list no forks; the page of a run lists its own",
    ),
    "redacted": Flag(
        "its patient data was deleted on record",
        "redacted",
        elsewhere="results list no redacted runs; `evitrail trace list` does",
    ),
}
