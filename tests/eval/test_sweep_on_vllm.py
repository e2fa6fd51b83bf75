"""A sweep against a real vLLM server survives its own death and the server's, and asks for no recorded answer twice."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from serving import MODEL, ROOT, absent, command, environment, wait_for

from evitrail.agent.model import Answer
from evitrail.eval.dataset.case import Case, load
from evitrail.eval.demo import DEMO_CASES
from evitrail.evidence_store import read_evidence
from evitrail.evidence_store.demo import DEMO_EVIDENCE
from evitrail.traces.journal.folder import Journals
from evitrail.traces.trace import Trace
from evitrail.workbench.cli.app import run_command

ARMS = ("closed_book", "top_1", "top_5", "standard")
RUNS = 20 * len(ARMS)
CALLS = 2 * RUNS
"""One greedy request and one for all samples, for each run."""
PATIENCE = 240


class Server:
    """A vLLM server that can be killed, on a port that stays; what it answered is counted in its own log."""

    def __init__(self, folder: Path, model: Path) -> None:
        self.folder, self.model = folder, model
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.starts = 0

    def start(self) -> None:
        self.starts += 1
        log = self.log.open("w")
        self.process = subprocess.Popen(
            command(str(self.model), 8_192, self.port, log_requests=True),
            env=environment(self.folder), cwd=self.folder, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        wait_for(self.process, f"{self.url}/health")

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @property
    def log(self) -> Path:
        return self.folder / f"server-{self.starts}.log"

    @property
    def answered(self) -> int:
        """Requests for answers that this life of the server said 200 to."""
        return sum("POST /v1/chat/completions" in line and "200" in line for line in self.log.read_text().splitlines())


@pytest.fixture
def server(tmp_path: Path, tiny_llm: Path) -> Iterator[Server]:
    if why := absent():
        pytest.skip(why)
    place = tmp_path / "server"
    place.mkdir()
    made = Server(place, tiny_llm)
    made.start()
    yield made
    if made.process.poll() is None:
        made.kill()


@pytest.fixture
def command_line(tmp_path: Path, server: Server) -> list[str]:
    """The sweep, over twenty questions of the demonstration and the evidence they rest on."""
    cases = load(DEMO_CASES)[:20]
    refs = {ref for case in cases for ref in (*case.clean_evidence, *case.conflict_evidence)}
    evidence = [one for one in read_evidence(DEMO_EVIDENCE) if one.ref in refs and not one.supersedes]
    for name, rows in {"evidence": evidence, "cases": [_plain(case) for case in cases]}.items():
        lines = (json.dumps(row.model_dump(mode="json")) for row in rows)
        (tmp_path / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    store = ["--store", str(tmp_path / "store")]
    assert run_command(["store", "ingest", str(tmp_path / "evidence.jsonl"), *store]) == 0
    return [
        "run", "--benchmark", str(tmp_path / "cases.jsonl"), *store, "--conditions", ",".join(ARMS),
        "--reader", f"openai:{MODEL}@{server.url}", "--prompts", "published", "--constrain", "--no-attribute",
        "--in-flight", "8", "--out", str(tmp_path / "run"),
    ]  # fmt: skip


def _plain(case: Case) -> Case:
    return case.model_copy(update={"clean_evidence": (), "conflict_evidence": (), "outdated_evidence": ()})


def recorded(folder: Path) -> int:
    """Answers of the model that are on record."""
    if not (folder / "journal.db").exists():
        return 0
    with Journals.open(folder) as journal:
        return sum(a.kind == "model" for name in journal.runs() for a in Trace(journal, name).activities)


def started(arguments: list[str]) -> subprocess.Popen[str]:
    program = "import sys; from evitrail.workbench.cli.app import main; main(sys.argv[1:])"
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def until(said: Callable[[], bool]) -> None:
    patience = time.monotonic() + PATIENCE
    while not said():
        assert time.monotonic() < patience, "nothing went on"
        time.sleep(0.05)


def test_a_sweep_whose_client_and_server_were_killed_is_finished_and_asks_nothing_twice(
    tmp_path: Path, server: Server, command_line: list[str]
) -> None:
    folder = tmp_path / "run"
    client = started(command_line)
    until(lambda: recorded(folder) >= CALLS // 5)
    client.kill()
    client.communicate()
    kept = recorded(folder)
    assert CALLS // 5 <= kept < CALLS

    before = server.answered
    client = started(command_line)
    until(lambda: recorded(folder) >= kept + CALLS // 5)
    server.kill()
    _, said = client.communicate(timeout=PATIENCE)
    assert client.returncode in (1, 2)
    assert "Traceback" not in said
    assert server.url in said
    later = recorded(folder)
    assert later < CALLS
    assert later - kept <= server.answered - before

    server.start()
    client = started(command_line)
    _, said = client.communicate(timeout=PATIENCE)
    assert client.returncode == 0, said
    assert server.answered == CALLS - later  # what was on record was not asked for again, by the server's own count
    assert recorded(folder) == CALLS
    with Journals.open(folder) as journal:
        traces = [Trace(journal, name) for name in journal.runs()]
        answers = [trace.output(Answer) for trace in traces if trace.activities]
    assert len([said for said in answers if said and len(said.ballots.votes) == 20]) == RUNS
