"""What `trace keygen`, `trace sign` and `trace verify` say of a seal, and what `verify` says it does not cover."""

from __future__ import annotations

import sqlite3
import zipfile
from pathlib import Path

import pytest
from desk import Desk, evitrail, tree
from intruder import planted

from evitrail.traces import Journal
from evitrail.traces.bundle.bundle import write_bundle

GATED = "gated.acute-001"
ROOT = "sha256:" + "0" * 64


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A private key, with the public one in a file beside it."""
    said = evitrail("trace", "keygen", "--name", "clinic.example/journals", "--out", tmp_path / "key")
    assert said.code == 0
    (tmp_path / "key.pub").write_text(said.out)
    return tmp_path / "key"


@pytest.fixture
def signed(own: Desk, key: Path) -> Desk:
    """The experiment, signed."""
    assert evitrail("trace", "sign", own.run, "--key", key).code == 0
    return own


def dropped(journal: Path, run: str) -> None:
    """Take a run out as an intruder with SQL would."""
    with sqlite3.connect(journal) as db:
        db.execute("DROP TRIGGER record_stays")
        db.execute("DELETE FROM record WHERE run = ?", (run,))
    db.close()


def test_a_key_is_its_owners_alone_and_never_replaced(key: Path) -> None:
    before = key.read_bytes()
    assert key.stat().st_mode & 0o777 == 0o600
    again = evitrail("trace", "keygen", "--name", "clinic.example/journals", "--out", key)
    assert (again.code, again.out, len(again.faults)) == (2, "", 1)
    assert str(key) in again.faults[0]
    assert key.read_bytes() == before


def test_a_signed_note_names_its_key_and_is_checked_with_it(own: Desk, key: Path) -> None:
    said = evitrail("trace", "sign", own.run, "--key", key)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("clinic.example/journals\n")
    told = evitrail("trace", "verify", own.run, "--key", (key.parent / "key.pub").read_text().strip())
    assert told.code == 0
    assert "signature: sound, by clinic.example/journals+" in told.out
    assert "whoever holds the signing key" in told.out
    assert evitrail("trace", "verify", own.run, "--key", key.parent / "key.pub").out == told.out


def test_signing_again_writes_nothing(signed: Desk, key: Path) -> None:
    note = evitrail("trace", "sign", signed.run, "--key", key, "--json").json["note"]
    with Journal.open(signed.run / "journal.db", create=False) as journal:
        seals = journal.records("experiment")
    assert evitrail("trace", "sign", signed.run, "--key", key, "--json").json["note"] == note
    with Journal.open(signed.run / "journal.db", create=False) as journal:
        assert journal.records("experiment") == seals


def test_what_is_not_covered_is_said_for_unsigned_and_for_signed(own: Desk, key: Path) -> None:
    unsigned = evitrail("trace", "verify", own.run).out
    assert "signature: none" in unsigned
    assert "not covered: a rewrite of the whole file; check a signature with --key" in unsigned
    assert evitrail("trace", "sign", own.run, "--key", key).code == 0
    unchecked = evitrail("trace", "verify", own.run).out
    assert "as it says itself; --key checks it" in unchecked
    for said in (unsigned, unchecked):
        assert "not covered: records cut and runs dropped that came after the last seal" in said
        assert "not covered: whether what was recorded is true" in said


def test_a_seal_by_another_key_hides_no_run_that_is_newer_than_ones_own_signature(signed: Desk, key: Path) -> None:
    own, other = key.with_name("key.pub"), key.with_name("other")
    theirs = evitrail("trace", "keygen", "--name", "mallory.example", "--out", other).out.strip()
    with Journal.open(signed.run / "journal-9.db") as journal:
        journal.append("forged", "run.begin", {"config": None, "config_type": None, "parent": None})
        journal.append("forged", "run.end", {"output": None, "output_type": None})
    assert evitrail("trace", "sign", signed.run, "--key", other).code == 0
    told = evitrail("trace", "verify", signed.run, "--key", own, "--json").json
    assert (told["signature"], told["newer_than_signature"]) == ([], ["forged"])
    assert own.read_text().startswith(told["signed_by"] + "+")
    assert "newer than the signature: forged" in evitrail("trace", "verify", signed.run, "--key", own).out
    assert evitrail("trace", "verify", signed.run, "--key", theirs, "--json").json["newer_than_signature"] == []


def test_a_record_planted_after_a_runs_end_is_ignored_and_show_says_so(own: Desk) -> None:
    before = evitrail("trace", "show", own.run, GATED).out
    planted(own.run / "journal.db", GATED, "run.end", {"output": "sha256:forged", "output_type": "Answer"})
    said = "records ignored, since they follow the run's end against the rules: 1; `evitrail trace verify` names them\n"
    shown = evitrail("trace", "show", own.run, GATED).out
    assert said in shown
    assert shown.replace(said, "") == before
    told = evitrail("trace", "verify", own.run)
    assert (told.code, told.out) == (1, "")
    assert any(fault.startswith(f"added: run '{GATED}' record") for fault in told.faults)


def test_another_key_fails_the_check_in_a_line(signed: Desk, tmp_path: Path) -> None:
    other = evitrail("trace", "keygen", "--name", "clinic.example/journals", "--out", tmp_path / "other").out.strip()
    said = evitrail("trace", "verify", signed.run, "--key", other)
    assert (said.code, said.out, len(said.faults)) == (1, "", 1)
    assert said.faults[0].startswith("signature: ")
    told = evitrail("trace", "verify", signed.run, "--key", other, "--json")
    assert told.code == 1
    assert (told.json["integrity"], told.json["completeness"], len(told.json["signature"])) == ([], [], 1)


def test_a_key_given_for_an_unsigned_journal_fails_the_check(own: Desk, key: Path) -> None:
    said = evitrail("trace", "verify", own.run, "--key", key.parent / "key.pub")
    assert (said.code, said.out) == (1, "")
    assert "found none; `evitrail trace sign` makes one" in said.faults[0]


def test_the_root_kept_elsewhere_is_compared(own: Desk) -> None:
    root = evitrail("trace", "verify", own.run, "--json").json["root"]
    said = evitrail("trace", "verify", own.run, "--root", root)
    assert said.code == 0
    assert "root kept elsewhere: that of the newest seal" in said.out
    other = evitrail("trace", "verify", own.run, "--root", ROOT)
    assert (other.code, other.out, len(other.faults)) == (1, "", 1)
    assert other.faults[0].startswith(f"root: {ROOT} was kept elsewhere")


def test_a_lost_run_is_not_signed_over(signed: Desk, key: Path) -> None:
    dropped(signed.run / "journal.db", GATED)
    said = evitrail("trace", "sign", signed.run, "--key", key)
    assert (said.code, said.out, len(said.faults)) == (2, "", 1)
    assert "nothing was signed" in said.faults[0]
    assert f"run '{GATED}' was sealed and is gone" in said.faults[0]


@pytest.mark.parametrize(
    ("verb", "given"),
    [
        (("trace", "keygen"), ("--name", "two words", "--out", "KEY.new")),
        (("trace", "keygen"), ("--name", "name", "--out", "nowhere/key")),
        (("trace", "sign", "RUN"), ("--key", "nowhere")),
        (("trace", "sign", "RUN"), ("--key", "KEY.pub")),
        (("trace", "sign", "RUN"), ("--key", "KEY.open")),
        (("trace", "sign", "RUN"), ("--key", "KEY.torn")),
        (("trace", "sign", "nowhere"), ("--key", "KEY")),
        (("trace", "verify", "RUN"), ("--key", "nowhere")),
        (("trace", "verify", "RUN"), ("--key", "KEY")),
        (("trace", "verify", "RUN"), ("--key", "name+00000000+AAAA")),
        (("trace", "verify", "RUN"), ("--root", "deadbeef")),
    ],
    ids=lambda value: " ".join(value),
)
def test_a_wrong_key_or_root_is_told_in_a_line_and_nothing_is_written(
    own: Desk, key: Path, verb: tuple[str, ...], given: tuple[str, ...]
) -> None:
    key.with_name("key.open").write_bytes(key.read_bytes())
    key.with_name("key.open").chmod(0o644)
    key.with_name("key.torn").write_bytes(key.read_bytes()[:-9])
    key.with_name("key.torn").chmod(0o600)
    before = tree(key.parent)
    words = [word.replace("KEY", str(key)).replace("RUN", str(own.run)) for word in (*verb, *given)]
    said = evitrail(*words)
    assert (said.code, said.out, len(said.faults)) == (2, "", 1), said
    assert tree(key.parent) == before


def test_every_read_verb_takes_a_bundle_in_place_of_the_folder(signed: Desk, key: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.zip"
    with Journal.open(signed.run / "journal.db", create=False) as journal:
        write_bundle(journal, None, bundle)
    for verb in (("list",), ("show", GATED), ("show", f"{GATED}#choose[1]")):
        name, *rest = verb
        of_bundle, of_folder = evitrail("trace", name, bundle, *rest), evitrail("trace", name, signed.run, *rest)
        assert of_bundle.code == 0
        assert of_bundle.out.replace(str(bundle), str(signed.run)) == of_folder.out
    assert evitrail("replay", bundle, GATED).code == 0
    said = evitrail("trace", "verify", bundle, "--key", key.parent / "key.pub")
    assert said.out == evitrail("trace", "verify", signed.run, "--key", key.parent / "key.pub").out
    refused = evitrail("trace", "sign", bundle, "--key", key)
    assert (refused.code, len(refused.faults)) == (2, 1)


def test_a_spoilt_bundle_fails_the_check_with_the_file_in_it_named(own: Desk, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.zip"
    with Journal.open(own.run / "journal.db", create=False) as journal:
        write_bundle(journal, [GATED], bundle)
    whole = evitrail("trace", "verify", bundle)
    assert whole.code == 0
    assert "left out of the bundle by choice: " in whole.out
    with zipfile.ZipFile(bundle) as packed:
        chunk = packed.getinfo("events/2/0.jsonl.gz")
    data = bytearray(bundle.read_bytes())
    data[chunk.header_offset + 30 + len(chunk.filename) + chunk.file_size // 2] ^= 1
    bundle.write_bytes(data)
    said = evitrail("trace", "verify", bundle)
    assert (said.code, said.out) == (1, "")
    assert any("events/2/0.jsonl.gz" in fault and GATED in fault for fault in said.faults)
