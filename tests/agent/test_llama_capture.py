"""What a llama-index pipeline does within a captured block is a run like any other: nested, whole, checked."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core.agent.workflow import ReActAgent
from llama_index.core.llms import ChatMessage
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle
from llama_index.core.tools import QueryEngineTool
from llama_index_instrumentation import get_dispatcher
from pipeline import ADVICE, QUERY, QUESTION, Scripted, engine, paths, text_nodes

from evitrail.agent.captured import Captured, CapturedAnswer, CapturedValues, Nodes
from evitrail.agent.captured.plain import as_json
from evitrail.agent.llama import evitrail_capture
from evitrail.agent.llm import Completion, Prompt
from evitrail.agent.model import Query
from evitrail.traces import Activity, Journal, JournalError, Trace, canonical_json, content_id, lineage, provenance
from evitrail.traces.audit.integrity import verify_journal
from evitrail.traces.audit.seal import seal


@pytest.fixture
def journal(tmp_path: Path) -> Any:
    with Journal.open(tmp_path / "journal.db") as opened:
        yield opened


def step(trace: Trace, path: str) -> Activity:
    return next(activity for activity in trace.activities if activity.path == path)


def test_a_query_is_one_run_of_nested_steps(journal: Journal) -> None:
    with evitrail_capture(journal) as captured:
        answer = engine(Scripted()).query(QUESTION)
    trace = Trace(journal, captured.runs[-1])
    said = trace.output(CapturedAnswer)
    assert paths(trace) == QUERY
    assert said is not None
    assert said.text == str(answer) == "At 36 weeks."
    begun = trace.records[0].body
    assert (begun["recorded"], begun["config_type"], begun["parent"]) == ("elsewhere", "Captured", None)
    config = trace.config(Captured)
    assert (config.asked, config.call) == (QUESTION, "RetrieverQueryEngine.query")
    assert "retriever=VectorIndexRetriever(similarity_top_k=2, embed_model=Letters())" in config.pipeline
    assert config.versions["llama-index-core"]


def test_every_step_has_what_went_in_and_what_came_out(journal: Journal) -> None:
    model = Scripted()
    with evitrail_capture(journal, "mine") as captured:
        answer = engine(model).query(QUESTION)
    trace = Trace(journal, captured.runs[-1])
    retrieve = step(trace, "query[1]/retrieve[1]")
    found = journal.get(retrieve.output, Nodes).nodes
    asked = journal.get(retrieve.inputs[0].id, Query)
    assert asked.text == QUESTION
    assert [(one.node.id, one.node.text, one.score) for one in found] == [
        (one.node.node_id, one.node.get_content(), one.score) for one in answer.source_nodes
    ]
    assert all(one.node.metadata == {"year": 2000} and one.node.document == f"{one.node.id}.txt" for one in found)
    call = step(trace, "query[1]/synthesise[1]/model[1]")
    prompt, completion = journal.get(call.inputs[0].id, Prompt), journal.get(call.output, Completion)
    assert [(m.role, m.content) for m in prompt.messages] == [("user", model.asked[-1])]
    assert all(one.node.text in model.asked[-1] for one in found)
    assert (prompt.temperature, prompt.max_tokens, prompt.seed) == (0.5, None, None)
    assert completion == Completion(
        texts=("At 36 weeks.",),
        finish_reasons=("stop",),
        prompt_tokens=len(model.asked[-1].split()),
        completion_tokens=3,
        model="scripted-1",
    )
    effects = {a.path.rpartition("/")[2]: a.effect for a in trace.activities}
    assert effects["retrieve[1]"] == effects["model[1]"] == "reads_external"
    assert effects["query[1]"] == effects["synthesise[1]"] == "pure"


def test_the_answer_is_traced_to_the_nodes_it_names_and_they_to_their_documents(journal: Journal) -> None:
    with evitrail_capture(journal) as captured:
        engine(Scripted()).query(QUESTION)
    trace = Trace(journal, captured.runs[-1])
    graph = provenance(trace)
    said, found = trace.output(CapturedAnswer), journal.get(step(trace, "query[1]/retrieve[1]").output, Nodes)
    assert said is not None
    for rank, one in enumerate(found.nodes, start=1):
        assert nx.has_path(graph, content_id(said), content_id(one.node))
        here = [edge for edge in trace.edges().edges if edge.target.id == content_id(one.node)]
        assert {(edge.relation, edge.source.type, edge.role) for edge in here} == {
            ("hadMember", "Nodes", f"rank {rank}"),
            ("wasDerivedFrom", "Prompt", "in the prompt"),
            ("wasDerivedFrom", "Said", f"source {rank}"),
        }
        quoted = graph[content_id(one.node)][f"document:{one.node.id}.txt"]["wasQuotedFrom"]
        assert (quoted["start"], quoted["end"]) == (0, len(ADVICE[one.node.id]))
    stated = [(edge.relation, edge.source.id, edge.target.id) for edge in trace.edges().edges]
    assert len(set(stated)) == len(stated)
    behind = {graph.nodes[node]["label"] for node in lineage(graph, content_id(said))}
    assert not any("cabbage" in label for label in behind)


def test_a_journal_with_captured_runs_is_sound(journal: Journal) -> None:
    with evitrail_capture(journal):
        engine(Scripted()).query(QUESTION)
        engine(Scripted()).query("And deer?")
    seal(journal)
    verdicts = verify_journal(journal)
    assert verdicts.sound, verdicts


def test_an_asynchronous_query_has_the_same_steps_and_two_at_once_are_two_runs(journal: Journal) -> None:
    pipeline = engine(Scripted())
    questions = [QUESTION, "What do deer eat?", "Is cabbage eaten?"]

    async def all_at_once() -> None:
        await asyncio.gather(*(pipeline.aquery(question) for question in questions))

    with evitrail_capture(journal) as captured:
        asyncio.run(all_at_once())
    traces = [Trace(journal, run) for run in captured.runs if Trace(journal, run).config(Captured).asked]
    assert sorted(trace.config(Captured).asked for trace in traces) == sorted(questions)
    for trace in traces:
        assert paths(trace) == QUERY
        asked = journal.get(step(trace, "query[1]/synthesise[1]/model[1]").inputs[0].id, Prompt)
        assert trace.config(Captured).asked in asked.messages[0].content


def test_what_a_postprocessor_dropped_is_not_among_what_the_model_was_shown(journal: Journal) -> None:
    scores = [0.9, 0.1, float("nan")]

    class Fixed(BaseRetriever):
        def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
            return [NodeWithScore(node=node, score=score) for node, score in zip(text_nodes(), scores, strict=True)]

    kept = SimilarityPostprocessor(similarity_cutoff=0.5)
    pipeline = RetrieverQueryEngine.from_args(Fixed(), llm=Scripted(), node_postprocessors=[kept])
    with evitrail_capture(journal) as captured:
        pipeline.query(QUESTION)
    trace = Trace(journal, captured.runs[-1])
    assert "query[1]/postprocess[1]" in paths(trace)
    found = journal.get(step(trace, "query[1]/retrieve[1]").output, Nodes)
    left = journal.get(step(trace, "query[1]/postprocess[1]").output, Nodes)
    assert [one.score for one in found.nodes] == [0.9, 0.1, "nan"]
    assert "swab-2010" not in {one.node.id for one in left.nodes}
    shown = {e.target.label for e in trace.edges().edges if e.role == "in the prompt"}
    assert ADVICE["swab-2019"] in shown
    assert ADVICE["swab-2010"] not in shown
    assert any(
        e.relation == "wasDerivedFrom" and (e.source.id, e.target.id) == (content_id(left), content_id(found))
        for e in trace.edges().edges
    )


def test_an_agent_is_seen_through_its_tools_down_to_the_nodes(journal: Journal) -> None:
    turns = (
        'Thought: I need to use a tool.\nAction: advice\nAction Input: {"input": "swab"}',
        "Thought: I can answer without using any more tools.\nAnswer: At 36 weeks.",
    )
    model = Scripted(says=turns)
    tool = QueryEngineTool.from_defaults(engine(Scripted()), name="advice", description="advice")

    async def asked() -> str:
        return str(await ReActAgent(tools=[tool], llm=model).run(QUESTION))

    with evitrail_capture(journal) as captured:
        said = asyncio.run(asked())
    trace = Trace(journal, captured.runs[-1])
    within = [f"agent[1]/tool[1]/{path}" for path in QUERY]
    outer = ["agent[1]/tool[1]", "agent[1]/model[2]", "agent[1]"]
    assert paths(trace) == ["agent[1]/model[1]", *within, *outer]
    calls = [journal.get(step(trace, f"agent[1]/model[{n}]").output, Completion).texts[0] for n in (1, 2)]
    assert tuple(calls) == turns
    prompts = [journal.get(step(trace, f"agent[1]/model[{n}]").inputs[0].id, Prompt) for n in (1, 2)]
    assert [message.role for message in prompts[0].messages] == ["system", "user"]
    assert prompts[1].messages[-1].content == "Observation: At 36 weeks."
    assert trace.output(CapturedAnswer) == CapturedAnswer(text=said, metadata={})
    assert journal.get(step(trace, "agent[1]/tool[1]").inputs[0].id, CapturedValues).value == {"input": "swab"}


def test_a_function_of_ones_own_is_a_step_when_llama_index_is_told_of_it(journal: Journal) -> None:
    pipeline = engine(Scripted())

    @get_dispatcher(__name__).span
    def triage(complaint: str, password: str) -> dict[str, Any]:
        return {"answer": str(pipeline.query(complaint)), "urgent": False}

    with evitrail_capture(journal) as captured:
        triage(QUESTION, password="hunter2")
    trace = Trace(journal, captured.runs[-1])
    assert paths(trace) == [*(f"triage[1]/{path}" for path in QUERY), "triage[1]"]
    assert trace.output(CapturedValues) == CapturedValues(value={"answer": "At 36 weeks.", "urgent": False})
    given_to = journal.get(step(trace, "triage[1]").inputs[0].id, CapturedValues).value
    assert (given_to["complaint"], given_to["password"]) == (QUESTION, "(left out: a credential)")


def test_a_chat_keeps_roles_and_what_our_prompt_has_no_place_for(journal: Journal) -> None:
    call = {"id": "1", "function": {"name": "advice", "arguments": "{}"}}
    messages = [
        ChatMessage(role="system", content="Be brief."),
        ChatMessage(role="assistant", content="", additional_kwargs={"tool_calls": [call]}),
        ChatMessage(role="tool", content="36 weeks", additional_kwargs={"tool_call_id": "1"}),
    ]
    with evitrail_capture(journal) as captured:
        Scripted().chat(messages, api_key="sk-1", max_tokens=7, tools=["advice"])
    trace = Trace(journal, captured.runs[0])
    called = step(trace, "model[1]")
    prompt, beside = (journal.raw(given_in.id) for given_in in called.inputs)
    sent = Prompt.model_validate_json(prompt.partition(b"\n")[2])
    assert [m.role for m in sent.messages] == ["system", "assistant", "user"]
    assert sent.max_tokens == 7
    rest = json.loads(beside.partition(b"\n")[2])["value"]
    assert rest["tools"] == ["advice"]
    assert rest["api_key"] == "(left out: a credential)"
    assert [(m["role"], m["additional_kwargs"]) for m in rest["messages"]] == [
        ("assistant", {"tool_calls": [call]}),
        ("tool", {"tool_call_id": "1"}),
    ]


def test_no_credential_of_a_component_is_written(journal: Journal) -> None:
    with evitrail_capture(journal):
        engine(Scripted()).query(QUESTION)
    whole = b"".join(journal.raw(name) for name in journal.survey())
    whole += b"".join(record.bytes for run in journal.runs() for record in journal.records(run))
    assert b"scripted-1" in whole
    assert b"sk-not-to-be-written" not in whole


def test_a_run_with_patient_data_keeps_its_texts_under_keyed_names(journal: Journal) -> None:
    with evitrail_capture(journal, "ward", sensitive=True) as captured:
        engine(Scripted()).query(QUESTION)
    records = [record for run in captured.runs for record in journal.records(run)]
    named = {i.id for run in captured.runs for a in Trace(journal, run).activities for i in a.inputs}
    assert named
    assert all(name.startswith("hmac-sha256:") for name in named)
    assert not any(b"swab" in record.bytes for record in records)
    trace = Trace(journal, captured.runs[-1])
    answer = trace.of_type("run.end")[0].body["output"]
    assert {edge.role for edge in trace.edges().edges if edge.source.id == answer} >= {"source 1", "source 2"}


def test_runs_take_free_names_and_a_taken_one_is_refused(journal: Journal) -> None:
    model = Scripted()
    with evitrail_capture(journal, "ward") as first:
        model.complete("one")
        model.complete("two")
    with evitrail_capture(journal) as second:
        model.complete("three")
    assert (first.runs, second.runs) == (["ward", "ward.2"], ["llama-index.1"])
    for name in ("ward", "experiment", ""):
        with pytest.raises(JournalError, match="expected a new name"), evitrail_capture(journal, name):
            model.complete("never")
    assert model.asked == ["one", "two", "three"]


JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.just(Scripted),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner),
)


@given(JSON_LIKE, st.text(st.characters(categories=["Cs", "Lu"])))
def test_any_foreign_value_can_be_stored(value: Any, odd: str) -> None:
    keys = {"caf\u00e9": 1, "cafe\u0301": 2, 1: 3, "1": 4}
    stored = CapturedValues(value=as_json({"value": value, "odd": odd, "keys": keys}))
    read = CapturedValues.model_validate_json(canonical_json(stored)).value
    assert sorted(read["keys"].values()) == [1, 2, 3, 4]
    assert as_json(read) == read
