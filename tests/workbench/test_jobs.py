"""Jobs: one at a time, eight waiting, cancelled between steps, and resumed where a killed server left them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from desk import CASES, Desk, evitrail
from forking import CLEAN, EXP, RUN, ended, forked, post
from server_process import served
from serving_pages import WRITES, asking

from evitrail.eval.rerun import fork_batch
from evitrail.eval.rerun.fork_batch import WORKBENCH_JOURNAL
from evitrail.traces import Journal, Journals
from evitrail.traces.journal.errors import JournalError
from evitrail.workbench.api.jobs.file import FOLDER, JobFile
from evitrail.workbench.api.jobs.jobs import WAITING

SWEEP = "import sys; from evitrail.workbench.cli.app import run_command; sys.exit(run_command(sys.argv[1:]))"
MANY = [{"at": "retrieve[1]", "changes": {"k": k}} for k in range(1, 21)]


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Forks that wait until they are let go."""
    let_go = Event()
    done = fork_batch.ForkBatch._done

    def waits(self: Any, run: str, variant: Any, place: int, stop: Event) -> Any:
        while not let_go.is_set() and not stop.is_set():
            time.sleep(0.01)
        return done(self, run, variant, place, stop)

    monkeypatch.setattr(fork_batch.ForkBatch, "_done", waits)
    yield let_go.set
    let_go.set()


def test_one_job_runs_eight_wait_and_the_ninth_is_refused(own: Desk, held: Callable[[], None]) -> None:
    client = asking(own.run)
    asked = {"run": RUN, "variants": [CLEAN]}
    jobs = [post(client, f"{EXP}/forks", asked).json()["id"]]
    until(lambda: client.get(f"/api/jobs/{jobs[0]}").json()["state"] == "running")
    for _ in range(WAITING):
        answer = post(client, f"{EXP}/forks", asked)
        assert answer.status_code == 202
        jobs.append(answer.json()["id"])
    refused = post(client, f"{EXP}/forks", asked)
    assert refused.status_code == 409
    assert refused.json()["fault"].startswith("expected at most 8 jobs waiting, there are 8")
    assert len(list((own.run / FOLDER).glob("*.jsonl"))) == 1 + WAITING, "what is refused leaves nothing"
    states = {job["id"]: (job["state"], job["ahead"]) for job in client.get("/api/jobs").json()}
    assert states[jobs[0]] == ("running", 0)
    assert [states[job] for job in jobs[1:]] == [("queued", place) for place in range(1, WAITING + 1)]
    assert post(client, f"/api/jobs/{jobs[-1]}/cancel", {}).json()["state"] == "cancelled", (
        "the last one, out of the queue"
    )
    held()
    assert [ended(client, job)["state"] for job in jobs] == ["done"] * WAITING + ["cancelled"]
    with Journals.open(own.run) as journals:
        assert len([run for run in journals.runs() if "~retrieve[1]:retriever=clean" in run]) == 1


