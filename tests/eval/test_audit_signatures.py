"""Who signed an audit or a waiver can be checked, and nothing that was signed can be changed unnoticed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from auditing import HEAD, HIGH_RISK, audited, policy, verdicts, written
from desk import evitrail

from evitrail.eval.audit.audit import Audit, audit
from evitrail.eval.audit.history import AUDITS, add
from evitrail.eval.audit.signatures import SIGNATURES, checked_signatures, sign_newest
from evitrail.eval.audit.waiver_signature import signature_of
from evitrail.evidence_store.input_text import InputError
from evitrail.traces import Journal
from evitrail.traces.audit.signed_note import SigningKey

DAY = date(2026, 11, 29)
ID = "threshold.high_risk_rate"
WAIVER = f'[[waiver]]\nrule = "{ID}"\nreason = "few cases"\nby = "B. Ito"\nuntil = 2026-12-31\n'
BOARD, OTHER = (SigningKey.new(f"clinic.example/{name}") for name in ("board", "other"))
ASKS = f'{HEAD}waiver_keys = ["{BOARD.public}"]\n'


def audit_once(folder: Path, asked: Path) -> None:
    from evitrail.eval.audit.policy import read_policy

    ours = audited(0, 99, root=None, folder=folder)
    add(folder, lambda last: audit(read_policy(asked), ours, day=DAY, predecessor=last))


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    """A folder with an empty journal and one audit."""
    folder = tmp_path / "nightly"
    folder.mkdir()
    with Journal.open(folder / "journal.db"):
        pass
    audit_once(folder, written(tmp_path, HIGH_RISK))
    return folder


def key_file(folder: Path, key: SigningKey) -> Path:
    path = folder / f"{key.name.rpartition('/')[2]}.key"
    key.write(path)
    return path


def test_the_newest_audit_is_signed_and_checked_by_command(experiment: Path, tmp_path: Path) -> None:
    unsigned = evitrail("audit", "verify", experiment, "--key", BOARD.public)
    assert (unsigned.code, "is not signed by clinic.example/board" in unsigned.err) == (1, True)
    said = evitrail("audit", "sign", experiment, "--key", key_file(tmp_path, BOARD))
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("evitrail audit\nsha256:")
    assert "— clinic.example/board " in said.out
    (listed,) = evitrail("audit", "history", experiment, "--json").json
    assert listed["signers"] == ["clinic.example/board"]
    held = evitrail("audit", "verify", experiment, "--key", BOARD.public)
    assert (held.code, "audits signed by this key: 1" in held.out) == (0, True)
    assert evitrail("audit", "verify", experiment, "--key", OTHER.public).code == 1


def test_signing_twice_changes_nothing_and_several_may_sign(experiment: Path) -> None:
    once = sign_newest(experiment, BOARD)
    kept = (experiment / SIGNATURES).read_bytes()
    assert sign_newest(experiment, BOARD) == once
    assert (experiment / SIGNATURES).read_bytes() == kept
    sign_newest(experiment, OTHER)
    assert all(not checked_signatures(experiment, key.public).faults for key in (BOARD, OTHER))


def test_an_audit_after_the_signature_is_not_signed(experiment: Path, tmp_path: Path) -> None:
    first = sign_newest(experiment, BOARD).audit
    audit_once(experiment, tmp_path / "policy.toml")
    found = checked_signatures(experiment, BOARD.public)
    assert (found.signed, len(found.faults)) == ((first,), 1)
    assert "is not signed by clinic.example/board" in found.faults[0]


def test_an_audit_that_was_changed_after_the_signature_is_told(experiment: Path) -> None:
    sign_newest(experiment, BOARD)
    kept = experiment / AUDITS
    kept.write_text(kept.read_text().replace('"verdict":"pass"', '"verdict":"fail"'))
    faults = checked_signatures(experiment, BOARD.public).faults
    assert "expected an audit of audits.jsonl as it was signed, found none" in faults[0]


def test_a_signature_that_was_changed_is_told(experiment: Path) -> None:
    sign_newest(experiment, BOARD)
    kept = experiment / SIGNATURES
    kept.write_text(kept.read_text().replace("verdict pass", "verdict fail"))
    assert "does not fit the text" in checked_signatures(experiment, BOARD.public).faults[0]
    kept.write_text("{}\n")
    with pytest.raises(InputError, match="line 1: expected a signature, got something else"):
        checked_signatures(experiment, BOARD.public)


def test_a_policy_that_was_edited_after_the_audit_is_told(experiment: Path, tmp_path: Path) -> None:
    sign_newest(experiment, BOARD)
    assert not checked_signatures(experiment, BOARD.public, policy(tmp_path, HIGH_RISK)).faults
    edited = policy(tmp_path, HIGH_RISK.replace("0.03", "0.3"))
    assert "the policy was edited after the audit" in checked_signatures(experiment, BOARD.public, edited).faults[0]


def test_what_was_never_audited_cannot_be_signed(tmp_path: Path) -> None:
    said = evitrail("audit", "sign", tmp_path, "--key", key_file(tmp_path, BOARD))
    assert (said.code, len(said.faults)) == (2, 1)
    assert "expected an experiment that was audited" in said.faults[0]


def waived(folder: Path, *lines: str, day: date = DAY) -> Audit:
    return audit(policy(folder, *lines, head=ASKS), audited(0, 92), day=day)


def signed_waiver(folder: Path, key: SigningKey = BOARD) -> str:
    asked = policy(folder, HIGH_RISK, WAIVER, head=ASKS)
    return f'{WAIVER}signature = "{signature_of(asked, asked.waiver[0], key)}"\n'


def test_where_a_policy_asks_for_a_signature_a_waiver_without_one_fails(tmp_path: Path) -> None:
    found = waived(tmp_path, HIGH_RISK, WAIVER)
    assert (found.verdict, verdicts(found)[f"waiver.{ID}"]) == ("fail", "fail")
    found = waived(tmp_path, HIGH_RISK, signed_waiver(tmp_path))
    assert found.verdict == "pass"
    (held,) = [one.waived for one in found.results if one.waived]
    assert (held.by, held.signed_by) == ("B. Ito", "clinic.example/board")


@pytest.mark.parametrize(("old", "new"), [("few cases", "other"), ("12-31", "12-30"), ("0.03", "0.04")])
def test_a_waiver_is_void_once_it_or_its_rule_is_edited(tmp_path: Path, old: str, new: str) -> None:
    lines = (HIGH_RISK + signed_waiver(tmp_path)).replace(old, new)
    assert verdicts(waived(tmp_path, lines))[f"waiver.{ID}"] == "fail"


def test_the_signature_of_a_key_that_the_policy_does_not_name_counts_nothing(tmp_path: Path) -> None:
    assert waived(tmp_path, HIGH_RISK, signed_waiver(tmp_path, OTHER)).verdict == "fail"


def test_the_command_prints_the_line_that_belongs_into_the_policy(tmp_path: Path) -> None:
    file, key = written(tmp_path, HIGH_RISK, WAIVER, head=ASKS), key_file(tmp_path, BOARD)
    said = evitrail("audit", "sign-waiver", file, ID, "--key", key)
    assert (said.code, said.err) == (0, "")
    assert waived(tmp_path, HIGH_RISK, WAIVER + said.out).verdict == "pass"
    other = evitrail("audit", "sign-waiver", file, ID, "--key", key_file(tmp_path, OTHER))
    assert (other.code, "among waiver_keys of [policy]" in other.faults[0]) == (2, True)
    unknown = evitrail("audit", "sign-waiver", file, "threshold.accuracy", "--key", key)
    assert (unknown.code, f"expected a waived rule among {ID}" in unknown.faults[0]) == (2, True)


def test_a_signature_that_nothing_could_check_and_a_key_that_is_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected waiver_keys in \[policy\] to check its signature with"):
        policy(tmp_path, HIGH_RISK, WAIVER + 'signature = "x"')
    with pytest.raises(InputError, match="expected a public key"):
        policy(tmp_path, HIGH_RISK, head=f'{HEAD}waiver_keys = ["x"]\n')
