"""Two experiments of the ward in ``ward.py`` to measure drift between, on one store that goes on between them.

drifting = Drifting(tmp_path, store)
a = drifting.asked("a")
rate(store, "apixaban@1", "very_low", "panel of May")
b = drifting.asked("b")
drifting.drift(a, b)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from comparing import Comparing

from evitrail.eval.drift.drift import drift
from evitrail.eval.drift.paired import Asked, asked
from evitrail.eval.drift.record import ChangedAnswer, Drift
from evitrail.eval.log.runs import outcomes
from evitrail.eval.metrics.outcomes_file import write_outcomes
from evitrail.eval.plan.condition import Condition
from evitrail.evidence_store import EvidenceStore


class Drifting(Comparing):
    """Asks cases on the store as it stands, and measures what changed."""

    def asked(self, name: str, *conditions: Condition, **options: Any) -> Asked:
        """An experiment in a folder of this name, with its file of outcomes."""
        side = self.run(name, *conditions, **options)
        write_outcomes(self.folder / name / "outcomes.parquet", outcomes(side.past))
        return asked(str(self.folder / name), side)

    def drift(self, a: Asked, b: Asked, **options: Any) -> Drift:
        return drift(a, b, **options)

    def changed(self, a: Asked, b: Asked, **options: Any) -> ChangedAnswer:
        """The one changed answer of the one condition."""
        ((changed,),) = (condition.changed for condition in drift(a, b, **options).conditions)
        return changed


@contextmanager
def drifting(folder: Path, store: EvidenceStore) -> Iterator[Drifting]:
    """Runs that are recorded in folders below this one."""
    with ExitStack() as closing:
        yield Drifting(folder, store, closing)
