"""The audit over HTTP: judged as the command line judges, by a policy that is looked up; looking records nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from desk import Desk, evitrail
from report_pages import Markup
from reviewing import POLICY
from serving_pages import asking

EXP = "/api/experiments/evitrail-run"
TODAY = date.today().isoformat()


@pytest.fixture
def judged(own: Desk) -> Desk:
    (own.run / "policy.toml").write_text(POLICY, encoding="utf-8")
    return own


def told(desk: Desk, **given: str) -> dict[str, Any]:
    answer = asking(desk.folder).get(f"{EXP}/audit", params=given)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_the_api_says_what_the_command_line_says_and_records_nothing(judged: Desk) -> None:
    found = told(judged)
    assert found["chosen"] == "policy.toml", "the experiment's own, where none is named"
    assert not (judged.run / "audits.jsonl").exists()
    said = evitrail("audit", judged.run, "--policy", judged.run / "policy.toml", "--day", TODAY, "--json").json
    assert found["audit"] == said
    assert {one["verdict"] for one in said["results"]} >= {"pass", "cannot tell"}
    again = told(judged)
    assert again["audit"]["predecessor"] == again["history"][0]["id"]
    assert again["since"]["rules"] == [], "nothing moved"
    assert again["since"]["same"] == len(said["results"])


def test_what_counts_against_a_rule_is_found_by_its_query(judged: Desk) -> None:
    found = told(judged)
    rules = {one["rule"]: one for one in found["audit"]["results"]}
    rule = "threshold.high_risk_rate.closed_book"
    runs = evitrail("runs", judged.run, found["behind"][rule], "--json").json["runs"]
    assert len(runs) == rules[rule]["events"]


CITED = """
[[evidence]]
condition = "standard"
rule = "nothing_retracted"
[[evidence]]
condition = "standard"
rule = "min_certainty"
certainty = "high"
[[evidence]]
condition = "gated"
rule = "max_age_years"
years = 1
[[attribution]]
condition = "standard"
rule = "no_systematic_store_fault"
[[attribution]]
condition = "closed_book"
rule = "no_systematic_store_fault"
"""
"""Rules on what is cited and on blame, of which no metric counts the runs."""


def behind(desk: Desk) -> dict[str, set[str]]:
    """By rule, every run that the page leads to."""
    found = told(desk)
    by_query = {
        rule: {one["run"] for one in evitrail("runs", desk.run, query, "--json", "--limit", "1000").json["runs"]}
        for rule, query in found["behind"].items()
    }
    return by_query | {rule: set(runs) for rule, runs in found["listed"].items()}


def test_every_run_behind_a_rule_on_evidence_or_blame_is_found_by_its_query(judged: Desk) -> None:
    (judged.run / "policy.toml").write_text(POLICY + CITED, encoding="utf-8")
    found, runs = told(judged), behind(judged)
    rules = [one for one in found["audit"]["results"] if one["rule"].startswith(("evidence", "attribution"))]
    assert {one["verdict"] for one in rules} >= {"fail", "cannot tell"}
    for one in rules:
        assert runs.get(one["rule"], set()) >= set(one["examples"])
        if one["verdict"] == "fail":
            assert len(runs[one["rule"]]) == one["events"]
        if one["verdict"] == "pass":
            assert one["rule"] not in runs
    assert "grade<high" in found["behind"]["evidence.min_certainty.standard"], "by a field where that finds just these"
    page = Markup(asking(judged.folder).get("/e/evitrail-run/audit?wait=1").text)
    links = {attributes.get("href", "") for name, attributes in page.elements if name == "a"}
    for one in rules:
        if query := found["behind"].get(one["rule"]):
            assert f"/e/evitrail-run?q={quote(query, safe='')}" in links


def test_a_query_that_finds_others_too_is_not_offered(judged: Desk) -> None:
    (judged.run / "policy.toml").write_text(POLICY, encoding="utf-8")
    rule = "evidence.nothing_superseded_cited.standard"
    (one,) = [one for one in told(judged)["audit"]["results"] if one["rule"] == rule]
    assert one["verdict"] == "fail"
    rows = pq.read_table(judged.run / "outcomes.parquet")
    none = pa.array([[] for _ in range(len(rows))], rows.schema.field("cited_status").type)
    stale = rows.set_column(rows.schema.get_field_index("cited_status"), "cited_status", none)
    pq.write_table(stale, judged.run / "outcomes.parquet")
    assert "cites:superseded" not in told(judged)["behind"][rule], "the results know less than the store"
    assert len(behind(judged)[rule]) == one["events"]


def test_where_no_query_fits_into_an_address_all_runs_can_be_shown(
    judged: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evitrail.workbench.api.audit_runs.LONGEST", 5)
    found = told(judged)
    rule = "evidence.nothing_superseded_cited.standard"
    (one,) = [one for one in found["audit"]["results"] if one["rule"] == rule]
    assert rule not in found["behind"]
    assert len(found["listed"][rule]) == one["events"]
    page = Markup(asking(judged.folder).get("/e/evitrail-run/audit?wait=1").text)
    assert f"Show all {one['events']} runs behind it" in page.text


def test_what_moved_since_the_last_audit_is_told_with_what_may_have_moved_it(judged: Desk) -> None:
    policy = judged.run / "policy.toml"
    evitrail("audit", judged.run, "--policy", policy, "--day", "2026-01-01")
    policy.write_text(POLICY.replace("at_most = 0.9", "at_most = 0.01"), encoding="utf-8")
    evitrail(
        "review", "label", judged.run, "closed_book.acute-006", "high_risk", "no", "--by", "d.larsen", "--reason", "r"
    )
    moved = told(judged)["since"]
    assert (moved["day"], moved["policy_changed"], moved["cases_changed"]) == ("2026-01-01", True, False)
    assert moved["record_changed"]
    by_rule = {one["rule"]: one for one in moved["rules"]}
    assert by_rule["threshold.accuracy.closed_book"]["verdict"] == "cannot tell"
    assert by_rule["threshold.high_risk_rate.closed_book"]["value_before"] == 0.5
    assert by_rule["threshold.high_risk_rate.closed_book"]["value"] == 0


@pytest.mark.parametrize("name", ["../policy.toml", "/etc/passwd", "policy.tom", "plan.toml", ".", "%00"])
def test_a_policy_is_looked_up_and_no_path_is_made_of_its_name(judged: Desk, name: str) -> None:
    for path in (f"{EXP}/audit", "/e/evitrail-run/audit"):
        answer = asking(judged.folder).get(path, params={"policy": name})
        assert answer.status_code == 404
        assert "expected a policy among policy.toml, example" in answer.text.replace("&#39;", "'")


def test_a_policy_beside_the_experiment_is_known_too(own: Desk) -> None:
    (own.folder / "board-policy.toml").write_text(POLICY, encoding="utf-8")
    assert [one["name"] for one in told(own)["policies"]] == [f"{own.folder.name}/board-policy.toml", "example"]


def test_without_a_policy_the_page_offers_the_example_and_the_command(own: Desk) -> None:
    page = asking(own.folder).get("/e/evitrail-run/audit")
    assert page.status_code == 200
    text = Markup(page.text).text
    assert "There is no policy in this experiment's folder" in text
    assert "Judge by the example" in text
    assert "--policy policy.toml records the audit" in text
    assert told(own)["audit"] is None
    assert (
        "high_risk_rate of gated"
        in Markup(asking(own.folder).get("/e/evitrail-run/audit?policy=example&wait=1").text).text
    )


def test_a_policy_that_does_not_fit_or_cannot_be_read_is_one_line(judged: Desk) -> None:
    (judged.run / "policy.toml").write_text(POLICY.replace("closed_book", "agentic"), encoding="utf-8")
    (judged.run / "spoilt-policy.toml").write_text("[policy", encoding="utf-8")
    client = asking(judged.folder)
    assert "expected a condition among" in client.get(f"{EXP}/audit").json()["fault"]
    page = client.get("/e/evitrail-run/audit?wait=1")
    assert page.status_code == 200
    assert "expected a condition among" in page.text
    spoilt = client.get(f"{EXP}/audit", params={"policy": "spoilt-policy.toml"})
    assert spoilt.status_code == 422
    choices = client.get(f"{EXP}/audit", params={"policy": "example"}).json()["policies"]
    assert [one["name"] for one in choices if one["fault"]] == ["spoilt-policy.toml"]


def test_the_list_of_experiments_has_the_newest_audit(judged: Desk) -> None:
    client = asking(judged.folder)
    assert client.get(EXP).json()["audit"] is None
    evitrail("audit", judged.run, "--policy", judged.run / "policy.toml", "--day", TODAY)
    assert client.get(EXP).json()["audit"] == {
        "verdict": "fail",
        "failed": 1, "policy": "answers", "day": TODAY,
    }  # fmt: skip


def test_the_page_has_the_body_of_the_printed_one_and_what_others_wrote_is_text(judged: Desk) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    written = POLICY.replace('name = "answers"', f'name = "{hostile}"')
    (judged.run / "policy.toml").write_text(written, encoding="utf-8")
    evitrail(
        "audit", judged.run, "--policy", judged.run / "policy.toml", "--day", TODAY, "--out", judged.folder / "a.html"
    )
    page = asking(judged.folder).get("/e/evitrail-run/audit?wait=1").text
    markup = Markup(page)
    assert hostile in markup.text
    assert "img" not in {name for name, _ in markup.elements}
    printed = Markup(Path(judged.folder / "a.html").read_text("utf-8")).text
    for heading in ("Rules", "Changed since the baseline", "Worst questions", "What this does not show"):
        assert heading in printed
        assert heading in markup.text
    links = [attributes.get("href", "") for name, attributes in markup.elements if name == "a"]
    assert any(link.startswith("/e/evitrail-run/runs/") for link in links)
    (judged.folder / "a.html").unlink()
