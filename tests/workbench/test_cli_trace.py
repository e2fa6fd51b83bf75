"""What an answer rests on can be read, done again, and proven not to have been altered."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from pathlib import Path

import pytest
from desk import CASES, Desk, evitrail, tree

GATED = f"gated.{CASES[0]}"
RUNS = [f"{arm}.{case}" for arm in ("closed_book", "gated", "standard") for case in CASES]


def test_the_list_has_every_run_once_and_failed_only_the_wrong_ones(desk: Desk) -> None:
    rows = evitrail("trace", "list", desk.run, "--json").json
    assert [row["run"] for row in rows] == RUNS
    failed = evitrail("trace", "list", desk.run, "--failed", "--json").json
    assert failed == [row for row in rows if not row["correct"]]


def test_one_condition_may_be_asked_for_by_its_published_name(desk: Desk) -> None:
    ours, published = (evitrail("trace", "list", desk.run, "--condition", n).out for n in ("standard", "top_10"))
    assert ours == published
    assert "standard." in ours
    assert "gated." not in ours


def test_a_chain_goes_from_option_to_claim_passage_evidence_grade_and_query(desk: Desk) -> None:
    told = evitrail("trace", "show", desk.run, GATED, "--json").json
    assert told["support"], "the gated answer rests on something"
    lines = evitrail("trace", "show", desk.run, GATED).out.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("option "))
    heads = [line.split(":")[0].split()[0] for line in lines[start:] if ":" in line or line.startswith("option ")]
    assert [head for head in heads[:7] if head != "terms"] == [
        "option",
        "claim",
        "passage",
        "evidence",
        "grade",
        "query",
    ]


def test_each_quote_stands_in_its_evidence_where_the_chain_says(desk: Desk) -> None:
    entries = [json.loads(line) for line in desk.evidence.read_text("utf-8").splitlines()]
    texts = {(entry["id"], entry["version"]): entry["text"] for entry in entries}
    quoted = 0
    for run in RUNS:
        told = evitrail("trace", "show", desk.run, run, "--json").json
        for link in (*told["support"], *told["other"]):
            text = texts[link["evidence"]["id"], link["evidence"]["version"]]
            assert text[link["start"] : link["end"]] == link["claim"]["quote"]
            quoted += 1
    assert quoted


def test_a_step_is_shown_with_its_inputs_and_output_written_out(desk: Desk) -> None:
    walked = evitrail("replay", desk.run, GATED, "--json").json
    shown = [evitrail("trace", "show", desk.run, f"{GATED}#{step['path']}", "--json").json for step in walked]
    assert shown == walked
    assert [step["path"] for step in walked] == evitrail("trace", "show", desk.run, GATED, "--json").json["steps"]
    assert walked[0]["inputs"]["question"]["stem"]
    assert walked[1]["inputs"]["query"] == walked[0]["output"]
    assert walked[0]["output"]["text"]


def test_replay_names_every_step_and_runs_nothing(desk: Desk) -> None:
    before = tree(desk.run)
    lines = evitrail("replay", desk.run, GATED).out.splitlines()
    steps = evitrail("trace", "show", desk.run, GATED, "--json").json["steps"]
    assert [line.partition(". ")[2] for line in lines if line[:1].isdigit()] == steps
    assert tree(desk.run) == before


@pytest.mark.parametrize("run", RUNS)
def test_every_step_comes_out_the_same_when_done_again(desk: Desk, run: str) -> None:
    before = tree(desk.run)
    said = evitrail("replay", desk.run, run, "--verify", "--json").json
    assert said["same"]
    assert {step["verdict"] for step in said["steps"]} == {"recomputed-same"}
    assert tree(desk.run) == before


def test_a_step_that_comes_out_otherwise_is_named_with_exit_code_1(own: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from evitrail.agent.reader.extractive.extractive import ExtractiveReader

    chose = ExtractiveReader.choose

    def otherwise(*given: object, **named: object) -> object:
        choice = chose(*given, **named)  # type: ignore[arg-type]
        return choice.model_copy(update={"reason": "out of spite"})

    monkeypatch.setattr(ExtractiveReader, "choose", otherwise)
    said = evitrail("replay", own.run, GATED, "--verify")
    assert said.code == 1
    assert len(said.faults) == 1
    assert "choose[1]" in said.faults[0]
    assert "out of spite" in said.faults[0]


def test_a_failed_run_is_told_in_one_sentence_with_all_that_it_rests_on(desk: Desk) -> None:
    told = {run: evitrail("trace", "show", desk.run, run) for run in RUNS}
    blames = {run: evitrail("trace", "show", desk.run, run, "--json").json["blames"] for run in RUNS}
    assert any(blames.values())
    for run, found in blames.items():
        for blame in found:
            assert blame["sentence"] in told[run].out
            assert blame["sentence"] in evitrail("trace", "why", desk.run, run, "--json").out
            assert f"{blame['outcome']}: " in told[run].out
            assert "smallest repairs: " in told[run].out
            assert "None" not in told[run].out


def test_a_counterfactual_says_what_was_mended_and_is_not_verified(desk: Desk) -> None:
    blamed = [evitrail("trace", "show", desk.run, run, "--json").json["blames"] for run in RUNS]
    forks = [fork for blames in blamed for blame in blames for fork in blame["replay_ids"]]
    assert forks, "a failed run was examined by counterfactuals"
    told = evitrail("trace", "show", desk.run, forks[0])
    assert told.code == 0
    assert f"counterfactual: {forks[0].partition('~')[0]}" in told.out
    refused = evitrail("replay", desk.run, forks[0], "--verify")
    assert (refused.code, len(refused.faults)) == (2, 1)


def test_a_journal_as_written_is_sound_and_whole(desk: Desk) -> None:
    said = evitrail("trace", "verify", desk.run)
    assert said.code == 0
    assert "integrity: sound" in said.out
    assert "completeness: whole" in said.out
    assert evitrail("trace", "verify", desk.run, "--json").json["root"] in said.out


def spoil(journal: Path, run: str, seq: int) -> None:
    """Flip one bit of a record as an intruder with SQL would, past the triggers."""
    with sqlite3.connect(journal) as db:
        db.execute("DROP TRIGGER record_is_final")
        found = db.execute("SELECT bytes FROM record WHERE run = ? AND seq = ?", (run, seq)).fetchone()[0]
        spoilt = bytes([*found[:20], found[20] ^ 1, *found[21:]])
        db.execute("UPDATE record SET bytes = ? WHERE run = ? AND seq = ?", (spoilt, run, seq))
    db.close()


@pytest.mark.parametrize("seq", [0, 1, 2])
def test_one_flipped_bit_of_a_record_is_found_and_the_record_named(own: Desk, seq: int) -> None:
    spoil(own.run / "journal.db", GATED, seq)
    said = evitrail("trace", "verify", own.run)
    assert (said.code, said.out) == (1, "")
    assert any(f"run '{GATED}' record {seq}" in fault for fault in said.faults)
    told = evitrail("trace", "verify", own.run, "--json")
    assert told.code == 1
    assert told.json["integrity"]


def test_one_flipped_byte_in_the_file_itself_is_found_and_the_record_named(own: Desk) -> None:
    journal = own.run / "journal.db"
    with sqlite3.connect(journal) as db:
        record = db.execute("SELECT bytes FROM record WHERE run = ? AND seq = 1", (GATED,)).fetchone()[0]
    db.close()
    data = bytearray(journal.read_bytes())
    moment = re.search(rb'"mono":\d+', record)[
        0
    ]  # stands in this record only, and is too short to be cut by a page's end
    data[data.index(moment) + len(moment) - 1] ^= 1
    journal.write_bytes(data)
    said = evitrail("trace", "verify", own.run)
    assert said.code == 1
    assert any(f"run '{GATED}' record 1" in fault for fault in said.faults)


@pytest.mark.parametrize("place", [0, 100])
def test_a_file_that_is_no_database_any_more_fails_the_check_in_a_line(own: Desk, place: int) -> None:
    journal = own.run / "journal.db"
    data = bytearray(journal.read_bytes())
    data[place] ^= 0xFF
    journal.write_bytes(data)
    said = evitrail("trace", "verify", own.run)
    assert said.code == 1
    assert said.faults


def test_a_lost_run_fails_completeness_and_not_integrity(own: Desk) -> None:
    with sqlite3.connect(own.run / "journal.db") as db:
        db.execute("DROP TRIGGER record_stays")
        db.execute("DELETE FROM record WHERE run = ?", (GATED,))
    db.close()
    said = evitrail("trace", "verify", own.run, "--json")
    assert said.code == 1
    assert not said.json["integrity"]
    assert any(GATED in fault for fault in said.json["completeness"])


def test_a_ledger_with_a_flipped_bit_fails_store_verify(own: Desk) -> None:
    ledger = own.store / "ledger.db"
    data = bytearray(ledger.read_bytes())
    data[data.index(b"Timing of the antenatal swab")] ^= 1
    ledger.write_bytes(data)
    said = evitrail("store", "verify", "--store", own.store)
    assert (said.code, said.out) == (1, "")
    assert said.faults


def test_a_report_is_rebuilt_with_the_same_bytes(own: Desk, tmp_path: Path) -> None:
    before = tree(own.run)
    made = ("outcomes.parquet", "timings.parquet", "metrics.json", "cost.json", "attribution.json", "report.html")
    for name in made:
        (own.run / name).unlink()
    assert evitrail("report", own.run).code == 0
    assert {name: tree(own.run)[name] for name in made} == {name: before[name] for name in made}


def test_a_report_needs_only_the_journal(own: Desk, tmp_path: Path) -> None:
    alone = tmp_path / own.run.name
    alone.mkdir()
    shutil.copy(own.run / "journal.db", alone)
    assert evitrail("report", alone, "--json").code == 0
    assert (alone / "report.html").read_bytes() == (own.run / "report.html").read_bytes()
