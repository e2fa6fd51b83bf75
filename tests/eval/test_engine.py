"""A sweep that is killed, interrupted or left by its model server goes on where it was, and asks nothing twice."""

from __future__ import annotations

import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from model_server import ModelServer
from sweeper import ARMS, CALLS, CASES, RUNS, end_all, experiment, reader, started
from ward import DRUGS, advice, opened
from world import WordVectors

from evitrail.agent.llm.base import Completion
from evitrail.agent.llm.in_process.transformers import TransformersLLM
from evitrail.agent.reader import DirectReader, ExtractiveReader
from evitrail.eval.experiment.job import RunEnd
from evitrail.eval.experiment.sweep import Halted, SweepProgress
from evitrail.eval.experiment.threads import WorkerThreads
from evitrail.eval.log.runs import outcomes, traces
from evitrail.eval.metrics.outcomes_file import write_outcomes
from evitrail.eval.plan.readers import Readers, at_once
from evitrail.evidence_store import EvidenceStore
from evitrail.traces import Journals, verify_journal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a store in it."""
    with opened(tmp_path) as store:
        store.ingest(advice(drug, "BC"[place % 2]) for place, drug in enumerate(DRUGS))
    return tmp_path


@pytest.fixture
def store(folder: Path) -> Iterator[EvidenceStore]:
    with EvidenceStore.open(folder / "store", embedder=WordVectors()) as store:
        yield store


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server
    end_all()


def parquet(folder: Path) -> bytes:
    """The bytes of outcomes.parquet, as the journals in this folder have it."""
    with Journals.open(folder / "run") as journal:
        write_outcomes(folder / "outcomes.parquet", outcomes(journal))
    return (folder / "outcomes.parquet").read_bytes()


def whole(folder: Path, store: EvidenceStore, server: ModelServer) -> bytes:
    """What the experiment comes to when nothing disturbs it."""
    assert experiment(store, server.url).run(folder / "whole" / "run") == []
    return parquet(folder / "whole")


def recorded(folder: Path) -> Counter[str]:
    """How often each run's each call to the model is recorded as answered, over all files."""
    found: Counter[str] = Counter()
    with Journals.open(folder / "run") as journal:
        for trace in traces(journal):
            found.update(f"{trace.run} {a.path}" for a in trace.activities if a.output_type == Completion.__name__)
    return found


def finished(process: subprocess.Popen[str]) -> tuple[int, str]:
    out, err = process.communicate(timeout=120)
    assert out == ""
    return process.returncode, err


def test_a_sweep_killed_again_and_again_asks_no_recorded_sample_twice(folder: Path, server: ModelServer) -> None:
    server.slow = 0.02
    dice, in_flight, kills = random.Random(5), 4, (5, 19, 33)
    for answered in kills:
        process = started(folder, server.url, "--in-flight", str(in_flight))
        server.wait(answered)
        time.sleep(dice.uniform(0, 0.03))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        before = recorded(folder)
        process.communicate()
    asked_before = sum(server.asked.values())
    assert 0 < sum(before.values()) < CALLS
    assert finished(started(folder, server.url)) == (0, "[]\n")
    assert sum(server.asked.values()) - asked_before <= CALLS - sum(before.values()) + in_flight  # late answers
    assert recorded(folder) == Counter(dict.fromkeys(recorded(folder), 1))
    assert sum(recorded(folder).values()) == CALLS
    assert sum(server.asked.values()) <= CALLS + in_flight * len(kills), "only what was on its way may be asked again"
    killed = parquet(folder)
    with EvidenceStore.open(folder / "store", embedder=WordVectors()) as store:
        assert whole(folder, store, server) == killed
    with Journals.open(folder / "run") as journal:
        assert verify_journal(journal).sound


def test_a_finished_sweep_asks_nothing_more(folder: Path, server: ModelServer) -> None:
    assert finished(started(folder, server.url)) == (0, "[]\n")
    asked = server.begun
    assert asked == CALLS
    assert finished(started(folder, server.url)) == (0, "[]\n")
    assert server.begun == asked


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_sweep_keeps_the_steps_in_flight_says_how_far_it_is_and_goes_on(
    folder: Path, server: ModelServer, how: signal.Signals
) -> None:
    server.slow = 0.1
    process = started(folder, server.url)
    server.wait(9)
    process.send_signal(how)
    code, said = finished(process)
    with Journals.open(folder / "run") as journal:
        done = sum(trace.ended for trace in traces(journal))
    assert (code, said) == (3, f"{done} of {RUNS} runs are done\n")
    assert 0 < done < RUNS
    assert sum(recorded(folder).values()) == server.begun, "what was on its way was waited for"
    server.slow = 0.0
    assert finished(started(folder, server.url)) == (0, "[]\n")
    assert server.begun == CALLS


