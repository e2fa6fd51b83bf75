"""Two experiments of the ward in ``ward.py`` to measure drift between, on one store that goes on between them.

drifting = Drifting(tmp_path, store)
a = drifting.run("a")
rate(store, "apixaban@1", "very_low", "panel of May")
b = drifting.run("b")
drifting.drift(a, b)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ward import WardReader, arm, ask, case

from evitrail.eval.attribution.baseline.baseline_runs import Side
from evitrail.eval.dataset.case import Case
from evitrail.eval.drift.drift import drift
from evitrail.eval.drift.paired import Asked, asked
from evitrail.eval.drift.record import ChangedAnswer, Drift
from evitrail.eval.log.runs import outcomes
from evitrail.eval.metrics.outcomes_file import write_outcomes
from evitrail.eval.plan.condition import Condition
from evitrail.eval.plan.readers import readers
from evitrail.evidence_store import EvidenceStore
from evitrail.traces import Journals

CASES = ("apixaban",)


class Drifting:
    """Asks cases on the store as it stands, and measures what changed."""

    def __init__(self, folder: Path, store: EvidenceStore, closing: ExitStack) -> None:
        self.folder = folder
        self.store = store
        self._closing = closing

    def run(
        self, name: str, *conditions: Condition, reader: Any = None, cases: Sequence[Case] = (), **options: Any
    ) -> Asked:
        """An experiment in a folder of this name, with its file of outcomes."""
        reader = reader or WardReader()
        asked_of = list(cases) or [case(drug) for drug in CASES]
        folder = self.folder / name
        assert ask(folder, self.store, asked_of, list(conditions) or [arm()], reader, **options) == []
        past = self._closing.enter_context(Journals.open(folder))
        write_outcomes(folder / "outcomes.parquet", outcomes(past))
        return asked(str(folder), Side(past, self.store, readers(reader)))

    def drift(self, a: Asked, b: Asked, **options: Any) -> Drift:
        return drift(a, b, **options)

    def one(self, a: Asked, b: Asked, **options: Any) -> ChangedAnswer:
        """The one changed answer of the one condition."""
        ((changed,),) = (condition.changed for condition in drift(a, b, **options).conditions)
        return changed


@contextmanager
def drifting(folder: Path, store: EvidenceStore) -> Iterator[Drifting]:
    """Runs that are recorded in folders below this one."""
    with ExitStack() as closing:
        yield Drifting(folder, store, closing)
