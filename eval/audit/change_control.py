"""What differs from the baseline, and was it allowed?

Rules kept here
- Whatever differs and is not in ``allowed`` fails the rule: it needs a decision, which is either another policy or a
  waiver.
- Without a baseline nothing can be told.
"""

from __future__ import annotations

from collections.abc import Iterable

from evitrail.eval.audit.audited import Audited
from evitrail.eval.audit.no_regression import NO_BASELINE
from evitrail.eval.audit.result import RuleResult, result
from evitrail.eval.audit.rules import Change
from evitrail.eval.audit.settings import Difference, differences
from evitrail.traces.record import Record


class ChangedSetting(Record):
    """A setting that differs from the baseline's."""

    condition: str
    setting: str
    baseline: tuple[str, ...]
    now: tuple[str, ...]
    allowed: bool | None
    """None where no policy says."""


def judge_change(rule: Change, audited: Audited, baseline: Audited | None) -> RuleResult:
    """The verdict on one rule about changes."""
    conditions = [audited.condition(rule.condition, rule.id)] if rule.condition else sorted(audited.settings)
    states = f"{'nothing but ' if rule.allowed else 'nothing'}{', '.join(rule.allowed)} differs from the baseline"
    if baseline is None:
        return result(rule, states, "cannot tell", NO_BASELINE)
    found = changes(audited, baseline, conditions)
    forbidden = [one for one in found if one.setting not in rule.allowed]
    named = ", ".join(dict.fromkeys(one.setting for one in found)) or "nothing"
    if not forbidden:
        return result(rule, states, "pass", f"{named} differs", events=0)
    settings = ", ".join(dict.fromkeys(one.setting for one in forbidden))
    where = ", ".join(dict.fromkeys(one.condition for one in forbidden))
    because = f"{settings} of {where} differs and is not allowed; `evitrail audit diff` shows how"
    return result(rule, states, "fail", because, events=len(forbidden))


def changes(audited: Audited, baseline: Audited, conditions: Iterable[str]) -> list[Difference]:
    """Every setting of these conditions that differs from the baseline's."""
    return [
        one
        for condition in conditions
        for one in differences(
            condition, audited.settings[condition], baseline.settings[baseline.counterpart(condition)]
        )
    ]


def changed_settings(
    found: Iterable[Difference], rules: Iterable[Change], audited: Audited
) -> tuple[ChangedSetting, ...]:
    """The same, each with whether every rule about its condition allows it."""
    named = [(rule.allowed, rule.condition and audited.condition(rule.condition, rule.id)) for rule in rules]

    def allowed(one: Difference) -> bool | None:
        said = [one.setting in names for names, condition in named if condition in (None, one.condition)]
        return all(said) if said else None

    return tuple(
        ChangedSetting(
            condition=one.condition,
            setting=one.setting,
            baseline=one.baseline,
            now=one.now,
            allowed=allowed(one),
        )
        for one in found
    )
