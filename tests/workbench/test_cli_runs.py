"""``evitrail runs`` and ``evitrail funnel`` answer from the results in the folder, and refuse in one line."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from desk import CASES, Desk, evitrail, tree

from evitrail.eval.query import recorded_words
from evitrail.traces.trace import Trace


def test_a_query_lists_the_runs_it_asks_for_and_how_to_open_one(desk: Desk) -> None:
    said = evitrail("runs", desk.run, "condition:gated case:acute-001")
    assert (said.code, said.err) == (0, "")
    assert f"1 of 6 runs in {desk.run}: condition:gated case:acute-001" in said.out
    assert f"`evitrail trace show {desk.run} gated.acute-001`" in said.out
    everything = evitrail("runs", desk.run, "--json").json
    assert (everything["total"], everything["unknown"], len(everything["runs"])) == (6, 0, 6)
    assert [run["run"] for run in everything["runs"]] == sorted(run["run"] for run in everything["runs"])


def test_no_journal_is_needed_and_nothing_is_written(desk: Desk, tmp_path: Path) -> None:
    for name in ("outcomes.parquet", "questions.parquet", "timings.parquet"):
        shutil.copy(desk.run / name, tmp_path / name)
    before = tree(tmp_path)
    query = "retriever:none,dense -abstained text:a ms>0 confidence>=0 OR blame:retrieve OR cites:superseded"
    with_journal, without = (evitrail("runs", folder, query, "--json") for folder in (desk.run, tmp_path))
    assert (without.code, without.json) == (0, with_journal.json)
    assert tree(tmp_path) == before


def test_csv_and_json_say_the_same_and_csv_tells_an_empty_list_from_an_unknown_one(desk: Desk) -> None:
    rows: list[dict[str, Any]] = evitrail("runs", desk.run, "--json").json["runs"]
    cells = list(csv.DictReader(io.StringIO(evitrail("runs", desk.run, "--csv").out)))
    assert [row["run"] for row in cells] == [row["run"] for row in rows]
    for row, cell in zip(rows, cells, strict=True):
        assert cell.keys() == row.keys()
        assert cell["correct"] == str(row["correct"]).lower()
        assert json.loads(cell["cited"]) == row["cited"]
        assert cell["money"] == ""
        assert row["money"] is None
    assert {"[]"} < {cell["cited"] for cell in cells}


def test_a_query_may_begin_with_a_minus_as_a_negation_does(desk: Desk) -> None:
    right, others = (evitrail("runs", desk.run, query, "--json").json["runs"] for query in ("right", "-right"))
    assert len(right) + len(others) == 6
    assert {run["correct"] for run in others} <= {False}
    assert evitrail("runs", "-right", desk.run, "--json").json["runs"] == others


def test_runs_are_sorted_by_a_field_ties_by_name_and_a_cut_list_says_so(desk: Desk) -> None:
    runs = evitrail("runs", desk.run, "--sort", "confidence", "--descending", "--json").json["runs"]
    keys = [(-run["confidence"], run["run"]) for run in runs]
    assert keys == sorted(keys)
    said = evitrail("runs", desk.run, "--limit", 2)
    assert "4 more runs; --limit 6 lists all" in said.out


def test_runs_of_which_it_is_unknown_are_counted_and_a_word_like_a_flag_is_told(desk: Desk) -> None:
    said = evitrail("runs", desk.run, "tokens>0 higrisk OR tokens>0")
    assert said.code == 0
    assert said.faults == [
        "query, character 10: 'higrisk' is searched in questions and names; did you mean 'high_risk'?",
        "of 6 of 6 runs it is unknown whether they are meant; they are left out",
    ]
    assert "0 of 6 runs" in said.out


@pytest.mark.parametrize(
    ("query", "told"),
    [
        (
            "condition:gatd",
            "character 11: expected a condition among closed_book, gated, standard, got 'gatd';",
        ),
        (
            "wrong conditon:gated",
            "character 7: expected a field (a text to search for stands in quotes), got ",
        ),
        ("case:acute-01", "character 6: expected a case among acute-001, acute-006, got 'acute-01'; did you mean"),
        ('text:"chest pain', "character 6: expected a '\"' that closes this one, got the end"),
        ("confidence:high", "character 12: expected a number, got 'high'"),
    ],
)
def test_a_wrong_query_is_one_line_with_its_place(desk: Desk, query: str, told: str) -> None:
    for verb in ("runs", "funnel"):
        said = evitrail(verb, desk.run, query)
        assert (said.code, said.out, len(said.faults)) == (2, "", 1)
        assert told in said.faults[0]


def test_other_bad_input_is_one_line(desk: Desk, tmp_path: Path) -> None:
    for words, told in (
        ((tmp_path,), "expected outcomes at"),
        ((desk.run, "--sort", "confidnce"), "did you mean 'confidence'?"),
        ((desk.run, "--csv", "--json"), "expected --csv or --json, got both"),
        ((desk.run, "wrong", "right"), "unexpected extra argument"),
        ((desk.run, "--jsn"), "--jsn"),
    ):
        said = evitrail("runs", *words)
        assert (said.code, said.out, len(said.faults)) == (2, "", 1), words
        assert told in said.faults[0]


def test_results_of_an_earlier_version_are_listed_and_what_they_lack_is_one_line(own: Desk) -> None:
    import pyarrow.parquet as pq

    from evitrail.eval.metrics.run_columns import RunColumns

    path = own.run / "outcomes.parquet"
    pq.write_table(pq.read_table(path).drop_columns(list(RunColumns().row())), path)
    (own.run / "questions.parquet").unlink()
    assert "6 of 6 runs" in evitrail("runs", own.run).out
    assert evitrail("runs", own.run, "--csv").code == 0
    for verb, query in (("runs", "blame:retrieve"), ("runs", "chest"), ("funnel", "")):
        said = evitrail(verb, own.run, query)
        assert (said.code, len(said.faults)) == (2, 1)
        assert f"`evitrail report {own.run}` writes them again" in said.faults[0]
    assert evitrail("compare", own.run, "standard", "gated").code == 0
    assert evitrail("report", own.run).code == 0
    assert evitrail("runs", own.run, "blame:retrieve").code == 0


def test_the_funnel_narrows_from_the_store_to_the_answer(desk: Desk) -> None:
    said = evitrail("funnel", desk.run, "--json")
    assert (said.code, said.err) == (0, "")
    assert [one["condition"] for one in said.json] == ["closed_book", "gated", "standard"]
    for one in said.json:
        left = one["runs"]
        assert left == len(CASES)
        for stage in one["stages"]:
            assert (stage["reached"], stage["unknown"]) == (left - stage["lost"], 0)
            left = stage["reached"]
    closed = {stage["stage"]: stage for stage in said.json[0]["stages"]}
    assert (closed["in_force"]["reached"], closed["retrieved"]["lost"]) == (2, 2)
    table = evitrail("funnel", desk.run, "condition:closed_book").out
    assert "2 runs in" in table
    assert "gated" not in table


def test_without_the_store_the_funnel_says_that_it_does_not_know_what_it_held(own: Desk) -> None:
    shutil.move(own.store, own.folder / "elsewhere" / "store")
    said = evitrail("funnel", own.run, "--json")
    assert said.faults == ["the evidence store is not available: what it held is unknown; name its folder with --store"]
    first = said.json[0]["stages"][0]
    assert (first["stage"], first["reached"], first["unknown"]) == ("in_store", None, 2)
    named = evitrail("funnel", own.run, "--store", own.folder / "elsewhere" / "store", "--json")
    assert (named.code, named.err, named.json[0]["stages"][0]["reached"]) == (0, "", 2)


def test_words_of_claims_and_passages_are_read_of_the_runs_alone_that_hang_on_them(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    words_of = recorded_words.words_of

    def counted(trace: Trace, what: Any) -> str | None:
        read.append(trace.run)
        return words_of(trace, what)

    monkeypatch.setattr(recorded_words, "words_of", counted)
    runs = {run["run"]: run for run in evitrail("runs", desk.run, "--json").json["runs"]}
    quoted = next(run for run in runs.values() if run["condition"] == "gated" and run["quoted"])
    shown = evitrail("trace", "show", desk.run, quoted["run"], "--json").json
    words = (shown["support"] or shown["other"])[0]["claim"]["quote"]
    for field in ("claim", "passage"):
        read.clear()
        found = evitrail("runs", desk.run, f'condition:gated {field}:"{words.upper()}"', "--json").json
        assert quoted["run"] in [run["run"] for run in found["runs"]]
        assert set(read) == {run for run in runs if runs[run]["condition"] == "gated"}
        without = evitrail("runs", desk.run, f"-{field}:{words.split()[0]} condition:closed_book", "--json").json
        assert len(without["runs"]) == len(CASES)
        read.clear()
        unknown = evitrail("runs", desk.run, f"{field}:unknown", "--json").json
        assert (unknown["runs"], unknown["unknown"], set(read)) == ([], 0, set(runs))


def test_claims_without_a_journal_are_one_line(desk: Desk, tmp_path: Path) -> None:
    for name in ("outcomes.parquet", "questions.parquet", "timings.parquet"):
        shutil.copy(desk.run / name, tmp_path / name)
    said = evitrail("runs", tmp_path, "wrong claim:aspirin")
    assert (said.code, said.out, len(said.faults)) == (2, "", 1)
    assert "expected journal.db, which has the words of a claim, found none" in said.faults[0]
