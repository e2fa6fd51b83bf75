"""`evitrail trace export`: a recorded run in a form that others can open, whole or not at all."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from desk import CASES, Desk, evitrail, tree
from graphs import told
from scribe import Order, copied

from evitrail.traces import Journal, Live, Trace, provenance
from evitrail.traces.export import graphml, prov
from evitrail.workbench.export import FORMATS

GATED = f"gated.{CASES[0]}"
ONE_RUN = [name for name, one in FORMATS.items() if not one.holds_many]
MANY = [name for name, one in FORMATS.items() if one.holds_many]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the command is given in."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture
def patient(tmp_path: Path) -> Path:
    """An experiment's folder with one run, of patient data."""
    order = Order(words=("Ingrid", "Larsen"))
    (tmp_path / "patient").mkdir()
    with Journal.open(tmp_path / "patient" / "journal.db") as journal:
        run = Live.begin(journal, "run", order, sensitive=True)
        run.end(copied(run, order))
    return tmp_path / "patient"


@pytest.mark.parametrize("format", FORMATS)
def test_a_run_is_written_under_its_name_into_the_folder_one_is_in(desk: Desk, here: Path, format: str) -> None:
    before = tree(desk.run)
    said = evitrail("trace", "export", desk.run, GATED, "--format", format)
    assert (said.code, said.err) == (0, "")
    (file,) = here.iterdir()
    assert file.name == f"{GATED}.{FORMATS[format].ending}"
    assert said.out == f"{GATED}, as {format}: {file.name}\n"
    assert file.stat().st_size
    assert tree(desk.run) == before


@pytest.mark.parametrize(("format", "read"), [("prov", prov.read), ("graphml", graphml.read)])
def test_what_is_written_is_the_runs_provenance(desk: Desk, here: Path, format: str, read: object) -> None:
    assert evitrail("trace", "export", desk.run, GATED, "--format", format, "--out", "graph").code == 0
    with Journal.open(desk.run / "journal.db", create=False) as journal:
        assert told(read(here / "graph")) == told(provenance(Trace(journal, GATED)))  # type: ignore[operator]


def test_a_crate_is_a_zip_with_its_metadata(desk: Desk, here: Path) -> None:
    assert evitrail("trace", "export", desk.run, GATED, "--format", "crate").code == 0
    with zipfile.ZipFile(here / f"{GATED}.crate.zip") as archive:
        metadata = json.loads(archive.read("ro-crate-metadata.json"))
    assert f"evitrail run {GATED}" in [one.get("name") for one in metadata["@graph"]]


def test_an_otlp_file_has_a_line_for_each_run(desk: Desk, here: Path) -> None:
    assert evitrail("trace", "export", desk.run, "--format", "otlp").code == 0
    with Journal.open(desk.run / "journal.db", create=False) as journal:
        runs = [run for run in journal.runs() if run != "experiment"]
    lines = (here / "evitrail-run.otlp.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == len(runs)
    assert all(json.loads(line)["resourceSpans"] for line in lines)


@pytest.mark.parametrize("format", MANY)
def test_without_a_run_the_whole_experiment_is_written_under_the_folders_name(
    desk: Desk, here: Path, format: str
) -> None:
    said = evitrail("trace", "export", desk.run, "--format", format)
    assert (said.code, said.err) == (0, "")
    (file,) = here.iterdir()
    assert file.name == f"evitrail-run.{FORMATS[format].ending}"
    assert said.out.endswith(f" runs, as {format}: {file.name}\n")


@pytest.mark.parametrize("format", ONE_RUN)
def test_a_form_that_holds_one_run_asks_for_it_in_a_line(desk: Desk, here: Path, format: str) -> None:
    said = evitrail("trace", "export", desk.run, "--format", format)
    assert said.code == 2
    assert said.faults == [f"expected a RUN: {format} exports a single run; use {', '.join(MANY)} for an experiment"]
    assert tree(here) == {}


def test_an_unknown_format_or_run_is_refused_with_the_nearest_name(desk: Desk, here: Path) -> None:
    said = evitrail("trace", "export", desk.run, GATED, "--format", "graph")
    assert (said.code, len(said.faults)) == (2, 1)
    assert "got 'graph'; did you mean 'graphml'?" in said.faults[0]
    said = evitrail("trace", "export", desk.run, "gated.acute-01", "--format", "prov")
    assert (said.code, len(said.faults)) == (2, 1)
    assert f"got 'gated.acute-01'; did you mean {GATED!r}?" in said.faults[0]
    assert evitrail("trace", "export", desk.run, GATED).code == 2
    assert tree(here) == {}


def test_a_file_that_is_there_is_replaced_only_when_that_is_asked_for(desk: Desk, here: Path) -> None:
    (here / "mine").write_text("my thesis")
    command = ("trace", "export", desk.run, GATED, "--format", "prov", "--out", "mine")
    said = evitrail(*command)
    assert (said.code, len(said.faults)) == (2, 1)
    assert "'mine' is there already" in said.faults[0]
    assert (here / "mine").read_text() == "my thesis"
    assert evitrail(*command, "--force").code == 0
    assert prov.read(here / "mine").graph == {"run": GATED}


@pytest.mark.parametrize("out", ["folder", "nowhere/file"])
def test_a_place_that_is_none_for_a_file_is_refused_in_a_line(desk: Desk, here: Path, out: str) -> None:
    (here / "folder").mkdir()
    said = evitrail("trace", "export", desk.run, GATED, "--format", "prov", "--out", out, "--force")
    assert (said.code, len(said.faults)) == (2, 1)
    assert f"--out: expected a file in a folder that is there, got '{out}'" in said.faults[0]
    assert tree(here) == {"folder": "folder"}


def test_an_export_that_breaks_off_leaves_nothing_and_spares_what_was_there(
    desk: Desk, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "mine").write_text("my thesis")

    def half(journal: object, runs: object, target: Path, *, with_sensitive: bool) -> tuple[str, ...]:
        target.write_text("half of")
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(prov, "write", half)
    said = evitrail("trace", "export", desk.run, GATED, "--format", "prov", "--out", "mine", "--force")
    assert (said.code, len(said.faults)) == (2, 1)
    assert "No space left on device" in said.faults[0]
    assert {path.name: path.read_text() for path in here.iterdir()} == {"mine": "my thesis"}


@pytest.mark.parametrize("format", FORMATS)
def test_patient_data_stays_unless_asked_for_and_that_is_said(patient: Path, here: Path, format: str) -> None:
    command = ("trace", "export", patient, "run", "--format", format, "--out", "file", "--force")
    said = evitrail(*command)
    assert (said.code, said.err) == (0, "")
    assert "left out: " in said.out
    assert "--with-sensitive" in said.out
    assert evitrail(*command, "--json").json["left_out"] > 0
    assert evitrail(*command, "--with-sensitive").out == f"run, as {format}: file\n"
    assert evitrail(*command, "--with-sensitive", "--json").json == {"file": "file", "format": format, "left_out": 0}


def test_a_bundle_can_be_exported_from_like_the_folder_it_was_made_of(desk: Desk, here: Path) -> None:
    assert evitrail("trace", "export", desk.run, GATED, "--format", "zip", "--out", "case.zip").code == 0
    for source, out in ((desk.run, "folder"), ("case.zip", "bundle")):
        assert evitrail("trace", "export", source, GATED, "--format", "prov", "--out", out).code == 0
    assert told(prov.read(here / "bundle")) == told(prov.read(here / "folder"))
