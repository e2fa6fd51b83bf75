"""What the gate *corroboration* costs an honest newcomer: how often is a right first guideline held back?

    python bench/newcomers.py [--store evitrail-demo/store]

Of each demonstration question that the reader was not fitted on, the version that decides it is taken to be the first
and only evidence of a publisher that the store does not know, ingested last; versions that it superseded are taken to
stand still. That is the worst case: nothing told the store that the old advice had ended. Run `evitrail demo` first.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evitrail.agent.steps.aim import LastSentence
from evitrail.eval.dataset.case import Case, load
from evitrail.eval.demo import DEMO_CASES
from evitrail.eval.injection.table import share
from evitrail.evidence_store import EvidenceStore, Snapshot
from evitrail.evidence_store.model import Header
from evitrail.retrieval import Hit
from evitrail.retrieval.gates import GATES, GateContext
from evitrail.retrieval.hybrid import Hybrid

WIDE = 50
NEWCOMER = "A new society"


@dataclass(frozen=True)
class Seen:
    """A snapshot in which these versions are a newcomer's, recorded last."""

    of: Snapshot
    newest: frozenset[str]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.of, name)

    @property
    def headers(self) -> dict[str, Header]:
        return {ref: renamed(header) if ref in self.newest else header for ref, header in self.of.headers.items()}

    def publisher(self, ref: str) -> str | None:
        return NEWCOMER if ref in self.newest else self.of.publisher(ref)

    def recorded(self, ref: str) -> int:
        return self.of.seq + 1 if ref in self.newest else self.of.recorded(ref)


def renamed(header: Header) -> Header:
    return header.model_copy(update={"organization": NEWCOMER})


def before(gate: str, query: str, snapshot: Snapshot) -> list[Hit]:
    """The hits that this gate is given."""
    hits, asked = list(Hybrid(depth=WIDE).search(query, snapshot, WIDE).hits), GateContext(query, snapshot)
    for name, passed in GATES.items():
        if name == gate:
            break
        hits, _ = passed(hits, asked)
    return hits


def newcomers(cases: Sequence[Case], store: EvidenceStore) -> Iterator[tuple[Case, bool]]:
    """Each question whose deciding version reaches the gate, and whether the gate holds it back."""
    for case in cases:
        snapshot, query = store.snapshot(as_of=case.as_of), LastSentence().aim(case.question).text
        found = before("corroboration", query, snapshot)
        own = frozenset(case.clean_evidence)
        if not any(hit.passage.ref in own for hit in found):
            continue
        refs = {hit.passage.ref for hit in found}
        hits = [
            hit.model_copy(update={"passage": hit.passage.model_copy(update={"header": renamed(hit.passage.header)})})
            if hit.passage.ref in own
            else hit
            for hit in found
        ]
        for old in (ref for ref in case.outdated_evidence if ref in store.headers and ref not in refs):
            hits.append(hits[0].model_copy(update={"passage": store.get(old).whole(), "rank": len(hits) + 1}))
        _, report = GATES["corroboration"](hits, GateContext(query, Seen(snapshot, own)))  # type: ignore[arg-type]
        yield case, any(drop.passage.partition("#")[0] in own for drop in report.dropped)


def main() -> None:
    """Print how many of these are held back."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--store", type=Path, default=Path("evitrail-demo/store"))
    with EvidenceStore.open(given.parse_args().store) as store:
        cases = [case for case in load(DEMO_CASES) if case.meta.get("split") == "test"]
        told = [held for _, held in newcomers(cases, store)]
    found = share(sum(told), len(told))
    print(f"held back: {found.k} of {found.n}, {found.value:.1%} [{found.lo:.0%}–{found.hi:.0%}]")


if __name__ == "__main__":
    main()
