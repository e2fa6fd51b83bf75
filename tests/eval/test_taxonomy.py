"""For each fault there is a world that has it by construction: its promise is broken, its step is named, its repair
prevents the failure, and the code says what was wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest
from erring import (
    Choosing,
    Flooding,
    Forgetful,
    InWords,
    Judging,
    Misparsing,
    Misreading,
    Missing,
    OffTopic,
    PastTheCut,
)
from faulty import (
    ASIDE,
    ASKED,
    DECIDES,
    GOLD,
    NOTE,
    NOTED,
    PARKING,
    STRANGER,
    TWICE,
    WORDED,
    Faulty,
    Told,
    against,
    happened,
)
from ward import HIGH, LOW, NEW, OLD, STALE, WardReader, advice

from evitrail.agent.model import Choice, Critique, Decoding, Query, Question, Synthesis
from evitrail.agent.reader.extractive.extractive import ExtractiveReader
from evitrail.eval.attribution.blame import Kind
from evitrail.eval.attribution.record.taxonomy import FAULTS
from evitrail.eval.dataset.case import Case
from evitrail.evidence_store.model import BY_ID
from evitrail.retrieval import BM25, Clean, Dense

READER = WardReader()
CASES = {ASKED.id: ASKED}
NOTES = [
    advice("apixaban", "C", id=f"apixaban-note-{n}", grade=LOW, text=f"{NOTE.text} So says {n}.") for n in range(4)
]
BARE = [advice("apixaban", "C", id=f"apixaban-{n}", text=f"{ASKED.stem} Remark {n}.") for n in range(12)]
"""They say what the question says, and advise nothing."""
LAPSED = GOLD.model_copy(update={"valid_to": date(2018, 1, 1)})
WEAK = advice("apixaban", "B", grade=LOW)
LETTER = (
    f"{STRANGER.text} It was sent to every ward, and was read by many who work there, one week after another, until it "
    "was pinned to the wall beside the kettle."
)
COPIES = [STRANGER.model_copy(update={"id": f"letter-{n}", "text": LETTER}) for n in (1, 2)]
"""Long enough to be known for copies."""
UNENDED, UNLINKED = OLD.model_copy(update={"valid_to": None}), NEW.model_copy(update={"supersedes": None})
LIKELY: Mapping[str, str] = {"A": "the patient takes apixaban", "B": "option B", "C": "option C", "D": "option D"}
PRIOR = ASKED.model_copy(update={"options": LIKELY})


@dataclass(frozen=True)
class Sure:
    """Chooses what the claims say, and draws nothing but A."""

    deterministic: bool = True

    def choose(self, question: Question, synthesis: Synthesis, decoding: Decoding) -> Choice:
        right = READER.choose(question, synthesis, decoding)
        votes = right.ballots.model_copy(update={"votes": ("A",) * decoding.samples})
        return right.model_copy(update={"ballots": votes})


@dataclass(frozen=True)
class Approaching(WardReader):
    """Asks for what decides in its third later query."""

    def plan(self, question: Question, critique: Critique | None, asked: Sequence[str]) -> Query:
        queries = ["What takes?", "What is?", "For apixaban the advice is option B"]
        return Query(text=queries[min(len(asked), 3) - 1], reason="as told")


class World(NamedTuple):
    """A world, and what is to be found there."""

    player: str
    """Who is at fault."""
    given: Faulty
    beside: tuple[str, ...] = ()
    """Who shares the blame."""
    kind: Kind = "wrong"
    promise: bool = True
    """Whether a written promise is broken; else only the re-runs show the fault."""


def read(fault: str, asked: Case = ASKED, *evidence: object) -> Faulty:
    """A synthesis with this fault."""
    misreading = Misreading(fault, READER, {asked.id: asked})
    return Faulty([GOLD, *evidence], asked=asked, components={"synthesise": misreading})  # type: ignore[list-item]


WORLDS: dict[str, World] = {
    "S1 expired": World("store", Faulty([LAPSED, NOTE], asked=NOTED, retriever=Clean())),
    "S1 retracted": World(
        "store",
        Faulty([GOLD, NOTE], asked=NOTED, retriever=Clean(), prepare=lambda store: store.retract(GOLD.ref, "fraud")),
    ),
    "S1 expired, and the index filters": World(
        "store", Faulty([LAPSED, NOTE], asked=NOTED, retriever=Dense(valid_only=True))
    ),
    "S2 counted as in force": World("store", Faulty([UNENDED, UNLINKED], asked=STALE)),
    "S2 served": World("retrieve[1]", Faulty([OLD, NEW], asked=STALE)),
    "S3": World(
        "store",
        Faulty([WEAK, NOTE.model_copy(update={"grade": HIGH})], asked=NOTED),
    ),
    "S4": World("store", Faulty([GOLD, NOTE.model_copy(update={"grade": HIGH})], WardReader(guesses="C"), NOTED)),
    "S5": World("store", Faulty([WEAK, STRANGER], asked=WORDED)),
    "S5 and a copy that a gate held back": World("store", Faulty([WEAK, *COPIES], asked=WORDED, retriever=Clean())),
    "S6": World("store", Faulty([GOLD.model_copy(update={"topics": (BY_ID,)})])),
    "Q1 aim": World("aim[1]", Faulty([GOLD, *ASIDE], agent="aimed", components={"aim": OffTopic()})),
    "Q1 requery": World(
        "requery[2]", Faulty([*BARE, *ASIDE, GOLD], WardReader(query=PARKING), agent="agentic", k=1)
    ),
    "Q2": World(
        "keep[1]",
        Faulty([GOLD, *ASIDE], WardReader(query=PARKING), agent=TWICE, k=1, components={"keep": Forgetful()}),
    ),
    "R1": World("retrieve[1]", Faulty([GOLD], retriever=Missing(BM25(), DECIDES))),
    "R2": World("retrieve[1]", Faulty([GOLD, NOTE], asked=NOTED, retriever=PastTheCut(BM25(), 1, DECIDES), k=1)),
    "R3": World(
        "retrieve[1]",
        Faulty(
            [GOLD, *NOTES, *ASIDE],
            asked=against(*NOTES),
            retriever=Flooding(BM25(), {ASKED.stem: "apixaban advice option C so says"}),
            k=5,
        ),
        promise=False,
    ),
    "K1": World(
        "critique[1]",
        Faulty(
            [GOLD, *BARE], WardReader(accepts=True, query="For apixaban the advice is option B"), agent="agentic", k=1
        ),
        beside=("retrieve[1]",),
    ),
    "K2": World(
        "critique[1]",
        Faulty([GOLD, *NOTES], READER, against(*NOTES), agent="agentic", k=2, components={"critique": Judging(False)}),
    ),
    "Y1": World("synthesise[1]", read("Y1")),
    "Y1 beside weaker evidence": World("synthesise[1]", read("Y1", NOTED, NOTE)),
    "Y2": World("synthesise[1]", read("Y2")),
    "Y3": World("synthesise[1]", read("Y3")),
    "Y4": World("synthesise[1]", read("Y4", NOTED, NOTE)),
    "C1": World("choose[1]", Faulty([GOLD], components={"choose": Choosing("C1", READER, CASES)})),
    "C2": World(
        "choose[1]",
        Faulty([GOLD], ExtractiveReader(), PRIOR, components={"choose": Choosing("C2", ExtractiveReader(), CASES)}),
    ),
    "C3": World("choose[1]", Faulty([GOLD], WardReader(guesses="A"), agent="closed_book"), kind="unsafe"),
    "C4": World("check[1]", Faulty([GOLD], components={"choose": InWords(READER), "check": Misparsing()})),
    "C5": World(
        "choose[1]", Faulty([GOLD], components={"choose": Sure()}, samples=10), kind="overconfident", promise=False
    ),
    "B1": World("budget", Faulty([GOLD, *BARE], Approaching(), agent="agentic", k=1)),
}  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Told]:
    """What was said of each world."""
    return Once(tmp_path_factory)


class Once(dict[str, Told]):
    def __init__(self, folders: pytest.TempPathFactory) -> None:
        self.folders = folders

    def __missing__(self, name: str) -> Told:
        self[name] = happened(self.folders.mktemp(re.sub(r"\W", "-", name)), WORLDS[name].given)
        return self[name]


@pytest.mark.parametrize("name", WORLDS)
def test_a_fault_breaks_the_promise_of_its_step(told: Mapping[str, Told], name: str) -> None:
    world = WORLDS[name]
    assert (name[:2] in told[name].codes(world.player)) == world.promise


@pytest.mark.parametrize("name", WORLDS)
def test_the_step_at_fault_is_named_and_its_repair_prevents_the_failure(told: Mapping[str, Told], name: str) -> None:
    world = WORLDS[name]
    one = told[name].of(world.kind)
    assert one.tier == "T1"
    assert set(one.culprit) == {world.player, *world.beside}
    assert (world.player,) in one.minimal_repair_sets
    assert one.fixed is not None
    assert one.fixed[0] == one.fixed[1] > 0


@pytest.mark.parametrize("name", WORLDS)
def test_a_fault_goes_by_its_code_and_is_told_with_the_replay_that_confirms_it(
    told: Mapping[str, Told], name: str
) -> None:
    one = told[name].of(WORLDS[name].kind)
    assert one.fault_code == name[:2]
    assert "prevents the" in one.sentence, "with the replay that confirms it"
    assert (one.culprit[0] if one.culprit[0] not in ("store", "budget") else "The ") in one.sentence


@pytest.mark.parametrize("code", FAULTS)
def test_every_code_there_is_was_shown(code: str) -> None:
    assert code in {name[:2] for name in WORLDS} | {"E1", "E2"}, "E1 and E2 are in test_abstentions.py"


def test_a_store_that_lacks_what_decides_is_told_by_its_contract_alone(tmp_path: Path) -> None:
    told = happened(tmp_path, Faulty([NOTE], asked=NOTED))
    assert (told.wrong.tier, told.wrong.culprit, told.wrong.fault_code) == ("T2", ("store",), "S1")
    assert (told.wrong.fixed, told.wrong.minimal_repair_sets) == (None, ())
    assert "apixaban@1" in told.wrong.sentence
    assert "No re-run shows that" in told.wrong.sentence
