"""Who may publish is said on the command line; what is held is listed, shown, and released by a second person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from desk import BENCHMARK, Said, evitrail, write_lines

from evitrail.eval.dataset.case import load

NICE = (
    *("nice", "--organization", "National Institute*", "--kind", "guideline", "--grades"),
    *("--backdate-days", "any", "--reason", "agreed in May"),
)
LINE: dict[str, Any] = {
    "id": "warfarin-valves",
    "version": "2026",
    "title": "Warfarin after valve surgery",
    "text": "Adults with a mechanical valve take warfarin.",
    "organization": "National Institute for Health and Care Excellence",
    "kind": "guideline",
    "url": None,
    "published": "2024-01-01",
    "valid_from": "2024-01-01",
    "valid_to": None,
    "supersedes": None,
    "retracted": False,
    "grade": None,
}
REF = "warfarin-valves@2026"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "evidence.jsonl", [LINE])


def run(store: Path, *words: object, by: str = "anna") -> Said:
    named = () if words[:1] in (("review",), ("list",), ("show",), ("history",), ("verify",)) else ("--by", by)
    return evitrail("store", *words, *named, "--store", store)


def test_without_publishers_ingest_says_that_all_is_served_and_how_to_change_that(store: Path, file: Path) -> None:
    said = evitrail("store", "ingest", file, "--store", store)
    assert said.code == 0
    assert said.err.splitlines() == [
        f"no publisher is registered in {store}, so all evidence is served unchecked; "
        "see `evitrail store publisher add`"
    ]
    assert evitrail("store", "publisher", "list", "--store", store).out.strip().endswith("so all evidence is served")


def test_what_no_publisher_vouches_for_is_held_listed_shown_and_released_by_a_second_person(
    store: Path, file: Path
) -> None:
    assert run(store, "publisher", "add", *NICE).code == 0
    checked = run(store, "ingest", file, "--check").out
    assert "nothing was written" in checked
    assert f"{REF} would be held: unknown_publisher" in checked
    said = run(store, "ingest", file)
    assert (said.code, said.err) == (0, "")
    assert "0 versions published, 1 held, 0 known before" in said.out
    assert "held-2, evidence of warfarin-valves@2026: unknown_publisher: no publisher vouches for it" in said.out
    assert "held evidence: unknown_publisher" in " ".join(run(store, "review").out.split())
    (row,) = run(store, "list", "--json").json
    assert row["status"] == "held"
    shown = run(store, "show", REF).out
    assert "HELD, by anna" in shown
    assert LINE["text"] in shown
    assert "unknown_publisher: no publisher vouches for it" in " ".join(
        run(store, "history", "warfarin-valves").out.split()
    )
    assert run(store, "release", REF, "--reason", "read it").code == 2
    done = run(store, "release", REF, "--reason", "read it", by="ben")
    assert (done.code, done.out) == (0, f"event 4: {REF} released; 0 waiting in {store}\n")
    assert run(store, "list", "--json").json[0]["status"] == "current"
    assert run(store, "verify").code == 0


def test_a_publisher_that_is_named_is_believed_and_stands_beside_its_evidence(store: Path, file: Path) -> None:
    run(store, "publisher", "add", *NICE)
    assert run(store, "ingest", file, "--publisher", "nice", "--json").json["published"] == [REF]
    assert "publisher: nice" in run(store, "show", REF).out
    (listed,) = evitrail("store", "publisher", "list", "--json", "--store", store).json["publishers"]
    assert (listed["name"], listed["kinds"], listed["backdate_days"]) == ("nice", ["guideline"], "any")


def test_in_a_store_with_publishers_whoever_ingests_gives_a_name(store: Path, file: Path) -> None:
    run(store, "publisher", "add", *NICE)
    said = evitrail("store", "ingest", file, "--store", store)
    assert (said.code, len(said.faults)) == (2, 1)
    assert "--by: expected who does this" in said.faults[0]
    assert run(store, "list", "--json").json == []


def test_a_signed_file_is_found_to_be_its_publishers(store: Path, file: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    public = evitrail("trace", "keygen", "--name", "nice.example/evidence", "--out", key).out.strip()
    run(store, "publisher", "add", *NICE, "--key", public)
    assert "unsigned_batch" in run(store, "ingest", file, "--publisher", "nice").out
    signed = evitrail("store", "sign", file, "--publisher", "nice", "--key", key)
    assert (signed.code, signed.out) == (0, f"{file} signed as nice: {file}.sig\n")
    assert evitrail("store", "sign", file, "--publisher", "nice", "--key", key).code == 2, "never replaced"
    other = run(store, "ingest", file, "--publisher", "who")
    assert (other.code, len(other.faults)) == (2, 1)
    assert "1 versions published" in run(store, "ingest", file).out
    assert run(store, "review", "--json").json == []


def test_an_act_by_one_person_is_held_and_says_how_it_is_released(store: Path, file: Path) -> None:
    run(store, "publisher", "add", *NICE)
    run(store, "ingest", file, "--publisher", "nice")
    said = run(store, "retract", REF, "--reason", "I heard so")
    assert said.code == 0
    assert f"retraction of {REF} is held" in said.out
    assert "evitrail store release held-" in said.out
    assert run(store, "list", "--json").json[0]["status"] == "current"
    again = run(store, "retract", REF, "--reason", "I heard so").out
    todo = f"see `evitrail store review --store {store}`"
    assert again == f"retraction of {REF} was brought before and is still held; {todo}\n"
    withdrawn = run(store, "withdraw", REF, "--reason", "not here")
    assert f"withdrawal of {REF} is held" in withdrawn.out
    assert run(store, "retract", REF, "--reason", "our own notice", "--publisher", "nice").code == 0
    assert run(store, "list", "--json").json[0]["status"] == "retracted"
    held = run(store, "review", "--json").json
    assert run(store, "reject", held[0]["next"].split()[-1], "--reason", "done already", by="ben").code == 0
    assert len(run(store, "review", "--json").json) == len(held) - 1


def test_questions_are_registered_and_copies_of_them_are_held(store: Path, tmp_path: Path) -> None:
    run(store, "publisher", "add", *NICE)
    said = run(store, "register-questions", BENCHMARK, "--reason", "our board")
    assert said.code == 0
    stem = load(BENCHMARK)[0].stem
    copy = write_lines(tmp_path / "copy.jsonl", [{**LINE, "text": f"{stem} The answer is B."}])
    assert "question_copy" in run(store, "ingest", copy, "--publisher", "nice").out


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("publisher", "add", "--reason", "x"), "either a publisher's name or --from FILE"),
        (("publisher", "add", "Nice", "--reason", "x"), "NAME"),
        (("publisher", "add", "nice", "--kind", "edict", "--reason", "x"), "--kind:"),
        (("publisher", "add", "nice", "--backdate-days", "soon", "--reason", "x"), "--backdate-days"),
        (("publisher", "add", "nice", "--key", "no-such-file", "--reason", "x"), "found no file"),
        (("publisher", "add", "--from", "no-such-file", "--reason", "x"), "cannot be read"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(store: Path, words: tuple[str, ...], fault: str) -> None:
    said = run(store, *words)
    assert (said.code, len(said.faults)) == (2, 1)
    assert fault in said.faults[0]
    assert not store.exists()
