"""Clean evidence, chosen by the store itself: retrieve wide, pass the gates, keep what suffices.

What *clean* evidence does for safety is published (SaFE-Scale, arXiv 2605.04039: a clinician picks it
by hand). This retriever has no clinician: it has dates, status, lineage and GRADE. It is ours, and no
reproduction of a published arm.

    Clean().search(question.stem, store.snapshot(as_of=day), k=5)
    Clean(gates=("retracted", "as_of"))      # each gate can be left out, to see what it is worth
"""

from __future__ import annotations

from dataclasses import dataclass

from evidence_store.snapshot import Snapshot
from retrieval.base import GateReport, Hit, Retrieved
from retrieval.gates import GATES
from retrieval.hybrid import Hybrid


@dataclass(frozen=True)
class Clean:
    """Hybrid retrieval of ``wide`` passages, then the gates in order."""

    wide: int = 50
    gates: tuple[str, ...] = tuple(GATES)

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``; the reports say what each gate dropped and why."""
        kept = list(Hybrid(depth=self.wide).search(query, snapshot, self.wide).hits)
        reports: list[GateReport] = []
        for name in self.gates:
            kept, report = GATES[name](kept, snapshot)
            reports.append(report)
        return Retrieved(query=query, hits=_renumber(kept[:k]), gates=tuple(reports))


def _renumber(hits: list[Hit]) -> tuple[Hit, ...]:
    """Ranks 1, 2, 3 … in the order the gates left, with scores that agree with it."""
    return tuple(
        hit.model_copy(update={"rank": place, "score": round(1 / place, 6), "why": f"passed the gates; {hit.why}"})
        for place, hit in enumerate(hits, start=1)
    )
