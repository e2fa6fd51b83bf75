"""Natural failures: how far do two readers agree on the step to blame, and the attribution with either?

    python bench/natural_failures.py [FOLDER]

FOLDER holds, or is given, the demonstration's runs with the reader whose failures were labelled: its weights are kept
beside the labels (``natural_failures/reader.json``). It takes some minutes the first time. The store of an
``evitrail demo`` in FOLDER is used where there is one; its runs are not, as the weights have changed since.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from evitrail.agent.reader import READERS, ExtractiveReader
from evitrail.agent.reader.extractive.scoring import Weights
from evitrail.eval.demo import DEMO_CASES
from evitrail.eval.metrics.stats import wilson
from evitrail.eval.plan.plan import Plan
from evitrail.eval.run_plan import run_plan
from evitrail.evidence_store import EvidenceStore, read_evidence
from evitrail.evidence_store.demo import DEMO_EVIDENCE
from evitrail.workbench.cli.experiment.demo import SHOWN

LABELS = Path(__file__).parent / "natural_failures"
READER = "labelled"
Steps = Mapping[str, Sequence[str]]


def labels(reader: str) -> dict[str, list[str]]:
    """By run, the steps that a reader blames, most to blame first."""
    lines = (LABELS / f"reader_{reader}.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["run"]: row["steps"] for row in map(json.loads, lines)}


def labelled_reader() -> Weights:
    """The weights of the reader whose failures were labelled."""
    return Weights.model_validate_json((LABELS / "reader.json").read_text(encoding="utf-8"))


def attributed(folder: Path) -> dict[str, list[str]]:
    """By run, the steps that the attribution blames for the wrong answer."""
    experiment, store = folder / "labelled-experiment", folder / "store"
    if not (experiment / "attribution.json").exists():
        weights = labelled_reader()
        READERS[READER] = lambda embed: ExtractiveReader(embed=embed, weights=weights)
        with EvidenceStore.open(store, create=True) as opened:
            opened.ingest(read_evidence(DEMO_EVIDENCE, opened.headers))
        plan = Plan(benchmark=DEMO_CASES, store=store, conditions=SHOWN, split="test", reader=READER)
        run_plan(plan, experiment)
    blames = json.loads((experiment / "attribution.json").read_text(encoding="utf-8"))
    return {blame["run"]: blame["culprit"] for blame in blames if blame["outcome"] == "wrong"}


def first(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether both name the same step first."""
    return list(one[:1]) == list(other[:1])


def among(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether the step that is named first is among those the other names."""
    return bool(one) and one[0] in other


def told(what: str, one: Steps, other: Steps, same: Callable[[Sequence[str], Sequence[str]], bool]) -> None:
    """One line: how often the two are the same, with Wilson's interval."""
    runs = sorted(one.keys() & other.keys())
    agreed = sum(same(one[run], other[run]) for run in runs)
    lo, hi = wilson(agreed, len(runs))
    print(f"{what:58} {agreed:3} of {len(runs)}   {agreed / len(runs):.2f} [{lo:.2f}-{hi:.2f}]")


def main() -> None:
    """Print agreement and scores."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp())
    a, b, found = labels("a"), labels("b"), attributed(folder)
    told("the two readers, first step", a, b, first)
    for name, reader in (("a", a), ("b", b)):
        constant = Counter(steps[0] for steps in reader.values() if steps).most_common(1)[0][0]
        told(f"attribution, first step, against reader {name}", found, reader, first)
        told(f"attribution, first step among reader {name}'s", found, reader, among)
        told(f"always {constant}, against reader {name}", {run: [constant] for run in reader}, reader, first)


if __name__ == "__main__":
    main()
