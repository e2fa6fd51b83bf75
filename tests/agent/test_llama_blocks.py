"""Blocks, threads, failures and kills: what was seen is kept, what was not is not made up, nobody is disturbed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events import BaseEvent
from llama_index_instrumentation import get_dispatcher, root_dispatcher
from llama_index_instrumentation.span_handlers.base import Thread
from pipeline import QUERY, QUESTION, Scripted, engine, errors, paths

import evitrail.agent
from evitrail.agent.captured import Captured, CapturedAnswer, CapturedValues, Vectors
from evitrail.agent.llama import evitrail_capture
from evitrail.traces import Journal, JournalError, Trace
from evitrail.traces.audit.integrity import verify_journal

SOURCE = Path(evitrail.__file__).parents[1]
# The model says that it was asked, and never answers.
WORKER = """
import sys, time
from pipeline import QUESTION, Scripted, engine
from evitrail.agent.llama import evitrail_capture
from evitrail.traces import Journal

def stuck():
    print("asked", flush=True)
    time.sleep(600)

with Journal.open(sys.argv[1]) as journal:
    pipeline = engine(Scripted(before=stuck))
    with evitrail_capture(journal, "killed"):
        pipeline.query(QUESTION)
"""


class Watching(BaseEventHandler):
    """Somebody else's handler."""

    heard: int = 0

    def handle(self, event: BaseEvent, **kwargs: Any) -> None:
        self.heard += 1


@pytest.fixture
def journal(tmp_path: Path) -> Any:
    with Journal.open(tmp_path / "journal.db") as opened:
        yield opened


def handlers() -> list[int]:
    return [id(one) for one in (*root_dispatcher.span_handlers, *root_dispatcher.event_handlers)]


def refused() -> None:
    raise RuntimeError("no model today")


def test_a_query_that_raised_has_no_end_and_says_why(journal: Journal) -> None:
    pipeline = engine(Scripted(before=refused))
    before = handlers()
    with pytest.raises(RuntimeError, match="no model today"), evitrail_capture(journal, "mine"):
        pipeline.query(QUESTION)
    trace = Trace(journal, "mine")
    assert not trace.ended
    assert paths(trace) == QUERY[:2]
    assert errors(trace) == dict.fromkeys(QUERY[2:], "RuntimeError: no model today")
    assert trace.config(Captured).asked == QUESTION
    assert handlers() == before


def test_nothing_is_recorded_outside_the_block_and_other_handlers_stay(journal: Journal) -> None:
    model, watching = Scripted(), Watching()
    root_dispatcher.add_event_handler(watching)
    try:
        before = handlers()
        model.complete("before")
        with evitrail_capture(journal) as captured:
            model.complete("within")
        model.complete("after")
        assert handlers() == before
    finally:
        root_dispatcher.event_handlers = [one for one in root_dispatcher.event_handlers if one is not watching]
    assert [run for run in journal.runs() if run not in captured.runs] == []
    assert len(captured.runs) == 1
    assert watching.heard == 6


def test_two_blocks_in_two_threads_do_not_mix_and_a_thread_in_none_is_not_recorded(tmp_path: Path) -> None:
    together, rounds = Barrier(3), 5

    def asking(name: str | None) -> None:
        pipeline = engine(Scripted(says=(f"said to {name}",)))
        together.wait()
        if name is None:
            for _ in range(rounds):
                pipeline.query("asked by nobody")
            return
        with Journal.open(tmp_path / f"{name}.db") as journal, evitrail_capture(journal, name) as captured:
            for number in range(rounds):
                pipeline.query(f"{name} asks {number}")
        assert len(captured.runs) == rounds

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(asking, name) for name in ("first", "second", None)]:
            done.result()
    for name in ("first", "second"):
        with Journal.open(tmp_path / f"{name}.db", create=False) as journal:
            traces = [Trace(journal, run) for run in journal.runs()]
            assert sorted(t.config(Captured).asked for t in traces) == [f"{name} asks {n}" for n in range(rounds)]
            assert [t.output(CapturedAnswer) for t in traces] == [
                CapturedAnswer(text=f"said to {name}", metadata={})
            ] * rounds
            assert [paths(t) for t in traces] == [QUERY] * rounds


