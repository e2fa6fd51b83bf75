"""A folder to begin with: three commands one after another, each as it is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk import evitrail


def test_what_init_writes_runs_and_can_be_audited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = evitrail("init")
    assert told.code == 0
    commands = [line.partition("evitrail ")[2] for line in told.out.splitlines() if line.startswith(("next:", "then:"))]
    run, audit = (command.split() for command in commands)
    assert evitrail(*run).code == 0
    said = evitrail(*audit)
    assert said.code == 1, "so few cases cannot tell"
    assert "cannot tell" in said.out
    assert "nothing_retracted" in said.out


def test_the_questions_of_init_name_evidence_that_is_there_in_every_version(tmp_path: Path) -> None:
    begun = evitrail("init", tmp_path / "ward", "--json").json
    assert (begun["questions"], begun["versions"] > begun["questions"]) == (6, True)
    assert len(evitrail("store", "list", "--store", begun["store"], "--json").json) == begun["versions"]
    assert evitrail("store", "verify", "--store", begun["store"]).code == 0


def test_init_writes_over_nothing(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("mine")
    said = evitrail("init", tmp_path)
    assert (said.code, len(said.faults)) == (2, 1)
    assert "policy.toml: expected a folder without it, found it there; name another folder" in said.faults[0]
    assert [path.name for path in tmp_path.iterdir()] == ["policy.toml"]
    assert (tmp_path / "policy.toml").read_text() == "mine"
