"""The game's arithmetic: who must be as they were for the failure to happen, shared out exactly."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evitrail.eval.attribution.decision.game import coalitions, necessity, repairs, responsibility, shapley, sufficiency

PLAYERS = ("store", "retrieve[1]", "critique[1]", "requery[1]", "synthesise[1]", "choose[1]")
THREE: tuple[str, ...] = ("store", "retrieve", "choose")
AND = {kept: float({"store", "choose"} <= kept) for kept in coalitions(THREE)}
"""It fails only while both are as they were."""
OR = {kept: float(bool({"store", "choose"} & kept)) for kept in coalitions(THREE)}
"""It fails while either is as it was."""

games = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.floats(0, 1), min_size=2**n, max_size=2**n).map(
        lambda values: (PLAYERS[:n], dict(zip(coalitions(PLAYERS[:n]), values, strict=True)))
    )
)
Game = tuple[tuple[str, ...], dict[frozenset[str], float]]


def test_all_coalitions_are_played_once_from_none_to_all() -> None:
    played = list(coalitions(PLAYERS))
    assert len(played) == len(set(played)) == 64
    assert (played[0], played[-1]) == (frozenset(), frozenset(PLAYERS))


@given(games)
def test_shares_sum_to_what_there_is_to_share(game: Game) -> None:
    roles, values = game
    whole = values[frozenset(roles)] - values[frozenset()]
    assert sum(shapley(values, roles).values()) == pytest.approx(whole, abs=1e-9)


@given(games)
def test_a_role_that_never_matters_has_no_share(game: Game) -> None:
    roles, values = game
    deaf = {kept: values[kept - {"store"}] for kept in values}
    assert shapley(deaf, roles)["store"] == pytest.approx(0, abs=1e-12)
    assert (necessity(deaf, roles)["store"], sufficiency(deaf, roles)["store"]) == (0, 0)


@given(games)
def test_roles_that_can_be_exchanged_have_equal_shares(game: Game) -> None:
    roles, values = game
    if len(roles) < 2:
        return
    one, other = roles[:2]
    swap: Mapping[str, str] = {one: other, other: one}
    fair = {kept: values[kept] + values[frozenset(swap.get(role, role) for role in kept)] for kept in values}
    shares = shapley(fair, roles)
    assert shares[one] == pytest.approx(shares[other], abs=1e-9)


@given(games, st.floats(0, 1))
def test_a_minimal_repair_repairs_and_nothing_within_it_does(game: Game, at_most: float) -> None:
    roles, values = game
    whole = frozenset(roles)
    found = repairs(values, roles, at_most)
    assert all(values[whole - set(mended)] <= at_most for mended in found)
    for mended in found:
        assert all(values[whole - less] > at_most for less in coalitions(mended) if less != frozenset(mended))
    assert bool(found) == any(value <= at_most for value in values.values())


def test_two_faults_that_are_both_needed_are_each_necessary_and_neither_suffices() -> None:
    assert shapley(AND, THREE) == pytest.approx({"store": 0.5, "retrieve": 0, "choose": 0.5})
    assert necessity(AND, THREE) == {"store": 1, "retrieve": 0, "choose": 1}
    assert sufficiency(AND, THREE) == {"store": 0, "retrieve": 0, "choose": 0}
    assert repairs(AND, THREE) == [("store",), ("choose",)]
    assert responsibility(repairs(AND, THREE), THREE) == {"store": 1, "retrieve": 0, "choose": 1}


def test_two_faults_that_each_suffice_are_neither_necessary_and_share_the_responsibility() -> None:
    assert shapley(OR, THREE) == pytest.approx({"store": 0.5, "retrieve": 0, "choose": 0.5})
    assert necessity(OR, THREE) == {"store": 0, "retrieve": 0, "choose": 0}
    assert sufficiency(OR, THREE) == {"store": 1, "retrieve": 0, "choose": 1}
    assert repairs(OR, THREE) == [("store", "choose")]
    assert responsibility(repairs(OR, THREE), THREE) == {"store": 0.5, "retrieve": 0, "choose": 0.5}


def test_a_sole_culprit_is_necessary_and_sufficient() -> None:
    sole = {kept: float("choose" in kept) for kept in coalitions(THREE)}
    assert shapley(sole, THREE) == pytest.approx({"store": 0, "retrieve": 0, "choose": 1})
    assert necessity(sole, THREE) == sufficiency(sole, THREE) == {"store": 0, "retrieve": 0, "choose": 1}
