"""A streamed answer is recorded as it is read: whole when it was read to its end, cut short when it was not."""

from __future__ import annotations

import asyncio
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from llama_index.core import VectorStoreIndex
from llama_index.core.llms import ChatMessage
from pipeline import QUERY, QUESTION, Letters, Scripted, engine, errors, paths, text_nodes

from evitrail.agent.captured import CapturedAnswer
from evitrail.agent.llama import evitrail_capture
from evitrail.agent.llm import Completion
from evitrail.traces import Journal, Trace


@pytest.fixture
def journal(tmp_path: Path) -> Any:
    with Journal.open(tmp_path / "journal.db") as opened:
        yield opened


def test_a_streamed_answer_is_recorded_when_it_has_been_read(journal: Journal) -> None:
    pipeline = engine(Scripted(says=("At 36 weeks.",)), streaming=True)
    with evitrail_capture(journal) as captured:
        response = pipeline.query(QUESTION)
        run = captured.runs[0]
        assert paths(Trace(journal, run)) == QUERY[:2]
        pieces = []
        for piece in response.response_gen:
            assert paths(Trace(journal, run)) == QUERY[:2]
            pieces.append(piece)
    trace = Trace(journal, run)
    assert captured.runs == [run]
    assert pieces == ["At", " 36", " weeks."]
    assert paths(trace) == QUERY
    assert trace.output(CapturedAnswer) == CapturedAnswer(text="At 36 weeks.", metadata={})
    assert journal.get(trace.activities[2].output, Completion).texts == ("At 36 weeks.",)
    assert any(edge.relation == "wasDerivedFrom" and edge.role == "source 1" for edge in trace.edges().edges)


def test_an_asynchronous_stream_is_recorded_when_it_has_been_read(journal: Journal) -> None:
    pipeline = engine(Scripted(says=("At 36 weeks.",)), streaming=True)

    async def asked() -> list[str]:
        response: Any = await pipeline.aquery(QUESTION)
        return [piece async for piece in response.async_response_gen()]

    with evitrail_capture(journal) as captured:
        pieces = asyncio.run(asked())
    trace = Trace(journal, captured.runs[0])
    assert "".join(pieces) == "At 36 weeks."
    assert paths(trace) == QUERY
    assert trace.output(CapturedAnswer) == CapturedAnswer(text="At 36 weeks.", metadata={})


def test_two_streams_read_in_turns_do_not_mix(journal: Journal) -> None:
    pipelines = [engine(Scripted(says=(said,)), streaming=True) for said in ("one two three", "four five six")]
    with evitrail_capture(journal) as captured:
        first, second = (pipeline.query(QUESTION).response_gen for pipeline in pipelines)
        said = list(zip(second, first, strict=True))
    assert said[0] == ("four", "one")
    assert [Trace(journal, run).output(CapturedAnswer) for run in captured.runs] == [
        CapturedAnswer(text="one two three", metadata={}),
        CapturedAnswer(text="four five six", metadata={}),
    ]
    assert [paths(Trace(journal, run)) for run in captured.runs] == [QUERY, QUERY]


def test_a_stream_that_is_not_read_to_its_end_leaves_a_run_that_says_so(journal: Journal) -> None:
    pipeline = engine(Scripted(says=("At 36 weeks.",)), streaming=True)
    with evitrail_capture(journal) as captured:
        unread = pipeline.query(QUESTION)
        stopped = pipeline.query(QUESTION).response_gen
        next(stopped)
        stopped.close()
    assert [Trace(journal, run).ended for run in captured.runs] == [False, False]
    assert all("cut short" in errors(Trace(journal, run))["query[1]"] for run in captured.runs)
    assert "".join(unread.response_gen) == "At 36 weeks."  # read after the block: handed on, and no longer recorded
    assert paths(Trace(journal, captured.runs[0])) == QUERY[:2]


def test_another_call_made_while_a_stream_is_read_is_a_run_of_its_own(journal: Journal) -> None:
    model = Scripted(says=("At 36 weeks.", "Grass."))
    with evitrail_capture(journal) as captured:
        stream = model.stream_chat([ChatMessage(role="user", content=QUESTION)])
        next(stream)
        model.complete("What do deer eat?")
        assert [piece.delta for piece in stream] == [" 36", " weeks."]
    said = [journal.get(Trace(journal, run).activities[0].output, Completion).texts for run in captured.runs]
    assert [paths(Trace(journal, run)) for run in captured.runs] == [["model[1]"], ["model[1]"]]
    assert said == [("At 36 weeks.",), ("Grass.",)]


def test_a_streamed_chat_ends_when_its_thread_has_read_the_model(journal: Journal) -> None:
    index = VectorStoreIndex(text_nodes(), embed_model=Letters())
    returned = Event()
    with evitrail_capture(journal) as captured:
        chat = index.as_chat_engine(llm=Scripted(before=returned.wait), chat_mode="context", similarity_top_k=2)
        response = chat.stream_chat(QUESTION)
        returned.set()
        said = "".join(response.response_gen)
    trace = Trace(journal, captured.runs[0])
    assert said == "At 36 weeks."
    assert set(paths(trace)) == {path.replace("query", "chat", 1) for path in QUERY}
    assert paths(trace)[-1] == "chat[1]"
    assert trace.output(CapturedAnswer) == CapturedAnswer(text=said, metadata={})