def test_a_job_that_ends_while_it_is_read_is_not_called_interrupted(
    own: Desk, held: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = JobFile.read

    def slowly(file: JobFile) -> Any:
        found = read(file)
        time.sleep(0.3)
        return found

    client = asking(own.run)
    job = post(client, f"{EXP}/forks", {"run": RUN, "variants": [CLEAN]}).json()["id"]
    until(lambda: client.get(f"/api/jobs/{job}").json()["state"] == "running")
    monkeypatch.setattr(JobFile, "read", slowly)
    held()
    states = [client.get(f"/api/jobs/{job}").json()["state"]]
    while states[-1] == "running":
        states.append(client.get(f"/api/jobs/{job}").json()["state"])
    assert states[-1] == "done"


def test_a_cancelled_job_ends_before_its_next_step_and_can_be_resumed(own: Desk, held: Callable[[], None]) -> None:
    client = asking(own.run)
    job = post(client, f"{EXP}/forks", {"run": RUN, "variants": MANY[:3]}).json()["id"]
    until(lambda: client.get(f"/api/jobs/{job}").json()["state"] == "running")
    until(lambda: client.get(f"/api/jobs/{job}").json()["note"] == "")
    post(client, f"/api/jobs/{job}/cancel", {})
    cancelled = ended(client, job)
    assert (cancelled["state"], cancelled["done"]) == ("cancelled", 0)
    assert evitrail("trace", "verify", own.run).code == 0, "no half run is left in the experiment"
    again = post(client, f"/api/jobs/{job}/cancel", {})
    assert (again.status_code, again.json()["fault"]) == (
        409,
        "expected a job that waits or runs, this one is cancelled",
    )
    held()
    post(client, f"/api/jobs/{job}/resume", {})
    assert (ended(client, job)["state"], ended(client, job)["done"]) == ("done", 3)
    assert post(client, f"/api/jobs/{job}/resume", {}).status_code == 409


def test_a_job_that_fails_says_why_in_one_line(own: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from evitrail.agent.llm.base import Unreachable

    def down(*given: Any, **named: Any) -> Any:
        raise Unreachable("nobody answers at\n http://192.0.2.1/")

    monkeypatch.setattr(fork_batch, "fork", down)
    client = asking(own.run)
    job = forked(client, variants=[CLEAN])
    assert (job["state"], job["note"]) == ("failed", "nobody answers at http://192.0.2.1/")
    monkeypatch.undo()
    post(client, f"/api/jobs/{job['id']}/resume", {})
    assert ended(client, job["id"])["state"] == "done"


def test_a_job_whose_every_fork_is_impossible_has_failed(own: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    gates = {"changes": {"gates": ["as_of"]}}
    job = forked(asking(own.run), variants=[gates])
    assert job["state"] == "failed"
    assert job["note"].startswith("gates: expected a retriever that passes gates")


def test_whoever_listens_is_told_that_a_job_has_changed(own: Desk) -> None:
    from evitrail.workbench.api.folders import ExperimentFolders
    from evitrail.workbench.api.jobs.forks import AskedForks, begin
    from evitrail.workbench.api.jobs.jobs import Jobs

    jobs = Jobs(ExperimentFolders([own.run]))
    assert jobs.wait(after=0, seconds=0.01) == 0
    asked = AskedForks.model_validate({"run": RUN, "variants": [CLEAN]})
    change = begin(jobs, "evitrail-run", own.run, asked).change
    seen = [change]
    while jobs.all()[0].state in ("queued", "running"):
        seen.append(jobs.wait(after=seen[-1], seconds=10))
    assert seen == sorted(set(seen))
    assert seen[-1] > change


def test_what_is_no_job_is_not_there(own: Desk) -> None:
    client = asking(own.run)
    forked(client, variants=[CLEAN])
    (own.run / FOLDER / "made-up.jsonl").write_text("{}\n", encoding="utf-8")
    (own.run / FOLDER / "empty.jsonl").write_text("", encoding="utf-8")
    assert len(client.get("/api/jobs").json()) == 1
    for name in ("made-up", "empty", "nothing", "..%2F..%2Fplan", "lock"):
        assert client.get(f"/api/jobs/{name}").status_code == 404
        assert post(client, f"/api/jobs/{name}/cancel", {}).status_code == 404


def test_a_line_that_was_cut_off_is_ignored_and_the_next_one_stands_alone(own: Desk) -> None:
    client = asking(own.run)
    job = forked(client, variants=[CLEAN])
    file = JobFile(own.run / FOLDER / f"{job['id']}.jsonl")
    whole = file.path.read_bytes()
    file.path.write_bytes(whole[:-20])
    view = client.get(f"/api/jobs/{job['id']}").json()
    assert (view["state"], view["results"]) == ("interrupted", job["results"])
    post(client, f"/api/jobs/{job['id']}/resume", {})
    assert ended(client, job["id"])["state"] == "done"


def test_a_sweep_that_is_writing_does_not_hold_up_a_fork(own: Desk) -> None:
    with Journal.open(own.run / "journal.db") as journal, journal.transaction():
        assert forked(asking(own.run), variants=[CLEAN])["state"] == "done"


def ask(address: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """What a real server answers."""
    headers = WRITES | {"Origin": address.rstrip("/"), "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address + path.lstrip("/"), data, headers if data else {})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def until(holds: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def forks_in(folder: Path) -> list[str]:
    with Journal.open(folder / WORKBENCH_JOURNAL, create=False) as journal:
        return [run for run in journal.runs() if "~" in run]


def test_a_server_killed_in_mid_job_leaves_a_sound_journal_and_the_job_is_resumed(own: Desk) -> None:
    asked = {"run": RUN, "query": "condition:standard,gated", "variants": MANY}
    with served_until_killed(own.run) as (address, process):
        job = ask(address, f"{EXP}/forks", asked)["id"]
        until(lambda: ask(address, f"/api/jobs/{job}")["done"] >= 3)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
    made = forks_in(own.run)
    assert 3 <= len(made) < 60
    said = evitrail("trace", "verify", own.run)
    assert said.code == 0, said.err
    with served(own.run) as (address, _):
        found = ask(address, f"/api/jobs/{job}")
        assert found["state"] == "interrupted"
        assert len(made) - 1 <= found["done"] <= len(made), "one may have been recorded and not yet told"
        ask(address, f"/api/jobs/{job}/resume", {})
        until(lambda: ask(address, f"/api/jobs/{job}")["state"] != "running")
        until(lambda: ask(address, f"/api/jobs/{job}")["state"] == "done")
        whole = ask(address, f"/api/jobs/{job}")
    assert (whole["done"], whole["failed"]) == (60, 0)
    told = Counter(result["fork"] for result in whole["results"])
    assert set(told.values()) == {1}
    assert sorted(told) == forks_in(own.run), "each is there once"
    assert evitrail("trace", "verify", own.run).code == 0
    assert sorted(path.suffix for path in (own.run / FOLDER).iterdir()) == ["", ".jsonl"]


def test_a_sweep_and_a_fork_job_beside_it_both_succeed(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "sweep"
    command = [sys.executable, "-c", SWEEP, "run", *map(str, desk.plan), "--out", str(folder), "--no-attribute"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as sweep:
        until(lambda: bool(ended_runs(folder)) or sweep.poll() is not None)
        run = ended_runs(folder)[0]
        client = asking(folder)
        answer = post(client, "/api/experiments/sweep/forks", {"run": run, "variants": [{"changes": {"seed": 9}}]})
        assert answer.status_code == 202, answer.text
        assert ended(client, answer.json()["id"])["state"] == "done"
        assert sweep.wait(timeout=120) == 0
    assert len(ended_runs(folder)) == 3 * len(CASES)
    assert evitrail("trace", "verify", folder).code == 0


def ended_runs(folder: Path) -> list[str]:
    if not (folder / "journal.db").is_file():
        return []
    try:
        with Journals.open(folder) as journals:
            return [
                run
                for run in journals.runs()
                if "~" not in run and any(r.type == "run.end" for r in journals.records(run))
            ]
    except (ValueError, JournalError):  # it is being made
        return []


@contextmanager
def served_until_killed(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server that a test kills: it need not end well."""
    try:
        with served(folder) as (address, process):
            yield address, process
    except (AssertionError, ProcessLookupError):
        if process.returncode != -signal.SIGKILL:
            raise