def test_a_second_interrupt_does_not_wait_for_the_steps_in_flight(folder: Path, server: ModelServer) -> None:
    server.slow = 0.02
    process = started(folder, server.url)
    server.wait(9)
    server.slow = 8.0
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    code, said = finished(process)
    assert code == 3
    assert "runs are done" in said
    assert sum(recorded(folder).values()) < server.begun, "it was still being answered"
    before, begun = sum(recorded(folder).values()), server.begun
    server.slow = 0.0
    assert finished(started(folder, server.url)) == (0, "[]\n")
    assert server.begun - begun == CALLS - before


def test_a_model_server_that_goes_down_halts_the_sweep_and_costs_nothing_that_was_answered(
    folder: Path, server: ModelServer
) -> None:
    server.slow = 0.02
    process = started(folder, server.url, "--in-flight", "3")
    server.wait(12)
    server.stop()
    code, said = finished(process)
    assert code == 1
    assert "the model server is down" in said
    assert server.url in said
    with Journals.open(folder / "run") as journal:
        begun = set(journal.runs())
    assert f"{sum(trace_ended(folder).values())} of {RUNS} runs are done, run the same command to resume" in said
    assert len(begun) < RUNS, "the rest was not tried one after another"
    kept = recorded(folder)
    server.start()
    assert finished(started(folder, server.url)) == (0, "[]\n")
    assert recorded(folder) >= kept
    assert sum(recorded(folder).values()) == CALLS
    assert sum(server.asked.values()) <= CALLS + 3, "only what it was answering when it went may be asked again"


def trace_ended(folder: Path) -> dict[str, bool]:
    with Journals.open(folder / "run") as journal:
        return {trace.run: trace.ended for trace in traces(journal)}


def test_one_that_does_not_answer_now_and_then_fails_its_run_and_stops_no_other(
    folder: Path, store: EvidenceStore, server: ModelServer
) -> None:
    server.gone_after = 0
    failures = experiment(store, server.url, in_flight=2 * RUNS).run(folder / "run")
    assert len(failures) == RUNS
    assert all(failure.error.startswith("Unreachable: ") for failure in failures)
    with pytest.raises(Halted, match=f"0 of {RUNS} runs are done"):
        experiment(store, server.url, in_flight=2).run(folder / "run")


def test_prompts_that_begin_alike_follow_one_another(folder: Path, store: EvidenceStore, server: ModelServer) -> None:
    assert experiment(store, server.url, in_flight=1).run(folder / "run") == []
    runs = server.order[::2]
    drugs = [next(drug for drug in DRUGS if f"takes {drug}" in said) for said in runs]
    assert drugs == [case.id.removeprefix("q-") for case in CASES for _ in ARMS], "case by case"
    for at in range(0, RUNS, len(ARMS)):
        _, one, two, three = (said for said in runs[at : at + len(ARMS)])
        assert len(one) < len(two) < len(three), "the shortest context first"


def test_standing_tells_of_runs_done_failed_under_way_and_of_tokens(
    folder: Path, store: EvidenceStore, server: ModelServer
) -> None:
    heard: list[SweepProgress] = []
    experiment(store, server.url, in_flight=4).run(folder / "run", watch=heard.append)
    assert heard[0].done == 0
    assert [standing.done for standing in heard[1:]] == list(range(1, RUNS + 1))
    assert all(standing.of == RUNS and standing.failed == 0 and standing.in_flight <= 4 for standing in heard)
    assert heard[-1].in_flight == 0
    assert heard[-1].tokens == RUNS * (1 + 5), "one token greedy, and one for each ballot"


def test_what_was_only_remembered_counts_no_tokens(folder: Path, server: ModelServer) -> None:
    server.slow = 0.02
    process = started(folder, server.url)
    server.wait(11)
    process.kill()
    process.communicate()
    kept = sum(5 if "ballots" in name else 1 for name in recorded(folder))
    heard: list[SweepProgress] = []
    with EvidenceStore.open(folder / "store", embedder=WordVectors()) as again:
        experiment(again, server.url).run(folder / "run", watch=heard.append)
    assert heard[-1].tokens == RUNS * 6 - kept


def test_many_runs_are_under_way_where_a_server_is_asked_and_few_where_reading_is_done_here(tmp_path: Path) -> None:
    here = DirectReader(TransformersLLM(str(tmp_path)))
    several = Readers({"one": ExtractiveReader(), "other": reader("http://127.0.0.1:9")})
    assert [at_once(each) for each in (reader("http://127.0.0.1:9"), several)] == [64, 64]
    assert [at_once(each) for each in (ExtractiveReader(), here)] == [2, 2]


def test_no_more_is_handed_out_than_can_be_under_way() -> None:
    lock, under_way, most = threading.Lock(), 0, 0

    def do(piece: int) -> RunEnd:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.001)
        if piece == 100:
            raise MemoryError("no run can be done any more")
        with lock:
            under_way -= 1
        return RunEnd()

    hands = WorkerThreads(range(10**9), do, in_flight=3)
    with pytest.raises(MemoryError), hands:
        for _ in hands:
            pass
    assert most == 3
    assert hands.handed < 200
