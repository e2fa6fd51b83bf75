"""An agent folds a question through its steps; every call is recorded, and nothing is said without its source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from world import WordVectors, clock, evidence

from evitrail.agent import AGENTS, Agent, Answer, Decoding, Question, State, Synthesis, Tools
from evitrail.agent.reader.base import Reader
from evitrail.agent.reader.scripted import ScriptedReader
from evitrail.agent.steps import choose, retrieve
from evitrail.agent.tools import ROUNDS, Reading
from evitrail.evidence_store import EvidenceStore, Snapshot
from evitrail.retrieval import BM25, Fixed, Hybrid, Retrieved
from evitrail.traces import Journal, Live, Record, Trace, Verify, content_id, lineage, provenance, recorded_work

QUESTION = Question(
    id="q-1",
    stem="A man of 70 with atrial fibrillation. What lowers the risk of stroke?",
    options={"A": "insulin", "B": "aspirin", "C": "nothing"},
)
SAYS_B = ScriptedReader(answers={"q-1": "B"})
NEVER = 10**6


class Config(Record, stored_as="Config"):
    agent: str


@dataclass(frozen=True)
class Named(ScriptedReader):
    """A scripted reader that can be told apart."""

    name: str = ""


@dataclass(frozen=True)
class Counting:
    """A retriever that remembers what it was asked."""

    asked: list[str] = field(default_factory=list, repr=False, compare=False)

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        self.asked.append(query)
        return BM25().search(query, snapshot, k)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    folder: Path = tmp_path_factory.mktemp("agents") / "store"
    with EvidenceStore.open(folder, create=True, embedder=WordVectors(), clock=clock) as store:
        store.ingest([evidence("aspirin"), evidence("statin", text="Statins lower stroke.", grade=None)])
        yield store.snapshot()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db") as opened:
        yield opened


@pytest.fixture
def tools(journal: Journal, snapshot: Snapshot) -> Tools:
    run = Live.begin(journal, "run", Config(agent="any"))
    decoding = Decoding(samples=3, temperature=0.5, seed=7)
    return Tools(run=run, snapshot=snapshot, reader=SAYS_B, retriever=Hybrid(), k=5, decoding=decoding)


def paths(journal: Journal, run: str = "run") -> list[str]:
    return [activity.path for activity in Trace(journal, run).activities]


@pytest.mark.parametrize(
    ("agent", "steps"),
    [
        ("closed_book", ["synthesise[1]", "choose[1]"]),
        ("single_pass", ["retrieve[1]", "synthesise[1]", "choose[1]"]),
        ("aimed", ["aim[1]", "retrieve[1]", "synthesise[1]", "choose[1]"]),
        ("agentic", ["retrieve[1]", "critique[1]", "synthesise[1]", "choose[1]"]),
    ],
)
def test_each_agent_takes_its_own_steps(journal: Journal, tools: Tools, agent: str, steps: list[str]) -> None:
    answer = AGENTS[agent].answer(QUESTION, tools)
    assert paths(journal) == steps
    assert answer.option == "B"
    assert bool(answer.citations) == (agent != "closed_book")


def test_every_registered_agent_is_named_as_it_is_called() -> None:
    assert {name: agent.name for name, agent in AGENTS.items()} == {name: name for name in AGENTS}


def test_an_agent_that_is_never_satisfied_stops_after_three_rounds(journal: Journal, tools: Tools) -> None:
    retriever = Counting()
    never = replace(tools, reader=replace(SAYS_B, adequate_after=NEVER), retriever=retriever)
    assert AGENTS["agentic"].answer(QUESTION, never).option == "B"
    kinds = Counter(activity.kind for activity in Trace(journal, "run").activities)
    assert kinds == {"retrieve": 3, "keep": 2, "critique": 3, "requery": 2, "synthesise": 1, "choose": 1}
    assert ROUNDS == 3
    assert retriever.asked == [QUESTION.stem, f"{QUESTION.stem} (2)", f"{QUESTION.stem} (3)"]


@pytest.mark.parametrize(("adequate_after", "rounds"), [(1, 1), (2, 2), (3, 3)])
def test_an_agent_stops_searching_once_the_evidence_is_adequate(
    journal: Journal, tools: Tools, adequate_after: int, rounds: int
) -> None:
    @dataclass(frozen=True)
    class OneMore:
        """Each query finds one passage more."""

        def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
            turn = int(query[-2]) if query.endswith(")") else 1
            return Fixed(("aspirin@1", "statin@1")[:turn]).search(query, snapshot, k)

    reader = replace(SAYS_B, adequate_after=adequate_after)
    AGENTS["agentic"].answer(QUESTION, replace(tools, reader=reader, retriever=OneMore()))
    assert sum(path.startswith("retrieve") for path in paths(journal)) == rounds


def test_the_aimed_agent_asks_for_the_last_sentence_and_every_option(tools: Tools) -> None:
    retriever = Counting()
    AGENTS["aimed"].answer(QUESTION, replace(tools, retriever=retriever))
    AGENTS["single_pass"].answer(QUESTION, replace(tools, retriever=retriever))
    assert retriever.asked == ["What lowers the risk of stroke?\ninsulin\naspirin\nnothing", QUESTION.stem]


@pytest.mark.parametrize("role", ["critique", "requery", "synthesise", "choose"])
def test_a_stand_in_takes_exactly_one_role(journal: Journal, tools: Tools, role: Reading) -> None:
    usual = Named(answers={"q-1": "B"}, adequate_after=NEVER, name="usual")
    stand_ins: Mapping[Reading, Reader] = {role: replace(usual, name="stand-in")}
    AGENTS["agentic"].answer(QUESTION, replace(tools, reader=usual, stand_ins=stand_ins))
    who = {(a.kind, "stand-in" in a.by) for a in Trace(journal, "run").activities}
    assert who == {(kind, kind == role) for kind in ("retrieve", "keep", "critique", "requery", "synthesise", "choose")}


def test_a_fork_with_a_stand_in_does_only_its_step_again(journal: Journal, tools: Tools) -> None:
    AGENTS["single_pass"].answer(QUESTION, tools)
    fork = Live.begin(journal, "fork", Config(agent="any"), parent="run", memory=recorded_work(journal, "run"))
    other = ScriptedReader(answers={"q-1": "C"})
    answer = AGENTS["single_pass"].answer(QUESTION, replace(tools, run=fork, stand_ins={"choose": other}))
    assert [(a.kind, a.reused_from) for a in Trace(journal, "fork").activities] == [
        ("retrieve", "run"),
        ("synthesise", "run"),
        ("choose", None),
    ]
    assert answer.option == "C"
    assert answer.citations == ()  # the claim speaks for B, so it cannot be cited for C


@pytest.mark.parametrize("agent", sorted(AGENTS))
def test_every_agent_verifies_as_it_ran(journal: Journal, tools: Tools, agent: str) -> None:
    answer = AGENTS[agent].answer(QUESTION, tools)
    verify = Verify(journal, "run")
    assert AGENTS[agent].answer(QUESTION, replace(tools, run=verify)) == answer
    assert {checked.verdict for checked in verify.finish()} == {"recomputed-same"}


@pytest.mark.parametrize("agent", ["single_pass", "aimed", "agentic"])
def test_a_citation_is_verbatim_in_its_passage_and_in_its_evidence(tools: Tools, agent: str) -> None:
    answer = AGENTS[agent].answer(QUESTION, tools)
    assert answer.citations
    for citation in answer.citations:
        passages = {p.id: p for p in tools.snapshot.passages(citation.evidence)}
        passage = passages[citation.passage]
        assert passage.text[citation.start : citation.end] == citation.quote != ""
        whole = tools.snapshot.evidence(citation.evidence).text
        assert whole[passage.start + citation.start : passage.start + citation.end] == citation.quote


def test_the_edges_lead_from_the_option_to_the_grade(journal: Journal, tools: Tools) -> None:
    AGENTS["agentic"].answer(QUESTION, replace(tools, retriever=Fixed(("aspirin@1", "statin@1"))))
    trace = Trace(journal, "run")
    stated = {(e.source.type, e.relation, e.target.type) for e in trace.edges().edges}
    assert stated == {
        ("Query", "wasDerivedFrom", "Question"),
        ("Retrieved", "hadMember", "Passage"),
        ("Passage", "wasQuotedFrom", "Evidence"),
        ("Evidence", "specializationOf", "Lineage"),
        ("Evidence", "wasInfluencedBy", "Grade"),
        ("Synthesis", "hadMember", "Claim"),
        ("Claim", "wasDerivedFrom", "Passage"),
        ("Choice", "wasDerivedFrom", "Claim"),
    }
    chosen = trace.activities[-1].output
    graph = provenance(trace)
    part = stated_only(lineage(graph, chosen))
    types = nx.get_node_attributes(part, "type")
    assert types[chosen] == "Choice"
    reached = {chosen, *nx.descendants(part, chosen)}
    assert {types[node] for node in reached} == {"Choice", "Claim", "Passage", "Evidence", "Grade", "Lineage"}
    labels = {part.nodes[node]["label"] for node in reached}
    assert any("moderate" in label and "imprecision" in label for label in labels)
    assert not any("statin" in label for label in labels)


def stated_only(graph: nx.MultiDiGraph) -> nx.MultiDiGraph:
    """Without what follows from the activities, which would lead from everything to everything."""
    plain = {"used", "wasGeneratedBy", "wasAssociatedWith", "wasInformedBy"}
    drop = [(a, b, key) for a, b, key, said in graph.edges(keys=True, data="relation") if said in plain]
    graph.remove_edges_from(drop)
    return graph


def test_the_lineage_of_a_choice_reaches_the_query_and_every_reader(journal: Journal, tools: Tools) -> None:
    AGENTS["agentic"].answer(QUESTION, tools)
    trace = Trace(journal, "run")
    graph = lineage(provenance(trace), trace.activities[-1].output)
    types = {kind for _, kind in graph.nodes(data="type")}
    assert {"Choice", "Claim", "Passage", "Evidence", "Grade", "Query", "Question", "Retrieved"} <= types
    agents = {name for name, prov in graph.nodes(data="prov") if prov == "agent"}
    assert agents == {repr(SAYS_B), repr(Hybrid())}


def test_a_span_of_an_edge_points_at_the_words(journal: Journal, tools: Tools) -> None:
    AGENTS["single_pass"].answer(QUESTION, replace(tools, retriever=Fixed(("aspirin@1",))))
    edges = {e.source.type: e for e in Trace(journal, "run").edges().edges}
    text = tools.snapshot.evidence("aspirin@1").text
    assert text[edges["Passage"].start : edges["Passage"].end] == text
    assert edges["Claim"].role == "supports"
    assert edges["Claim"].source.label == f"supports B: {text[edges['Claim'].start : edges['Claim'].end]}"


def test_an_abstention_is_an_answer_with_its_reason_and_ballots(journal: Journal, tools: Tools) -> None:
    answer = AGENTS["agentic"].answer(QUESTION, replace(tools, reader=ScriptedReader()))
    assert isinstance(answer, Answer)
    assert (answer.option, answer.citations) == (None, ())
    assert answer.reason == "nothing scripted for this question"
    assert answer.ballots.votes == (None,) * 3
    assert Trace(journal, "run").activities[-1].path == "choose[1]"


def test_ballots_carry_how_they_were_drawn(tools: Tools) -> None:
    ballots = AGENTS["closed_book"].answer(QUESTION, tools).ballots
    assert (ballots.votes, ballots.temperature, ballots.seed) == (("B",) * 3, 0.5, 7)


def test_an_agent_that_retrieves_without_a_retriever_says_so(tools: Tools) -> None:
    with pytest.raises(ValueError, match="names no retriever"):
        AGENTS["single_pass"].answer(QUESTION, replace(tools, retriever=None))
    assert AGENTS["closed_book"].answer(QUESTION, replace(tools, retriever=None)).option == "B"


def test_an_agent_must_end_in_a_choice(tools: Tools) -> None:
    with pytest.raises(ValueError, match="must be `choose`"):
        Agent("half", (retrieve,)).answer(QUESTION, tools)


def test_choosing_without_a_synthesis_is_choosing_from_nothing(tools: Tools) -> None:
    state = choose(State(question=QUESTION), tools)
    assert state.synthesis == Synthesis(claims=(), note="nothing was synthesised")
    assert state.choice is not None
    assert state.choice.claims == ()


def test_a_state_holds_each_passage_once_best_rank_first(snapshot: Snapshot) -> None:
    first = Fixed(("aspirin@1", "statin@1")).search("one", snapshot, 5)
    second = Fixed(("statin@1", "aspirin@1")).search("two", snapshot, 5)
    hits = State(question=QUESTION, retrieved=(first, second)).hits
    assert [(hit.passage.ref, hit.rank) for hit in hits] == [("aspirin@1", 1), ("statin@1", 1)]


@pytest.mark.parametrize(
    "change",
    [{"k": 2}, {"retriever": BM25()}, {"question": QUESTION.model_copy(update={"stem": "Stroke?"})}, {"without": "x"}],
    ids=["k", "retriever", "question", "snapshot"],
)
def test_a_search_is_done_again_when_what_decides_it_changes(
    journal: Journal, tools: Tools, change: dict[str, Any]
) -> None:
    AGENTS["single_pass"].answer(QUESTION, tools)
    question = change.pop("question", QUESTION)
    if change.pop("without", None):
        change["snapshot"] = tools.snapshot.without(["statin@1"])
    fork = Live.begin(journal, "fork", Config(agent="any"), parent="run", memory=recorded_work(journal, "run"))
    AGENTS["single_pass"].answer(question, replace(tools, run=fork, **change))
    keys = [Trace(journal, run).activities[0].key for run in ("run", "fork")]
    assert keys[0] != keys[1]
    assert Trace(journal, "fork").activities[0].reused_from is None


def test_what_is_recorded_is_what_was_decided(journal: Journal, tools: Tools) -> None:
    answer = AGENTS["single_pass"].answer(QUESTION, tools)
    synthesise = Trace(journal, "run").activities[1]
    claims = journal.get(synthesise.output, Synthesis).claims
    assert [claim.quote for claim in claims] == [citation.quote for citation in answer.citations]
    assert synthesise.inputs[0].id == content_id(QUESTION)
    assert [given.role for given in synthesise.inputs] == ["question", "retrieved[1]"]
