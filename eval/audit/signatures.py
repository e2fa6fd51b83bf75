"""Signed audits: the holder of a key says which audit of an experiment they stand by; anybody can check it later.

Rules kept here
- What is signed is the audit's content id with its verdict, its day, its policy and the journal's seal. The id covers
  the whole audit, and through its predecessors the history before it.
- Signatures lie beside the audits in ``audit-signatures.jsonl``, one a line; several people may sign one audit.
- Only the newest audit is signed. Signing it again with one key changes nothing.
- A signature is void where the audit is no more in the history as it was signed. A policy that was edited since, or a
  journal that has changed, is told: the signature holds, but not for them.

    sign_newest(folder, SigningKey.read(Path("board.key")))
    found = checked_signatures(folder, public_key("clinic.example/board+…"))

Audits that were signed prove who signed, not that the audit is right.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from evitrail.eval.audit.audit import Audit
from evitrail.eval.audit.history import AUDITS, read_history
from evitrail.eval.audit.policy import AuditPolicy
from evitrail.evidence_store.input_text import InputError, json_value, read_text
from evitrail.traces.audit.seal import sealed_root
from evitrail.traces.audit.signed_note import BadNote, PublicKey, SigningKey, signed, signers, verified_text
from evitrail.traces.journal.folder import Journals
from evitrail.traces.record import Record, canonical_json, content_id
from evitrail.traces.whole_file import replace_text

SIGNATURES = "audit-signatures.jsonl"
HEADING = "evitrail audit"


class AuditSignature(Record):
    """A line of the file."""

    audit: str
    """The content id of the audit."""
    note: str
    """The signed note."""


class CheckedSignatures(NamedTuple):
    """What one key signed of an experiment's audits."""

    newest: str
    """The content id of the newest audit."""
    signed: tuple[str, ...]
    """The content ids of the audits that the key signed, oldest first."""
    faults: tuple[str, ...]
    """What is wrong, one a line; empty where the newest audit is signed and stands as it was signed."""


def signed_text(found: Audit) -> str:
    """What is signed of an audit, line by line."""
    lines = (
        HEADING,
        content_id(found),
        f"verdict {found.verdict}",
        f"day {found.day}",
        f"policy {found.policy.id}",
        f"seal {found.experiment.root or 'none'}",
    )
    return "".join(f"{line}\n" for line in lines)


def sign_newest(folder: Path, key: SigningKey) -> AuditSignature:
    """Sign the newest audit of an experiment, and keep the signature; raises ``InputError`` where there is no audit."""
    found = _history(folder)[-1]
    made = AuditSignature(audit=content_id(found), note=signed(signed_text(found), key))
    kept = read_signatures(folder)
    if made not in kept:
        replace_text(folder / SIGNATURES, "".join(f"{canonical_json(one)}\n" for one in (*kept, made)))
    return made


def checked_signatures(folder: Path, key: PublicKey, policy: AuditPolicy | None = None) -> CheckedSignatures:
    """Check what a key signed; with ``policy``, whether the newest audit is by that policy as it reads now."""
    history = {content_id(one): one for one in _history(folder)}
    newest = list(history)[-1]
    held: set[str] = set()
    faults: list[str] = []
    for number, one in enumerate(read_signatures(folder), start=1):
        place = f"{folder / SIGNATURES}, line {number}"
        try:
            text = verified_text(one.note, key)
        except BadNote as bad:
            if f"— {key.name} " in one.note:
                faults.append(f"{place}: {bad}")
            continue
        if one.audit not in history or text != signed_text(history[one.audit]):
            faults.append(
                f"{place}: expected an audit of {AUDITS} as it was signed, found none; one was changed or deleted"
            )
        else:
            held.add(one.audit)
    if newest not in held:
        faults.append(f"the newest audit, {newest}, is not signed by {key.name}")
    faults += _outdated(folder, history[newest], policy)
    return CheckedSignatures(newest, tuple(name for name in history if name in held), tuple(faults))


def read_signatures(folder: Path) -> list[AuditSignature]:
    """Every signature beside an experiment's audits; raises ``InputError`` for a line that is none."""
    path = folder / SIGNATURES
    found = []
    for number, line in enumerate(read_text(path).splitlines() if path.exists() else (), start=1):
        try:
            found.append(AuditSignature.model_validate(json_value(line)))
        except (ValidationError, ValueError):
            raise InputError([f"{path}, line {number}: expected a signature, got something else"]) from None
    return found


def named_signers(folder: Path) -> dict[str, list[str]]:
    """Who the signatures say signed, by the audit's content id; nothing of that is checked here."""
    found: dict[str, list[str]] = {}
    for one in read_signatures(folder):
        try:
            names = [name.partition("+")[0] for name in signers(one.note)]
        except BadNote:
            names = ["not a signed note"]
        found.setdefault(one.audit, []).extend(names)
    return found


def _history(folder: Path) -> list[Audit]:
    found = read_history(folder)
    if not found:
        raise InputError(
            [f"{folder}: expected an experiment that was audited, found no {AUDITS}; `evitrail audit` makes it"]
        )
    return found


def _outdated(folder: Path, found: Audit, policy: AuditPolicy | None) -> list[Any]:
    faults = []
    with Journals.open(folder) as journal:
        if (root := sealed_root(journal)) != found.experiment.root:
            faults.append(f"the journal has another seal than when it was audited, {root or 'none'}; audit it again")
    if policy is not None and content_id(policy) != found.policy.id:
        faults.append(
            f"the policy was edited after the audit: it is {content_id(policy)}, audited was {found.policy.id}"
        )
    return faults
