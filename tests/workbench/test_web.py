"""The workbench over HTTP: the API tells what the functions below it tell, and a page carries its first view inert."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from desk import Desk
from exhibit import HOSTILE, RUN, experiment
from serving_pages import asking, unpacked
from starlette.testclient import TestClient

from evitrail.eval.report.results import write_results
from evitrail.traces import Journals
from evitrail.workbench.web.guard import HEADERS
from evitrail.workbench.web.static_files import STATIC, StaticFiles

EXP = "/api/experiments/evitrail-run"
FILES = StaticFiles().address
FIRST = re.compile(r'<script type="application/json" id="first">(.*?)</script>', re.DOTALL)


@pytest.fixture(scope="module")
def client(desk: Desk) -> TestClient:
    return asking(desk.folder)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment whose evidence tries to become markup."""
    folder = experiment(tmp_path_factory.mktemp("hostile"))
    write_results(folder)
    return folder


def first(page: str) -> Any:
    """What a page shows first."""
    (text,) = FIRST.findall(page)
    return json.loads(text)


def test_every_page_carries_what_it_shows_first(client: TestClient) -> None:
    assert first(client.get("/").text)["experiments"][0]["exp"] == "evitrail-run"
    shown = first(client.get("/e/evitrail-run").text)
    assert shown["experiment"]["runs"] == 6
    assert {row["label"] for row in shown["profile"]["rows"]} == {"closed_book", "standard", "gated"}
    one = first(client.get("/e/evitrail-run/runs/gated.acute-001?q=case:acute-001").text)
    assert one["view"]["run"] == "gated.acute-001"
    assert one["neighbours"]["of"] == 3


def test_every_answer_forbids_what_a_page_does_not_need(client: TestClient) -> None:
    for path in (
        "/",
        "/e/evitrail-run",
        EXP,
        f"{FILES}/dom.mjs",
        f"{FILES}/none.mjs",
        "/nowhere",
        "/api/docs",
        f"{EXP}/pack",
    ):
        answer = client.get(path)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value
        assert answer.headers["Cache-Control"]
    policy = HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy


def test_no_page_names_an_address_of_another_host(client: TestClient) -> None:
    for path in ("/", "/e/evitrail-run", "/e/evitrail-run/runs/gated.acute-001", "/api/docs", "/sign-in", "/nowhere"):
        page = FIRST.sub("", client.get(path).text)
        assert not re.findall(r'(?:src|href)="(?!/)[^"]*"', page.replace('href="#main"', ""))
        assert "style=" not in page
        assert not re.search(r"\son\w+=", page)


