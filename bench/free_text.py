"""How often is a planted claim named? 40 demonstration questions asked openly, four claims planted in each answer.

    python bench/free_text.py evitrail-demo/store              # by the rule
    python bench/free_text.py evitrail-demo/store --show       # and every claim that was named otherwise

Rules kept here
- ``bench/free_text/planted.jsonl`` holds, for each question, an answer's claims as somebody wrote them who knew the
  evidence and had not written the rule yet: one that the version in force says, one that only the version of another
  day says, one on the subject that no version says, and one that the version in force speaks against. All are put into
  other words, none is a quotation.
- Weights and thresholds were set on questions marked ``fit``, whose evidence is of other lineages; measured are those
  marked ``test``.
- Each answer is its four claims in a row. It was given what *standard* serves: ten passages of all that was recorded.
- A planted claim is named where every claim that is cut from it has the planted verdict.
- Who let a claim in is known where what was served is decided on purpose: the outdated version alone (the search), or
  the version in force alone (who wrote the answer). Counted is who is named first, whatever the verdict.
- The second set was not written for this: the options of the benchmark's questions, short phrases that say little
  without their question. The right one should be supported, the outdated one outdated, and any other that no evidence
  was written for neither of the two.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

from evitrail.agent.claims.gather import Gatherer
from evitrail.agent.claims.judge import RuleClaimJudge
from evitrail.agent.claims.split import claims_in
from evitrail.agent.claims.values import VERDICTS
from evitrail.eval.claims.claim_blame import AnswerSteps, blame_claim
from evitrail.eval.claims.judged_answer import open_question
from evitrail.eval.dataset.case import Case, load
from evitrail.eval.demo import DEMO_CASES
from evitrail.eval.metrics.stats import wilson
from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.input_lines import read_lines
from evitrail.retrieval import RETRIEVERS
from evitrail.traces.record import Record

PLANTED = Path(__file__).with_name("free_text") / "planted.jsonl"
K = 10
NEITHER = "neither"
"""An option that is neither right nor outdated."""
BLAMED = (
    ("outdated", "outdated_evidence", "retrieve"),
    ("outdated", "clean_evidence", "write"),
    ("unsupported", "clean_evidence", "write"),
    ("contradicted", "clean_evidence", "write"),
)
"""A planted claim, what was served, and who then let it in."""


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
    print("\n".join(["by the rule, planted claims:", *table(found), "", *blame_table(args.store, args.split), ""]))
    options = named_options(args.store, args.split)
    print("\n".join(["by the rule, options of the benchmark's questions as answers:", *table(options)]))
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
    return [
        Named(case.id, verdict, _verdict(text := str(getattr(planted, verdict)), case, store), text)
        for verdict in VERDICTS
    ]


def _verdict(text: str, case: Case, store: EvidenceStore) -> str:
    question = open_question(case)
    snapshot = store.snapshot(as_of=case.as_of)
    served = [hit.passage for hit in RETRIEVERS["dense"].search(case.stem, snapshot, K).hits]
    judged = [
        RuleClaimJudge().judge(question, claim, Gatherer().evidence(question, claim, served, snapshot)).verdict
        for claim in claims_in(text)
    ]
    return " and ".join(dict.fromkeys(verdict or "not judged" for verdict in judged)) or "no claim"


def named_options(store: Path, split: str) -> list[Named]:
    """The right and the outdated option of every question that has one, as an answer in free text."""
    cases = [case for case in load(DEMO_CASES) if case.meta.get("split") == split and case.stale_option]
    with EvidenceStore.open(store, read_only=True) as opened:
        return [
            Named(case.id, _planted_as(letter, case), _verdict(text, case, opened), text)
            for case in cases
            for letter, text in sorted(case.options.items())
            if letter != case.conflict_option or letter == case.stale_option
        ]


def _planted_as(letter: str, case: Case) -> str:
    return {case.answer: "supported", case.stale_option: "outdated"}.get(letter, NEITHER)


def blame_table(store: Path, split: str) -> list[str]:
    """How often the step that let a claim in is named first, where what was served says which it is."""
    planted = [one for _, one in read_lines([PLANTED], Planted) if one.split == split]
    cases = {case.id: case for case in load(DEMO_CASES)}
    lines = ["| claim | served | let in by | named first, with 95 % interval |", "|---|---|---|---|"]
    with EvidenceStore.open(store, read_only=True) as opened:
        for verdict, what, who in BLAMED:
            firsts = [_first(one, verdict, what, cases[one.case], opened) for one in planted]
            lines.append(f"| {verdict} | {what.replace('_', ' ')} | {who} | {_share(firsts.count(who), len(firsts))} |")
    return lines


def _first(planted: Planted, verdict: str, what: str, case: Case, store: EvidenceStore) -> str:
    snapshot = store.snapshot(as_of=case.as_of)
    served = [passage for ref in getattr(case, what) for passage in snapshot.passages(ref)]
    for claim in claims_in(str(getattr(planted, verdict))):
        evidence = Gatherer().evidence(open_question(case), claim, served, snapshot)
        judged = RuleClaimJudge().judge(open_question(case), claim, evidence)
        blame = blame_claim(judged, evidence, AnswerSteps("retrieve", "write"), case.clean_evidence)
        if blame and blame.steps:
            return blame.steps[0]
    return "nobody"


def table(found: list[Named]) -> list[str]:
    """A Markdown table: what was planted, and what it was named."""
    whats = list(VERDICTS) + sorted({one.as_what for one in found} - set(VERDICTS))
    lines = [f"| planted | {' | '.join(whats)} | named, with 95 % interval |", "|---" * (len(whats) + 2) + "|"]
    for verdict in (*VERDICTS, NEITHER):
        of = [one.as_what for one in found if one.planted == verdict]
        if of:
            counts = " | ".join(str(of.count(what)) for what in whats)
            right = of.count(verdict) if verdict != NEITHER else sum(not {*VERDICTS[:2]} & {*_parts(o)} for o in of)
            lines.append(f"| {verdict} | {counts} | {_share(right, len(of))} |")
    return lines


def _parts(as_what: str) -> list[str]:
    return as_what.split(" and ")


def _share(right: int, of: int) -> str:
    lo, hi = wilson(right, of)
    return f"{right / of:.2f} [{lo:.2f}–{hi:.2f}]"


if __name__ == "__main__":
    raise SystemExit(main())
