"""What changed since an earlier audit of the same experiment: rules that differ, and possible reasons.

Rules kept here
- Rules are paired by their ids. One that only one of the audits has is listed too, with None for the other.
- Possible reasons are given beside them: another policy, other cases, a journal with another seal.

    since(found, before).rules
"""

from __future__ import annotations

from datetime import date

from evitrail.eval.audit.audit import Audit
from evitrail.eval.audit.bounds import Verdict
from evitrail.traces.record import Record, content_id


class MovedRule(Record):
    """One rule, then and now; None where the audit does not have it."""

    rule: str
    verdict_before: Verdict | None
    verdict: Verdict | None
    value_before: float | None
    value: float | None


class Since(Record):
    """See the module."""

    day: date
    id: str
    """The content id of the audit that is compared with."""
    verdict_before: Verdict
    rules: tuple[MovedRule, ...]
    """Those that changed, in the order of the newer audit."""
    same: int
    """Rules that both have and that did not change."""
    policy_changed: bool
    cases_changed: bool
    record_changed: bool
    """Whether the journal has another seal."""


def since(found: Audit, before: Audit) -> Since:
    """What changed from ``before`` to ``found``."""
    now, then = ({one.rule: one for one in each.results} for each in (found, before))
    pairs = [
        MovedRule(
            rule=rule,
            verdict_before=then[rule].verdict if rule in then else None,
            verdict=now[rule].verdict if rule in now else None,
            value_before=then[rule].value if rule in then else None,
            value=now[rule].value if rule in now else None,
        )
        for rule in dict.fromkeys([*now, *then])
    ]
    moved = tuple(one for one in pairs if (one.verdict_before, one.value_before) != (one.verdict, one.value))
    return Since(
        day=before.day,
        id=content_id(before),
        verdict_before=before.verdict,
        rules=moved,
        same=len(pairs) - len(moved),
        policy_changed=before.policy.id != found.policy.id,
        cases_changed=before.experiment.case_set != found.experiment.case_set,
        record_changed=before.experiment.root != found.experiment.root,
    )
