"""The page on attribution says of every code what the code says, of every option what the verb takes."""

from __future__ import annotations

import re

import pytest
from pages import ROOT
from typer.main import get_command

from evitrail.eval.attribution import ABSTENTIONS, FAULTS, ROLES, Blame
from evitrail.eval.attribution.record.taxonomy import CONFIRMED
from evitrail.workbench.cli.app import app

PAGE = (ROOT / "docs" / "attribution.md").read_text("utf-8")
MOST = 120
"""Lines that a page may have which is to be read in one go."""
ROW = re.compile(r"^\| `([\w-]+)[^`]*` \| (.*?) \|(?: (.*?) \|)?$", re.MULTILINE)


def rows(heading: str) -> dict[str, tuple[str, ...]]:
    """The table under a heading: its cells by the name in the first one."""
    _, found, after = PAGE.partition(f"## {heading}\n")
    assert found, heading
    return {name: tuple(cell for cell in cells if cell) for name, *cells in ROW.findall(after.partition("\n## ")[0])}


def test_every_fault_code_has_its_definition_and_the_replay_that_confirms_it() -> None:
    given = {code: (text, CONFIRMED.get(code, "no replay: nobody is blamed")) for code, text in FAULTS.items()}
    assert rows("Fault codes") == given


def test_every_reason_to_blame_nobody_stands_with_its_code() -> None:
    assert rows("Why nobody is blamed") == {code: (text,) for code, text in ABSTENTIONS.items()}


def test_every_player_stands_with_who_acts_in_it() -> None:
    assert {kind: cells[0] for kind, cells in rows("Who can be blamed").items()} == {
        kind: role.in_words for kind, role in ROLES.items()
    }


def test_every_field_that_the_page_names_is_one_of_the_record() -> None:
    named = set(rows("How to read a record"))
    assert named
    assert named <= set(Blame.model_fields)


@pytest.mark.parametrize("option", ["--baseline", "--bisect", "--reference", "--budget", "--dry-run"])
def test_every_option_of_the_verb_that_changes_what_is_played_is_described(option: str) -> None:
    verb = get_command(app).commands["attribute"]  # type: ignore[attr-defined]
    assert option in {name for given in verb.params for name in given.opts}
    assert f"`{option}" in PAGE


def test_the_page_can_be_read_in_one_go() -> None:
    assert len(PAGE.splitlines()) <= MOST
