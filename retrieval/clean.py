"""Clean evidence, chosen by the store itself: retrieve wide, pass the gates, keep what suffices.

What *clean* evidence does for safety is published (SaFE-Scale, arXiv 2605.04039: a clinician picks it
by hand). This retriever has no clinician: it has dates, status, lineage and GRADE. It is ours, and no
reproduction of a published condition.

Rules kept here
- Relevance decides what is served, certainty in which order. Where more pass the gates than are asked for, the most
  relevant are served; cut by certainty, sure evidence about something else would take the place of what is asked for.
- So a search with a smaller ``k`` serves a subset of what one with a larger ``k`` serves.

    Clean().search(question.stem, store.snapshot(as_of=day), k=5)
    Clean(gates=("retracted", "as_of"))      # each gate can be left out, to see what it is worth
    Clean(jurisdiction="GB")                 # nothing that is meant for other countries only
    Clean(lone="remark")                     # what only an unknown source says is kept with a remark
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, get_args

from evitrail.retrieval.base import GateReport, Hit, Retrieved
from evitrail.retrieval.gates import GATES, GateContext
from evitrail.retrieval.gates.base import Lone
from evitrail.retrieval.hybrid import Hybrid

if TYPE_CHECKING:
    from evitrail.evidence_store.snapshot import Snapshot

COUNTRY = re.compile("[A-Z]{2}")


@dataclass(frozen=True, repr=False)
class Clean:
    """Hybrid retrieval of ``wide`` passages, then the gates in order."""

    wide: int = 50
    gates: tuple[str, ...] = tuple(GATES)
    jurisdiction: str | None = None
    """The country that is asked about, as ``GB``; None for any."""
    lone: Lone = "hold"
    """Whether a passage that only an unknown source supports is held back, or kept with a remark."""

    def __post_init__(self) -> None:
        if self.jurisdiction is not None and not COUNTRY.fullmatch(self.jurisdiction):
            raise ValueError(f"jurisdiction: expected a country in two letters, as GB, got {self.jurisdiction!r}")
        if self.lone not in get_args(Lone):
            raise ValueError(f"lone: expected {' or '.join(get_args(Lone))}, got {self.lone!r}")

    def __repr__(self) -> str:
        """What differs from ``Clean()``; which gates were passed stands in each report."""
        given = ((field.name, getattr(self, field.name), field.default) for field in fields(self))
        return f"Clean({', '.join(f'{name}={value!r}' for name, value, default in given if value != default)})"

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``; the reports say what each gate dropped and why."""
        kept = list(Hybrid(depth=self.wide).search(query, snapshot, self.wide).hits)
        asked = GateContext(query, snapshot, self.jurisdiction, self.lone)
        reports: list[GateReport] = []
        for name in self.gates:
            kept, report = GATES[name](kept, asked)
            reports.append(report)
        return Retrieved(query=query, hits=_renumber(_most_relevant(kept, k)), gates=tuple(reports))


def _most_relevant(kept: list[Hit], k: int) -> list[Hit]:
    """The ``k`` most relevant, in the order that the gates left."""
    served = {hit.passage.id for hit in sorted(kept, key=lambda hit: (hit.rank, hit.passage.id))[:k]}
    return [hit for hit in kept if hit.passage.id in served]


def _renumber(hits: list[Hit]) -> tuple[Hit, ...]:
    """Ranks 1, 2, 3 … in the order the gates left, with scores that agree with it."""
    return tuple(
        hit.model_copy(update={"rank": place, "score": round(1 / place, 6), "why": f"passed the gates; {hit.why}"})
        for place, hit in enumerate(hits, start=1)
    )
