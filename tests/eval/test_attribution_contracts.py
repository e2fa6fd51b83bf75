"""Each contract is broken by the step that broke it, and the code of a fault says what was wrong there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ward import HIGH, LOW, WardReader, advice, arm, ask, case, opened

from evitrail.eval.attribution import FAULTS, Role
from evitrail.eval.attribution.contracts import Facts, broken, facts
from evitrail.eval.attribution.taxonomy import fault
from evitrail.eval.dataset.case import Case
from evitrail.eval.log.runs import JOURNAL, traces
from evitrail.eval.plan.condition import CONDITIONS, Condition
from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.model import Evidence
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval import BM25, RETRIEVERS
from evitrail.retrieval.base import Retrieved
from evitrail.traces.journal.journal import Journal

GOLD = advice("apixaban", "B", grade=HIGH)
NOTE = advice("apixaban", "C", id="apixaban-note", grade=LOW)
OLD = advice("apixaban", "C", "0", grade=HIGH, valid_to=date(2018, 1, 1))
NEW = advice("apixaban", "B", "1", grade=LOW, valid_from=date(2018, 1, 1), supersedes="apixaban@0")
STALE = case("apixaban", outdated_evidence=("apixaban@0",), meta={"stale_option": "C"})
NOTED = case("apixaban", conflict_evidence=("apixaban@1", "apixaban-note@1"), meta={"conflict_option": "C"})
LOOP = arm("loop", agent="agentic")


@dataclass(frozen=True)
class Missing:
    """Finds what BM25 finds, save for one version."""

    ref: str = "apixaban@1"
    until: str = ""
    """A query with these words finds it too."""

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        found = BM25().search(query, snapshot, k)
        if self.until and self.until in query:
            return found
        kept = [hit for hit in found.hits if hit.passage.ref != self.ref]
        return Retrieved(query=query, hits=tuple(h.model_copy(update={"rank": n}) for n, h in enumerate(kept, 1)))


Recorded = Callable[..., tuple[Facts, Snapshot]]


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorded]:
    """Ask one case of a store with this evidence, and give what was recorded."""
    monkeypatch.setitem(RETRIEVERS, "missing", Missing())
    monkeypatch.setitem(RETRIEVERS, "late", Missing(until="again"))
    stores: list[EvidenceStore] = []

    def run(evidence: Sequence[Evidence], reader: WardReader, condition: Condition, asked: Case) -> Any:
        store = opened(tmp_path)
        stores.append(store)
        store.ingest(evidence)
        assert ask(tmp_path / "x", store, [asked], [condition], reader) == []
        with Journal.open(tmp_path / "x" / JOURNAL, create=False) as journal:
            (trace,) = traces(journal)
            return facts(trace), store.snapshot(as_of=asked.as_of)

    yield run
    for store in stores:
        store.close()


Broken = tuple[str, str, str]
CONTRACTS: dict[str, tuple[Sequence[Evidence], WardReader, Condition, Case, list[Broken]]] = {
    "nothing is broken in a sound run": ([GOLD], WardReader(), arm(), case("apixaban"), []),
    "nothing is broken in a sound loop": ([GOLD], WardReader(), LOOP, case("apixaban"), []),
    "store: there is a gap": (
        [NOTE], WardReader(blind=True), arm(), case("apixaban"),
        [("store", "store", "holds no current evidence for the answer")],
    ),
    "retrieve: support is in the store and not among the hits": (
        [GOLD, NOTE], WardReader(), arm(retriever="missing"), case("apixaban"),
        [("retrieve", "retrieve[1]", "the store holds support, the hits do not")],
    ),
    "retrieve: something lapsed was served": (
        [OLD, NEW], WardReader(misread="B"), arm(), STALE,
        [("retrieve", "retrieve[1]", "served what was not in force: apixaban@0")],
    ),
    "critique: accepted without support": (
        [GOLD, NOTE], WardReader(accepts=True), arm("loop", agent="agentic", retriever="missing"), case("apixaban"),
        [
            ("retrieve", "retrieve[1]", "the store holds support, the hits do not"),
            ("critique", "critique[1]", "judged adequate without support among the hits"),
        ],
    ),
    "critique: rejected with support": (
        [GOLD], WardReader(accepts=False), LOOP, case("apixaban"),
        [("critique", f"critique[{n}]", "judged inadequate with support among the hits") for n in (1, 2, 3)],
    ),
    "requery: never found what is there": (
        [GOLD], WardReader(), arm("loop", agent="agentic", retriever="missing"), case("apixaban"),
        [
            ("retrieve", "retrieve[3]", "the store holds support, the hits do not"),
            ("requery", "requery[2]", "the store holds support, no query found it"),
        ],
    ),
    "requery: finding it in a later round breaks nothing": (
        [GOLD], WardReader(query="apixaban again"), arm("loop", agent="agentic", retriever="late"), case("apixaban"), []
    ),
    "synthesise: says nothing of what it was given": (
        [GOLD], WardReader(blind=True), arm(), case("apixaban"),
        [("synthesise", "synthesise[1]", "the hits support B, the synthesis says nothing")],
    ),
    "synthesise: speaks for another option": (
        [GOLD], WardReader(misread="D"), arm(), case("apixaban"),
        [("synthesise", "synthesise[1]", "the hits support B, the synthesis speaks most for D")],
    ),
    "choose: another option than the claims speak for": (
        [GOLD], WardReader(insists="A"), arm(), case("apixaban"),
        [("choose", "choose[1]", "the claims speak most for B, A was chosen")],
    ),
    "choose: an option though nothing was claimed": (
        [], WardReader(guesses="A"), CONDITIONS["closed_book"], case("apixaban"),
        [("choose", "choose[1]", "chose A though no claim supports any option")],
    ),
    "choose: abstaining when nothing was claimed breaks nothing": (
        [], WardReader(), CONDITIONS["closed_book"], case("apixaban"), [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("evidence", "reader", "condition", "asked", "breaks"), CONTRACTS.values(), ids=CONTRACTS)
def test_each_step_answers_for_its_own_promise(
    recorded: Recorded, evidence: Any, reader: WardReader, condition: Condition, asked: Case, breaks: list[Broken]
) -> None:
    found, snapshot = recorded(evidence, reader, condition, asked)
    assert [tuple(each) for each in broken(asked, snapshot, found)] == breaks


def test_three_lapsed_versions_are_named_and_the_rest_counted(recorded: Recorded) -> None:
    old = [advice("apixaban", "C", id=f"apixaban-{n}", valid_to=date(2018, 1, 1)) for n in range(5)]
    found, snapshot = recorded([*old, GOLD], WardReader(misread="B"), arm(k=6), case("apixaban"))
    (one,) = broken(case("apixaban"), snapshot, found)
    named = "apixaban-0@1, apixaban-1@1, apixaban-2@1"
    assert one.what == f"served what was not in force: {named} and 2 more"


GUIDE_1, GUIDE_2 = (advice("apixaban", "C", id=f"apixaban-note-{n}", grade=LOW) for n in (1, 2))
MISLED = case("apixaban", conflict_evidence=("apixaban-note-1@1", "apixaban-note-2@1"), meta={"conflict_option": "C"})
CODES: dict[str, tuple[Role, Sequence[Evidence], WardReader, Condition, Case]] = {
    "S1 gap": ("store", [NOTE], WardReader(), arm(), case("apixaban")),
    "S2 stale, the store": ("store", [OLD, NEW], WardReader(), arm(), STALE),
    "S2 stale, served": ("retrieve", [OLD, NEW], WardReader(), arm(), STALE),
    "R1 miss": ("retrieve", [GOLD], WardReader(), arm(retriever="missing"), case("apixaban")),
    "R2 cut-off": (
        "retrieve", [advice("apixaban", "C", id="a", text="For apixaban the advice is option C: apixaban."), GOLD],
        WardReader(), arm(k=1), case("apixaban"),
    ),
    "R3 distraction": ("retrieve", [GOLD, NOTE], WardReader(misread="C"), arm(), NOTED),
    "K1 false accept": ("critique", [GOLD], WardReader(accepts=True), arm(retriever="missing"), case("apixaban")),
    "K2 false reject": ("critique", [GOLD], WardReader(accepts=False), LOOP, case("apixaban")),
    "Q1 poor query": ("requery", [GOLD], WardReader(), arm("l", agent="agentic", retriever="missing"), NOTED),
    "Y1 omission": ("synthesise", [GOLD], WardReader(blind=True), arm(), case("apixaban")),
    "Y2 distortion": ("synthesise", [GOLD], WardReader(misread="C"), arm(), case("apixaban")),
    "Y4 mis-weighting": ("synthesise", [GOLD, GUIDE_1, GUIDE_2], WardReader(insists="C"), arm(), MISLED),
    "S4 conflict unresolved": (
        "synthesise", [GOLD, advice("apixaban", "C", id="apixaban-note", grade=HIGH)],
        WardReader(guesses="C"), arm(), NOTED,
    ),
    "Y2 invention": (
        "synthesise", [GOLD, advice("apixaban", "C", id="apixaban-x", grade=HIGH)],
        WardReader(insists="C"), arm(), NOTED,
    ),
    "C1 misread": ("choose", [GOLD], WardReader(insists="A"), arm(), case("apixaban")),
    "C3 missed abstention": ("choose", [], WardReader(guesses="A"), CONDITIONS["closed_book"], case("apixaban")),
}  # fmt: skip


@pytest.mark.parametrize(("code", "role", "evidence", "reader", "condition", "asked"),
                         [(name[:2], *given) for name, given in CODES.items()], ids=CODES)  # fmt: skip
def test_each_fault_has_its_code(
    recorded: Recorded, code: str, role: Role, evidence: Any, reader: WardReader, condition: Condition, asked: Case
) -> None:
    found, snapshot = recorded(evidence, reader, condition, asked)
    assert fault(role, asked, snapshot, condition.retriever_for(asked), condition.k, found) == code


def test_every_code_there_is_was_shown() -> None:
    assert {name[:2] for name in CODES} == set(FAULTS)
