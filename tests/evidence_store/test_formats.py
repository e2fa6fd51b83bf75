"""Evidence is read from any registered format alike: all of a file, or every fault of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from desk import CASES, demo_evidence, evitrail, write_lines

from evitrail.evidence_store import Evidence, EvidenceStore, InputError, read_evidence
from evitrail.evidence_store.curation.notices import Notice
from evitrail.evidence_store.formats import FORMATS, format_of
from evitrail.evidence_store.formats.base import Defaults, EvidenceFormat, Parsed
from evitrail.evidence_store.formats.fhir import bundle


def array(path: Path, defaults: Defaults) -> Parsed:
    """A format of somebody's own: one JSON array."""
    items = json.loads(path.read_text())
    return Parsed([(f"{path}[{n}]", Evidence.model_validate(one)) for n, one in enumerate(items)])


@pytest.fixture
def entries() -> list[dict[str, Any]]:
    return demo_evidence(CASES)


def test_a_format_is_told_by_a_files_ending_and_lines_are_meant_where_none_is(tmp_path: Path) -> None:
    for form in FORMATS.values():
        assert all(format_of(Path(f"Evidence{ending}".upper())) is form for ending in form.endings)
    assert format_of(Path("evidence.dat")) is format_of(tmp_path) is FORMATS["jsonl"]


def test_a_store_exported_as_a_bundle_is_ingested_like_the_lines_it_came_of(
    tmp_path: Path, entries: list[dict[str, Any]]
) -> None:
    lines = read_evidence(write_lines(tmp_path / "evidence.jsonl", entries))
    with EvidenceStore.open(tmp_path / "store", create=True) as store:
        store.ingest(lines)
        (tmp_path / "bundle.json").write_text(bundle(store.snapshot(), store.dossiers), encoding="utf-8")
        read = format_of(tmp_path / "bundle.json").read(tmp_path / "bundle.json", store.headers)
        known = store.ingest(read)
    assert sorted(read, key=lambda one: one.ref) == sorted(lines, key=lambda one: one.ref)
    assert (known.published, len(known.unchanged)) == ((), len(lines))


def test_a_bundle_that_tells_more_than_evidence_is_refused_with_what_records_it(
    tmp_path: Path, entries: list[dict[str, Any]]
) -> None:
    lines = read_evidence(write_lines(tmp_path / "evidence.jsonl", entries))
    file = tmp_path / "bundle.json"
    with EvidenceStore.open(tmp_path / "store", create=True, actor="d.larsen") as store:
        store.ingest(lines)
        store.notify([Notice(ref=lines[0].ref, nature="retraction", reason="as its publisher says")])
        file.write_text(bundle(store.snapshot(), store.dossiers), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        FORMATS["fhir"].read(file)
    (fault,) = caught.value.faults
    assert "got 1 notices beside it" in fault
    assert f"use `evitrail store import-fhir {file} --by NAME`" in fault


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_without_evidence_is_refused_in_a_line(tmp_path: Path, name: str) -> None:
    empty = tmp_path / f"empty{FORMATS[name].endings[0]}"
    empty.write_text("")
    with pytest.raises(InputError) as caught:
        FORMATS[name].read(empty)
    assert len(caught.value.faults) == 1
    assert str(empty) in caught.value.faults[0]


def test_a_new_format_is_one_reader_and_one_name(
    tmp_path: Path, entries: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FORMATS, "array", EvidenceFormat("array", "one JSON array", (".array",), array))
    file = tmp_path / "evidence.array"
    file.write_text(json.dumps(entries))
    there = ("--store", tmp_path / "store", "--check", "--json")
    assert evitrail("store", "ingest", file, *there).json["versions"] == len(entries)
    assert "array (one JSON array)" in " ".join(evitrail("store", "ingest", "--help").out.split())
    file.write_text(json.dumps([{**entries[0], "supersedes": "nobody@1999"}]))
    (fault,) = evitrail("store", "ingest", file, *there).faults
    assert fault.startswith(f"{file}[0]: supersedes 'nobody@1999'"), "what every format owes is proven for it"


def test_a_format_is_named_where_the_ending_says_another(tmp_path: Path, entries: list[dict[str, Any]]) -> None:
    file = write_lines(tmp_path / "evidence.json", entries)
    there = ("--store", tmp_path / "store", "--check", "--json")
    assert evitrail("store", "ingest", file, *there).code == 2
    assert evitrail("store", "ingest", file, "--format", "jsonl", *there).json["versions"] == len(entries)
    said = evitrail("store", "ingest", file, "--format", "docx", *there)
    assert (said.code, said.faults) == (2, [f"--format: expected one of {', '.join(FORMATS)}, got 'docx'"])
