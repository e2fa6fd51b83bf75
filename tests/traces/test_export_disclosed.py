"""Patient data leaves only when asked for; what was redacted does not leave at all. Either way it is said."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphs import told
from rocrate.rocrate import ROCrate
from scribe import Order, copied

from evitrail.traces import Journal, Live, Trace, provenance
from evitrail.traces.export import FORMATS, crate, graphml, prov
from evitrail.traces.journal.redaction import redact

ORDER = Order(words=("Ingrid", "Larsen"))
WRITERS = {name: form.write for name, form in FORMATS.items() if not form.holds_many}


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db") as opened:
        run = Live.begin(opened, "patient", ORDER, sensitive=True)
        run.end(copied(run, ORDER))
        yield opened


def holds(file: Path, word: str) -> bool:
    """Whether a word stands anywhere in a file, unpacked where it is packed."""
    if not zipfile.is_zipfile(file):
        return word.encode() in file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        return any(word.encode() in archive.read(name) for name in archive.namelist())


@pytest.mark.parametrize("format", WRITERS)
def test_patient_data_is_in_the_file_only_when_it_was_asked_for(journal: Journal, tmp_path: Path, format: str) -> None:
    left_out = WRITERS[format](journal, ["patient"], tmp_path / "out", with_sensitive=False)
    assert not holds(tmp_path / "out", "Ingrid")
    assert left_out
    assert all(name.startswith("hmac-sha256:") for name in left_out)
    assert WRITERS[format](journal, ["patient"], tmp_path / "out", with_sensitive=True) == ()
    assert holds(tmp_path / "out", "Larsen")


@pytest.mark.parametrize("format", WRITERS)
def test_what_was_redacted_is_left_out_even_when_asked_for(journal: Journal, tmp_path: Path, format: str) -> None:
    assert redact(journal, "patient", by="d.larsen", reason="consent withdrawn")
    left_out = WRITERS[format](journal, ["patient"], tmp_path / "out", with_sensitive=True)
    assert left_out == WRITERS[format](journal, ["patient"], tmp_path / "out", with_sensitive=False)
    assert left_out
    assert not holds(tmp_path / "out", "Larsen")


@pytest.mark.parametrize(("write", "read"), [(prov.write, prov.read), (graphml.write, graphml.read)])
def test_with_patient_data_the_graph_is_whole_and_without_it_only_the_stated_edges_are_gone(
    journal: Journal, tmp_path: Path, write: object, read: object
) -> None:
    whole = provenance(Trace(journal, "patient"))
    write(journal, ["patient"], tmp_path / "out", with_sensitive=True)  # type: ignore[operator]
    assert told(read(tmp_path / "out")) == told(whole)  # type: ignore[operator]
    write(journal, ["patient"], tmp_path / "out", with_sensitive=False)  # type: ignore[operator]
    part = read(tmp_path / "out")  # type: ignore[operator]
    assert set(whole.edges(keys=True)) - set(part.edges(keys=True)) == {
        edge for edge in whole.edges(keys=True) if edge[2] == "wasDerivedFrom"
    }
    assert set(part) <= set(whole)


def test_a_crate_names_what_it_left_out_where_it_would_stand(journal: Journal, tmp_path: Path) -> None:
    left_out = crate.write(journal, ["patient"], tmp_path / "out.zip", with_sensitive=False)
    packed = ROCrate(tmp_path / "out.zip")
    assert [one.id for one in packed.data_entities] == ["provenance.json"]
    for step in Trace(journal, "patient").activities:
        result = next(one for one in packed.get_by_type("CreateAction") if one["name"] == step.path)["result"]
        assert (result.type, result["identifier"]) == ("CreativeWork", step.output)
        assert "ithheld" in result["description"]
        assert step.output in left_out
