"""Attribution over HTTP: the numbers are those of the command line, each finds its runs, an override is on record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, evitrail
from exhibit import HOSTILE
from reviewing import settled
from serving_pages import WRITES, asking
from starlette.testclient import TestClient

from evitrail.eval.attribution.blame import FAILS
from evitrail.workbench.api.attribution.results_writer import CURRENT, results_state

EXP = "/api/experiments/evitrail-run"
TABLE = f"{EXP}/attribution"
RUN = "standard.acute-006"
"""Blamed on retrieve[1] and synthesise[1]."""
SAYS = {
    "run": RUN,
    "outcome": "wrong",
    "steps": ["choose[1]"],
    "code": "C1",
    "by": "d.larsen",
    "reason": "it was served",
}


@pytest.fixture(scope="module")
def client(desk: Desk) -> TestClient:
    return asking(desk.folder)


@pytest.fixture(autouse=True)
def written() -> Iterator[None]:
    """No results are being written any more when a test's folder goes."""
    yield
    settled()


def recorded_blames(run: Path) -> list[dict[str, Any]]:
    return list(json.loads((run / "attribution.json").read_text("utf-8")))


def found_by(folder: Path, query: str) -> int:
    return len(evitrail("runs", folder, query, "--json", "--limit", "1000").json["runs"])


@pytest.mark.parametrize("outcome", FAILS)
def test_every_number_is_counted_by_hand_and_its_query_finds_as_many_runs(
    client: TestClient, desk: Desk, outcome: str
) -> None:
    found = client.get(TABLE, params={"outcome": outcome}).json()
    blames = [one for one in recorded_blames(desk.run) if one["outcome"] == outcome]
    assert found["table"]["n"] == len(blames)
    for row in found["table"]["steps"]:
        role, queries = row["role"], found["queries"][row["role"]]
        alone = [{one[0].split("[")[0] for one in each["minimal_repair_sets"] if len(one) == 1} for each in blames]
        assert row["prevents"]["n"] == sum(role in kinds for kinds in alone) == found_by(desk.run, queries["prevents"])
        assert row["runs"] == sum(role in each["roles"] for each in blames) == found_by(desk.run, queries["blamed"])
        for one in row["faults"]:
            assert one["found"]["n"] == found_by(desk.run, queries["codes"][one["code"]])
    nobody = found["queries"]["nobody"]
    assert found["table"]["nobody"]["n"] == found_by(desk.run, nobody["blamed"])


def test_fix_values_of_a_condition_are_those_that_the_command_line_prints(client: TestClient, desk: Desk) -> None:
    printed = evitrail("attribute", desk.run).out
    found = client.get(TABLE, params={"q": "condition:standard"}).json()
    for row in found["table"]["steps"]:
        if row["prevents"]["n"]:
            assert f"{row['prevents']['n']:.0f} of {found['table']['n']}" in printed
    assert found["is_sample"]


def test_a_filter_is_told_and_one_that_asks_for_outcomes_makes_no_sample(client: TestClient) -> None:
    found = client.get(TABLE, params={"q": "stale OR high_risk"}).json()
    assert not found["is_sample"]
    assert found["unknown"] >= 0
    assert all(row["blamed"]["lo"] is None for row in found["table"]["steps"])
    assert all(one["blamed"].startswith("(stale OR high_risk) ") for one in found["queries"].values())
    none = client.get(TABLE, params={"q": "right"}).json()
    assert (none["table"]["n"], none["table"]["steps"]) == (0, [])


def test_what_cannot_be_asked_is_one_line(client: TestClient) -> None:
    assert client.get("/api/experiments/x/attribution").status_code == 404
    assert client.get(TABLE, params={"outcome": "wrnog"}).status_code == 422
    fault = client.get(TABLE, params={"q": "conditon:gated"})
    assert (fault.status_code, fault.json()["at"]) == (422, 1)
    page = client.get("/e/evitrail-run/attribution", params={"outcome": "<b>", "q": "conditon:x"})
    assert page.status_code == 200
    assert "expected one of wrong" in page.text
    assert "<b>" not in page.text


def test_the_failures_behind_a_cell_come_by_pages(client: TestClient) -> None:
    everything = client.get(f"{TABLE}/failures").json()
    assert everything["found"] == len(everything["failures"]) >= 2
    first = client.get(f"{TABLE}/failures", params={"limit": 1}).json()
    assert first["after"] == first["failures"][0]["run"]
    second = client.get(f"{TABLE}/failures", params={"limit": 1, "after": first["after"]}).json()
    assert second["failures"][0] == everything["failures"][1]
    alone = client.get(f"{TABLE}/failures", params={"step": "retrieve", "cell": "prevents"}).json()
    assert all("retrieve[1]" in one["repairs"] for one in alone["failures"])


