"""``store retract``, ``concern``, ``reinstate``, ``notices``, ``tag``, ``diff``: recorded, told, refused in a line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from desk import Desk, evitrail

REF = "group-b-streptococcus-antenatal-swab@2019"
SIGNED = ("--reason", "as its publisher says", "--by", "d.larsen")


@pytest.fixture
def store(own: Desk) -> tuple[object, ...]:
    return ("--store", own.store)


def test_a_retraction_is_recorded_with_who_and_why_and_can_be_taken_back(store: tuple[object, ...]) -> None:
    said = evitrail(
        "store", "retract", REF, *SIGNED, "--on", "2024-05-02", "--notice", "10.1000/N", "--json", *store
    ).json
    assert (said["ref"], said["nature"], said["on"], said["notice"]) == (REF, "retraction", "2024-05-02", "10.1000/n")
    last = evitrail("store", "history", REF.partition("@")[0], "--json", *store).json[-1]
    assert (last["seq"], last["actor"], last["body"]["reason"]) == (said["seq"], "d.larsen", "as its publisher says")
    assert "RETRACTED" in evitrail("store", "show", REF, *store).out
    back = evitrail("store", "reinstate", REF, *SIGNED, *store)
    assert (back.code, back.err) == (0, "")
    assert f"reinstatement of {REF}" in back.out
    assert "RETRACTED" not in evitrail("store", "show", REF, *store).out
    assert evitrail("store", "verify", *store).code == 0


def test_a_difference_names_what_came_since_a_release(store: tuple[object, ...]) -> None:
    named = evitrail("store", "tag", "spring", "--by", "d.larsen", "--json", *store).json
    assert list(named) == ["spring"]
    evitrail("store", "concern", REF, *SIGNED, *store)
    told = evitrail("store", "diff", "spring", "--json", *store).json
    assert [(one["ref"], one["change"]) for one in told["standing"]] == [(REF, "under concern")]
    assert (told["added"], told["moved"], told["ended"]) == ([], [], [])
    said = evitrail("store", "diff", "spring", "now", *store)
    assert (said.code, said.err) == (0, "")
    assert REF in said.out
    assert "nothing that counts changed" in evitrail("store", "diff", "now", "now", *store).out
    words = evitrail("store", "diff", "0", "spring", "--text", *store)
    assert (words.code, words.err) == (0, "")


def test_a_list_of_notices_marks_the_papers_the_store_holds(own: Desk, tmp_path: Path) -> None:
    (line,) = [
        json.loads(text)
        for text in own.evidence.read_text("utf-8").splitlines()
        if f'"{REF.partition("@")[0]}"' in text and '"2019"' in text
    ]
    paper = tmp_path / "paper.jsonl"
    new = {**line, "id": "withdrawn-trial", "version": "1", "supersedes": None, "doi": "10.1000/trial"}
    paper.write_text(json.dumps(new), "utf-8")
    assert evitrail("store", "ingest", paper, "--store", own.store).code == 0
    table = tmp_path / "list.tsv"
    table.write_text("doi\tkind\n10.1000/TRIAL\tretraction\n10.1000/other\tconcern\n", "utf-8")
    command = ("store", "notices", table, "--by", "d.larsen", "--store", own.store)
    before = evitrail("store", "history", "withdrawn-trial", "--json", "--store", own.store).json
    checked = evitrail(*command, "--check", "--json").json
    assert (checked["listed"], [one["ref"] for one in checked["notices"]], checked["recorded"]) == (
        2,
        ["withdrawn-trial@1"],
        False,
    )
    assert evitrail("store", "history", "withdrawn-trial", "--json", "--store", own.store).json == before
    assert evitrail(*command).code == 0
    assert "RETRACTED" in evitrail("store", "show", "withdrawn-trial@1", "--store", own.store).out
    assert evitrail(*command, "--json").json["notices"] == []


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("retract", REF, "--reason", "x"), "--by: expected who does this, got nobody"),
        (("retract", "nothing@1", *SIGNED), "expected a version the store holds, got 'nothing@1'"),
        (("retract", REF, "--reason", " ", "--by", "me"), "needs a reason"),
        (("reinstate", REF, *SIGNED), f"'{REF}' is neither retracted nor under concern"),
        (("retract", REF, *SIGNED, "--on", "May"), "--on"),
        (("tag", "now"), "expected a release's name"),
        (("diff", "autumn"), "expected 'now', a ledger number or one of []"),
    ],
)
def test_what_cannot_be_recorded_is_refused_in_one_line_and_nothing_written(
    own: Desk, store: tuple[object, ...], words: tuple[object, ...], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVITRAIL_ACTOR", raising=False)
    before = evitrail("store", "verify", "--json", *store), evitrail("store", "list", "--json", *store).json
    said = evitrail("store", *words, *store)
    assert (said.code, said.out) == (2, "")
    assert said.err.count("\n") == 1
    assert what in said.err
    assert (evitrail("store", "verify", "--json", *store), evitrail("store", "list", "--json", *store).json) == before
