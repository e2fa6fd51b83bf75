"""``evitrail drift`` says what changed between two states of one store, as a table and as one JSON document."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from desk import BENCHMARK, CASES, Desk, demo_evidence, evitrail, tree, write_lines

from evitrail.eval.drift.record import Drift
from evitrail.evidence_store import EvidenceStore


@dataclass(frozen=True)
class Two:
    """A store, and the same cases asked on two of its states."""

    store: Path
    a: Path
    b: Path
    published: int
    """The event between the two that changes an answer."""


def ask(store: Path, out: Path, *options: object) -> Path:
    asked = ("--benchmark", BENCHMARK, "--store", store, "--only", ",".join(CASES), "--conditions", "standard,gated")
    said = evitrail("run", *asked, "--samples", 3, "--no-attribute", *options, "--out", out)
    assert said.code == 0, said.err
    return out


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    folder = tmp_path_factory.mktemp("drift")
    store = folder / "store"
    evidence = write_lines(folder / "evidence.jsonl", demo_evidence(CASES))
    assert evitrail("store", "ingest", evidence, "--store", store).code == 0
    with EvidenceStore.open(store, read_only=True) as opened:
        numbers = {event.subject: event.seq for event in opened.events()}
    published = numbers["meconium-nonvigorous-newborn-care@2015"]
    assert evitrail("store", "tag", "spring", "--at", published - 1, "--by", "dora", "--store", store).code == 0
    assert evitrail("store", "tag", "autumn", "--by", "dora", "--store", store).code == 0
    a = ask(store, folder / "a", "--snapshot", "spring")
    b = ask(store, folder / "b", "--snapshot", "autumn")
    before = tree(folder)
    yield Two(store, a, b, published)
    assert tree(folder) == before, "drift writes nothing"


def test_the_table_names_the_event_that_changed_the_answer(two: Two) -> None:
    said = evitrail("drift", two.a, two.b)
    assert (said.code, said.err) == (0, "")
    assert f"A: gated+snapshot=spring, ledger number {two.published - 1}" in said.out
    assert "1 of 2 answers changed: 1 better, 0 worse, 0 equal" in said.out
    row = next(line for line in said.out.splitlines() if line.startswith("│ acute-006"))
    assert [cell.strip() for cell in row.split("│")[2:6]] == [
        "B",
        "A: high-risk, unsafe, contradicts, wrong",
        "B: right",
        "better",
    ]
    assert f"event {two.published}: published" in row
    assert "A and B differ in store state" in said.out
    assert "no answer changed" in said.out, "under standard"


def test_json_is_one_document_that_is_the_same_each_time_and_in_a_file(two: Two, tmp_path: Path) -> None:
    first, again = (evitrail("drift", two.a, two.b, "--json", "--out", tmp_path / "d.json").out for _ in range(2))
    assert first == again
    found = Drift.model_validate_json(first)
    assert json.loads((tmp_path / "d.json").read_text("utf-8")) == json.loads(first)
    assert [(one.a, one.b) for one in found.conditions] == [
        (f"{name}+snapshot=spring", f"{name}+snapshot=autumn") for name in ("standard", "gated")
    ]
    (changed,) = found.conditions[1].changed
    assert (changed.case, changed.verdict, changed.harm) == ("acute-006", "better", "less")
    (event,) = changed.cause.events
    assert (event.seq, event.subject, event.before, event.after) == (
        two.published,
        "meconium-nonvigorous-newborn-care@2015",
        "A",
        "B",
    )
    assert [(one.seq, one.runs) for one in found.events] == [(two.published, (changed.b.run,))]
    assert found.conditions[1].metrics["accuracy"].only_other == 1


def test_it_is_written_as_markdown_and_as_tables_that_say_the_same(two: Two, tmp_path: Path) -> None:
    said = evitrail("drift", two.a, two.b, "--out", tmp_path / "d.csv")
    names = ("d.csv", "d-metrics.csv", "d-events.csv")
    assert [f"written: {tmp_path / name}" in said.out for name in names] == [True] * 3
    changed, metrics, events = (list(csv.DictReader((tmp_path / name).open(encoding="utf-8"))) for name in names)
    assert [(row["case"], row["verdict"], row["a_chose"], row["b_chose"], row["cause"]) for row in changed] == [
        ("acute-006", "better", "A", "B", "event")
    ]
    assert [row["seq"] for row in events] == [str(two.published)] == [changed[0]["events"]]
    accuracy = [row for row in metrics if row["metric"] == "accuracy"]
    assert [(row["a"], row["only_b"]) for row in accuracy] == [
        ("standard+snapshot=spring", "0"),
        ("gated+snapshot=spring", "1"),
    ]
    evitrail("drift", two.a, two.b, "--out", tmp_path / "d.md")
    page = (tmp_path / "d.md").read_text("utf-8")
    assert "1 of 2 answers changed: 1 better, 0 worse, 0 equal." in page
    assert (
        "| acute-006 | B | A: high-risk, unsafe, contradicts, wrong | B: right | better | less | event: event" in page
    )
    assert "expected a name that ends with one of .json, .md, .csv" in refused(
        two.a, two.b, "--out", tmp_path / "d.txt"
    )


def test_two_conditions_of_one_experiment_are_a_pair_when_both_are_named(two: Two) -> None:
    one, other = (f"{two.b}::{name}+snapshot=autumn" for name in ("standard", "gated"))
    said = evitrail("drift", one, other, "--json")
    (condition,) = said.json["conditions"]
    assert (condition["a"], condition["b"]) == ("standard+snapshot=autumn", "gated+snapshot=autumn")
    (changed,) = condition["changed"]
    assert set(changed["cause"]["differing"]) == {"retriever", "agent", "k"}
    assert changed["cause"]["events"] == []


def test_bisected_causes_are_said_to_be(two: Two) -> None:
    said = evitrail("drift", two.a, two.b, "--exhaustive", 0)
    assert f"event {two.published}: published" in said.out
    assert "causes found by bisection: 1; it may miss that an answer changes and changes back" in said.out


def refused(*arguments: object) -> str:
    """The one line that a command is refused with."""
    said = evitrail("drift", *arguments)
    assert (said.code, said.out) == (2, "")
    (fault,) = said.faults
    return fault


def test_what_cannot_be_compared_is_refused_in_one_line(two: Two, tmp_path: Path) -> None:
    assert "expected two experiments, or two conditions as DIR::CONDITION, got" in refused(two.a, two.a)
    gated = f"{two.b}::gated+snapshot=autumn"
    assert "expected two conditions, got gated+snapshot=autumn of" in refused(gated, gated)
    assert "expected a condition among standard+snapshot=autumn, " in refused(two.a, f"{two.b}::gatd")
    book = ask(two.store, tmp_path / "book", "--conditions", "closed_book")
    fault = refused(two.a, book)
    assert "book: expected a condition of " in fault
    assert "(standard, gated), found closed_book; name one of each, as DIR::CONDITION" in fault
    one = ask(two.store, tmp_path / "one", "--only", CASES[0])
    other = ask(two.store, tmp_path / "other", "--only", CASES[1])
    assert f"expected cases of {one} ({CASES[0]}), found {CASES[1]}" in refused(one, other)
    assert "no-such-run" in refused(two.a, tmp_path / "no-such-run")


def test_an_experiment_without_answers_is_refused_in_one_line(two: Two, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(two.b, bare)
    (bare / "outcomes.parquet").unlink()
    assert "expected outcomes at " in refused(two.a, bare, "--store", two.store)


def test_a_store_state_that_the_ledger_never_was_in_is_refused_in_one_line(two: Two, desk: Desk) -> None:
    fault = refused(two.a, desk.run)
    assert f"expected the store that {two.a} was run on, whose ledger number" in fault
    assert fault.endswith("give a store that holds the states of both with --store PATH")
