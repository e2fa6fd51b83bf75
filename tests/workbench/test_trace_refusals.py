"""Files that are no traces, damaged ones, and times that are none: refused in a line, or imported soundly."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_LZMA, ZipFile

import pytest
from desk import evitrail
from external_traces import DOCUMENTS, in_archive, write
from mutated_json import mutated_json

from evitrail.traces import Journal, seal, verify_journal
from evitrail.traces.external.incoming_run import incoming_runs
from evitrail.traces.external.record_runs import import_runs
from evitrail.traces.external.recorded_times import iso_time, nanoseconds
from evitrail.workbench.export import otlp
from evitrail.workbench.openinference.reading import understand
from evitrail.workbench.trace_formats import FORMATS, read_traces


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"data": [{"traceID": "a", "spans": [{"operationName": "x"}]}]}', "it looks like Jaeger JSON"),
        ('{"run_types": 1, "inputs": {}, "outputs": {}}', "nearest is langsmith"),
        ('{"scopeSpans": []}', "nearest is otlp"),
        ('{"bundle": {}, "prefix": {}, "entity": {}}', "it looks like W3C PROV-JSON"),
        ('"text"', "found 'text'"),
        ("{}", "found an empty object"),
        ("[]", "found []"),
    ],
)
def test_a_file_of_no_known_form_is_refused_in_a_line_that_names_what_was_found(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "other.json").write_text(text)
    refused = evitrail("trace", "import", tmp_path / "other.json", "--out", tmp_path / "runs")
    assert (refused.code, refused.out, len(refused.faults)) == (2, "", 1)
    assert refused.faults[0].startswith(f"{tmp_path / 'other.json'}:1: expected traces (otlp: ")
    assert said in refused.faults[0]
    assert not (tmp_path / "runs").exists()


def test_a_format_may_be_named_and_another_is_then_refused(tmp_path: Path) -> None:
    file = write(tmp_path, "langsmith")
    command = ("trace", "import", file, "--out", tmp_path / "runs", "--format")
    for wrong in (name for name in FORMATS if name != "langsmith"):
        refused = evitrail(*command, wrong)
        assert (refused.code, refused.out) == (2, "")
        assert refused.faults[0].startswith(f"{file}:1: expected {FORMATS[wrong].description}: ")
    refused = evitrail(*command, "langsmit")
    assert refused.faults == [
        "expected a format among otlp, inspect-ai, langsmith, langfuse, got 'langsmit'; did you mean 'langsmith'?"
    ]
    assert evitrail(*command, "langsmith", "--json").json["format"] == "langsmith"


def test_a_folder_and_a_missing_file_are_refused_in_a_line(tmp_path: Path) -> None:
    for given in (tmp_path, tmp_path / "none.json"):
        refused = evitrail("trace", "import", given, "--out", tmp_path / "runs")
        assert (refused.code, refused.out, len(refused.faults)) == (2, "", 1)


@pytest.mark.parametrize("system", DOCUMENTS)
def test_a_damaged_file_is_imported_soundly_or_refused_in_lines(tmp_path: Path, system: str) -> None:
    data, file = write(tmp_path, system).read_bytes(), tmp_path / "damaged.jsonl"
    outcomes = {"refused": 0, "imported": 0}
    for number, damaged in enumerate(mutated_json(data, 120)):
        file.write_bytes(damaged)
        try:
            runs = incoming_runs(read_traces(file).spans, file, understand)
        except ValueError as error:
            outcomes["refused"] += 1
            lines = str(error).splitlines()
            assert lines
            assert all(line.startswith(str(file)) and len(line) < 1000 for line in lines)
            continue
        outcomes["imported"] += 1
        with Journal.open(tmp_path / f"{number}.db") as journal:
            new = import_runs(journal, runs, understand).new
            assert len(new) == len(runs)
            assert import_runs(journal, runs, understand).new == ()
            otlp.write(journal, new, tmp_path / "out.jsonl", with_sensitive=False)
            seal(journal)
            assert verify_journal(journal).sound
    assert min(outcomes.values()) >= 5


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-03-05T10:00:00.123456789Z", 1709632800_123456789),
        ("2024-03-05 10:00:00.1", 1709632800_100000000),
        ("2024-03-05T12:00:00+02:00", 1709632800_000000000),
        (1709632800123, 1709632800_123000000),
        (None, 0),
        ("", 0),
    ],
)
def test_a_time_is_read_to_the_nanosecond_and_written_without_loss(value: Any, expected: int) -> None:
    assert nanoseconds(value) == expected
    assert nanoseconds(iso_time(expected)) == expected


@pytest.mark.parametrize(
    "value", ["noon", "2024-13-01T00:00:00", "2024-03-05", -1, 10**30, True, [], "1969-01-01T00:00"]
)
def test_what_is_no_time_is_an_error(value: Any) -> None:
    with pytest.raises(ValueError, match="expected a"):
        nanoseconds(value)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"other.json": "{}"}, "expected an Inspect AI log with 'header.json', found a zip with ['other.json']"),
        ({"header.json": "{"}, "header.json: expected JSON: "),
        ({"header.json": "[]"}, "header.json: expected an object, got []"),
        ({"header.json": '{"eval": {}}'}, "expected a log with samples, got its header only"),
        ({"header.json": "{}", "samples/1_epoch_1/sample.json": "{}"}, "found log version 3"),
    ],
)
def test_a_zip_that_is_no_log_is_refused_in_a_line(tmp_path: Path, members: dict[str, str], said: str) -> None:
    with ZipFile(tmp_path / "log.eval", "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    with pytest.raises(ValueError, match=r"log\.eval") as error:
        read_traces(tmp_path / "log.eval", "inspect-ai")
    (line,) = str(error.value).splitlines()
    assert said in line


def test_a_damaged_archive_is_refused_in_a_line(tmp_path: Path) -> None:
    file = in_archive(tmp_path / "log.eval", DOCUMENTS["inspect-ai"]()[0])
    data = file.read_bytes()
    refused = []
    for at in range(0, len(data), 97):
        file.write_bytes(data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :])
        try:
            read_traces(file)
        except ValueError as error:
            refused += str(error).splitlines()
    assert len(refused) > 5
    assert all(line.startswith(str(file)) for line in refused)


def test_an_encrypted_archive_is_refused_in_a_line_that_says_so(tmp_path: Path) -> None:
    file = in_archive(tmp_path / "log.eval", DOCUMENTS["inspect-ai"]()[0])
    data = bytearray(file.read_bytes())
    flags = data.index(b"PK\x01\x02") + 8  # of the first member in the table at the archive's end
    data[flags] |= 1
    file.write_bytes(data)
    with pytest.raises(ValueError, match=r"log\.eval: expected an archive that needs no password, got an encrypted"):
        read_traces(file, "inspect-ai")


@pytest.mark.parametrize("compression", [ZIP_BZIP2, ZIP_LZMA])
def test_damaged_data_is_refused_however_it_is_compressed(tmp_path: Path, compression: int) -> None:
    file = tmp_path / "log.eval"
    with ZipFile(file, "w", compression) as archive:
        archive.writestr("header.json", '{"eval": {}}')
    data = file.read_bytes()
    at = data.index(b"header.json") + len(b"header.json") + 12
    file.write_bytes(data[:at] + b"\xff" * 8 + data[at + 8 :])
    with pytest.raises(ValueError, match=r"log\.eval: expected an Inspect AI log, found a zip that cannot be read"):
        read_traces(file, "inspect-ai")
