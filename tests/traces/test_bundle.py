"""A bundle is the journal it was made of, can be checked alone, and hides neither an altered byte nor what it lacks."""

from __future__ import annotations

import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from unicodedata import is_normalized

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intruder import RUNS, sealed, tampered
from patient import PATIENT, admitted
from scribe import Note, Order, recorded, ticking

from evitrail.traces import DamagedJournal, Journal, JournalError, Journals, Trace, content_id, seal, verify_journal
from evitrail.traces.audit.checkpoint import check_signature, sign
from evitrail.traces.audit.seal import SEAL_RUN
from evitrail.traces.audit.signed_note import SigningKey
from evitrail.traces.bundle.bundle import read_bundle, verify_bundle, write_bundle
from evitrail.traces.bundle.manifest import CHUNK, MANIFEST
from evitrail.traces.bundle.zip_layout import MANY, Member, layout
from evitrail.traces.journal.journal import Redacted
from evitrail.traces.journal.redaction import redact

KEY = SigningKey("clinic.example/journals", bytes(range(32)))
NAMES = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8).filter(
    lambda name: name != SEAL_RUN and is_normalized("NFC", name)
)
WORDS = st.lists(st.text(max_size=6), max_size=4).map(tuple)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Three runs, sealed."""
    return sealed(tmp_path / "journal.db")


@pytest.fixture
def bundle(path: Path, tmp_path: Path) -> Path:
    """All of them in a bundle."""
    with Journal.open(path, create=False) as journal:
        write_bundle(journal, None, tmp_path / "bundle.zip")
    return tmp_path / "bundle.zip"


@settings(deadline=None, max_examples=25)
@given(st.dictionaries(NAMES, WORDS, min_size=1, max_size=4))
def test_a_bundle_read_back_is_the_journal(runs: dict[str, tuple[str, ...]]) -> None:
    with TemporaryDirectory() as folder, Journal.open(Path(folder) / "journal.db", clock=ticking()) as journal:
        for name, words in runs.items():
            recorded(journal, name, Order(words=words))
        seal(journal)
        write_bundle(journal, None, Path(folder) / "bundle.zip")
        assert verify_bundle(Path(folder) / "bundle.zip") == verify_journal(journal)
        with read_bundle(Path(folder) / "bundle.zip") as bundle:
            assert bundle.runs() == journal.runs()
            assert bundle.heads() == journal.heads()
            assert bundle.survey() == journal.survey()
            for name in bundle.runs():
                assert bundle.records(name) == journal.records(name)
            for blob in bundle.survey():
                assert bundle.raw(blob) == journal.raw(blob)
            for name in runs:
                trace = Trace(bundle, name)
                assert trace.config(Order) == Trace(journal, name).config(Order)
                assert trace.output(Note) == Trace(journal, name).output(Note)
                assert trace.edges() == Trace(journal, name).edges()


def test_a_run_longer_than_a_chunk_comes_back_whole(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db", clock=ticking()) as journal:
        with journal.transaction():
            recorded(journal, "long", Order(words=("a",) * (2 * CHUNK)))
        manifest = write_bundle(journal, None, tmp_path / "bundle.zip")
        assert (manifest.runs[0].records, manifest.runs[0].chunks) == (2 * CHUNK + 2, 3)
        with read_bundle(tmp_path / "bundle.zip") as bundle:
            assert bundle.records("long") == journal.records("long")
            assert bundle.records("another") == []
    assert verify_bundle(tmp_path / "bundle.zip").integrity == ()


def test_the_same_journal_makes_the_same_bytes(path: Path, bundle: Path, tmp_path: Path) -> None:
    with Journal.open(path, create=False) as journal:
        write_bundle(journal, RUNS, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == bundle.read_bytes()


def test_any_zip_program_reads_it(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as packed:
        assert packed.testzip() is None
        assert packed.namelist()[0] == MANIFEST
        assert {info.compress_type for info in packed.infolist()} == {zipfile.ZIP_STORED}
        assert {info.date_time for info in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_zip_of_very_many_files_is_read_by_the_standard_library(tmp_path: Path) -> None:
    names = [str(number) for number in range(MANY + 2)]
    parts = layout([Member(name, 0, 0) for name in names])
    (tmp_path / "many.zip").write_bytes(b"".join(part.bytes for part in parts))
    with zipfile.ZipFile(tmp_path / "many.zip") as packed:
        assert packed.namelist() == names


def test_some_runs_take_only_their_blobs_and_the_seal_and_say_what_they_left_out(path: Path, tmp_path: Path) -> None:
    with Journal.open(path, create=False) as journal:
        manifest = write_bundle(journal, ["second"], tmp_path / "one.zip")
    assert [run.run for run in manifest.runs] == [SEAL_RUN, "second"]
    assert manifest.runs_left_out == ("first", "third")
    assert content_id(Order(words=("stroke", "risk", "second"))) in manifest.blobs
    assert content_id(Order(words=("stroke", "risk", "first"))) not in manifest.blobs
    assert verify_bundle(tmp_path / "one.zip").sound


def test_a_bundle_of_a_bundle_still_says_what_both_left_out(path: Path, tmp_path: Path) -> None:
    with Journal.open(path, create=False) as journal:
        write_bundle(journal, ["first", "second"], tmp_path / "two.zip")
    with read_bundle(tmp_path / "two.zip") as bundle:
        assert write_bundle(bundle, ["second"], tmp_path / "one.zip").runs_left_out == ("first", "third")
    assert verify_bundle(tmp_path / "one.zip").sound


def test_a_signature_goes_with_the_bundle(path: Path, tmp_path: Path) -> None:
    with Journal.open(path) as journal:
        sign(journal, KEY)
        write_bundle(journal, ["second"], tmp_path / "one.zip")
    with read_bundle(tmp_path / "one.zip") as bundle:
        assert check_signature(bundle, KEY.public) == []


def test_a_bundle_of_several_files_has_one_seal(path: Path, tmp_path: Path) -> None:
    with Journal.open(path.with_name("journal-2.db"), clock=ticking()) as journal:
        recorded(journal, "fourth", Order(words=("stroke",)))
    with Journals.open(path.parent) as journals, Journal.open(path) as journal:
        sign(journal, KEY, over=journals)
        write_bundle(journals, None, tmp_path / "all.zip")
    assert verify_bundle(tmp_path / "all.zip").sound


def test_patient_data_stays_behind_unless_it_is_asked_for(tmp_path: Path) -> None:
    path, without, whole = admitted(tmp_path / "journal.db"), tmp_path / "without.zip", tmp_path / "with.zip"
    with Journal.open(path) as journal:
        seal(journal)
        left = write_bundle(journal, None, without).blobs_left_out
        name = journal.records("run")[0].body["config"]
        assert write_bundle(journal, None, whole, with_sensitive=True).blobs_left_out == ()
    assert name in left
    with read_bundle(without) as bundle, pytest.raises(Redacted, match="left out of the bundle") as caught:
        bundle.raw(name)
    assert "\n" not in str(caught.value)
    with read_bundle(whole) as bundle:
        assert bundle.get(name, Note) == PATIENT
        assert bundle.survey()[name] is None
    assert verify_bundle(without).sound
    assert verify_bundle(whole).sound
    assert b"4471882" not in b"".join(read_all(without))
    assert b"4471882" in b"".join(read_all(whole))


def read_all(bundle: Path) -> list[bytes]:
    """Everything in a bundle, unpacked."""
    import gzip

    with zipfile.ZipFile(bundle) as packed:
        return [
            gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data for data in map(packed.read, packed.namelist())
        ]


def test_what_was_redacted_is_not_packed_and_says_so(tmp_path: Path) -> None:
    path, target = admitted(tmp_path / "journal.db"), tmp_path / "bundle.zip"
    with Journal.open(path) as journal:
        name = journal.records("run")[0].body["config"]
        redact(journal, "run", by="d.larsen", reason="consent withdrawn")
        seal(journal)
        write_bundle(journal, None, target, with_sensitive=True)
        with read_bundle(target) as bundle:
            assert dict(bundle.redacted()) == dict(journal.redacted())
            with pytest.raises(Redacted, match=r"d\.larsen: consent withdrawn"):
                bundle.raw(name)
    said = verify_bundle(target)
    assert said.sound
    assert name in said.redacted


def test_a_damaged_journal_is_not_bundled(path: Path, tmp_path: Path) -> None:
    tampered(
        path, "UPDATE record SET bytes = CAST(replace(bytes, 'risk', 'rise') AS BLOB) WHERE run = 'second' AND seq = 2"
    )
    with (
        Journal.open(path) as journal,
        pytest.raises(DamagedJournal, match=r"nothing was written: run 'second' record 2"),
    ):
        write_bundle(journal, ["second"], tmp_path / "bundle.zip")
    assert not list(tmp_path.glob("*bundle*"))


def test_a_run_that_is_not_there_is_named(path: Path, tmp_path: Path) -> None:
    with Journal.open(path) as journal, pytest.raises(JournalError, match="got 'fourth'; nothing was written"):
        write_bundle(journal, ["first", "fourth"], tmp_path / "bundle.zip")
    assert not list(tmp_path.glob("*bundle*"))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"SQLite format 3\x00" + bytes(99)])
def test_another_file_is_refused_in_a_line(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bundle.zip").write_bytes(data)
    with pytest.raises(DamagedJournal, match=MANIFEST) as caught:
        read_bundle(tmp_path / "bundle.zip")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_bundle_cut_short_or_added_to_is_not_sound(bundle: Path, part: float) -> None:
    data = bundle.read_bytes()
    bundle.write_bytes(data[: int(len(data) * part)])
    assert verify_bundle(bundle).integrity
    bundle.write_bytes(data + b"\0")
    assert verify_bundle(bundle).integrity == (f"the file itself: expected {len(data)} bytes, got {len(data) + 1}",)
