"""``evitrail review import`` records a file of reviews whole or not at all; ``review list --out`` writes them down."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from desk import Desk, evitrail, tree

from evitrail.eval.metrics.outcomes_file import read_outcomes

RUN = "closed_book.acute-006"
SEARCHED = "standard.acute-006"
HEAD = "run,of,says,by,reason"
GOOD = (
    f"{RUN},high_risk,no,d.larsen,the dose is per day",
    f'{RUN},unsafe,unknown,s.okafor,"who, if anybody, knows"',
    f"{SEARCHED},blame.wrong,choose[1] (C1),d.larsen,it had all it needed",
)


def table(folder: Path, *lines: str, head: str = HEAD) -> Path:
    path = folder / "reviews.csv"
    path.write_text("".join(f"{line}\n" for line in (head, *lines)), encoding="utf-8")
    return path


def listed(own: Desk) -> list[tuple[str, ...]]:
    rows = evitrail("review", "list", own.run, "--json").json
    return sorted((row["run"], row["of"], row["says"], row["by"], row["standing"]) for row in rows)


def test_every_line_counts_as_if_it_had_been_recorded_by_itself(own: Desk, tmp_path: Path) -> None:
    said = evitrail("review", "import", own.run, table(tmp_path, *GOOD))
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("recorded: 3 reviews; recorded before: 0\n")
    assert listed(own) == [
        (RUN, "high_risk", "no", "d.larsen", "counts"),
        (RUN, "unsafe", "unknown", "s.okafor", "counts"),
        (SEARCHED, "blame.wrong", "choose[1] (C1)", "d.larsen", "counts"),
    ]
    now = next(one for one in read_outcomes(own.run / "outcomes.parquet") if one.run == RUN)
    assert (now.high_risk, now.unsafe) == (False, None)
    assert evitrail("trace", "verify", own.run).code == 0


def test_a_file_that_is_given_twice_is_recorded_once(own: Desk, tmp_path: Path) -> None:
    file = table(tmp_path, *GOOD)
    assert evitrail("review", "import", own.run, file).code == 0
    before, reviews = (own.run / "journal.db").read_bytes(), listed(own)
    assert evitrail("review", "import", own.run, file, "--json").json == {"recorded": 0, "repeated": 3}
    assert ((own.run / "journal.db").read_bytes(), listed(own)) == (before, reviews)


def test_author_and_reason_may_be_those_of_all_lines_and_other_columns_are_left_aside(
    own: Desk, tmp_path: Path
) -> None:
    file = table(tmp_path, f"{RUN},acute-006,high_risk,no", head="run,case,of,says")
    said = evitrail("review", "import", own.run, file, "--by", "panel", "--reason", "meeting of May")
    assert (said.code, said.err) == (0, "")
    assert listed(own) == [(RUN, "high_risk", "no", "panel", "counts")]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ((f"{RUN},high_riks,no,a,b",), "2: expected a label or blame.KIND, one of high_risk, "),
        ((f"{RUN},high_risk,maybe,a,b",), "2: expected a value, one of yes, no, unknown, got 'maybe'"),
        (("gated.acute-01,high_risk,no,a,b",), "2: expected a run of this experiment"),
        ((f"{SEARCHED},blame.wrong,choose[9],a,b",), "2: expected a step of run"),
        ((f"{SEARCHED},blame.wrong,nobody,a,b",), "2: expected the code of the reason to blame nobody"),
        ((f"{RUN},high_risk,,a,b",), "2: column 'says' is empty"),
        ((f"{RUN},high_risk,no,,b",), "2: column 'by' is empty, and no --by is given"),
        ((f"{RUN},high_risk,no,a",), "2: expected 5 cells, one for each column"),
        (
            (GOOD[0], f"{RUN},high_risk,yes,D.Larsen,again"),
            "3: high_risk of run 'closed_book.acute-006' by D.Larsen stands",
        ),
        ((), " expected at least one review, found none"),
    ],
)
def test_one_line_that_cannot_be_meant_refuses_the_file(
    desk: Desk, tmp_path: Path, lines: tuple[str, ...], says: str
) -> None:
    before, file = tree(desk.run), table(tmp_path, *lines)
    said = evitrail("review", "import", desk.run, file)
    assert (said.code, said.out, len(said.faults)) == (2, "", 1), said.err
    assert said.faults[0].startswith(f"{file}:{says}"), said.err
    assert tree(desk.run) == before


def test_every_fault_is_told_at_once_and_the_good_lines_are_not_recorded(desk: Desk, tmp_path: Path) -> None:
    before = tree(desk.run)
    said = evitrail("review", "import", desk.run, table(tmp_path, GOOD[0], f"{RUN},a,no,b,c", f"{RUN},b,no,b,c"))
    assert [fault.partition("csv:")[2][0] for fault in said.faults] == ["3", "4"]
    assert tree(desk.run) == before


@pytest.mark.parametrize(
    ("head", "says"),
    [
        ("run,of,says,reason", "no column 'by', and no --by is given"),
        ("run,of,by,reason", "no column 'says'"),
        ("run,of,says,by,reasons", "no column 'reason', and no --reason is given"),
        ("run,of,says,by,reason,run", "column 'run' stands twice"),
    ],
)
def test_a_table_without_its_columns_is_refused(desk: Desk, tmp_path: Path, head: str, says: str) -> None:
    file = table(tmp_path, head=head)
    said = evitrail("review", "import", desk.run, file)
    assert said.code == 2
    assert f"{file}:1: {says}" in said.faults


def test_a_list_is_written_as_its_name_says_and_as_text(own: Desk, tmp_path: Path) -> None:
    assert evitrail("review", "import", own.run, table(tmp_path, f"{RUN},high_risk,no,a,=1+1")).code == 0
    for name in ("list.csv", "list.json"):
        assert evitrail("review", "list", own.run, "--out", tmp_path / name).out == f"written: {tmp_path / name}\n"
    (row,) = csv.DictReader((tmp_path / "list.csv").read_text("utf-8").splitlines())
    assert (row["run"], row["says"], row["recorded"], row["reason"]) == (RUN, "no", "yes", "'=1+1")
    (told,) = json.loads((tmp_path / "list.json").read_text("utf-8"))
    assert (told["reason"], told["overrides"]) == ("=1+1", True)
    said = evitrail("review", "list", own.run, "--out", tmp_path / "list.md")
    assert (said.code, "expected a name that ends with .csv or .json" in said.faults[0]) == (2, True)
