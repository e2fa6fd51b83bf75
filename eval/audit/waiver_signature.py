"""Signed waivers: a policy may say whose signature a waiver needs, so that whoever writes it cannot waive a rule alone.

Rules kept here
- What is signed is the whole waiver, the rule with all its numbers, and the policy's name: a threshold that is moved
  after the signature makes the waiver void.
- Where a policy lists ``waiver_keys``, a waiver holds only with a signature by one of them. Where it lists none, no
  waiver is signed.

    signature_of(policy, waiver, SigningKey.read(Path("board.key")))      # "— clinic.example/board …"
    signer(policy, waiver)                                                # "clinic.example/board", or None
"""

from __future__ import annotations

from evitrail.eval.audit.policy import AuditPolicy, Waiver
from evitrail.traces.audit.signed_note import BadNote, PublicKey, SigningKey, signed, verified_text
from evitrail.traces.record import canonical_json


def signer(policy: AuditPolicy, waiver: Waiver) -> str | None:
    """The name of the key that signed a waiver; None where none of the policy's keys did."""
    if waiver.signature is None:
        return None
    text = waiver_text(policy, waiver)
    for key in map(PublicKey.parse, policy.policy.waiver_keys):
        try:
            verified_text(f"{text}\n{waiver.signature}\n", key)
        except BadNote:
            continue
        return key.name
    return None


def signature_of(policy: AuditPolicy, waiver: Waiver, key: SigningKey) -> str:
    """The signature's line, as the policy holds it."""
    return signed(waiver_text(policy, waiver), key).rstrip("\n").rpartition("\n")[2]


def waiver_text(policy: AuditPolicy, waiver: Waiver) -> str:
    """What is signed of a waiver."""
    rule = next(one for one in policy.rules if one.id == waiver.rule)
    told = waiver.model_dump(mode="json", exclude={"signature"})
    what = {"policy": policy.policy.name, "family": rule.family, "rule": rule.model_dump(mode="json"), "waiver": told}
    return f"evitrail waiver\n{canonical_json(what)}\n"
