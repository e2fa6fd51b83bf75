"""Not kinds of steps but single ones are named; what a later step noticed is discharged; luck is not credited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from erring import Misreading, Missing, OffTopic
from faulty import ASIDE, ASKED, DECIDES, GOLD, NOTE, NOTED, PARKING, Faulty, happened
from ward import WardReader, advice, arm, ask, claim, opened

from evitrail.agent.agents import Agent
from evitrail.agent.model import Query, Question, State, Synthesis
from evitrail.agent.steps import choose, keep, retrieve, synthesise
from evitrail.agent.tools import Tools
from evitrail.eval.attribution.attribute import attribute
from evitrail.eval.log.runs import JOURNAL
from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.model import Evidence
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval import BM25, Clean
from evitrail.retrieval.base import Hit, Retrieved
from evitrail.traces.journal.journal import Journal
from evitrail.traces.run.step_key import Task

BARE = [advice("apixaban", "C", id=f"apixaban-{n}", text=f"{ASKED.stem} Remark {n}.") for n in range(12)]
TITLE = "For apixaban the advice is option"


@dataclass(frozen=True)
class MissesOnce:
    """Misses what decides for queries with these words."""

    words: str

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        return (Missing(BM25(), DECIDES) if self.words in query else BM25()).search(query, snapshot, k)


@dataclass(frozen=True)
class Lucky(WardReader):
    """Where no advice is served it reads the first passage as C, but only in these lists; else as B."""

    unlucky: tuple[tuple[str, ...], ...] = ()

    def synthesise(self, question: Question, hits: Sequence[Hit]) -> Synthesis:
        said = super().synthesise(question, hits)
        if said.claims or not hits:
            return said
        luck = tuple(hit.passage.ref for hit in hits) in self.unlucky
        return Synthesis(claims=(claim(hits[0], "C" if luck else "B"),), note="as it happens")


def background(state: State, tools: Tools) -> State:
    """Search next for something that is good to know."""
    query = Query(text=PARKING, reason="good to know")
    task = Task("background", lambda: query, returns=Query, inputs={"question": state.question}, by="background")
    return state.model_copy(update={"query": tools.run.step(task)})


def as_asked(state: State, tools: Tools) -> State:
    """Search next for the question as asked."""
    return state.model_copy(update={"query": None})


FIRST = Agent("first", (retrieve, background, retrieve, keep, synthesise, choose))
SECOND = Agent("second", (background, retrieve, as_asked, retrieve, keep, synthesise, choose))
CASES = {ASKED.id: ASKED}


@pytest.mark.parametrize(("agent", "named"), [(FIRST, "retrieve[1]"), (SECOND, "retrieve[2]")])
def test_of_two_searches_the_one_that_was_broken_is_named(tmp_path: Path, agent: Agent, named: str) -> None:
    world = Faulty([GOLD, *ASIDE], retriever=MissesOnce("takes"), agent=agent, k=1)
    told = happened(tmp_path, world)
    assert (told.wrong.culprit, told.wrong.roles, told.wrong.fault_code) == ((named,), ("retrieve",), "R1")


def test_an_off_topic_query_after_a_miss_that_was_noticed_is_the_querys(tmp_path: Path) -> None:
    told = happened(tmp_path, Faulty([*BARE, GOLD, *ASIDE], WardReader(query=PARKING), agent="agentic", k=1))
    assert told.codes("retrieve[1]"), "it missed"
    assert told.wrong.roles == ("requery",)
    assert told.wrong.fault_code == "Q1"
    assert "retrieve[1]" in told.wrong.discharged


def test_an_off_topic_query_is_not_cured_where_it_is_searched_for(tmp_path: Path) -> None:
    one = happened(tmp_path, Faulty([GOLD, *ASIDE], agent="aimed", components={"aim": OffTopic()})).wrong
    assert one.culprit == ("aim[1]",)
    assert ("retrieve[1]",) not in one.minimal_repair_sets


def test_a_miss_that_was_accepted_is_shared_and_who_accepted_it_comes_first(tmp_path: Path) -> None:
    world = Faulty([*BARE, GOLD, *ASIDE], WardReader(query=TITLE, accepts=True), agent="agentic", k=1)
    one = happened(tmp_path, world).wrong
    assert (one.culprit, one.fault_code) == (("critique[1]", "retrieve[1]"), "K1")
    assert one.minimal_repair_sets == (("retrieve[1]",), ("critique[1]",))
    assert one.overdetermined
    assert "repairing either of them alone prevents" in one.sentence


def test_who_accepted_a_miss_comes_second_where_the_next_search_would_have_missed_too(tmp_path: Path) -> None:
    accepting = WardReader(accepts=True, query=TITLE)
    one = happened(tmp_path, Faulty([GOLD, NOTE], accepting, NOTED, MissesOnce("takes"), agent="agentic", k=1)).wrong
    assert one.culprit == ("retrieve[1]", "critique[1]"), "its own repair does not help"


def test_two_faults_that_are_each_enough_are_blamed_together(tmp_path: Path) -> None:
    invents = {"synthesise": Misreading("Y3", WardReader(), CASES)}
    one = happened(tmp_path, Faulty([GOLD, *BARE], retriever=Missing(BM25(), DECIDES), components=invents)).wrong
    assert set(one.culprit) == {"retrieve[1]", "synthesise[1]"}
    assert one.minimal_repair_sets == (("retrieve[1]", "synthesise[1]"),)
    assert max(one.necessity.values()) == 0, "neither alone would have helped"
    assert not one.overdetermined, "there is one repair"


def lucky(evidence: Sequence[Evidence], folder: Path) -> Lucky:
    """A reader that has no luck with the very list that is served of this evidence."""
    with opened(folder) as store:
        store.ingest(evidence)
        found = Missing(BM25(), DECIDES).search(ASKED.stem, store.snapshot(as_of=ASKED.as_of), 3)
    return Lucky(unlucky=(tuple(hit.passage.ref for hit in found.hits),))


def test_a_store_whose_mend_changes_only_what_nothing_rested_on_is_not_credited_for_luck(tmp_path: Path) -> None:
    evidence = [GOLD, *BARE]
    reader = lucky(evidence, tmp_path / "before")
    unlucky = reader.unlucky[0]

    def without_the_last(store: EvidenceStore) -> Snapshot:
        return store.snapshot(as_of=ASKED.as_of).without([unlucky[-1]])

    world = Faulty(evidence, reader, retriever=Missing(BM25(), DECIDES), named=without_the_last)
    told = happened(tmp_path, world)
    assert told.codes("store") == {"S5"}, "the reference lacks what was served"
    assert told.wrong.culprit == ()
    assert (told.wrong.abstain_reason or "").startswith("U3")


def test_a_reference_that_somebody_names_goes_before_the_labels(tmp_path: Path) -> None:
    def retract(store: EvidenceStore) -> None:
        store.retract(GOLD.ref, "by mistake")

    world = Faulty([GOLD], retriever=Clean(), prepare=retract, named=lambda store: store.snapshot(ASKED.as_of, seq=1))
    one = happened(tmp_path / "named", world).wrong
    assert (one.tier, one.culprit, one.fault_code, one.basis) == ("T1", ("store",), "S1", "named")
    assert any("current in the reference" in said for said in one.contract_breaks)
    by_labels = happened(tmp_path / "labels", replace(world, named=None)).wrong
    assert (by_labels.culprit, by_labels.fault_code, by_labels.basis) == (("store",), "S1", "labels")


def test_a_reference_can_have_what_the_store_never_had(tmp_path: Path) -> None:
    with opened(tmp_path / "other") as other:
        other.ingest([GOLD, NOTE])
        right = other.snapshot(as_of=ASKED.as_of)
        one = happened(tmp_path, Faulty([NOTE], asked=NOTED, named=lambda store: right)).wrong
    assert (one.tier, one.culprit, one.fault_code, one.basis) == ("T1", ("store",), "S1", "named")
    assert one.fixed == (1, 1)


def test_a_reference_without_the_lineage_that_decides_is_refused_in_one_line(tmp_path: Path) -> None:
    with opened(tmp_path) as store, opened(tmp_path / "other") as other:
        store.ingest([GOLD])
        other.ingest([advice("heparin", "B")])
        assert ask(tmp_path / "x", store, [ASKED], [arm()], WardReader(misread="C")) == []
        with Journal.open(tmp_path / "x" / JOURNAL) as journal:
            refused = "expected a reference that holds the lineage 'apixaban', which decides 'q-apixaban'"
            with pytest.raises(ValueError, match=refused) as error:
                attribute(journal, "words.q-apixaban", store, WardReader(misread="C"), reference=other.snapshot())
            assert "\n" not in str(error.value)
