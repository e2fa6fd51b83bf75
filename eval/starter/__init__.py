"""A folder to begin with: a little evidence, a few questions, a plan and a policy, all to be replaced by one's own.

Rules kept here
- Questions and evidence are some of the demonstration's: authored for it, not clinically adjudicated.
- Of evidence that a question names, every version is taken, and all that these rest on.
- Nothing that is there is written over.

    begin(Path("ward"))
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from evitrail.eval.dataset.case import Case, load
from evitrail.eval.demo import DEMO_CASES
from evitrail.eval.report.files import write_records
from evitrail.evidence_store import Evidence, EvidenceStore, read_evidence
from evitrail.evidence_store.demo import DEMO_EVIDENCE
from evitrail.evidence_store.input_text import InputError

EACH = 2
"""Questions of each clinical area."""
STORE, EVIDENCE, BENCHMARK = "evitrail-store", "evidence.jsonl", "benchmark.jsonl"
OWN = ("plan.toml", "policy.toml")
"""Files that are written as they lie here."""


class Begun(NamedTuple):
    """What was written."""

    questions: int
    versions: int


def begin(folder: Path) -> Begun:
    """Write the files into ``folder`` and ingest the evidence; raises ``InputError`` where one of them is there."""
    there = [folder / name for name in (EVIDENCE, BENCHMARK, *OWN, STORE) if (folder / name).exists()]
    if there:
        raise InputError([f"{there[0]}: expected a folder without it, found it there; name another folder"])
    cases = [case for area in sorted(DEMO_CASES.glob("*.jsonl")) for case in load(area)[:EACH]]
    evidence = named_by(cases, read_evidence(DEMO_EVIDENCE))
    folder.mkdir(parents=True, exist_ok=True)
    write_records(folder / BENCHMARK, cases)
    write_records(folder / EVIDENCE, evidence)
    for name in OWN:
        shutil.copyfile(Path(__file__).with_name(name), folder / name)
    with EvidenceStore.open(folder / STORE, create=True) as store:
        store.ingest(read_evidence(folder / EVIDENCE))
    return Begun(len(cases), len(evidence))


def named_by(cases: Iterable[Case], evidence: Iterable[Evidence]) -> list[Evidence]:
    """The evidence that cases name, in every version, with all that it rests on, in the order given."""
    known = {item.ref: item for item in evidence}
    open_ = {ref for case in cases for ref in (*case.clean_evidence, *case.conflict_evidence, *case.outdated_evidence)}
    taken: set[str] = set()
    while open_:
        ref = open_.pop()
        if ref not in taken and ref in known:
            taken.add(ref)
            item = known[ref]
            open_ |= {other.ref for other in known.values() if other.id == item.id}
            open_ |= {*item.includes, *([item.supersedes] if item.supersedes else [])}
    return [item for item in known.values() if item.ref in taken]
