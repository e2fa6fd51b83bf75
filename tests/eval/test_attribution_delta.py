"""Delta debugging finds the changes that make the difference, and no more than are needed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evitrail.eval.attribution.baseline.delta_debugging import ddmin, minimal_sets

NAMES = "abcdefg"


@given(st.frozensets(st.sampled_from(NAMES), min_size=1))
def test_delta_debugging_finds_the_set_that_is_needed_whatever_else_differs(needed: frozenset[str]) -> None:
    assert minimal_sets(NAMES, lambda changed: needed <= changed) == (tuple(sorted(needed)),)


@given(st.sets(st.frozensets(st.sampled_from(NAMES), min_size=1), min_size=1))
def test_what_delta_debugging_finds_suffices_and_no_member_can_be_left_out(wanted: set[frozenset[str]]) -> None:
    def suffices(changed: frozenset[str]) -> bool:
        return any(each <= changed for each in wanted)

    found = ddmin(NAMES, suffices)
    assert suffices(frozenset(found))
    assert not any(suffices(frozenset(found) - {name}) for name in found if len(found) > 1)


@given(st.frozensets(st.sampled_from(NAMES), min_size=1))
def test_every_change_that_suffices_alone_is_reported_in_the_order_given(alone: frozenset[str]) -> None:
    assert minimal_sets(NAMES, lambda changed: bool(changed & alone)) == tuple((name,) for name in sorted(alone))


def test_where_all_changes_together_do_not_suffice_nothing_is_found() -> None:
    assert minimal_sets(NAMES, lambda changed: False) == ()
    assert minimal_sets("a", lambda changed: False) == ()
