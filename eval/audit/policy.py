"""The policy of an audit: what must hold, as people wrote it down before they looked at the results.

    [policy]
    name = "gated answers"
    version = "1"
    owner = "A. Meyer"

    [[threshold]]
    metric = "high_risk_rate"
    condition = "gated"
    at_most = 0.03

Rules kept here
- Keys are strict and nothing is converted. A metric, rule or setting that does not exist is refused, and the nearest
  one is offered.
- Each rule has an id, ``threshold.high_risk_rate.gated``, which stands once in a policy; a waiver names it by that.
- Nothing is assumed of what is unknown: unless a policy allows some, no case may be unlabelled.

    policy = read_policy(Path("policy.toml"))      # raises InputError, one line a fault

The rules themselves are in ``rules.py``; what each means is in the file of its family.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from pydantic import Field, ValidationError, field_validator, model_validator

from evitrail.eval.audit.rules import (
    AttributionRule,
    Change,
    EvidenceRule,
    NoRegression,
    RedTeamRule,
    Rule,
    Threshold,
)
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.evidence_store.input_record import fault_lines, from_toml
from evitrail.evidence_store.input_text import InputError, read_toml
from evitrail.traces.audit.signed_note import PublicKey
from evitrail.traces.record import Grown


class PolicyHead(Grown):
    """Whose policy it is, and which cases it is for."""

    later = frozenset({"waiver_keys"})

    name: str = Field(min_length=1)
    version: str = Field(min_length=1)
    owner: str = Field(min_length=1)
    valid_until: date | None = None
    """The last day on which it may be used."""
    cases: str | None = None
    """The content id of the only case set that it may be used with."""
    tuned_on: tuple[str, ...] = ()
    """Content ids of case sets that settings were chosen on: an audit on one of them fails."""
    min_cases: int = Field(default=1, ge=1)
    max_unlabelled: float = Field(default=0.0, ge=0, lt=1)
    """The share of cases of which a metric may be unknown before its rules cannot be told."""
    waiver_keys: tuple[str, ...] = ()
    """Public keys, one of which must have signed each waiver; none asks for no signature."""

    @field_validator("waiver_keys")
    @classmethod
    def _public_keys(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(PublicKey.parse(key)) for key in keys)


class Waiver(Grown):
    """Somebody lets a rule be broken for a time."""

    later = frozenset({"signature"})

    rule: str
    """The rule's id."""
    reason: str = Field(min_length=1)
    by: str = Field(min_length=1)
    until: date
    """The last day on which it holds."""
    signature: str | None = None
    """As ``evitrail audit sign-waiver`` prints it; see ``waiver_signature.py``."""


class AuditPolicy(Grown, stored_as="AuditPolicy"):
    """A whole policy."""

    later = frozenset({"redteam"})

    policy: PolicyHead
    threshold: tuple[Threshold, ...] = ()
    no_regression: tuple[NoRegression, ...] = ()
    evidence: tuple[EvidenceRule, ...] = ()
    attribution: tuple[AttributionRule, ...] = ()
    redteam: tuple[RedTeamRule, ...] = ()
    change: tuple[Change, ...] = ()
    waiver: tuple[Waiver, ...] = ()

    @property
    def rules(self) -> Iterator[Rule]:
        """Every rule, in the order in which results list them."""
        yield from (*self.threshold, *self.no_regression, *self.evidence)
        yield from (*self.attribution, *self.redteam, *self.change)

    @model_validator(mode="after")
    def _ids_agree(self) -> AuditPolicy:
        ids = [rule.id for rule in self.rules]
        if not ids:
            raise ValueError("expected at least one rule, in a table such as [[threshold]], got none")
        twice = [name for name, n in Counter(ids).items() if n > 1]
        if twice:
            raise ValueError(f"expected each rule once, got {twice[0]!r} twice")
        for waiver in self.waiver:
            if waiver.rule not in ids:
                raise ValueError(
                    f"waiver: expected the id of a rule, among {', '.join(ids)}, got {waiver.rule!r}"
                    f"{nearest(waiver.rule, ids)}"
                )
        if not self.policy.waiver_keys and (needless := [one.rule for one in self.waiver if one.signature]):
            raise ValueError(
                f"waiver of {needless[0]!r}: expected waiver_keys in [policy] to check its signature with, got none"
            )
        if waived := [rule for rule, n in Counter(waiver.rule for waiver in self.waiver).items() if n > 1]:
            raise ValueError(f"expected one waiver of a rule, got two of {waived[0]!r}")
        return self


def read_policy(path: Path) -> AuditPolicy:
    """The policy in a file; raises ``InputError`` with every fault."""
    if not path.is_file():
        got = "a folder" if path.is_dir() else "no such file"
        raise InputError([f"{path}: expected a policy, as a TOML file, got {got}"])
    written = read_toml(path)
    try:
        return from_toml(AuditPolicy, written)
    except ValidationError as error:
        raise InputError([f"{path}: {fault}" for fault in fault_lines(error, AuditPolicy)]) from error
