"""The rules that a policy may hold, as records: thresholds, no regression, evidence, attribution, red team, change.

Rules kept here
- A metric, rule or setting that does not exist is refused, and the nearest one is offered.
- Each rule has an id, such as ``threshold.high_risk_rate.gated``.

What each rule means is in the file of its family, beside this one; how a policy is read is in ``policy.py``.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from evitrail.eval.audit.bounds import Tolerance
from evitrail.eval.audit.settings import setting_named
from evitrail.eval.audit.share_metrics import SHARES, Better, share_named
from evitrail.eval.plan.condition import ALIASES
from evitrail.eval.redteam.store.attacks import ATTACKS
from evitrail.eval.redteam.store.submission import Attacker
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.evidence_store.grading.grade import Certainty
from evitrail.traces.record import Record

EVIDENCE_RULES = ("nothing_superseded_cited", "nothing_retracted", "min_certainty", "max_age_years", "signed_off_only")
ShareName = Annotated[str, AfterValidator(share_named)]
"""The name of a metric that can be judged."""
ATTRIBUTION_RULES = ("no_systematic_store_fault",)


class Rule(Record):
    """What all rules have in common."""

    family: ClassVar[str]
    """The name of its table in a policy."""
    about: ClassVar[str | None] = None
    """The field that tells rules of its family apart; None where there is one rule only."""

    condition: str | None = None
    """``gated``, or ``gated@LABEL`` for one reader; None where the experiment has one condition only."""

    @property
    def subject(self) -> str:
        """What it is about, within its family."""
        return str(getattr(self, self.about)) if self.about else ""

    @property
    def id(self) -> str:
        """The name by which results and waivers know it."""
        return ".".join(part for part in (self.family, self.subject, self.condition) if part)

    @field_validator("condition")
    @classmethod
    def _by_our_name(cls, name: str | None) -> str | None:
        return None if name is None else ALIASES.get(name, name)


class Threshold(Rule):
    """A rate must be at most, or at least, so high; judged on an exact one-sided bound."""

    metric: ShareName
    at_most: float | None = Field(default=None, gt=0, lt=1)
    at_least: float | None = Field(default=None, gt=0, lt=1)
    on: Literal["upper", "lower"] | None = None
    """The bound that must lie within the threshold; there is one choice for each side."""
    confidence: float = Field(default=0.95, ge=0.5, lt=1)
    sided: Literal["one", "two"] = "one"
    """``two``: the bound is an end of the two-sided interval of that confidence, which asks for more cases."""
    max_unlabelled: float | None = Field(default=None, ge=0, lt=1)

    family: ClassVar[str] = "threshold"
    about: ClassVar[str | None] = "metric"

    @property
    def tolerance(self) -> Tolerance:
        """What the bounds are compared with."""
        confidence = self.confidence if self.sided == "one" else (1 + self.confidence) / 2
        if self.at_most is not None:
            return Tolerance("at_most", self.at_most, confidence)
        assert self.at_least is not None
        return Tolerance("at_least", self.at_least, confidence)

    @model_validator(mode="after")
    def _one_side(self) -> Threshold:
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError("expected at_most or at_least, one of them")
        needed = "upper" if self.at_most is not None else "lower"
        if self.on not in (None, needed):
            side = "at_most" if self.at_most is not None else "at_least"
            raise ValueError(f"expected on = {needed!r} with {side}, got {self.on!r}")
        return self


class NoRegression(Rule):
    """A rate must be no worse than the baseline's on the same cases, but for a margin."""

    metric: ShareName
    margin: float = Field(gt=0, lt=1)
    baseline: str | None = None
    """The baseline's folder, from the policy's own; the command line may name another."""
    better: Better | None = None
    confidence: float = Field(default=0.95, ge=0.5, lt=1)
    max_unlabelled: float | None = Field(default=None, ge=0, lt=1)

    family: ClassVar[str] = "no_regression"
    about: ClassVar[str | None] = "metric"

    @property
    def direction(self) -> Better:
        """Which way is better."""
        found = self.better or SHARES[self.metric]
        assert found is not None
        return found

    @model_validator(mode="after")
    def _known_direction(self) -> NoRegression:
        if self.better is None and SHARES[self.metric] is None:
            raise ValueError(f"expected better = 'higher' or 'lower' with {self.metric}, got none")
        return self


class EvidenceRule(Rule):
    """What the cited evidence must be."""

    rule: str
    certainty: Certainty | None = None
    """Of ``min_certainty``: the lowest that may be cited."""
    years: int | None = Field(default=None, ge=1, le=200)
    """Of ``max_age_years``: how many years after its publication evidence may be cited."""

    family: ClassVar[str] = "evidence"
    about: ClassVar[str | None] = "rule"

    @field_validator("rule")
    @classmethod
    def _known_rule(cls, name: str) -> str:
        return _rule_named(name, EVIDENCE_RULES)

    @model_validator(mode="after")
    def _own_keys(self) -> EvidenceRule:
        for key, owner in (("certainty", "min_certainty"), ("years", "max_age_years")):
            given = getattr(self, key) is not None
            if given != (self.rule == owner):
                wrong = f"rule {owner!r} needs key {key!r}" if not given else f"key {key!r} belongs to rule {owner!r}"
                raise ValueError(f"{wrong}, the rule is {self.rule!r}")
        return self


class AttributionRule(Rule):
    """What failures may be blamed on."""

    rule: str
    max_abstained: float = Field(default=0.0, ge=0, lt=1)
    """The share of failed runs for which nobody could be blamed, before the rule cannot be told."""

    family: ClassVar[str] = "attribution"
    about: ClassVar[str | None] = "rule"

    @field_validator("rule")
    @classmethod
    def _known_rule(cls, name: str) -> str:
        return _rule_named(name, ATTRIBUTION_RULES)


class RedTeamRule(Rule):
    """How often attacks on the evidence store may turn an answer, as ``evitrail redteam store`` measures it."""

    success_at_most: float = Field(gt=0, lt=1)
    """The share of cases; compared with the upper bound of each attack by each attacker."""
    attack: str | None = None
    """One attack; None judges every one there is."""
    attacker: Attacker | None = None
    """One who attacks; None judges every one there is."""
    results: str | None = None
    """The red team's folder, from the policy's own; the command line may name another."""
    confidence: float = Field(default=0.95, ge=0.5, lt=1)

    family: ClassVar[str] = "redteam"

    @property
    def subject(self) -> str:
        """The attack and the attacker, where it is about one."""
        return ".".join(part for part in (self.attack, self.attacker) if part)

    def is_about(self, attack: str, attacker: str) -> bool:
        """Whether it judges this attack by this attacker."""
        return self.attack in (None, attack) and self.attacker in (None, attacker)

    @field_validator("attack")
    @classmethod
    def _known_attack(cls, name: str | None) -> str | None:
        if name is not None and name not in ATTACKS:
            raise ValueError(f"expected an attack among {', '.join(ATTACKS)}, got {name!r}{nearest(name, ATTACKS)}")
        return name


class Change(Rule):
    """Which settings may differ from the baseline's."""

    allowed: tuple[str, ...] = ()
    baseline: str | None = None

    family: ClassVar[str] = "change"

    @field_validator("allowed")
    @classmethod
    def _known_settings(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(setting_named, names))


def _rule_named(name: str, known: tuple[str, ...]) -> str:
    if name not in known:
        raise ValueError(f"expected a rule among {', '.join(known)}, got {name!r}{nearest(name, known)}")
    return name
