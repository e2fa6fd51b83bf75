"""The page on queries names every flag and field that there is, with the columns that answer it."""

from __future__ import annotations

import re

from pages import ROOT

from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.run_columns import RunColumns
from evitrail.eval.query.fields import FIELDS
from evitrail.eval.query.flags import FLAGS

PAGE = (ROOT / "docs" / "queries.md").read_text("utf-8")


def rows(heading: str) -> list[list[str]]:
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_the_page_has_every_flag_with_what_it_means() -> None:
    assert {names(first)[0]: meaning for first, meaning in rows("Flags")} == {
        name: flag.description for name, flag in FLAGS.items()
    }


def test_the_page_has_every_field_and_columns_that_exist() -> None:
    found = rows("Fields")
    assert [name for first, *_ in found for name in names(first)] == list(FIELDS)
    columns = {*Outcome.model_fields, *RunColumns().row(), "questions.parquet", "timings.parquet", "journal.db"}
    assert {name for *_, last in found for name in names(last)} <= columns
