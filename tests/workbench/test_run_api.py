"""The API of one run for other systems: sources, blame and exports say what the command line says."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from desk import Desk, evitrail
from exhibit import RUN, experiment
from serving_pages import asking
from starlette.testclient import TestClient

from evitrail.eval.report.results import write_results
from evitrail.workbench.export import FORMATS

X = "/api/experiments/x"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment in which outdated evidence led to a wrong answer, with results and blame."""
    made = experiment(tmp_path_factory.mktemp("run-api"))
    write_results(made)
    return made


@pytest.fixture(scope="module")
def client(folder: Path) -> TestClient:
    return asking(folder)


def test_the_sources_of_an_answer_are_those_that_trace_why_tells(desk: Desk) -> None:
    run = "gated.acute-001"
    told = json.loads(evitrail("trace", "why", desk.run, run, "--json").out)
    found = asking(desk.folder).get("/api/experiments/evitrail-run/sources", params={"run": run}).json()
    assert found["sources"]
    assert found == told


def test_the_sources_as_fhir_are_a_citation_for_each_version_with_its_state_at_the_run(desk: Desk) -> None:
    client, run = asking(desk.folder), "gated.acute-001"
    address = "/api/experiments/evitrail-run/sources"
    cited = {one["evidence"]["id"] for one in client.get(address, params={"run": run}).json()["sources"]}
    answer = client.get(address, params={"run": run, "format": "fhir"})
    assert answer.headers["content-type"] == "application/fhir+json"
    resources = [entry["resource"] for entry in answer.json()["entry"]]
    citations = [one for one in resources if one["resourceType"] == "Citation"]
    assert {one["identifier"][0]["value"] for one in citations} == cited


def test_without_the_store_sources_are_told_and_a_bundle_is_refused_with_what_is_lacking(
    own: Desk, tmp_path: Path
) -> None:
    shutil.move(own.store, tmp_path / "elsewhere")
    client, address = asking(own.folder), "/api/experiments/evitrail-run/sources"
    told = client.get(address, params={"run": "gated.acute-001"}).json()
    assert "not available" in told["sources"][0]["curator"]
    refused = client.get(address, params={"run": "gated.acute-001", "format": "fhir"})
    assert refused.status_code == 409
    assert "evitrail-store" in refused.json()["fault"]


def test_a_run_that_is_not_there_and_one_that_has_no_answer_are_told_apart(client: TestClient) -> None:
    unknown = client.get(f"{X}/sources", params={"run": "nobody"})
    assert (unknown.status_code, "expected a run of this experiment" in unknown.text) == (404, True)
    assert client.get(f"{X}/export", params={"run": "nobody", "format": "zip"}).status_code == 404
    assert client.get(f"{X}/blame", params={"run": "nobody"}).status_code == 404


def test_blame_comes_with_the_failure_that_it_is_for(client: TestClient) -> None:
    told = client.get(f"{X}/blame", params={"run": RUN}).json()
    assert {one["outcome"] for one in told["blames"]} >= {"wrong"}
    assert all((one["fault_code"] or one["abstain_reason"][:2]) in told["codes"] for one in told["blames"])


@pytest.mark.parametrize("format", FORMATS)
def test_a_run_is_exported_as_the_command_exports_it(
    client: TestClient, folder: Path, tmp_path: Path, format: str
) -> None:
    answer = client.get(f"{X}/export", params={"run": RUN, "format": format})
    assert answer.headers["content-disposition"] == f'attachment; filename="{RUN}.{FORMATS[format].ending}"'
    assert answer.headers["x-left-out"] == "0"
    file = tmp_path / "exported"
    assert evitrail("trace", "export", folder, RUN, "--format", format, "--out", file).code == 0
    assert answer.content == file.read_bytes()


def test_a_format_that_does_not_exist_is_refused_with_a_near_one(client: TestClient) -> None:
    refused = client.get(f"{X}/export", params={"run": RUN, "format": "provv"})
    assert refused.status_code == 404
    assert "did you mean 'prov'" in refused.json()["fault"]


def test_runs_by_filter_are_the_same_in_json_csv_and_parquet(client: TestClient) -> None:
    asked: dict[str, Any] = {"q": "wrong", "sort": "confidence"}
    rows = client.get(f"{X}/runs", params=asked).json()["runs"]
    table = pq.read_table(io.BytesIO(client.get(f"{X}/runs", params={**asked, "format": "parquet"}).content))
    assert rows
    assert json.loads(json.dumps(table.to_pylist(), default=str)) == rows
    lines = client.get(f"{X}/runs", params={**asked, "format": "csv"}).text.splitlines()
    assert len(lines) == len(rows) + 1
