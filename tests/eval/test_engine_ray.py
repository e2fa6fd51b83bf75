"""Ray does what threads do: the same bytes, no step twice, whoever is lost on the way.

Each test starts a Ray of its own, of two workers, in a process of its own.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from model_server import ModelServer
from sweeper import CALLS, RUNS, end_all, experiment, started
from ward import DRUGS, advice, opened
from world import WordVectors

from evitrail.agent.llm.base import Completion
from evitrail.eval.experiment.ray import Ray
from evitrail.eval.log.runs import outcomes, traces
from evitrail.eval.metrics.outcomes_file import write_outcomes
from evitrail.evidence_store import EvidenceStore
from evitrail.traces import Journals, verify_journal

pytest.importorskip("ray", reason="Ray is not installed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a store in it."""
    with opened(tmp_path) as store:
        store.ingest(advice(drug, "BC"[place % 2]) for place, drug in enumerate(DRUGS))
    return tmp_path


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server
    end_all()


def finished(process: subprocess.Popen[str]) -> tuple[int, str]:
    out, err = process.communicate(timeout=180)
    assert out == ""
    return process.returncode, err


def parquet(folder: Path, run: str = "run") -> bytes:
    with Journals.open(folder / run) as journal:
        write_outcomes(folder / "outcomes.parquet", outcomes(journal))
    return (folder / "outcomes.parquet").read_bytes()


def by_threads(folder: Path, server: ModelServer) -> bytes:
    """What the experiment comes to in one process."""
    with EvidenceStore.open(folder / "store", embedder=WordVectors()) as store:
        assert experiment(store, server.url).run(folder / "threads") == []
    return parquet(folder, "threads")


def answers(folder: Path) -> dict[str, set[str]]:
    """Each call to the model that was answered, with the records that say so: one, however many files hold it."""
    found: dict[str, set[str]] = defaultdict(set)
    with Journals.open(folder / "run") as journal:
        for file in journal.files:
            for run in file.runs():
                for record in file.records(run):
                    if record.type == "activity.end" and record.body["output_type"] == Completion.__name__:
                        found[f"{run} {record.body['path']}"].add(record.hash)
    return found


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "run").glob("*.db"))


def writer_of(journal: Path) -> int:
    """The process that has a journal open."""
    for _ in range(600):
        for link in Path("/proc").glob("[0-9]*/fd/*"):
            try:
                if os.readlink(link) == str(journal):
                    return int(link.parts[2])
            except OSError:
                continue
        time.sleep(0.1)
    raise AssertionError(f"nobody has {journal} open")


def test_two_workers_come_to_the_same_bytes_as_threads(folder: Path, server: ModelServer) -> None:
    assert finished(started(folder, server.url, "--engine", "ray")) == (0, "[]\n")
    assert server.begun == CALLS
    assert files(folder) == ["journal-1.db", "journal-2.db", "journal.db"]
    with Journals.open(folder / "run") as journal:
        assert verify_journal(journal).sound
        assert sum(trace.ended for trace in traces(journal)) == RUNS
        assert all(sum(trace.ended for trace in traces(file)) > 0 for file in journal.files[:2]), "both had work"
    assert parquet(folder) == by_threads(folder, server)


def test_the_runs_of_a_worker_that_is_lost_are_taken_up_and_no_answer_is_asked_for_twice(
    folder: Path, server: ModelServer
) -> None:
    server.slow = 0.15
    process = started(folder, server.url, "--engine", "ray")
    server.wait(9)
    os.kill(writer_of(folder / "run" / "journal-1.db"), signal.SIGKILL)
    assert finished(process) == (0, "[]\n")
    assert "journal-3.db" in files(folder)
    found = answers(folder)
    assert len(found) == CALLS
    assert all(len(records) == 1 for records in found.values())
    assert server.begun <= CALLS + 2, "only what the lost worker was waiting for may be asked again"
    with Journals.open(folder / "run") as journal:
        assert verify_journal(journal).sound
    server.slow = 0.0
    assert parquet(folder) == by_threads(folder, server)


def test_an_interrupted_ray_leaves_all_that_was_answered_to_threads(folder: Path, server: ModelServer) -> None:
    server.slow = 0.15
    process = started(folder, server.url, "--engine", "ray")
    server.wait(9)
    process.send_signal(signal.SIGINT)
    code, said = finished(process)
    assert code == 3
    assert f"of {RUNS} runs are done" in said
    assert len(answers(folder)) == server.begun < CALLS
    server.slow = 0.0
    assert finished(started(folder, server.url)) == (0, "[]\n")
    assert server.begun == CALLS
    assert all(len(records) == 1 for records in answers(folder).values())
    with Journals.open(folder / "run") as journal:
        assert verify_journal(journal).sound
    assert parquet(folder) == by_threads(folder, server)


def test_an_address_where_nobody_is_is_refused_at_once(folder: Path) -> None:
    engine = Ray(lambda: pytest.fail("nothing is opened"), address="127.0.0.1:9")
    with EvidenceStore.open(folder / "store", embedder=WordVectors()) as store, ModelServer() as server:
        asked = replace(experiment(store, server.url), engine=engine)
        with pytest.raises(ValueError, match=r"expected a Ray cluster at 127\.0\.0\.1:9, got: .*refused"):
            asked.run(folder / "run")


def test_without_ray_one_line_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    engine = Ray(lambda: pytest.fail("nothing is opened"))
    with EvidenceStore.open(folder / "store", embedder=WordVectors()) as store, ModelServer() as server:
        asked = replace(experiment(store, server.url), engine=engine)
        with pytest.raises(ValueError, match=r"pip install 'evitrail\[ray\]'"):
            asked.run(folder / "run")
