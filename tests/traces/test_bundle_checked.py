"""A bundle can be checked by hand, as its README says, and a forged one is found even where every checksum fits."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from intruder import sealed

from evitrail.traces import DamagedJournal, Journal, Verdicts
from evitrail.traces.audit.checkpoint import sign
from evitrail.traces.audit.seal import sealed_root
from evitrail.traces.audit.signed_note import SigningKey
from evitrail.traces.bundle.bundle import read_bundle, verify_bundle, write_bundle
from evitrail.traces.bundle.manifest import CHECKPOINT, MANIFEST
from evitrail.traces.bundle.zip_layout import Member, layout
from evitrail.traces.record import canonical_json

KEY = SigningKey("clinic.example/journals", bytes(range(32)))
Files = dict[str, bytes]


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


def unpacked(bundle: Path) -> Path:
    """The folder that a zip program makes of it."""
    folder = bundle.with_suffix("")
    with zipfile.ZipFile(bundle) as packed:
        packed.extractall(folder)
    return folder


def by_hand(folder: Path) -> list[subprocess.CompletedProcess[str]]:
    """Both checks that the README in the folder tells, with nothing of ours."""
    said = re.sub("^    ", "", (folder / "README.txt").read_text(), flags=re.MULTILINE)
    digests = re.search(r"^python3 -c .*?--quiet$", said, flags=re.MULTILINE | re.DOTALL)
    chains = re.search(r"^python3 - <<'END'\n(.*?)^END$", said, flags=re.MULTILINE | re.DOTALL)
    assert digests
    assert chains
    commands = (["bash", "-o", "pipefail", "-c", digests[0]], [sys.executable, "-I", "-c", chains[1]])
    return [subprocess.run(c, cwd=folder, capture_output=True, text=True, check=False) for c in commands]


@pytest.mark.parametrize("signing", [False, True], ids=["unsigned", "signed"])
@pytest.mark.parametrize("runs", [None, ["second"]], ids=["all", "one"])
def test_a_bundle_can_be_checked_with_sha256sum_and_python_alone(
    path: Path, tmp_path: Path, signing: bool, runs: list[str] | None
) -> None:
    with Journal.open(path) as journal:
        root = sealed_root(journal)
        note = sign(journal, KEY) if signing else f"{root}\n"
        write_bundle(journal, runs, tmp_path / "bundle.zip")
    folder = unpacked(tmp_path / "bundle.zip")
    digests, chains = by_hand(folder)
    assert (folder / CHECKPOINT).read_text() == note
    assert (digests.returncode, digests.stdout, digests.stderr) == (0, "", "")
    assert (chains.returncode, chains.stderr) == (0, "")
    assert f"the seal fits: {root}" in chains.stdout


def test_by_hand_an_altered_file_is_found(bundle: Path) -> None:
    folder = unpacked(bundle)
    (folder / CHECKPOINT).write_text("sha256:" + "0" * 64)
    digests, chains = by_hand(folder)
    assert (digests.returncode, digests.stdout) == (1, f"{CHECKPOINT}: FAILED\n")
    assert chains.returncode == 1
    assert "another root is sealed" in chains.stderr


def test_by_hand_a_record_that_was_cut_is_found(bundle: Path) -> None:
    folder = unpacked(bundle)
    chunk = folder / "events" / "2" / "0.jsonl.gz"
    lines = gzip.decompress(chunk.read_bytes()).splitlines(keepends=True)
    chunk.write_bytes(gzip.compress(b"".join(lines[:-1])))
    digests, chains = by_hand(folder)
    assert digests.stdout == "events/2/0.jsonl.gz: FAILED\n"
    assert chains.returncode == 1
    assert "AssertionError: first" in chains.stderr


def forged(bundle: Path, change: Callable[[dict[str, Any], Files], object]) -> Path:
    """Change manifest and files, and lay the zip out anew with every size, checksum and digest as it should be."""
    with zipfile.ZipFile(bundle) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    manifest = json.loads(files.pop(MANIFEST))
    change(manifest, files)
    manifest["files"] = [
        {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()
    ]
    files = {MANIFEST: f"{canonical_json(manifest)}\n".encode(), **files}
    parts = layout([Member(name, len(data), crc32(data)) for name, data in files.items()])
    target = bundle.with_name("forged.zip")
    target.write_bytes(b"".join(part.bytes or files[part.member or ""] for part in parts))
    return target


def test_a_bundle_laid_out_anew_without_a_change_is_the_same(bundle: Path) -> None:
    assert forged(bundle, lambda manifest, files: None).read_bytes() == bundle.read_bytes()


def another_head(manifest: dict[str, Any], files: Files) -> None:
    manifest["runs"][1]["head"] = manifest["runs"][2]["head"]


def another_checkpoint(manifest: dict[str, Any], files: Files) -> None:
    files[CHECKPOINT] = b"sha256:" + b"0" * 64 + b"\n"


def a_stray_file(manifest: dict[str, Any], files: Files) -> None:
    files["notes.txt"] = b"by the way"


def a_blob_fewer(manifest: dict[str, Any], files: Files) -> None:
    gone = manifest["blobs"].pop()
    del files[f"blobs/{gone[7:9]}/{gone[7:]}.gz"]


def a_blob_said_to_be_left_out(manifest: dict[str, Any], files: Files) -> None:
    gone = manifest["blobs"][0]
    a_blob_fewer(manifest | {"blobs": [gone]}, files)
    manifest["blobs"] = manifest["blobs"][1:]
    manifest["blobs_left_out"] = [gone]


def another_blob(manifest: dict[str, Any], files: Files) -> None:
    name = next(name for name in files if name.startswith("blobs/"))
    files[name] = gzip.compress(b"Note\n{}", mtime=0)


def a_shorter_run(manifest: dict[str, Any], files: Files) -> None:
    lines = gzip.decompress(files["events/2/0.jsonl.gz"]).splitlines(keepends=True)
    files["events/2/0.jsonl.gz"] = gzip.compress(b"".join(lines[:-1]), mtime=0)


def a_record_changed(manifest: dict[str, Any], files: Files) -> None:
    text = gzip.decompress(files["events/2/0.jsonl.gz"]).replace(b'"word":"risk"', b'"word":"rise"')
    files["events/2/0.jsonl.gz"] = gzip.compress(text, mtime=0)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (another_head, "run 'first' does not end where it says"),
        (another_checkpoint, "checkpoint.txt is not what the newest seal says"),
        (a_stray_file, "the files it lists are not those of its runs and blobs"),
        (a_blob_fewer, "is missing"),
        (a_blob_said_to_be_left_out, "a blob is left out that holds no patient data"),
        (another_blob, "was altered"),
        (a_shorter_run, "run 'first' does not end where it says"),
        (a_record_changed, "run 'first' record 3: does not link"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_forgery_whose_checksums_all_fit_is_found(
    bundle: Path, change: Callable[[dict[str, Any], Files], object], fault: str
) -> None:
    said = verify_bundle(forged(bundle, change))
    assert any(fault in line for line in said.integrity), said


def test_a_body_that_was_put_in_the_place_of_another_is_not_read(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as packed:
        first = next(name for name in packed.namelist() if name.startswith("blobs/"))
    name = "sha256:" + Path(first).stem
    with read_bundle(bundle) as sound:
        assert sound.raw(name)
    with read_bundle(forged(bundle, another_blob)) as other:
        with pytest.raises(DamagedJournal, match=f"blob {name} was altered"):
            other.raw(name)
        assert all(other.raw(blob) for blob in other.manifest.blobs if blob != name)


def test_a_run_that_was_taken_out_with_its_entry_is_missed_by_the_seal(bundle: Path) -> None:
    def without_the_last(manifest: dict[str, Any], files: Files) -> None:
        manifest["runs"].pop()
        del files["events/4/0.jsonl.gz"]

    path = forged(bundle, without_the_last)
    assert verify_bundle(path) == Verdicts((), ("run 'third' was sealed and is gone",))
    with read_bundle(path) as read:
        assert "third" not in read.runs()
