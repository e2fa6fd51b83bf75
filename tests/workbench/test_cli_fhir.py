"""``store export`` and ``store import-fhir``: whole or not at all, and refused in a line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bundles import foreign, written
from desk import Desk, evitrail

REF = "group-b-streptococcus-antenatal-swab@2019"


@pytest.fixture
def exported(own: Desk, tmp_path: Path) -> Path:
    file = tmp_path / "bundle.json"
    said = evitrail("store", "export", "--out", file, "--store", own.store)
    assert (said.code, said.err) == (0, "")
    return file


def test_a_store_travels_by_file_and_arrives_whole(own: Desk, exported: Path, tmp_path: Path) -> None:
    there = ("--by", "d.larsen", "--store", tmp_path / "there")
    here = evitrail("store", "list", "--json", "--store", own.store).json
    checked = evitrail("store", "import-fhir", exported, "--check", "--json", *there).json
    assert (len(checked["published"]), checked["recorded"]) == (len(here), False)
    assert not (tmp_path / "there").exists()
    said = evitrail("store", "import-fhir", exported, *there)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"{len(here)} versions published, 0 known before")
    assert evitrail("store", "list", "--json", "--store", tmp_path / "there").json == here
    again = evitrail("store", "import-fhir", exported, "--json", *there).json
    assert (again["published"], again["known"]) == ([], len(here))
    assert evitrail("store", "verify", "--store", tmp_path / "there").code == 0


def test_an_export_is_of_the_state_and_day_that_are_asked_for(own: Desk, tmp_path: Path) -> None:
    store = ("--store", own.store)
    evitrail("store", "tag", "spring", "--by", "d.larsen", *store)
    evitrail("store", "retract", REF, "--reason", "as its publisher says", "--by", "d.larsen", *store)
    states = {}
    for state in ("spring", "now"):
        file = tmp_path / f"{state}.json"
        assert evitrail("store", "export", REF, "--out", file, "--at", state, "--as-of", "2018-01-01", *store).code == 0
        (citation, _) = json.loads(file.read_text("utf-8"))["entry"]
        states[state] = "currentState" in citation["resource"]["citedArtifact"]
    assert states == {"spring": False, "now": True}


def test_what_became_of_a_version_arrives_with_it(own: Desk, tmp_path: Path) -> None:
    evitrail("store", "retract", REF, "--reason", "as its publisher says", "--by", "d.larsen", "--store", own.store)
    file = tmp_path / "bundle.json"
    evitrail("store", "export", "--out", file, "--store", own.store)
    there = ("--store", tmp_path / "there")
    said = evitrail("store", "import-fhir", file, "--by", "d.larsen", *there)
    assert "with them: 1 notices" in said.out
    assert "RETRACTED" in evitrail("store", "show", REF, *there).out


def test_a_file_that_is_there_is_replaced_only_when_asked(own: Desk, exported: Path) -> None:
    before = exported.read_bytes()
    said = evitrail("store", "export", REF, "--out", exported, "--store", own.store)
    assert (said.code, said.out) == (2, "")
    assert "give --force to replace it" in said.err
    assert exported.read_bytes() == before
    assert evitrail("store", "export", REF, "--out", exported, "--force", "--store", own.store).code == 0
    assert len(exported.read_bytes()) < len(before)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("export", "--out", "b.json", "--format", "xml"), "--format: expected fhir, got 'xml'"),
        (("export", "nothing@1", "--out", "b.json"), "expected a version this snapshot knows, got 'nothing@1'"),
        (("export", "--out", "none/b.json"), "--out: expected a file in a folder that is there"),
        (("export", "--out", "b.json", "--at", "autumn"), "expected 'now', a ledger number or one of []"),
        (("import-fhir", "spoilt.json"), "--by: expected who does this, got nobody"),
        (("import-fhir", "none.json", "--by", "me"), "none.json: cannot be read"),
        (("import-fhir", "spoilt.json", "--by", "me"), "entry 2: expected an element of FHIR R5, got 'certainy'"),
        (("import-fhir", "changed.json", "--by", "me"), f"{REF}: recorded before with another content"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_line_and_nothing_written(
    own: Desk,
    exported: Path,
    words: tuple[object, ...],
    what: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EVITRAIL_ACTOR", raising=False)
    spoilt = foreign()
    spoilt["entry"][1]["resource"]["certainy"] = []
    written(tmp_path, spoilt).rename("spoilt.json")
    changed = json.loads(written(tmp_path, foreign()).read_text("utf-8"))
    changed["entry"][0]["resource"] |= {"version": "2019", "id": REF.partition("@")[0]}
    changed["entry"][1]["resource"]["citeAsReference"] = {"reference": f"Citation/{REF.partition('@')[0]}"}
    written(tmp_path, changed).rename("changed.json")
    seq = evitrail("store", "history", REF.partition("@")[0], "--json", "--store", own.store).json[-1]["seq"]
    before = sorted(path.name for path in tmp_path.iterdir())
    said = evitrail("store", *words, "--store", own.store)
    assert (said.code, said.out) == (2, "")
    assert said.err.count("\n") == 1
    assert what in said.err
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert evitrail("store", "history", REF.partition("@")[0], "--json", "--store", own.store).json[-1]["seq"] == seq
