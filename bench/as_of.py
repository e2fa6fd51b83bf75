"""Whether the version that was in force on the day asked about is the one that is served, with and without the gates.

    python bench/as_of.py ../shared/data/guideline-versions

Every question of a benchmark whose evidence comes in versions is asked of a store that knows them all, as of its own
day. Counted: among the served passages of the deciding lineage, is the right version the first? A question whose
lineage is not served at all is told apart: no version of it was ranked.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from evitrail.eval.dataset.case import Case, load
from evitrail.evidence_store import EvidenceStore, Snapshot, read_evidence
from evitrail.retrieval import Clean, Hybrid, Retriever
from evitrail.retrieval.gates import GATES

K = 10
ARMS: dict[str, Retriever] = {
    "hybrid, no gate": Hybrid(),
    "as_of gate alone": Clean(gates=("as_of",)),
    "all gates": Clean(),
    "all but as_of": Clean(gates=tuple(gate for gate in GATES if gate != "as_of")),
}


def results(folder: Path) -> list[str]:
    """A Markdown table, a row for each way of searching; a line that says so where there is no data."""
    if not folder.is_dir():
        return [f"Left out: the guideline versions are not at `{folder}`."]
    cases = [
        case for case in load(folder / "benchmark.jsonl") if case.as_of is not None and len(case.clean_evidence) == 1
    ]
    with tempfile.TemporaryDirectory() as scratch, EvidenceStore.open(Path(scratch), create=True) as store:
        store.ingest(read_evidence(folder / "evidence.jsonl"))
        store.encoder.encode([case.stem for case in cases])
        snapshots = {case.id: store.snapshot(as_of=case.as_of) for case in cases}
        counts = {name: Counter(place(arm, case, snapshots[case.id]) for case in cases) for name, arm in ARMS.items()}
    lines = [
        f"{len(cases)} questions, {K} passages each.",
        "",
        "| | right version first | another version first | lineage not served | right, of those served |",
        "|---|---|---|---|---|",
    ]
    for name, count in counts.items():
        right, wrong, none = (count[what] for what in ("right", "wrong", "none"))
        share = f"{right / (right + wrong):.1%}" if right + wrong else "none was served"
        lines.append(f"| {name} | {right} | {wrong} | {none} | {share} |")
    return lines


def place(retriever: Retriever, case: Case, snapshot: Snapshot) -> str:
    """What became of the deciding lineage."""
    (right,) = case.clean_evidence
    served: Sequence[str] = [hit.passage.ref for hit in retriever.search(case.stem, snapshot, K).hits]
    mates = [ref for ref in served if ref.partition("@")[0] == right.partition("@")[0]]
    return "none" if not mates else "right" if mates[0] == right else "wrong"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("expected a folder with benchmark.jsonl and evidence.jsonl")
    print("\n".join(results(Path(sys.argv[1]))))