def test_an_override_is_recorded_counted_kept_apart_and_withdrawn(own: Desk) -> None:
    client = asking(own.folder)
    before = client.get(TABLE).json()
    assert before["overridden"] == 0
    may = client.get(f"{EXP}/reviews/blame", params={"run": RUN}).json()
    assert "wrong" in may["failed"]
    assert {"store", "retrieve[1]", "choose[1]"} <= set(may["players"])
    said = client.post(f"{EXP}/reviews/blame", json=SAYS, headers=WRITES)
    assert said.status_code == 200, said.text
    assert said.json()["review"]["by"] == "d.larsen"
    settled()
    after = client.get(TABLE).json()
    assert (after["overridden"], after["results"]) == (1, "current")
    rows = {row["role"]: row for row in after["table"]["steps"]}
    was = {row["role"]: row for row in before["table"]["steps"]}
    assert rows["choose"]["runs"] == was["choose"]["runs"] + 1
    assert rows["retrieve"]["runs"] == was["retrieve"]["runs"] - 1
    assert rows["retrieve"]["prevents"] == was["retrieve"]["prevents"], "no review changes what re-runs showed"
    machine = client.get(TABLE, params={"machine": True}).json()
    assert machine["table"] == before["table"]
    assert machine["queries"] == {}
    (listed,) = evitrail("review", "list", own.run, "--json").json
    assert (listed["by"], listed["reason"], listed["standing"]) == ("d.larsen", "it was served", "counts")
    withdrawal = {"run": RUN, "of": "blame.wrong", "by": "d.larsen", "reason": "a mistake"}
    assert (
        client.post(f"{EXP}/reviews/withdraw", json=withdrawal | {"by": "s.okafor"}, headers=WRITES).status_code == 422
    )
    assert client.post(f"{EXP}/reviews/withdraw", json=withdrawal, headers=WRITES).status_code == 200
    settled()
    assert client.get(TABLE).json()["table"] == before["table"]
    assert len(evitrail("review", "list", own.run, "--json").json) == 2, "history is kept"
    assert evitrail("trace", "verify", own.run).code == 0


def test_what_cannot_be_meant_is_refused_and_nothing_is_written(own: Desk) -> None:
    client = asking(own.folder)
    refused: list[tuple[dict[str, Any], int]] = [
        ({"steps": ["chose[1]"]}, 422),
        ({"steps": []}, 422),
        ({"steps": ["nobody"], "code": None}, 422),
        ({"code": "Z9"}, 422),
        ({"outcome": "high-risk"}, 422),
        ({"reason": "  \n "}, 422),
        ({"by": ""}, 422),
        ({"by": "a\u202eb"}, 422),
        ({"by": "x" * 500}, 422),
        ({"reason": "\x07bell"}, 422),
        ({"run": "gated.acute-001"}, 422),
        ({"run": "../../journal"}, 422),
    ]
    for changed, status in refused:
        answer = client.post(f"{EXP}/reviews/blame", json=SAYS | changed, headers=WRITES)
        assert answer.status_code == status, (changed, answer.text)
        assert "\n" not in answer.json()["fault"]
    assert client.post("/api/experiments/x/reviews/blame", json=SAYS, headers=WRITES).status_code == 404
    assert evitrail("review", "list", own.run, "--json").json == []
    assert results_state(own.run) == CURRENT


def test_hostile_names_and_reasons_are_kept_as_text(own: Desk) -> None:
    client = asking(own.folder)
    hostile = " ".join(HOSTILE.split())[:100]
    said = client.post(f"{EXP}/reviews/blame", json=SAYS | {"by": hostile, "reason": hostile}, headers=WRITES)
    assert said.status_code == 200, said.text
    settled()
    (one,) = [row for row in client.get(f"{TABLE}/failures").json()["failures"] if row["overridden"]]
    assert (one["overridden"]["by"], one["overridden"]["reason"]) == (hostile, hostile)
    assert hostile not in client.get("/e/evitrail-run/attribution").text


def test_a_server_that_only_reads_takes_no_override(desk: Desk) -> None:
    assert (
        asking(desk.folder, read_only=True).post(f"{EXP}/reviews/blame", json=SAYS, headers=WRITES).status_code == 405
    )
    assert asking(desk.folder).post(f"{EXP}/reviews/blame", json=SAYS).status_code == 403


def test_results_that_cannot_be_written_are_told(own: Desk) -> None:
    client = asking(own.folder)
    (own.run / "report.html").unlink()
    (own.run / "report.html").mkdir()
    assert client.post(f"{EXP}/reviews/blame", json=SAYS, headers=WRITES).status_code == 200
    settled()
    assert "`evitrail report" in client.get(TABLE).json()["results"]
