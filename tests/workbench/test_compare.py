"""What the API tells of a comparison is what the command line tells: baseline first, exact tests, counted evidence."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from answer_letters import written
from desk import Desk, evitrail
from serving_pages import asking

from evitrail.eval.query.columns import Columns
from evitrail.eval.query.parse import parse
from evitrail.eval.query.select import select


def compared(client: Any, exp: str, **given: Any) -> Any:
    asked = {("with" if name == "other" else name): value for name, value in given.items()}
    answer = client.get(f"/api/experiments/{exp}/compare", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refusal(client: Any, exp: str, **given: Any) -> tuple[int, str]:
    asked = {("with" if name == "other" else name): value for name, value in given.items()}
    answer = client.get(f"/api/experiments/{exp}/compare", params=asked)
    said = answer.json()["fault"]
    assert "\n" not in said
    return answer.status_code, said


def test_the_comparison_is_that_of_the_command_line(desk: Desk) -> None:
    client = asking(desk.folder)
    names = ("standard", "gated", "closed_book")
    told = compared(client, "evitrail-run", conditions=",".join(names), cases=1000)
    assert told["comparison"] == evitrail("compare", desk.run, *names, "--json").json
    assert [one["label"] for one in told["conditions"]] == list(names)
    said = evitrail("compare", desk.run, "standard", "gated").out
    assert told["in_words"][0]["summary"][0].replace("standard", "A").replace("gated", "B").partition(" (")[0] in said


def test_the_funnel_is_that_of_the_command_line_and_says_when_the_store_is_away(desk: Desk, tmp_path: Path) -> None:
    told = compared(asking(desk.folder), "evitrail-run", conditions="standard,gated")
    expected = {one["condition"]: one for one in evitrail("funnel", desk.run, "--json").json}
    for one in told["conditions"]:
        assert one["funnel"] == expected[one["label"]]
        assert one["funnel_lacking"] == ""
    shutil.copytree(desk.run, tmp_path / "copied")
    away = compared(asking(tmp_path), "copied", conditions="standard,gated")["conditions"][0]
    assert "expected the evidence store it was run on" in away["funnel_lacking"]
    assert away["funnel"]["stages"][0] == {"stage": "in_store", "reached": None, "lost": None, "unknown": 2}


def test_values_are_those_of_the_profile_with_the_query_that_finds_their_runs(desk: Desk) -> None:
    client = asking(desk.folder)
    profile = {row["label"]: row for row in client.get("/api/experiments/evitrail-run/profile").json()["rows"]}
    for one in compared(client, "evitrail-run", conditions="standard,gated")["conditions"]:
        row = profile[one["own_label"]]
        assert row["metrics"].items() <= one["metrics"].items()
        assert one["metrics"].keys() - row["metrics"].keys() == {"ece", "mce"}
        assert (one["query"], one["n"]) == (row["query"], row["n"])


def test_the_baseline_comes_first_whoever_was_named_first(tmp_path: Path) -> None:
    written(tmp_path / "x", {"standard": "AAB", "gated": "ABA", "clean": "AAA"})
    client = asking(tmp_path)
    assert compared(client, "x")["comparison"]["baseline"] == "standard", "where nothing is chosen"
    told = compared(client, "x", conditions="standard,gated,clean", baseline="clean")
    assert [one["label"] for one in told["conditions"]] == ["clean", "standard", "gated"]
    assert [pair["other"] for pair in told["comparison"]["pairs"]] == ["standard", "gated"]
    here, there = (
        compared(client, "x", conditions=names)["comparison"]["pairs"][0]["metrics"]["accuracy"]
        for names in ("standard,clean", "clean,standard")
    )
    assert here["difference"] == -there["difference"]


def test_counts_lead_to_the_runs_that_they_count(tmp_path: Path) -> None:
    folder = written(tmp_path / "x", {"standard": "AABBCA", "gated": "AAAABC"})
    pair = compared(asking(tmp_path), "x", conditions="standard,gated")["comparison"]["pairs"][0]
    columns = Columns.of(folder)

    def runs(query: str) -> int:
        return len(select(parse(query), columns).runs)

    assert runs("condition:gated changed:standard") == pair["moved"] == 4
    right = pair["metrics"]["accuracy"]
    assert runs("condition:standard right changed:gated") == right["only_baseline"] == 1
    assert runs("condition:gated right changed:standard") == right["only_other"] == 2


def test_the_gravest_cases_come_first_as_many_as_are_asked_for(tmp_path: Path) -> None:
    written(tmp_path / "x", {"standard": "CDBAB", "gated": "AAAAA"})
    client = asking(tmp_path)
    (pair,) = compared(client, "x", conditions="standard,gated", cases=3)["comparison"]["pairs"]
    assert [one["case"] for one in pair["parted"]] == ["case-2", "case-4", "case-0"], "high-risk before contradicted"
    assert pair["moved"] == 4
    assert compared(client, "x", conditions="standard,gated", cases=0)["comparison"]["pairs"][0]["parted"] == []


def test_two_experiments_are_compared_by_equal_questions_and_refused_otherwise(tmp_path: Path) -> None:
    written(tmp_path / "one", {"standard": "AAB", "gated": "AAA"})
    written(tmp_path / "two", {"standard": "ABB"}, reader="q")
    written(tmp_path / "else", {"standard": "AAB"}, answer="B")
    client = asking(tmp_path)
    told = compared(client, "one", other="two")
    assert [one["label"] for one in told["conditions"]] == ["standard", "two::standard"], "each with itself"
    assert [one["exp"] for one in told["conditions"]] == ["one", "two"]
    assert told["comparison"]["pairs"][0]["differs_in"] == ["reader"]
    assert str(tmp_path) not in told["comparison"]["pairs"][0]["other"]
    status, said = refusal(client, "one", other="else")
    assert status == 422
    assert "expected the same questions as in" in said
    assert "compare experiments on one benchmark" in said


@pytest.mark.parametrize(
    ("given", "status", "words"),
    [
        ({"conditions": "standard"}, 422, "expected 2 to 9 conditions to compare, got 1"),
        ({"conditions": "standard,gatd"}, 422, "did you mean 'gated'?"),
        ({"conditions": "standard,standard"}, 422, "'standard' twice"),
        ({"conditions": 'standard,"gated'}, 422, "expected names separated by commas"),
        ({"conditions": "standard,gated", "baseline": "clean"}, 422, "baseline: expected one of the conditions"),
        ({"conditions": "standard,tow::gated"}, 404, "expected an experiment that is served, got 'tow'"),
        ({"other": "nowhere"}, 404, "expected an experiment that is served, got 'nowhere'"),
        ({"correction": "bonferroni"}, 422, "correction"),
        ({"cases": 5000}, 422, "cases"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(
    tmp_path: Path, given: dict[str, Any], status: int, words: str
) -> None:
    written(tmp_path / "x", {"standard": "AAB", "gated": "ABA"})
    got, said = refusal(asking(tmp_path), "x", **given)
    assert (got, words in said) == (status, True), said


def test_results_that_lack_say_so_and_the_page_is_there_all_the_same(tmp_path: Path) -> None:
    written(tmp_path / "x", {"standard": "AAB"})
    (tmp_path / "y").mkdir()
    (tmp_path / "y" / "journal.db").touch()
    client = asking(tmp_path)
    assert refusal(client, "x")[0] == 422, "there is one condition only"
    assert refusal(client, "y", conditions="a,b")[0] == 409
    for exp in ("x", "y"):
        page = client.get(f"/e/{exp}/compare")
        assert page.status_code == 200
        assert '"fault":"' in page.text
    assert client.get("/e/z/compare").status_code == 404


def test_a_name_with_a_comma_or_a_quote_is_found(tmp_path: Path) -> None:
    odd = 'top, "five" <b>'
    answers = {"standard": "AAB", odd: "ABA"}
    written(tmp_path / "x", answers)
    quoted = '"' + odd.replace('"', '""') + '"'
    told = compared(asking(tmp_path), "x", conditions=f"standard,{quoted}")
    assert told["conditions"][1]["label"] == odd
    assert "<b>" not in asking(tmp_path).get("/e/x/compare").text


def test_a_change_of_the_results_is_told_at_once(tmp_path: Path) -> None:
    written(tmp_path / "x", {"standard": "AAB", "gated": "AAB"})
    client = asking(tmp_path)
    assert compared(client, "x")["comparison"]["pairs"][0]["moved"] == 0
    shutil.rmtree(tmp_path / "x")
    written(tmp_path / "x", {"standard": "AAB", "gated": "BBA"})
    assert compared(client, "x")["comparison"]["pairs"][0]["moved"] == 3
