"""Forks that the workbench is asked for: the same as the command's, told before, and refused in one line."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from desk import CASES, Desk, evitrail
from forking import CLEAN, EXP, RUN, ended, forked, post
from serving_pages import WRITES, asking
from starlette.testclient import TestClient
from ward import WardReader, advice, arm, ask, case, opened

from evitrail.eval.plan.plan import PLAN
from evitrail.eval.rerun.fork_batch import WORKBENCH_JOURNAL
from evitrail.traces import Journals
from evitrail.workbench.api.jobs.file import FOLDER


@pytest.fixture
def client(own: Desk) -> TestClient:
    return asking(own.run)


def test_a_fork_is_the_one_that_the_command_makes(own: Desk, client: TestClient) -> None:
    (result,) = forked(client, variants=[CLEAN])["results"]
    by_command = evitrail("fork", own.run, RUN, "--at", "retrieve[1]", "--set", "retriever=clean", "--json").json
    assert result["fork"] == by_command["run"]
    assert result["before"]["option"] == by_command["parent_option"]
    assert result["after"]["option"] == by_command["option"]
    assert result["answer"] == by_command["answer"]
    assert result["steps"] == by_command["steps"]
    assert evitrail("trace", "verify", own.run).code == 0, "asked again by the command it is the same fork"


def test_a_fork_of_the_command_is_shown_and_not_made_again(own: Desk, client: TestClient) -> None:
    evitrail("fork", own.run, RUN, "--at", "retrieve[1]", "--set", "retriever=clean")
    told = post(client, f"{EXP}/forks/estimate", {"run": RUN, "variants": [CLEAN]}).json()
    assert (told["forks"], told["there"]) == (0, 1)
    (result,) = forked(client, variants=[CLEAN])["results"]
    assert (result["there"], result["executed"]) == (True, 0)


def test_forks_go_into_a_journal_file_of_the_workbench_and_are_sealed(own: Desk, client: TestClient) -> None:
    before = (own.run / "journal.db").read_bytes()
    (result,) = forked(client, variants=[CLEAN])["results"]
    assert (own.run / "journal.db").read_bytes() == before
    with Journals.open(own.run) as journals:
        (file,) = [one for one in journals.files if one.path.name == WORKBENCH_JOURNAL]
        assert file.runs() == ["experiment", result["fork"]]
    said = evitrail("trace", "verify", own.run)
    assert said.code == 0
    assert "every run is there" in said.out
    assert [path.suffix for path in (own.run / FOLDER).iterdir() if path.name != "lock"] == [".jsonl"], "no draft stays"


def test_every_other_retriever_is_one_job_and_a_fork_each(own: Desk, client: TestClient) -> None:
    choices = client.get(f"{EXP}/forks", params={"run": RUN}).json()
    assert choices["refused"] == ""
    assert choices["retriever"] == "dense"
    assert set(choices["retrievers"]) == {"bm25", "clean", "full", "hybrid"}
    assert choices["planned"] == ["clean"]
    variants = [{"at": "retrieve[1]", "changes": {"retriever": name}} for name in choices["retrievers"]]
    job = forked(client, variants=variants)
    assert job["state"] == "done"
    assert [result["variant"] for result in job["results"]] == [0, 1, 2, 3]
    assert [tally["done"] for tally in job["tallies"]] == [1, 1, 1, 1]


def test_the_same_change_is_applied_to_the_other_runs_that_a_query_means(own: Desk, client: TestClient) -> None:
    job = forked(client, query="condition:standard,gated", variants=[CLEAN | {"changes": {"k": 2}}])
    others = [f"{condition}.{case}" for condition in ("gated", "standard") for case in CASES]
    assert sorted(result["run"] for result in job["results"]) == [run for run in others if run != RUN]
    assert job["query"] == "condition:standard,gated"
    rights = sum(result["after"]["correct"] and not result["before"]["correct"] for result in job["results"])
    assert job["tallies"][0]["turned_right"] == rights


def test_a_run_that_a_change_does_not_fit_says_so_and_the_others_go_on(own: Desk, client: TestClient) -> None:
    asked = {"query": f"case:{CASES[0]}", "variants": [CLEAN]}
    told = post(client, f"{EXP}/forks/estimate", {"run": RUN, **asked}).json()
    assert told["unforkable"] == 1
    assert told["named"][0]["run"] == f"closed_book.{CASES[0]}"
    job = forked(client, **asked)
    assert (job["state"], job["failed"], job["done"]) == ("done", 1, 2)
    (fault,) = [result["fault"] for result in job["results"] if result["fault"]]
    assert fault.startswith("expected a step of")


def test_evidence_that_is_withheld_is_gone_from_what_the_reader_was_given(own: Desk, client: TestClient) -> None:
    choices = client.get(f"{EXP}/forks", params={"run": RUN}).json()
    (step,) = [one for one in choices["steps"] if one["kind"] == "retrieve"]
    (result,) = forked(client, variants=[{"without": step["found"][:1]}])["results"]
    view = client.get(f"{EXP}/runs/{result['fork']}").json()
    refs = {passage["ref"] for passage in view["passages"]}
    assert refs == set(step["found"][1:])
    assert result["steps"][0]["verdict"] == "given"


def test_an_option_that_is_chosen_in_its_place_counts(own: Desk, client: TestClient) -> None:
    answer = client.get(f"{EXP}/runs/{RUN}").json()["case"]["answer"]
    (result,) = forked(client, variants=[{"choose": answer}])["results"]
    assert result["after"]["option"] == answer
    assert result["after"]["correct"]


def test_what_it_costs_is_told_before_and_nothing_is_written(own: Desk, client: TestClient) -> None:
    told = post(client, f"{EXP}/forks/estimate", {"run": RUN, "variants": [CLEAN]}).json()
    assert (told["forks"], told["steps_redone"], told["steps_reused"], told["calls"]) == (1, 3, 0, 0)
    later = {"at": "synthesise[1]", "changes": {"seed": 7}}
    told = post(client, f"{EXP}/forks/estimate", {"run": RUN, "variants": [later]}).json()
    assert (told["steps_redone"], told["steps_reused"]) == (2, 1)
    assert not (own.run / WORKBENCH_JOURNAL).exists()
    assert not (own.run / FOLDER).exists()


def test_a_job_above_the_limit_asks_again(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from evitrail.eval.rerun import fork_estimate

    monkeypatch.setitem(fork_estimate.ASKS_AGAIN, "forks", 0)
    asked = {"run": RUN, "variants": [CLEAN]}
    assert post(client, f"{EXP}/forks/estimate", asked).json()["asks_again"] == "1 forks"
    answer = post(client, f"{EXP}/forks", asked)
    assert (answer.status_code, answer.json()["fault"]) == (409, "expected confirmed: true for a job of 1 forks")
    answer = post(client, f"{EXP}/forks", asked | {"confirmed": True})
    assert answer.status_code == 202
    assert ended(client, answer.json()["id"])["state"] == "done"


BAD: dict[str, tuple[dict[str, Any], int, str]] = {
    "no such run": ({"run": "standard.nobody", "variants": [CLEAN]}, 404, "expected a run of this experiment"),
    "no such step": ({"variants": [CLEAN | {"at": "retreive[1]"}]}, 422, "did you mean 'retrieve[1]'?"),
    "no such retriever": ({"variants": [{"changes": {"retriever": "cleen"}}]}, 422, "did you mean 'clean'?"),
    "no such change": ({"variants": [{"changes": {"retreiver": "clean"}}]}, 422, "did you mean 'retriever'?"),
    "nothing to change": ({"variants": [{}]}, 422, "expected one of changes, without and choose, got none"),
    "two at once": ({"variants": [{"changes": {"k": 1}, "choose": "A"}]}, 422, "got changes and choose"),
    "no variant": ({"variants": []}, 422, "variants:"),
    "another server's judge": ({"variants": [{"changes": {"judge": "openai:x@http://192.0.2.1/"}}]}, 422, "judge:"),
    "a query with a fault": ({"query": "conditon:gated", "variants": [CLEAN]}, 422, "did you mean"),
    "a query that means none": ({"query": "case:nobody", "variants": [CLEAN]}, 422, ""),
    "code of one's own": ({"variants": [{"changes": {"retriever": "os:system('x')"}}]}, 422, "expected a retriever"),
    "evidence it did not find": ({"variants": [{"without": ["nothing@1"]}]}, 422, "which it did not"),
    "an option there is not": ({"variants": [{"choose": "Z"}]}, 422, "expected an option among"),
    "a field too many": ({"variants": [CLEAN], "allow_code": True}, 422, "allow_code"),
    "not a number": ({"variants": [{"changes": {"k": "many"}}]}, 422, "k: expected a whole number"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_forked_is_refused_in_one_line_and_nothing_is_begun(what: str, desk: Desk) -> None:
    asked, status, said = BAD[what]
    answer = post(asking(desk.folder), f"{EXP}/forks", {"run": RUN, **asked})
    assert answer.status_code == status, answer.text
    assert said in answer.json()["fault"]
    assert "\n" not in answer.json()["fault"]
    assert not (desk.run / FOLDER).exists()


def test_a_body_that_is_no_json_is_refused_in_one_line(desk: Desk) -> None:
    headers = WRITES | {"Content-Type": "application/json"}
    for body in (b"", b"{", b"[" * 100_000, b"\xff", b"null"):
        answer = asking(desk.folder).post(f"{EXP}/forks", content=body, headers=headers)
        assert answer.status_code in (400, 422)
        assert "\n" not in answer.json()["fault"]


def test_without_its_store_forks_are_off_and_reading_goes_on(own: Desk) -> None:
    shutil.rmtree(own.store)
    client = asking(own.run)
    answer = post(client, f"{EXP}/forks", {"run": RUN, "variants": [CLEAN]})
    assert answer.status_code == 409
    assert answer.json()["fault"].startswith("forks are off: ")
    assert "expected the evidence store it was run on" in answer.json()["fault"]
    assert client.get(f"{EXP}/forks", params={"run": RUN}).json()["refused"] == answer.json()["fault"]
    assert client.get(f"/e/evitrail-run/runs/{RUN}").status_code == 200


def test_code_that_a_plan_names_never_runs_from_the_browser(own: Desk) -> None:
    plan = own.run / PLAN
    text = plan.read_text("utf-8")
    begun = text.index("conditions = [")
    conditions = "".join(f'\n[[conditions]]\nname = "{name}"\n' for name in ("closed_book", "standard", "gated"))
    own_code = '\n[[conditions]]\nname = "mine"\nbase = "standard"\nretriever = "ward.search:Mine()"\n'
    plan.write_text(text[:begun] + text[text.index("]", begun) + 1 :] + conditions + own_code, encoding="utf-8")
    answer = post(asking(own.run), f"{EXP}/forks", {"run": RUN, "variants": [CLEAN]})
    assert answer.status_code == 409
    assert "'ward.search:Mine()', which never runs from the browser" in answer.json()["fault"]


def test_a_server_that_only_reads_forks_nothing_and_shows_the_jobs_there_are(own: Desk, client: TestClient) -> None:
    job = forked(client, variants=[CLEAN])
    reader = asking(own.run, read_only=True)
    for path in (f"{EXP}/forks", f"{EXP}/forks/estimate", f"/api/jobs/{job['id']}/cancel"):
        assert post(reader, path, {"run": RUN, "variants": [CLEAN]}).status_code == 405
    assert reader.get(f"/api/jobs/{job['id']}").json()["results"] == job["results"]
    assert reader.get(f"/jobs/{job['id']}").status_code == reader.get("/jobs").status_code == 200


def test_the_folder_of_jobs_is_no_experiment(own: Desk, client: TestClient) -> None:
    forked(client, variants=[CLEAN])
    assert [line["exp"] for line in asking(own.folder).get("/api/experiments").json()] == ["evitrail-run"]
    assert isinstance(own.run / FOLDER, Path)


def test_a_run_that_holds_patient_data_is_not_forked_from_the_browser(tmp_path: Path) -> None:
    secret = case("heparin", stem="Ms Mira Okonkwo takes heparin. What is the advice?", sensitive=("stem",))
    with opened(tmp_path) as store:
        store.ingest([advice("heparin", "C")])
        assert ask(tmp_path / "x", store, [secret], [arm()], WardReader()) == []
    with Journals.open(tmp_path / "x") as journals:
        run = next(run for run in journals.runs() if run.endswith("heparin"))
    answer = asking(tmp_path / "x").get("/api/experiments/x/forks", params={"run": run})
    assert "holds patient data" in answer.json()["refused"] or "forks are off" in answer.json()["refused"]
    assert answer.json()["steps"] == []
    assert "Okonkwo" not in answer.text
