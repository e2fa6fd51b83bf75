"""Each contract is broken by the step that broke it, speaks of what the failure rests on, and excuses the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from erring import Forgetful, InWords, Misparsing, Misreading, Missing, OffTopic
from faulty import ASIDE, ASKED, DECIDES, GOLD, NOTE, NOTED, PARKING, TWICE, Faulty, happened
from ward import HIGH, LOW, NEW, OLD, STALE, WardReader, advice

from evitrail.agent.model import CheckedAnswers, Choice, Question
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval import BM25
from evitrail.retrieval.base import Retrieved


@dataclass(frozen=True)
class Late:
    """Misses what decides, until it is asked again."""

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        return (BM25() if "again" in query else Missing(BM25(), DECIDES)).search(query, snapshot, k)


@dataclass(frozen=True)
class Mishearing(Misparsing):
    """Confirms the first answer as it is, and the next letter of every ballot."""

    def check(self, question: Question, choice: Choice) -> CheckedAnswers:
        heard = InWords(WardReader()).check(question, choice)
        return heard.model_copy(update={"ballots": super().check(question, choice).ballots})


UNSEEN = Missing(BM25(), DECIDES)
UNSERVED = "apixaban@1 can be found for this query and was not served"
AGENTIC = "agentic"
Broken = tuple[str, str | None, str]
CONTRACTS: dict[str, tuple[Faulty, list[Broken]]] = {
    "nothing is broken in a sound run": (Faulty([GOLD]), []),
    "nothing is broken in a sound loop": (Faulty([GOLD], agent=AGENTIC), []),
    "nothing is broken where curated evidence was read": (Faulty([GOLD, NOTE], asked=NOTED), []),
    "store: there is a gap": (
        Faulty([NOTE], WardReader(blind=True), NOTED), [("store", "S1")],
    ),
    "retrieve: support is in the store and not among the hits": (
        Faulty([GOLD, NOTE], asked=NOTED, retriever=UNSEEN), [("retrieve[1]", "R1", UNSERVED)],
    ),
    "retrieve: something lapsed was served, and is what the answer rests on": (
        Faulty([OLD, NEW], asked=STALE),
        [
            (
                "retrieve[1]",
                "S2",
                "served what was not in force, and the answer rests on it: apixaban@0 (superseded)",
            ),
        ],
    ),
    "retrieve: something lapsed was served, and nothing was made of it": (
        Faulty([OLD, NEW], WardReader(insists="D"), STALE),
        [("choose[1]", "C1")],
    ),
    "critique: accepted without support": (
        Faulty([GOLD, NOTE], WardReader(accepts=True), NOTED, UNSEEN, agent=AGENTIC),
        [
            ("retrieve[1]", "R1", UNSERVED),
            ("critique[1]", "K1"),
        ],
    ),
    "critique: rejected with support": (
        Faulty([GOLD], WardReader(accepts=False), agent=AGENTIC),
        [(f"critique[{n}]", "K2", "judged inadequate what holds apixaban@1") for n in (1, 2, 3)],
    ),
    "aim: asked about something else": (
        Faulty([GOLD, *ASIDE], agent="aimed", components={"aim": OffTopic()}),
        [("aim[1]", "Q1")],
    ),
    "a later search that finds it makes good for the requery": (
        Faulty([GOLD], WardReader(query="apixaban again"), retriever=Late(), agent=AGENTIC),
        [("retrieve[1]", "R1", UNSERVED)],
    ),
    "keep: forgot what decides": (
        Faulty([GOLD, *ASIDE], WardReader(query=PARKING), agent=TWICE, k=1, components={"keep": Forgetful()}),
        [("keep[1]", "Q2")],
    ),
    "synthesise: says nothing of what it was given": (
        Faulty([GOLD], WardReader(blind=True)),
        [("synthesise[1]", "Y1")],
    ),
    "synthesise: speaks for another option": (
        Faulty([GOLD], WardReader(misread="D")),
        [("synthesise[1]", "Y2")],
    ),
    "synthesise: quotes what nobody wrote": (
        Faulty([GOLD], components={"synthesise": Misreading("Y3", WardReader(), {ASKED.id: ASKED})}),
        [("synthesise[1]", "Y3")],
    ),
    "choose: another option than the claims speak for": (
        Faulty([GOLD], WardReader(insists="A")), [("choose[1]", "C1")],
    ),
    "choose: an option though nothing was claimed": (
        Faulty([], WardReader(guesses="A"), agent="closed_book"),
        [("choose[1]", "C3")],
    ),
    "choose: abstaining when nothing was claimed breaks nothing": (Faulty([], agent="closed_book"), []),
    "check: confirmed another letter": (
        Faulty([GOLD], components={"choose": InWords(WardReader()), "check": Misparsing()}),
        [("check[1]", "C4")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRACTS)
def test_each_step_answers_for_its_own_promise(tmp_path: Path, name: str) -> None:
    world, breaks = CONTRACTS[name]
    told = happened(tmp_path, world)
    assert [(one.step, one.code) for one in told.breaks] == [tuple(said[:2]) for said in breaks]
    assert all(one.what and one.role == one.step.partition("[")[0] for one in told.breaks)
    for one in told.found:
        assert [said.partition(":")[0] for said in one.contract_breaks] == [said[0] for said in breaks]


def test_a_miss_that_a_critique_looked_at_was_passed_on(tmp_path: Path) -> None:
    judged = happened(tmp_path / "a", CONTRACTS["critique: accepted without support"][0])
    unjudged = happened(tmp_path / "b", Faulty([GOLD, NOTE], asked=NOTED, retriever=UNSEEN))
    assert [one.passed_on for one in judged.breaks if one.role == "retrieve"] == [True]
    assert [one.passed_on for one in unjudged.breaks if one.role == "retrieve"] == [False]


def test_three_lapsed_versions_are_named(tmp_path: Path) -> None:
    old = [advice("apixaban", "C", id=f"apixaban-{n}", valid_to=date(2018, 1, 1)) for n in range(5)]
    told = happened(tmp_path, Faulty([*old, advice("apixaban", "B", grade=LOW)], k=6))
    (one,) = (each for each in told.breaks if each.role == "retrieve")
    assert [n for n in range(5) if f"apixaban-{n}@1" in one.what] == [0, 1, 2]
    assert "2018-01-01" in one.what, "since when it was not in force"


def test_a_query_that_no_search_could_serve_excuses_the_search(tmp_path: Path) -> None:
    told = happened(tmp_path, Faulty([*ASIDE, GOLD], WardReader(query=PARKING), agent=TWICE, retriever=UNSEEN, k=1))
    assert [(one.step, one.code) for one in told.breaks if one.role == "retrieve"] == [("retrieve[1]", "R1")]
    assert told.codes("requery[1]") == {"Q1"}


def test_a_search_that_finds_nothing_new_after_one_that_found_it_breaks_nothing(tmp_path: Path) -> None:
    told = happened(tmp_path, Faulty([GOLD, *ASIDE], WardReader(query=PARKING, insists="A"), agent=TWICE, k=1))
    assert [one.step for one in told.breaks] == ["choose[1]"]


def test_abstaining_where_two_options_are_supported_alike_breaks_nothing(tmp_path: Path) -> None:
    told = happened(tmp_path, Faulty([GOLD, NOTE.model_copy(update={"grade": HIGH})], asked=NOTED))
    assert told.scene.facts.choice is not None
    assert told.scene.facts.choice.option is None
    assert told.codes("choose[1]") == set()


def test_ballots_confirmed_for_another_letter_than_their_words_select_break_the_checks_promise(tmp_path: Path) -> None:
    components = {"choose": InWords(WardReader()), "check": Mishearing()}
    told = happened(tmp_path, Faulty([GOLD], samples=10, components=components))
    assert told.of("overconfident")
    assert told.codes("check[1]") == {"C4"}
