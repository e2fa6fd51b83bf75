"""A hazard log counts what failed by cause, proposes nothing that people must judge, and keeps what they entered."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from auditing import audited, questions
from report_pages import blame, outcome

from evitrail.eval.audit.audited import Audited
from evitrail.eval.audit.bounds import exact_bounds
from evitrail.eval.audit.hazards import ENTERED, hazard_log, write_hazards
from evitrail.evidence_store.input_text import InputError


def blamed(*numbers: int, n: int = 20, wrong: int = 5) -> Audited:
    """Answers of which the last are high-risk errors; those of these numbers are blamed on the search."""
    cases = questions(n)
    blames = [blame(outcome(cases[at], "B", "gated"), culprit=("retrieve[1]",)) for at in numbers]
    return audited(wrong, n, blames=blames)


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.open(encoding="utf-8", newline="")))


def test_a_hazard_is_a_kind_of_failure_with_one_cause_and_its_bound() -> None:
    found = [one for one in hazard_log(blamed(17, 18, 19), ["gated"]) if one.hazard == "wrong"]
    assert [(one.failures, one.cases, one.cause) for one in found] == [
        (3, 20, "retrieve"),
        (2, 20, "not attributed"),
    ]
    assert found[0].upper == pytest.approx(exact_bounds(3, 20).upper, abs=1e-6)
    assert found[0].examples == ("gated.q0017", "gated.q0018", "gated.q0019")
    assert found[0].id.startswith("wrong.gated.retrieve")


def test_what_is_not_labelled_is_in_no_denominator() -> None:
    found = hazard_log(audited(5, 20, unlabelled=8), ["gated"])
    cases = {one.hazard: one.cases for one in found}
    assert (cases["wrong"], cases["high_risk"]) == (20, 12)


def test_what_people_enter_is_blank_at_first_and_kept_when_the_log_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "hazards.csv"
    assert write_hazards(path, blamed(19), ["gated"]).kept == 0
    first = rows(path)
    assert {row[key] for row in first for key in ENTERED} == {""}
    entered = first[0] | {"severity": "4", "controls": "gate, and a second look"}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(entered))
        writer.writeheader()
        writer.writerows([entered, *first[1:]])
    assert write_hazards(path, blamed(19, wrong=7), ["gated"]).kept == 1
    again = {row["id"]: row for row in rows(path)}[entered["id"]]
    assert (again["severity"], again["controls"]) == ("4", "gate, and a second look")
    assert int(again["failures"]) > int(entered["failures"])
    bytes_ = path.read_bytes()
    write_hazards(path, blamed(19, wrong=7), ["gated"])
    assert path.read_bytes() == bytes_

    found = write_hazards(path, audited(0, 20), ["gated"])
    assert (found.hazards, found.gone) == (0, 1)
    assert [(row["id"], row["failures"], row["severity"]) for row in rows(path)] == [(entered["id"], "0", "4")]


def test_lines_of_other_conditions_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "hazards.csv"
    write_hazards(path, audited(5, 20, condition="standard"), ["standard"])
    standard = rows(path)
    write_hazards(path, audited(3, 20), ["gated"])
    assert [row for row in rows(path) if row["condition"] == "standard"] == standard
    assert {row["condition"] for row in rows(path)} == {"gated", "standard"}


def test_a_file_that_is_no_hazard_log_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("my,notes\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="expected a hazard log, with a column 'id', got another file"):
        write_hazards(path, audited(0, 20), ["gated"])
    assert path.read_text(encoding="utf-8") == "my,notes\n1,2\n"
