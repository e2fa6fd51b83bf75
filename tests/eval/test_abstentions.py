"""Nobody is named where nobody can be: for each reason there is a world that has it by construction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from erring import Missing
from faulty import ASKED, DECIDES, GOLD, NOTE, Faulty, happened
from ward import LABELS, WardReader, advice, case, claim

from evitrail.agent.agents import Agent
from evitrail.agent.llm import ScriptedLLM
from evitrail.agent.model import (
    CheckedAnswers,
    Choice,
    Decoding,
    LetterVerdict,
    ModelAnswer,
    Question,
    State,
    Synthesis,
)
from evitrail.agent.reader import PromptedReader
from evitrail.agent.steps import choose, retrieve, synthesise
from evitrail.agent.tools import Tools
from evitrail.eval.attribution.blame import ABSTENTIONS, Kind
from evitrail.eval.attribution.replays.budget import Budget
from evitrail.eval.dataset.case import Case
from evitrail.eval.dataset.labels import Flags
from evitrail.retrieval import BM25
from evitrail.retrieval.base import Hit

CONTRADICTED = ASKED.model_copy(update={"supports": {"apixaban@1": "C"}})
FLAGGED = ASKED.model_copy(update={"labels": {**LABELS, "B": Flags(contradicts=True)}})
UNLABELLED = ASKED.model_copy(update={"clean_evidence": ()})
ASIDE = [advice("apixaban", "C", id=f"apixaban-{n}", text=f"{ASKED.stem} Remark {n}.") for n in range(8)]
"""Passages on the question that advise nothing."""


@dataclass(frozen=True)
class InWords(WardReader):
    """Says what it chooses in words."""

    says: str = "Answer: {}"
    draws: str = "Answer: {}"

    def choose(self, question: Question, synthesis: Synthesis, decoding: Decoding) -> Choice:
        chosen = super().choose(question, synthesis, decoding)
        drawn = (self.draws.format(chosen.option),) * decoding.samples
        return chosen.model_copy(update={"said": ModelAnswer(greedy=self.says.format(chosen.option), drawn=drawn)})


@dataclass(frozen=True)
class Confirms:
    """Confirms the same letters of every answer."""

    greedy: str
    drawn: str

    def check(self, question: Question, choice: Choice) -> CheckedAnswers:
        assert choice.said is not None
        one, other = (
            LetterVerdict(parsed=None, confirmed=letter, clear="yes", reason="as it seems")
            for letter in (self.greedy, self.drawn)
        )
        return CheckedAnswers(greedy=one, ballots=(other,) * len(choice.said.drawn), by="a judge")


@dataclass(frozen=True)
class Lucky(WardReader):
    """Where no advice is served it reads the passages as C, but only these very ones; any others as B."""

    unlucky: tuple[str, ...] = ()

    def synthesise(self, question: Question, hits: Sequence[Hit]) -> Synthesis:
        said = super().synthesise(question, hits)
        if said.claims or not hits:
            return said
        luck = tuple(hit.passage.ref for hit in hits) == self.unlucky
        return Synthesis(claims=(claim(hits[0], "C" if luck else "B"),), note="as it happens")


def settle(state: State, tools: Tools) -> State:
    """Put the choice on a form that has no place for B."""
    assert state.choice is not None
    if state.choice.option == "B":
        raise LookupError("the form has no B")
    return state


MISSING = "labels are missing: clean_evidence"
FORM = Agent("form", (retrieve, synthesise, choose, settle))
MODEL = ScriptedLLM((("You read one passage", '{"claims": []}'), ("", "C")))

WORLDS: dict[str, tuple[Faulty, Kind, str]] = {
    "E1 the key against what it was read to say": (
        Faulty([GOLD], WardReader(misread="D"), CONTRADICTED),
        "wrong",
        "apixaban@1 is labelled as speaking for C, and as deciding for B, the key",
    ),
    "E1 the key against the flags of harm": (
        Faulty([GOLD], WardReader(misread="D"), FLAGGED),
        "wrong",
        "the key B is flagged as contradicting the evidence, A, D is not",
    ),
    "E1 the key against all who read": (Faulty([advice("apixaban", "C")]), "wrong", "as saying C"),
    "E2 who confirms against who parses": (
        Faulty([GOLD], InWords(says="Some would say {}, I suppose"), components={"check": Confirms("C", "C")}),
        "wrong",
        "a parser finds B in its words, C was confirmed",
    ),
    "U1 it slipped once": (Faulty([GOLD], WardReader(slips={1: "C"}, deterministic=False)), "wrong", ""),
    "U1 it slipped once and says it never does": (Faulty([GOLD], WardReader(slips={1: "C"})), "wrong", ""),
    "U2 no labels": (Faulty([GOLD], WardReader(misread="C"), UNLABELLED), "wrong", MISSING),
    "U2 no labels, and a gap": (Faulty([NOTE], asked=UNLABELLED), "wrong", MISSING),
    "U2 no oracle could have known": (
        Faulty([GOLD], WardReader(guesses="A"), agent="closed_book"),
        "wrong",
        "it fails with every step repaired",
    ),
    "U3 any other list would have done": (
        Faulty(
            [GOLD, *ASIDE],
            Lucky(unlucky=tuple(one.ref for one in ASIDE[:3])),
            retriever=Missing(BM25(), DECIDES),
        ),
        "wrong",
        "what prevents it does no more than a random change",
    ),
    "U4 two who kept their promises": (
        Faulty([GOLD], InWords(draws="It depends."), components={"check": Confirms("B", "A")}, samples=10),
        "overconfident",
        "choose[1] or check[1]",
    ),
    "U5 what is repaired has no place": (
        Faulty([GOLD], WardReader(misread="C"), agent=FORM),
        "wrong",
        "LookupError: the form has no B",
    ),
    "U6 three calls are allowed": (
        Faulty([GOLD], PromptedReader(MODEL), budget=Budget(calls=3)),
        "wrong",
        "model calls of 3 allowed were made",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WORLDS)
def test_nobody_is_named_and_the_reason_is_told(tmp_path: Path, name: str) -> None:
    world, kind, detail = WORLDS[name]
    told = happened(tmp_path, world)
    one, code = told.of(kind), name[:2]
    assert (one.culprit, one.roles, one.fault_code, one.fixed) == ((), (), None, None)
    assert (one.abstain_reason or "").startswith(f"{code}: {ABSTENTIONS[code]}")
    assert detail in (one.abstain_reason or "")
    assert one.sentence.startswith("Nobody is blamed for ")


@pytest.mark.parametrize("code", ABSTENTIONS)
def test_every_reason_there_is_was_shown(code: str) -> None:
    assert code in {name[:2] for name in WORLDS}


@pytest.mark.parametrize("asked", [CONTRADICTED, FLAGGED], ids=["supports", "flags"])
def test_a_key_that_is_contradicted_ends_the_inquiry_before_anything_is_played(tmp_path: Path, asked: Case) -> None:
    reader = WardReader(misread="D")
    told = happened(tmp_path, Faulty([GOLD], reader, asked))
    assert {(one.abstain_reason or "")[:2] for one in told.found} == {"E1"}
    assert {(one.replays, one.executed, one.replay_ids, one.p_rep) for one in told.found} == {(0, 0, (), None)}
    assert len(reader.calls) == 2, "it read once, and chose once"


def test_a_key_that_agrees_with_what_was_read_is_no_suspect(tmp_path: Path) -> None:
    asked = ASKED.model_copy(update={"supports": {"apixaban@1": "B"}})
    assert happened(tmp_path, Faulty([GOLD], WardReader(misread="D"), asked)).wrong.culprit == ("synthesise[1]",)


def test_one_reader_alone_does_not_bring_the_key_in_doubt(tmp_path: Path) -> None:
    told = happened(tmp_path, Faulty([GOLD], WardReader(misread="C")))
    assert told.wrong.culprit == ("synthesise[1]",), "another reads it as the key has it"


@pytest.mark.parametrize("reader", [WardReader(misread="C"), WardReader(blind=True), WardReader(guesses="A")])
@pytest.mark.parametrize("evidence", [[GOLD], [NOTE], []], ids=["there", "against", "nothing"])
def test_without_labels_a_gap_in_the_store_is_never_told(
    tmp_path: Path, reader: WardReader, evidence: list[object]
) -> None:
    told = happened(tmp_path, Faulty(evidence, reader, UNLABELLED))  # type: ignore[arg-type]
    for one in told.found:
        assert "store" not in one.culprit
        assert one.fault_code != "S1"
        assert not any("is not in the store" in said for said in one.contract_breaks)


def test_without_labels_whose_oracle_needs_none_can_still_be_blamed(tmp_path: Path) -> None:
    told = happened(tmp_path, Faulty([GOLD], WardReader(insists="C"), UNLABELLED))
    assert (told.wrong.culprit, told.wrong.fault_code) == (("choose[1]",), "C1")


def test_what_the_evidence_was_read_to_say_can_stand_in_for_the_list_of_what_decides(tmp_path: Path) -> None:
    asked = UNLABELLED.model_copy(update={"supports": {"apixaban@1": "B"}})
    told = happened(tmp_path, Faulty([GOLD], WardReader(misread="C"), asked))
    assert (told.wrong.culprit, told.wrong.fault_code) == (("synthesise[1]",), "Y2")


def test_a_question_nobody_labelled_with_harm_is_judged_for_being_wrong_only(tmp_path: Path) -> None:
    told = happened(tmp_path, Faulty([GOLD], WardReader(misread="C"), case("apixaban", labels={})))
    assert [one.outcome for one in told.found] == ["wrong"]
