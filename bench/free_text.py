"""How often is a planted claim named? 40 demonstration questions asked openly, four claims planted in each answer.

    python bench/free_text.py evitrail-demo/store              # by the rule
    python bench/free_text.py evitrail-demo/store --show       # and every claim that was named otherwise

Rules kept here
- ``bench/free_text/planted.jsonl`` holds, for each question, an answer's claims as somebody wrote them who knew the
  evidence and had not written the rule yet: one that the version in force says, one that only the version of another
  day says, one on the subject that no version says, and one that the version in force speaks against. All are put into
  other words, none is a quotation.
- Weights and thresholds were set on the 19 questions marked ``fit``, whose evidence is of other lineages; measured are
  the 40 marked ``test``.
- Each answer is its four claims in a row. It was given what *standard* serves: ten passages of all that was recorded.
- A planted claim is named where every claim that is cut from it has the planted verdict.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

from evitrail.agent.claims.gather import Gatherer
from evitrail.agent.claims.judge import RuleClaimJudge
from evitrail.agent.claims.split import claims_in
from evitrail.agent.claims.values import VERDICTS
from evitrail.eval.dataset.case import Case, load
from evitrail.eval.demo import DEMO_CASES
from evitrail.eval.metrics.stats import wilson
from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.input_lines import read_lines
from evitrail.retrieval import RETRIEVERS
from evitrail.traces.record import Record

PLANTED = Path(__file__).with_name("free_text") / "planted.jsonl"
K = 10


class Planted(Record):
    """The claims that were planted in the answer to one question, by their verdict."""

    case: str
    split: str
    supported: str
    outdated: str
    unsupported: str
    contradicted: str


class Named(NamedTuple):
    """What a planted claim was named."""

    case: str
    planted: str
    as_what: str
    text: str


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", type=Path, help="the demonstration's store, such as evitrail-demo/store")
    parser.add_argument("--split", default="test", choices=("test", "fit"), help="which questions; default: test")
    parser.add_argument("--show", action="store_true", help="print every claim that was named otherwise")
    args = parser.parse_args()
    found = named(args.store, args.split)
    print("\n".join(table(found)))
    for one in found if args.show else ():
        if one.as_what != one.planted:
            print(f"{one.case}: planted as {one.planted}, named {one.as_what}: {one.text}")
    return 0


def named(store: Path, split: str) -> list[Named]:
    """Every planted claim of these questions, and what it was named."""
    planted = [one for _, one in read_lines([PLANTED], Planted) if one.split == split]
    cases = {case.id: case for case in load(DEMO_CASES)}
    with EvidenceStore.open(store, read_only=True) as opened:
        return [each for one in planted for each in _answer(one, cases[one.case], opened)]


def _answer(planted: Planted, case: Case, store: EvidenceStore) -> list[Named]:
    question = case.question.model_copy(update={"options": {}})
    snapshot = store.snapshot(as_of=case.as_of)
    served = [hit.passage for hit in RETRIEVERS["dense"].search(case.stem, snapshot, K).hits]
    found = []
    for verdict in VERDICTS:
        text = str(getattr(planted, verdict))
        judged = [
            RuleClaimJudge().judge(question, claim, Gatherer().evidence(claim, served, snapshot)).verdict
            for claim in claims_in(text)
        ]
        found.append(Named(case.id, verdict, " and ".join(dict.fromkeys(judged)), text))
    return found


def table(found: list[Named]) -> list[str]:
    """A Markdown table: what was planted, and what it was named."""
    whats = list(VERDICTS) + sorted({one.as_what for one in found} - set(VERDICTS))
    lines = [f"| planted | {' | '.join(whats)} | named, with 95 % interval |", "|---" * (len(whats) + 2) + "|"]
    for verdict in VERDICTS:
        of = [one.as_what for one in found if one.planted == verdict]
        right = of.count(verdict)
        lo, hi = wilson(right, len(of))
        share = f"{right / len(of):.2f} [{lo:.2f}–{hi:.2f}]"
        lines.append(f"| {verdict} | {' | '.join(str(of.count(what)) for what in whats)} | {share} |")
    return lines


if __name__ == "__main__":
    raise SystemExit(main())
