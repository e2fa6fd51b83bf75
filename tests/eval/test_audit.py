"""An audit passes, fails or cannot tell; and what is unknown, expired or changed never passes unnoticed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from auditing import HEAD, HIGH_RISK, audited, policy, questions, settings, verdicts
from report_pages import blame, case, outcome

from evitrail.eval.audit.audit import Audit, audit
from evitrail.eval.audit.audited import Audited
from evitrail.eval.audit.case_set import case_set_id
from evitrail.evidence_store.input_text import InputError
from evitrail.traces import Verdicts, content_id

DAY = date(2026, 11, 29)
ID = "threshold.high_risk_rate"
CHANGE = '[[change]]\nallowed = ["store.release", "retriever.k"]\n'
NO_REGRESSION = '[[no_regression]]\nmetric = "high_risk_rate"\nmargin = 0.05\n'
WAIVER = f'[[waiver]]\nrule = "{ID}"\nreason = "too few cases yet"\nby = "B. Ito"\nuntil = 2026-12-31\n'
STORE_FAULT = '[[attribution]]\nrule = "no_systematic_store_fault"\n'


def audit_of(folder: Path, ours: Audited, *lines: str, head: str = HEAD, **given: Any) -> Audit:
    return audit(policy(folder, *lines, head=head), ours, **{"day": DAY, **given})


@pytest.mark.parametrize(
    ("wrong", "n", "verdict"), [(7, 92, "fail"), (0, 92, "cannot tell"), (0, 99, "pass"), (1, 200, "pass")]
)
def test_the_verdict_of_an_audit_is_that_of_its_one_rule(tmp_path: Path, wrong: int, n: int, verdict: str) -> None:
    found = audit_of(tmp_path, audited(wrong, n), HIGH_RISK)
    assert found.verdict == verdict
    assert verdicts(found)[ID] == verdict


def test_what_cannot_be_told_says_how_many_cases_would_decide(tmp_path: Path) -> None:
    found = audit_of(tmp_path, audited(5, 92), HIGH_RISK).results[-1]
    assert (found.events, found.n, found.passes_at, found.decides_at) == (5, 92, 348, 203)
    assert (
        "348 cases without a further failure would pass, at the observed rate 203 cases would decide" in found.because
    )


def test_missing_labels_for_half_the_cases_cannot_be_told_whatever_the_rest_says(tmp_path: Path) -> None:
    for wrong in (0, 40):
        found = audit_of(tmp_path, audited(wrong, 92, unlabelled=46), HIGH_RISK)
        assert found.verdict == "cannot tell"
        assert found.results[-1].because == (
            "high_risk_rate is unknown for 46 of 92 cases (not labelled, not answered, or redacted); the policy allows"
            " 0\xa0%"
        )


def test_a_policy_may_allow_some_cases_to_be_unlabelled_and_they_count_nowhere(tmp_path: Path) -> None:
    found = audit_of(tmp_path, audited(0, 110, unlabelled=11), HIGH_RISK + "max_unlabelled = 0.1").results[-1]
    assert (found.verdict, found.n, found.unlabelled) == ("pass", 99, 11)


def test_a_case_that_was_not_answered_is_unknown_and_not_left_out(tmp_path: Path) -> None:
    whole = audited(0, 100)
    silent = audited(0, 100, outcomes=whole.outcomes[:-1])
    assert audit_of(tmp_path, whole, HIGH_RISK).verdict == "pass"
    assert audit_of(tmp_path, silent, HIGH_RISK).verdict == "cannot tell"


def test_redacting_the_runs_that_failed_lets_no_audit_pass(tmp_path: Path) -> None:
    gone = audited(0, 100, redacted=("gated.bad-1",))
    found = audit_of(tmp_path, gone, HIGH_RISK)
    assert (found.verdict, found.redacted) == ("cannot tell", 1)
    assert "unknown for 1 of 101 cases" in found.results[-1].because


def test_a_rule_that_fails_decides_over_one_that_cannot_be_told(tmp_path: Path) -> None:
    found = audit_of(tmp_path, audited(7, 92), HIGH_RISK, '[[threshold]]\nmetric = "stale_rate"\nat_most = 0.1')
    assert set(verdicts(found).values()) == {"pass", "fail", "cannot tell"}
    assert found.verdict == "fail"


def test_a_waiver_lets_an_audit_pass_until_its_last_day_and_leaves_the_verdict(tmp_path: Path) -> None:
    ours = audited(0, 92)
    found = audit_of(tmp_path, ours, HIGH_RISK, WAIVER, day=date(2026, 12, 31))
    assert (found.verdict, verdicts(found)[ID]) == ("pass", "cannot tell")
    waived = next(one.waived for one in found.results if one.waived)
    assert (waived.by, waived.days_left) == ("B. Ito", 0)
    expired = audit_of(tmp_path, ours, HIGH_RISK, WAIVER, day=date(2027, 1, 1))
    assert (expired.verdict, verdicts(expired)[f"waiver.{ID}"]) == ("fail", "fail")


def test_an_expired_waiver_fails_an_audit_whose_rule_passes(tmp_path: Path) -> None:
    assert audit_of(tmp_path, audited(0, 99), HIGH_RISK, WAIVER, day=date(2027, 1, 1)).verdict == "fail"


@pytest.mark.parametrize(
    ("key", "rule", "verdict"),
    [
        ("valid_until = 2026-11-28", "policy.valid_until", "fail"),
        ("valid_until = 2026-11-29", "policy.valid_until", "pass"),
        ("min_cases = 200", "policy.min_cases", "cannot tell"),
        ("min_cases = 99", "policy.min_cases", "pass"),
        ('cases = "sha256:00"', "policy.cases", "fail"),
        (f'cases = "{case_set_id(questions(99))}"', "policy.cases", "pass"),
        (f'tuned_on = ["{case_set_id(questions(99))}"]', "policy.tuned_on", "fail"),
        (f'tuned_on = ["{case_set_id(questions(98))}"]', "policy.tuned_on", "pass"),
    ],
)
def test_the_policy_itself_is_checked(tmp_path: Path, key: str, rule: str, verdict: str) -> None:
    found = audit_of(tmp_path, audited(0, 99), HIGH_RISK, head=f"{HEAD}{key}\n")
    assert (verdicts(found)[rule], found.verdict) == (verdict, verdict)


def test_a_journal_that_was_altered_fails_whatever_the_numbers(tmp_path: Path) -> None:
    altered = audited(0, 99, record=Verdicts(("run 'gated.q1': record 3 was changed",), ()))
    found = audit_of(tmp_path, altered, HIGH_RISK)
    assert (found.verdict, verdicts(found)["record"]) == ("fail", "fail")
    assert "record 3 was changed" in found.results[0].because


def test_a_changed_label_makes_another_case_set_and_another_order_does_not() -> None:
    cases = questions(3)
    assert case_set_id(cases) == case_set_id(reversed(cases))
    assert case_set_id(cases) != case_set_id([*cases[:2], case("q0002", labels={})])


def test_no_worse_than_the_baseline_is_judged_on_pairs(tmp_path: Path) -> None:
    baseline = {None: audited(10, 200)}
    same = audit_of(tmp_path, audited(10, 200), NO_REGRESSION, baselines=baseline)
    assert same.verdict == "pass"
    worse = audit_of(tmp_path, audited(60, 200), NO_REGRESSION, baselines=baseline)
    assert worse.verdict == "fail"
    assert worse.results[-1].value == pytest.approx(0.25)
    assert "better in 0, worse in 50 of 200 cases" in worse.results[-1].because
    few = audit_of(tmp_path, audited(1, 30), NO_REGRESSION, baselines={None: audited(1, 30)})
    assert few.verdict == "cannot tell"
    assert few.results[-1].decides_at is not None


def test_equal_rates_on_other_cases_are_worse_than_equal_answers(tmp_path: Path) -> None:
    elsewhere = audited(n=200, wrong_cases=range(40))
    found = audit_of(tmp_path, audited(n=200, wrong_cases=range(100, 140)), NO_REGRESSION, baselines={None: elsewhere})
    assert (found.results[-1].value, found.verdict) == (0, "cannot tell")


def test_without_a_baseline_what_compares_with_one_cannot_be_told(tmp_path: Path) -> None:
    found = audit_of(tmp_path, audited(0, 99), NO_REGRESSION, CHANGE)
    assert [one.verdict for one in found.results[1:]] == ["cannot tell", "cannot tell"]
    assert all("--baseline" in one.because for one in found.results[1:])


def test_a_baseline_on_other_cases_is_refused_in_one_line(tmp_path: Path) -> None:
    other = audited(cases=questions(99, start=1), folder=Path("last-year"))
    with pytest.raises(InputError) as error:
        audit_of(tmp_path, audited(0, 99), NO_REGRESSION, baselines={None: other})
    (line,) = error.value.faults
    assert line == "last-year: expected the cases of nightly, got other cases: 1 missing (q0000); 1 more (q0099)"


def test_a_change_that_the_policy_does_not_allow_fails(tmp_path: Path) -> None:
    old = {None: audited(0, 99)}
    allowed = audited(0, 99, used=settings(k="10", release="r2026-10"))
    found = audit_of(tmp_path, allowed, CHANGE, baselines=old)
    assert found.verdict == "pass"
    assert [(one.setting, one.allowed) for one in found.changed or ()] == [
        ("store.release", True),
        ("retriever.k", True),
    ]
    forbidden = audit_of(tmp_path, audited(0, 99, used=settings(k="10", prompts="new")), CHANGE, baselines=old)
    assert forbidden.verdict == "fail"
    assert forbidden.results[-1].because.startswith("prompts of gated differs and is not allowed")


def test_a_condition_is_compared_with_what_a_grid_made_of_the_same_condition() -> None:
    varied = audited(0, 99, condition="gated+k=3", used=settings(k="3"))
    both = replace(varied, settings=varied.settings | {"standard+k=3": settings(k="3")})
    assert both.counterpart("gated") == "gated+k=3"
    assert both.counterpart("standard") == "standard+k=3"
    with pytest.raises(InputError, match=r"expected a condition among gated\+k=3, standard\+k=3, got 'clean'"):
        both.counterpart("clean")


def test_a_failure_laid_to_the_store_fails_the_rule_unless_it_is_flaky(tmp_path: Path) -> None:
    wrong = outcome(questions(92)[-1], "B", "gated")
    store = {"roles": ("store",), "culprit": ("store",), "fault_code": "S2"}
    found = audit_of(tmp_path, audited(1, blames=[blame(wrong, **store)]), STORE_FAULT)
    assert found.verdict == "fail"
    assert found.results[-1].examples == ("gated.q0091",)
    flaky = audited(1, blames=[blame(wrong, **store, persistence="flaky")])
    assert audit_of(tmp_path, flaky, STORE_FAULT).verdict == "pass"
    assert audit_of(tmp_path, audited(1, blames=[blame(wrong)]), STORE_FAULT).verdict == "pass"


def test_a_failure_that_nobody_attributed_or_could_be_blamed_for_cannot_be_told(tmp_path: Path) -> None:
    wrong = outcome(questions(92)[-1], "B", "gated")
    assert audit_of(tmp_path, audited(1), STORE_FAULT).verdict == "cannot tell"
    nobody = audited(1, blames=[blame(wrong, culprit=(), roles=(), abstain_reason="U2 oracles incomplete")])
    assert audit_of(tmp_path, nobody, STORE_FAULT).verdict == "cannot tell"
    assert audit_of(tmp_path, nobody, STORE_FAULT + "max_abstained = 0.99").verdict == "cannot tell"
    fluke = audited(1, blames=[blame(wrong, culprit=(), roles=(), abstain_reason="U1 fluke")])
    assert audit_of(tmp_path, fluke, STORE_FAULT).verdict == "pass"


def test_a_condition_that_there_is_not_is_refused_and_one_of_several_must_be_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="among gated, got 'gaited'; did you mean 'gated'"):
        audit_of(tmp_path, audited(0, 99), HIGH_RISK + 'condition = "gaited"')
    two = audited(0, 99, settings={"gated": settings(), "standard": settings()})
    with pytest.raises(InputError, match="expected a condition, got none; name one of gated, standard"):
        audit_of(tmp_path, two, HIGH_RISK)


def test_equal_audits_have_equal_content_and_another_day_or_policy_has_another(tmp_path: Path) -> None:
    one = content_id(audit_of(tmp_path, audited(0, 99), HIGH_RISK))
    assert content_id(audit_of(tmp_path, audited(0, 99), HIGH_RISK)) == one
    assert content_id(audit_of(tmp_path, audited(0, 99), HIGH_RISK, day=date(2026, 11, 30))) != one
    assert content_id(audit_of(tmp_path, audited(0, 99), HIGH_RISK.replace("0.03", "0.04"))) != one
