"""Intervals of blame: how often do those from 8 replicates hold what 200 replicates come to?

    python bench/interval_coverage.py [RUNS]

A nearly perfect reader that misreads at random, on a store whose old versions count as in force again, over the
questions of the demonstration: each failed run is attributed twice, with 8 replicates and with 200.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evitrail.agent.model import Decoding, Question, Synthesis
from evitrail.eval.attribution import inquiry
from evitrail.eval.attribution.attribute import attribute
from evitrail.eval.attribution.blame import Blame
from evitrail.eval.dataset.case import load
from evitrail.eval.demo import DEMO_CASES
from evitrail.eval.experiment.experiment import Experiment
from evitrail.eval.injection.store_faults import faulted
from evitrail.eval.injection.table_reader import TableReader
from evitrail.eval.injection.wrong_option import wrong_option
from evitrail.eval.log.runs import JOURNAL, traces
from evitrail.eval.metrics.stats import wilson
from evitrail.eval.plan.condition import Condition
from evitrail.evidence_store import EvidenceStore, read_evidence
from evitrail.evidence_store.demo import DEMO_EVIDENCE
from evitrail.retrieval.base import Hit
from evitrail.traces.journal.journal import Journal

SLIPS = (0.1, 0.3, 0.5, 0.7)
"""How often the reader misreads; each question has one of them."""


@dataclass(frozen=True)
class Slipping(TableReader):
    """Reads by the table, and sometimes reads everything as speaking for a wrong option."""

    wrong: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    dice: random.Random = field(default_factory=lambda: random.Random(5), repr=False, compare=False)

    @property
    def deterministic(self) -> bool:
        return False

    def synthesise(self, question: Question, hits: Sequence[Hit]) -> Synthesis:
        """See ``Reader.synthesise``."""
        said = super().synthesise(question, hits)
        if self.dice.random() >= SLIPS[sum(question.id.encode()) % len(SLIPS)]:
            return said
        wrong = self.wrong[question.id]
        return said.model_copy(update={"claims": tuple(c.model_copy(update={"option": wrong}) for c in said.claims)})


def main() -> None:
    """Print the coverage."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    folder = Path(tempfile.mkdtemp())
    cases = [case for case in load(DEMO_CASES) if case.clean_evidence]
    stale = [case for number, case in enumerate(cases) if number % 2]
    with EvidenceStore.open(folder / "store", create=True) as store:
        store.ingest(faulted("S2", stale, read_evidence(DEMO_EVIDENCE, {})))
        reader = Slipping(
            "slipping", {c.id: c.supported_by() for c in cases}, {}, {c.id: wrong_option(c) for c in cases}
        )
        condition = Condition(name="gated", agent="aimed", retriever="clean", k=5)
        Experiment(cases, [condition], store, reader, Decoding(samples=0)).run(folder / "runs")
        held = told = 0
        with Journal.open(folder / "runs" / JOURNAL) as journal:
            failed = 0
            for trace in list(traces(journal)):
                few = _wrong(attribute(journal, trace.run, store, reader))
                if few is None or not few.phi:
                    continue
                inquiry.REPLICATES, before = 200, inquiry.REPLICATES
                try:
                    many = _wrong(attribute(journal, trace.run, store, reader))
                finally:
                    inquiry.REPLICATES = before
                failed += 1
                for player in sorted(few.phi.keys() & (many.phi.keys() if many else set())):
                    one, truth = few.phi[player], many.phi[player].value if many else 0.0
                    told += 1
                    held += one.lo - 1e-9 <= truth <= one.hi + 1e-9
                if failed == most:
                    break
    lo, hi = wilson(held, told)
    share = f"{held / told:.3f} [{lo:.3f}-{hi:.3f}]"
    print(f"{failed} failed runs, {told} shares: the interval of 8 holds the value of 200 in {share}")


def _wrong(found: Sequence[Blame]) -> Blame | None:
    return next((blame for blame in found if blame.outcome == "wrong"), None)


if __name__ == "__main__":
    main()
