"""An audit: every rule of a policy judged on an experiment, and one verdict over all of them.

Rules kept here
- The audit passes when every rule passes or is waived: rules that must all hold need no correction for their number.
  It fails when one fails, and cannot be told when one cannot and none fails.
- A waiver holds up to its last day. One that has expired fails the audit until somebody renews or deletes it; so does
  one that lacks the signature that the policy asks for.
- What every audit checks beside the policy's rules: that the journal is sound, that the policy is still valid, and
  that the cases are those the policy is for and none that settings were chosen on.
- The day is an argument. Equal input gives equal records.
- Each audit names the one before it by content id.

    found = audit(policy, audited, day=date(2026, 11, 29))
    found.verdict, found.results[0].because
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path

from evitrail.eval.audit.audited import Audited, expect_same_cases
from evitrail.eval.audit.blame_rules import judge_attribution
from evitrail.eval.audit.bounds import Verdict
from evitrail.eval.audit.change_control import ChangedSetting, changed_settings, changes, judge_change
from evitrail.eval.audit.evidence import Citations, judge_evidence
from evitrail.eval.audit.no_regression import judge_no_regression
from evitrail.eval.audit.policy import AuditPolicy, Waiver
from evitrail.eval.audit.red_team import expect_same_experiment, judge_red_team
from evitrail.eval.audit.result import RuleResult, Waived
from evitrail.eval.audit.thresholds import judge_threshold
from evitrail.eval.audit.waiver_signature import signer
from evitrail.eval.redteam.store.results import RedTeamResults
from evitrail.eval.report.review_list import overridden_runs
from evitrail.traces.record import Grown, Record, content_id


class PolicyName(Record):
    """Which policy was applied."""

    name: str
    version: str
    owner: str
    id: str
    """Its content id: an edited policy has another."""


class AuditedName(Record):
    """Which experiment was audited, or was the baseline."""

    folder: str
    """The name of its folder."""
    case_set: str
    """The content id of its cases."""
    cases: int
    root: str | None
    """The seal of its journal."""


class Audit(Grown, stored_as="Audit"):
    """One audit, as it is kept."""

    later = frozenset({"overridden"})

    day: date
    verdict: Verdict
    policy: PolicyName
    experiment: AuditedName
    baselines: tuple[AuditedName, ...] = ()
    results: tuple[RuleResult, ...]
    changed: tuple[ChangedSetting, ...] | None = None
    """What differs from the baseline, where there is one."""
    redacted: int = 0
    """Runs that were redacted, which no number counts."""
    newer: int = 0
    """Runs that no seal covers yet."""
    predecessor: str | None = None
    """The content id of the audit before this one."""
    overridden: int = 0
    """Runs of which reviewers overrode a label or a blame; every number honours it."""

    def by_verdict(self, verdict: Verdict) -> list[RuleResult]:
        """The results of this verdict that no waiver covers."""
        return [one for one in self.results if one.verdict == verdict and not (one.waived and verdict != "pass")]


Baselines = Mapping[str | None, Audited]
"""The baselines by the folder that rules name; under None the one that the command line names."""
RedTeams = Mapping[str | None, RedTeamResults]
"""The results of red teams, likewise."""


def audit(
    policy: AuditPolicy,
    audited: Audited,
    *,
    day: date,
    citations: Citations | None = None,
    baselines: Baselines | None = None,
    red_teams: RedTeams | None = None,
    ledger: Path | None = None,
    predecessor: str | None = None,
) -> Audit:
    """Judge every rule.

    Raises ``InputError`` for a condition that there is not, a baseline on other cases, and a red team of another
    experiment. ``ledger`` is that of the evidence store as it is now, where it is available.
    """
    named, attacked = baselines or {}, red_teams or {}
    for baseline in named.values():
        expect_same_cases(audited, baseline)
    for results_ in attacked.values():
        expect_same_experiment(audited, results_)

    def compared(rule_names: str | None) -> Audited | None:
        return named.get(None) or named.get(rule_names)

    results = [
        *_checks(policy, audited, day),
        *(judge_threshold(rule, policy.policy, audited) for rule in policy.threshold),
        *(judge_no_regression(rule, policy.policy, audited, compared(rule.baseline)) for rule in policy.no_regression),
        *(judge_evidence(rule, audited, citations) for rule in policy.evidence),
        *(judge_attribution(rule, audited) for rule in policy.attribution),
        *(judge_red_team(rule, audited, attacked.get(None) or attacked.get(rule.results), ledger)
          for rule in policy.redteam),
        *(judge_change(rule, audited, compared(rule.baseline)) for rule in policy.change),
    ]  # fmt: skip
    standing = [one for one in policy.waiver if one.until >= day]
    unsigned = [one for one in standing if policy.policy.waiver_keys and signer(policy, one) is None]
    held = {one.rule: one for one in standing if one not in unsigned}
    waived = [_waived(one, held.get(one.rule), policy, day) for one in results]
    waived += [_expired(waiver) for waiver in policy.waiver if waiver not in standing]
    waived += [_unsigned(waiver) for waiver in unsigned]
    return Audit(
        day=day,
        verdict=_overall(waived),
        policy=PolicyName(
            **policy.policy.model_dump(include={"name", "version", "owner"}),
            id=content_id(policy),
        ),
        experiment=_name(audited),
        baselines=tuple(_name(one) for one in {one.folder: one for one in named.values()}.values()),
        results=tuple(waived),
        changed=_changed(policy, audited, compared),
        redacted=len(audited.redacted),
        newer=len(audited.record.newer),
        predecessor=predecessor,
        overridden=len(overridden_runs(audited.outcomes, audited.blames)),
    )


def red_teams_named(policy: AuditPolicy) -> tuple[str, ...]:
    """The folders that rules of the policy name as results of a red team, each once."""
    return tuple(dict.fromkeys(rule.results for rule in policy.redteam if rule.results is not None))


def baselines_named(policy: AuditPolicy) -> tuple[str, ...]:
    """The folders that rules of the policy name as baselines, each once."""
    named: list[str | None] = [rule.baseline for rule in policy.no_regression]
    named += [rule.baseline for rule in policy.change]
    return tuple(dict.fromkeys(name for name in named if name is not None))


def _checks(policy: AuditPolicy, audited: Audited, day: date) -> Iterator[RuleResult]:
    """What an audit checks beside the rules of the policy."""
    head, record = policy.policy, audited.record
    faults = (*record.integrity, *record.completeness, *record.additions)
    yield _check(
        "record",
        "the journal is sound and whole",
        "pass" if record.sound else "fail",
        " ".join(faults[0].split()) if faults else "every record and blob is as it was written, and none is missing",
    )
    if head.valid_until is not None:
        valid = day <= head.valid_until
        because = f"it is valid until {head.valid_until}" if valid else f"it expired on {head.valid_until}"
        yield _check("policy.valid_until", "the policy is valid", "pass" if valid else "fail", because)
    if head.cases is not None:
        same = head.cases == audited.case_set
        because = f"the cases are {audited.case_set}" + ("" if same else f", expected {head.cases}")
        yield _check("policy.cases", "the cases are those of the policy", "pass" if same else "fail", because)
    if head.tuned_on:
        tuned = audited.case_set in head.tuned_on
        because = f"settings were {'' if tuned else 'not '}chosen on these cases"
        yield _check("policy.tuned_on", "no setting was chosen on the cases", "fail" if tuned else "pass", because)
    if head.min_cases > 1:
        enough = len(audited.cases) >= head.min_cases
        yield RuleResult(
            rule="policy.min_cases",
            states=f"at least {head.min_cases} cases",
            verdict="pass" if enough else "cannot tell",
            because=f"{len(audited.cases)} cases were asked",
            n=len(audited.cases),
            passes_at=None if enough else head.min_cases,
        )


def _check(rule: str, states: str, verdict: Verdict, because: str) -> RuleResult:
    return RuleResult(rule=rule, states=states, verdict=verdict, because=because)


def _waived(found: RuleResult, waiver: Waiver | None, policy: AuditPolicy, day: date) -> RuleResult:
    """The result with the waiver that holds for it; a rule that passes needs none."""
    if waiver is None or found.verdict == "pass":
        return found
    left, by = (waiver.until - day).days, signer(policy, waiver)
    held = Waived(by=waiver.by, reason=waiver.reason, until=waiver.until, days_left=left, signed_by=by)
    return found.model_copy(update={"waived": held})


def _unsigned(waiver: Waiver) -> RuleResult:
    because = "no key of the policy signed it as it reads now; `evitrail audit sign-waiver` signs it"
    return _check(f"waiver.{waiver.rule}", f"the waiver by {waiver.by} is signed", "fail", because)


def _expired(waiver: Waiver) -> RuleResult:
    because = f"it expired on {waiver.until}; renew it, or delete it from the policy"
    return _check(f"waiver.{waiver.rule}", f"the waiver by {waiver.by} holds", "fail", because)


def _overall(results: list[RuleResult]) -> Verdict:
    open_ = {one.verdict for one in results if not one.holds}
    return "fail" if "fail" in open_ else "cannot tell" if open_ else "pass"


def _name(audited: Audited) -> AuditedName:
    return AuditedName(
        folder=audited.folder.resolve().name, case_set=audited.case_set, cases=len(audited.cases), root=audited.root
    )


def _changed(
    policy: AuditPolicy, audited: Audited, compared: Callable[[str | None], Audited | None]
) -> tuple[ChangedSetting, ...] | None:
    """What differs from the baseline in the conditions that the policy is about."""
    baseline = next((found for name in (None, *baselines_named(policy)) if (found := compared(name))), None)
    if baseline is None:
        return None
    return changed_settings(changes(audited, baseline, judged(policy, audited)), policy.change, audited)


def judged(policy: AuditPolicy, audited: Audited) -> tuple[str, ...]:
    """The conditions that the policy's rules are about; all of them where it names none."""
    named = [audited.condition(rule.condition, rule.id) for rule in policy.rules if rule.condition is not None]
    return tuple(dict.fromkeys(named)) or tuple(sorted(audited.settings))