def test_what_an_outermost_call_left_running_is_cut_short_and_what_comes_later_is_a_run_of_its_own(
    journal: Journal,
) -> None:
    model, returned, left = Scripted(), Event(), []

    @get_dispatcher(__name__).span
    def hasty() -> str:
        left.append(model.stream_complete("a stream that is left"))
        next(left[0])
        left.append(Thread(target=lambda: (returned.wait(), model.complete("afterwards"))))
        left[1].start()
        return "early"

    with evitrail_capture(journal) as captured:
        hasty()
        returned.set()
        left[1].join()
    first, second = (Trace(journal, run) for run in captured.runs)
    assert first.output(CapturedValues) == CapturedValues(value="early")
    assert "the outermost call returned" in errors(first)["hasty[1]/model[1]"]
    assert first.records[-1].type == "run.end"
    assert paths(second) == ["model[1]"]


def test_a_thread_that_was_given_the_blocks_context_belongs_to_it(journal: Journal) -> None:
    model = Scripted()

    def asked(around: Callable[..., Any]) -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(around, model.complete, "from a thread").result()

    with evitrail_capture(journal) as captured:
        asked(lambda call, prompt: call(prompt))
        asked(copy_context().run)
    assert len(captured.runs) == 1


def test_a_recording_that_fails_is_told_at_the_end_and_the_pipeline_goes_on(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.db")
    pipeline = engine(Scripted(before=journal.close))
    answers = []
    with pytest.raises(JournalError, match="not all of it could be recorded"), evitrail_capture(journal, "lost"):
        answers.append(str(pipeline.query(QUESTION)))
    assert answers == ["At 36 weeks."]
    with Journal.open(tmp_path / "journal.db", create=False) as again:
        trace = Trace(again, "lost")
        assert not trace.ended
        assert paths(trace) == QUERY[:2]


class Full(Journal):
    """A journal with no room for vectors."""

    def store(self, name: str, data: bytes) -> str:
        if data.startswith(Vectors.__name__.encode()):
            raise JournalError("no room for vectors")
        return super().store(name, data)


def test_a_step_that_cannot_be_written_leaves_its_run_without_an_end(tmp_path: Path) -> None:
    pipeline = engine(Scripted())
    with Full.open(tmp_path / "journal.db") as journal:
        with pytest.raises(JournalError, match="no room for vectors"), evitrail_capture(journal, "odd"):
            assert str(pipeline.query(QUESTION)) == "At 36 weeks."
        trace = Trace(journal, "odd")
        assert paths(trace) == QUERY[1:]
        assert errors(trace) == {QUERY[0]: "could not be recorded: JournalError: no room for vectors"}
        assert not trace.ended


def test_a_kill_in_the_middle_of_a_query_keeps_the_steps_that_had_ended(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": f"{SOURCE}{os.pathsep}{SOURCE.parent / 'tests'}"}
    command = [sys.executable, "-c", WORKER, str(tmp_path / "journal.db")]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"asked\n"
        worker.send_signal(signal.SIGKILL)
    assert worker.returncode == -signal.SIGKILL
    with Journal.open(tmp_path / "journal.db", create=False) as journal:
        trace = Trace(journal, "killed")
        assert paths(trace) == QUERY[:2]
        assert trace.config(Captured).asked == QUESTION
        assert [record.body["path"] for record in trace.of_type("activity.begin")][-1] == QUERY[2]
        assert not trace.ended
        verdicts = verify_journal(journal)
    assert verdicts.integrity == ()
    assert "run 'killed' was not finished" in verdicts.completeness