def test_the_api_tells_the_runs_of_a_query_as_json_and_csv(client: TestClient) -> None:
    found = client.get(f"{EXP}/runs", params={"q": "condition:gated", "sort": "case", "descending": True}).json()
    assert [row["run"] for row in found["runs"]] == ["gated.acute-006", "gated.acute-001"]
    text = client.get(f"{EXP}/runs", params={"q": "condition:gated", "format": "csv"})
    assert text.headers["content-type"].startswith("text/csv")
    assert [row["run"] for row in csv.DictReader(io.StringIO(text.text))] == ["gated.acute-001", "gated.acute-006"]
    assert client.get(f"{EXP}/selection", params={"q": "condition:gated"}).json()["places"] == [2, 3]


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/api/experiments/evitrail-rum", 404, "did you mean 'evitrail-run'"),
        (f"{EXP}/runs?q=stalle:yes", 422, "did you mean 'stale'"),
        (f"{EXP}/runs?limit=many", 422, "limit"),
        (f"{EXP}/runs?sort=colour", 422, "expected one of"),
        (f"{EXP}/runs/gated.acute-0001", 404, "did you mean 'gated.acute-001'"),
        (f"{EXP}/records?run=gated.acute-001&seq=99", 404, "got number 99"),
        (f"{EXP}/blobs/sha256:00", 409, "is missing"),
        ("/api/nowhere", 404, "Not Found"),
    ],
)
def test_a_fault_says_what_was_expected_and_numbers_the_request(
    client: TestClient, path: str, status: int, said: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    told = answer.json()
    assert said in told["fault"]
    assert answer.headers["X-Request-Id"] == told["request"]


def test_a_fault_of_a_query_names_its_character(client: TestClient) -> None:
    assert client.get(f"{EXP}/selection?q=wrong blame:retreive").json()["at"] == 13


def test_a_person_is_told_a_fault_on_a_page(client: TestClient) -> None:
    answer = client.get("/e/evitrail-run/runs/<script>alert(1)</script>")
    assert answer.status_code == 404
    assert "<script>" not in answer.text
    assert "Nothing was changed" in answer.text
    assert html.unescape(answer.text).count("<script>alert(1)</script>") == 1


def test_the_pack_and_the_static_files_are_sent_once(client: TestClient) -> None:
    pack = client.get(f"{EXP}/pack")
    etag = pack.headers["ETag"]
    assert unpacked(pack.content)[0]["n"] == 6
    again = client.get(f"{EXP}/pack", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert "no-cache" in pack.headers["Cache-Control"]
    named = client.get(f"{EXP}/pack", params={"v": etag.strip('"')})
    assert "immutable" in named.headers["Cache-Control"]
    module = client.get(f"{FILES}/frame/frame.mjs")
    assert module.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in module.headers["Cache-Control"]


def test_a_file_asked_for_under_another_version_is_asked_for_anew_each_time(client: TestClient) -> None:
    module = client.get("/static/0123456789ab/frame/frame.mjs")
    assert module.content == client.get(f"{FILES}/frame/frame.mjs").content
    assert "no-cache" in module.headers["Cache-Control"]
    headers = {"If-None-Match": module.headers["ETag"]}
    assert client.get("/static/0123456789ab/frame/frame.mjs", headers=headers).status_code == 304


OUTSIDE = ("../app.py", "..%2fapp.py", "%2e%2e/app.py", "/etc/passwd", "frame.mjs/", "viewer", "C:\\app.py")


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_path_is_made_from_a_request(client: TestClient, name: str) -> None:
    for folder in (FILES, "/static", "/e", "/api/experiments", "/e/evitrail-run/runs"):
        assert client.get(f"{folder}/{name}").status_code == 404
    assert client.get(f"/api/experiments/{name}/profile").status_code == 404


def test_records_and_bodies_are_those_of_the_journal_byte_for_byte(client: TestClient, desk: Desk) -> None:
    with Journals.open(desk.run) as journal:
        record = journal.records("gated.acute-001")[1]
        name = record.body["output"]
        body = journal.raw(name)
    answer = client.get(f"{EXP}/records", params={"run": "gated.acute-001", "seq": 1})
    assert (answer.content, answer.headers["X-Hash"]) == (record.bytes, record.hash)
    blob = client.get(f"{EXP}/blobs/{name}")
    assert blob.content == body
    assert "immutable" in blob.headers["Cache-Control"]
    assert client.get(f"{EXP}/blobs/hmac-sha256:00").status_code == 404


def test_hostile_words_stay_inert_in_what_a_page_carries(hostile: Path) -> None:
    page = asking(hostile).get(f"/e/x/runs/{RUN}").text
    assert HOSTILE in {passage["text"] for passage in first(page)["view"]["passages"]}
    (carried,) = FIRST.findall(page)
    assert not set("<>&") & set(carried)
    assert page.count("<script") == 2


def test_the_documentation_names_every_route_and_needs_no_other_host(client: TestClient) -> None:
    page = client.get("/api/docs").text
    schema = client.get("/api/openapi.json").json()
    routes = {f"{method.upper()} {path}" for path, methods in schema["paths"].items() for method in methods}
    assert set(re.findall(r"<h2><code>([^<]+)</code>", page)) == routes
    assert {route.partition(" ")[0] for route in routes} <= {"GET", "POST"}
    assert client.get("/docs").status_code == client.get("/redoc").status_code == 404


def test_the_first_page_preloads_all_modules_that_it_imports(client: TestClient) -> None:
    page = client.get("/e/evitrail-run").text
    preloaded = re.findall(r'<link rel="modulepreload" href="/static/[0-9a-f]+/([^"]+)">', page)
    assert preloaded == StaticFiles().modules("experiment/experiment.mjs")
    assert {"table.mjs", "runs/pack.mjs", "dom.mjs", "bytes.mjs"} <= set(preloaded)
    for name in preloaded:
        assert client.get(f"{FILES}/{name}").status_code == 200


MARKUP = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", ".cssText")
MODULES = sorted(STATIC.rglob("*.mjs"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_is_short_and_makes_no_markup_of_text(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.startswith("// ")
    assert len(text.splitlines()) <= 300
    assert [word for word in MARKUP if word in text] == []
    assert not re.search(r"https?://(?!www\.w3\.org/)", text)
    imported = re.findall(r'^(?:import|export)\s[^;"]*?from "(\.[^"]+)";', text, flags=re.MULTILINE)
    assert len(imported) == len(re.findall(r' from "\.\.?/', text))
    for name in imported:
        assert (path.parent / name).resolve().is_file(), name


def test_the_modules_that_are_joined_for_the_exported_file_share_no_name() -> None:
    named = re.compile(r"^(?:export )?(?:async )?(?:function |const |let |class )(\w+)", re.MULTILINE)
    texts = [path.read_text("utf-8") for path in sorted((STATIC / "viewer").glob("*.mjs"))]
    names = [name for text in texts for name in named.findall(text)]
    assert len(names) > 80
    assert len(names) == len(set(names))


def test_no_style_is_too_long() -> None:
    assert [path.name for path in STATIC.rglob("*.css") if len(path.read_text("utf-8").splitlines()) > 300] == []


def test_an_experiment_without_results_is_shown_as_far_as_it_goes(own: Desk) -> None:
    for name in ("outcomes.parquet", "questions.parquet", "timings.parquet", "metrics.json", "attribution.json"):
        (own.run / name).unlink()
    client = asking(own.run)
    shown = first(client.get("/e/evitrail-run").text)
    assert shown["pack"] is None
    assert "`evitrail report` writes it" in shown["fault"]
    assert first(client.get("/").text)["experiments"][0]["runs"] == 0
    one = first(client.get("/e/evitrail-run/runs/gated.acute-001").text)
    assert (one["view"]["state"], one["neighbours"]["place"]) == ("ended", None)
    assert client.get(f"{EXP}/pack").status_code == 409


def test_a_folder_without_experiments_is_no_fault(tmp_path: Path) -> None:
    assert first(asking(tmp_path).get("/").text) == {"experiments": []}
