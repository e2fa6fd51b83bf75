"""Shares of blame: they add up, keep abstentions, and say how sure they are."""

from collections.abc import Sequence
from typing import Any

import pytest
from blames import blamed
from hypothesis import given, settings
from hypothesis import strategies as st

from evitrail.eval.attribution import ROLES, Share
from evitrail.eval.attribution.record.summary import TARGETS, abstentions, blame_shares, fault_counts, fix_values
from evitrail.eval.report.plots import blame_bars

verdicts = st.lists(st.lists(st.sampled_from(list(ROLES)), unique=True, max_size=3), min_size=1, max_size=12)


@settings(deadline=None)  # the first call imports scipy
@given(verdicts, st.randoms())
def test_shares_sum_to_one_lie_within_zero_and_one_and_do_not_depend_on_order(
    found: list[Sequence[str]], order: Any
) -> None:
    blames = [blamed(*roles, case=f"c{place}") for place, roles in enumerate(found)]
    shares = blame_shares(blames, replicates=50)
    assert sum(share.share for share in shares) == pytest.approx(1, abs=1e-5)
    assert all(0 <= share.lo <= share.hi <= 1 for share in shares)
    assert {share.n for share in shares} == {len(blames)}
    order.shuffle(blames)
    assert blame_shares(blames, replicates=50) == shares


def test_joint_blame_is_split_and_abstention_keeps_its_own_share() -> None:
    shares = blame_shares([blamed("store", "retrieve", case="c1"), blamed("store", case="c2"), blamed(case="c3")])
    found = {share.role: share.share for share in shares}
    assert found["store"] == pytest.approx(0.5)
    assert found["retrieve"] == pytest.approx(1 / 6, abs=1e-6)
    assert found["abstained"] == pytest.approx(1 / 3, abs=1e-6)
    assert [share.role for share in shares] == list(TARGETS)


def test_a_role_no_run_had_is_absent_rather_than_blameless() -> None:
    closed = {role: Share(value=0, lo=0, hi=0) for role in ("synthesise", "choose")}
    shares = blame_shares([blamed("synthesise", condition="closed_book", phi=closed)])
    assert [share.role for share in shares] == ["synthesise", "choose", "abstained"]


def test_runs_of_one_case_are_drawn_together() -> None:
    runs = [blamed("store", case="c1", run=f"r{n}") for n in range(5)]
    runs += [blamed("choose", case="c2", run=f"s{n}") for n in range(5)]
    store = next(share for share in blame_shares(runs) if share.role == "store")
    # Ten independent runs would give about 0.2 to 0.8; two cases can both be the same one.
    assert (store.share, store.lo, store.hi) == (0.5, 0.0, 1.0)


def test_agreement_of_a_few_cases_is_not_certainty() -> None:
    two = [blamed("retrieve", case="c1"), blamed("retrieve", case="c2")]
    share = next(share for share in blame_shares(two) if share.role == "retrieve")
    assert (share.share, share.hi) == (1.0, 1.0)
    assert share.lo == pytest.approx(0.342, abs=1e-3)  # Wilson, 2 of 2
    many = [blamed("retrieve", case=f"c{n}") for n in range(50)]
    assert next(share for share in blame_shares(many) if share.role == "retrieve").lo > 0.9


def test_kinds_of_failure_and_conditions_are_counted_apart() -> None:
    shares = blame_shares(
        [blamed("store"), blamed("choose", outcome="unsafe"), blamed("choose", condition="standard", case="c1")]
    )
    whole = {(share.condition, share.outcome): share.role for share in shares if share.share == 1}
    assert whole == {("agentic", "wrong"): "store", ("agentic", "unsafe"): "choose", ("standard", "wrong"): "choose"}


def test_nothing_blamed_gives_no_shares() -> None:
    assert blame_shares([]) == []
    assert fault_counts([]) == []


def test_every_record_is_counted_under_its_fault_or_the_reason_to_abstain() -> None:
    counts = fault_counts([blamed("retrieve", case="c1"), blamed("retrieve", case="c2"), blamed(case="c3")])
    assert {count.code: count.n for count in counts} == {"R1": 2, "U3": 1}


def test_another_seed_draws_other_replicates() -> None:
    blames = [blamed("store" if n % 3 else "choose", case=f"c{n}") for n in range(40)]
    assert blame_shares(blames, seed=1) != blame_shares(blames, seed=2)


def test_a_step_of_a_kind_from_outside_has_its_share() -> None:
    shares = blame_shares([blamed("triage", phi={"triage[1]": Share(value=1, lo=1, hi=1)})])
    assert {share.role: share.share for share in shares}["triage"] == 1


@pytest.mark.parametrize("target", TARGETS)
def test_every_share_can_be_drawn(target: str) -> None:
    shares = blame_shares([blamed(*(() if target == "abstained" else (target,)))])
    assert "<svg" in blame_bars([share for share in shares if share.share == 1])


def test_the_fix_value_counts_failures_that_mending_one_role_alone_prevents() -> None:
    blames = [
        blamed("store", "retrieve", case="c1", minimal_repair_sets=(("store",), ("retrieve[1]",))),
        blamed("retrieve", case="c2", minimal_repair_sets=(("retrieve[2]",),)),
        blamed("critique", case="c3", minimal_repair_sets=(("critique[1]", "choose[1]"),)),
        blamed(case="c4"),
    ]
    found = {value.role: value for value in fix_values(blames)}
    assert {role: value.prevents for role, value in found.items() if value.prevents} == {"retrieve": 2, "store": 1}
    assert {value.n for value in found.values()} == {4}, "the whole group, those nobody is blamed for too"
    assert found["choose"].prevents == 0, "only together with another, which is not alone"
    assert found["retrieve"].share == 0.5
    assert fix_values(blames)[0].role == "retrieve", "the best first"


def test_the_interval_of_a_fix_value_is_over_cases_as_that_of_a_blame_is() -> None:
    alone = {"minimal_repair_sets": (("retrieve[1]",),)}
    runs = [blamed("retrieve", case="c1", run=f"r{n}", **alone) for n in range(5)]
    runs += [blamed("choose", case="c2", run=f"s{n}") for n in range(5)]
    value = fix_values(runs)[0]
    assert (value.role, value.prevents, value.n) == ("retrieve", 5, 10)
    assert (value.share, value.lo, value.hi) == (0.5, 0.0, 1.0), "two cases can both be the same one"
    (every,) = [one for one in fix_values(runs[:5]) if one.role == "retrieve"]
    assert (every.share, every.hi) == (1.0, 1.0)
    assert every.lo == pytest.approx(0.207, abs=1e-3)  # Wilson, 1 of 1


def test_abstentions_are_counted_by_reason() -> None:
    counts = abstentions([blamed("retrieve", case="c1"), blamed(case="c2"), blamed(case="c3")])
    assert [(count.code, count.n) for count in counts] == [("U3", 2)]


def test_steps_of_an_outside_agent_have_a_share_before_the_abstentions() -> None:
    triage = {"triage[1]": Share(value=1, lo=1, hi=1), "choose[1]": Share(value=0, lo=0, hi=0)}
    shares = blame_shares([blamed("triage", phi=triage)])
    assert [(share.role, share.share) for share in shares] == [("choose", 0.0), ("triage", 1.0), ("abstained", 0.0)]
