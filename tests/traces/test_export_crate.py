"""RO-Crate: an archive's own validator accepts the run, and everything in the crate is what the journal says."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from crates import Validator
from graphs import told
from rocrate.rocrate import ROCrate
from scribe import Note, Order, Scribe, copied, recorded
from ward import misread

from evitrail.traces import Journal, Live, Trace, provenance, recorded_work
from evitrail.traces.export import crate, prov

METADATA = "ro-crate-metadata.json"
ORDER = Order(words=("stroke", "risk"))
UNKNOWN = {
    "process-run-crate-0.5_3.2": "Application url",
    "process-run-crate-0.5_4.1": "version or softwareVersion",  # of the evitrail that did the run
    "process-run-crate-0.5_5.1": "SoftwareApplication id",  # an address on the web; ours are names
    "process-run-crate-0.5_8.6": "Action agent",
    "ro-crate-1.1_22.2": "Root Data Entity: `author` property",
    "ro-crate-1.1_22.3": "Root Data Entity: `publisher` property",
}
"""What the profile recommends and no record knows."""


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Validator:
    return Validator.prepared(tmp_path_factory.mktemp("validator"))


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journal]:
    with misread(tmp_path_factory.mktemp("ward")) as journal:
        yield journal


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db") as opened_:
        recorded(opened_, "run", ORDER)
        yield opened_


def written(trace: Trace, folder: Path, *, with_sensitive: bool = False) -> Path:
    crate.write(trace.journal, [trace.run], folder / "run.crate.zip", with_sensitive=with_sensitive)
    return folder / "run.crate.zip"


def unpacked(file: Path, folder: Path) -> Path:
    with zipfile.ZipFile(file) as archive:
        archive.extractall(folder / "crate")
    return folder / "crate"


def actions(file: Path) -> dict[str, Any]:
    return {one["name"]: one for one in ROCrate(file).get_by_type("CreateAction")}


def test_an_agents_run_and_a_counterfactual_of_it_satisfy_all_that_the_profile_requires(
    validator: Validator, ward: Journal, tmp_path: Path
) -> None:
    run, fork = [run for run in ward.runs() if run != "experiment"][:2]
    assert (Trace(ward, run).parent, Trace(ward, fork).parent) == (None, run)
    assert validator.failed(written(Trace(ward, run), tmp_path)) == {}
    assert validator.failed(written(Trace(ward, fork), tmp_path)) == {}


def test_of_what_the_profile_recommends_only_what_no_record_knows_is_missing(
    validator: Validator, ward: Journal, tmp_path: Path
) -> None:
    assert validator.failed(written(Trace(ward, "loop.q-apixaban"), tmp_path), "recommended") == UNKNOWN


class Fainting(Scribe):
    """A scribe that drops the pen at a word."""

    def write(self, note: Note, word: str) -> Note:
        if word == "risk":
            raise RuntimeError("the pen fell")
        return super().write(note, word)


def test_a_run_that_failed_is_a_failed_action_in_a_valid_crate(
    validator: Validator, journal: Journal, tmp_path: Path
) -> None:
    run = Live.begin(journal, "failed", ORDER)
    with pytest.raises(RuntimeError):
        copied(run, ORDER, Fainting())
    file = written(Trace(journal, "failed"), tmp_path)
    said = actions(file)
    assert sorted(said) == ["failed", "write[1]"]
    assert said["failed"]["actionStatus"] == "http://schema.org/FailedActionStatus"
    assert said["failed"]["error"] == "write[2]: RuntimeError: the pen fell"
    assert "result" not in said["failed"]
    assert validator.failed(file) == {}


def test_a_run_with_patient_data_left_out_is_a_valid_crate(
    validator: Validator, journal: Journal, tmp_path: Path
) -> None:
    run = Live.begin(journal, "patient", ORDER, sensitive=True)
    run.end(copied(run, ORDER))
    assert validator.failed(written(Trace(journal, "patient"), tmp_path)) == {}


def without_instrument(folder: Path, metadata: Any) -> None:
    del next(one for one in metadata["@graph"] if one["@type"] == "CreateAction")["instrument"]


def without_profile(folder: Path, metadata: Any) -> None:
    del next(one for one in metadata["@graph"] if one["@id"] == "./")["conformsTo"]


def without_a_file(folder: Path, metadata: Any) -> None:
    next(folder.glob("blobs/*.json")).unlink()


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (without_instrument, "process-run-crate-0.5_1.1"),
        (without_profile, "process-run-crate-0.5_2.1"),
        (without_a_file, "ro-crate-1.1_"),
    ],
)
def test_the_validator_refuses_a_crate_that_is_broken(
    validator: Validator, journal: Journal, tmp_path: Path, broken: Callable[[Path, Any], None], check: str
) -> None:
    folder = unpacked(written(Trace(journal, "run"), tmp_path), tmp_path)
    metadata = json.loads((folder / METADATA).read_text("utf-8"))
    broken(folder, metadata)
    (folder / METADATA).write_text(json.dumps(metadata), "utf-8")
    failed = validator.failed(folder)
    assert [one for one in failed if one.startswith(check)], failed


def test_there_is_one_action_a_step_and_one_for_the_run(ward: Journal, tmp_path: Path) -> None:
    trace = Trace(ward, "loop.q-apixaban")
    said = actions(written(trace, tmp_path))
    assert sorted(said) == sorted([trace.run, *(step.path for step in trace.activities)])
    for step in trace.activities:
        action = said[step.path]
        assert (action["instrument"]["name"], action["instrument"]["softwareVersion"]) == (step.by, step.code)
        used = action["object"] if isinstance(action["object"], list) else [action["object"]]
        assert {one["identifier"] for one in used} == {given.id for given in step.inputs}
        assert action["result"]["identifier"] == step.output
        assert action["startTime"] <= action["endTime"]


def test_every_file_is_the_blob_that_its_identifier_names(ward: Journal, tmp_path: Path) -> None:
    trace = Trace(ward, "loop.q-apixaban")
    folder = unpacked(written(trace, tmp_path), tmp_path)
    files = [one for one in ROCrate(folder).data_entities if one.id.startswith("blobs/")]
    assert {one["identifier"] for one in files} >= {step.output for step in trace.activities}
    for one in files:
        body = (folder / one.id).read_bytes()
        assert hashlib.sha256(one["name"].encode() + b"\n" + body).hexdigest() == one["identifier"].removeprefix(
            "sha256:"
        )
        assert len(body) == int(one["contentSize"])


def test_the_provenance_lies_beside_it(ward: Journal, tmp_path: Path) -> None:
    trace = Trace(ward, "loop.q-apixaban")
    folder = unpacked(written(trace, tmp_path), tmp_path)
    assert told(prov.read(folder / "provenance.json")) == told(provenance(trace))


def test_a_step_of_a_fork_says_where_it_was_done(journal: Journal, tmp_path: Path) -> None:
    fork = Live.begin(journal, "fork", ORDER, parent="run", memory=recorded_work(journal, "run"))
    fork.end(copied(fork, ORDER))
    said = actions(written(Trace(journal, "fork"), tmp_path))
    assert said["fork"]["description"] == "A fork of run."
    assert said["write[1]"]["description"] == "write, reused from run run."


def test_equal_journals_give_equal_bytes(journal: Journal, tmp_path: Path) -> None:
    first = written(Trace(journal, "run"), tmp_path).read_bytes()
    assert written(Trace(journal, "run"), tmp_path).read_bytes() == first
