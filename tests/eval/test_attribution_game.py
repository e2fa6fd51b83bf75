"""The game's arithmetic, and the toy of attribution.md 2.9: with oracles that are right, the injected step is named."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ward import case

from evitrail.eval.attribution import ROLES, Role
from evitrail.eval.attribution.attribute import PROOFS, Fresh, Inquiry
from evitrail.eval.attribution.contracts import Break, Facts
from evitrail.eval.attribution.counterfactual import Replay
from evitrail.eval.attribution.game import coalitions, necessity, repairs, responsibility, shapley, sufficiency
from evitrail.eval.metrics.outcome import Outcome, score
from evitrail.eval.plan.condition import condition

THREE: tuple[Role, ...] = ("store", "retrieve", "choose")
AND = {kept: float({"store", "choose"} <= kept) for kept in coalitions(THREE)}
"""It fails only while both are as they were."""
OR = {kept: float(bool({"store", "choose"} & kept)) for kept in coalitions(THREE)}
"""It fails while either is as it was."""

games = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.floats(0, 1), min_size=2**n, max_size=2**n).map(
        lambda values: (ROLES[:n], dict(zip(coalitions(ROLES[:n]), values, strict=True)))
    )
)
Game = tuple[tuple[Role, ...], dict[frozenset[Role], float]]


def test_all_coalitions_are_played_once_from_none_to_all() -> None:
    played = list(coalitions(ROLES))
    assert len(played) == len(set(played)) == 64
    assert (played[0], played[-1]) == (frozenset(), frozenset(ROLES))


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
    swap: Mapping[Role, Role] = {one: other, other: one}
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


# The toy: six roles pass values along. GOLD and WEAK are pieces of evidence; a summary is who they speak for.

GOLD, WEAK = "gold", "weak"
ACTS = 0.95
"""How often an injected fault acts when its step is done again."""
NOISE = {"retrieve": 0.03, "critique": 0.05, "requery": 0.06, "synthesise": 0.03, "choose": 0.01}
"""How often a step errs by nature."""
RUNS = 60

Values = dict[str, Any]
PARENTS: dict[Role, tuple[Role, ...]] = {
    "store": (),
    "retrieve": ("store",),
    "critique": ("retrieve",),
    "requery": ("store", "retrieve", "critique"),
    "synthesise": ("requery",),
    "choose": ("synthesise",),
}


class Toy(NamedTuple):
    """One scenario: which faults are injected, and whether the key itself is wrong."""

    faults: tuple[Role, ...] = ()
    index: bool = False
    """Whether the fault of retrieval lies in the index, so that asking again does not help."""
    wrong_key: bool = False


def mended(role: Role, given: Values) -> Any:
    """The best output that a role could give from what it was given."""
    if role == "store":
        return frozenset({GOLD, WEAK})
    if role == "retrieve":
        return given["store"]
    if role == "critique":
        return GOLD in given["retrieve"]
    if role == "requery":
        return given["retrieve"] | (frozenset() if given["critique"] else given["store"])
    if role == "synthesise":
        return "right" if GOLD in given["requery"] else "wrong" if WEAK in given["requery"] else None
    return given["synthesise"]


def natural(role: Role, given: Values, toy: Toy, weak: bool, dice: random.Random) -> Any:
    """What the role does by itself: mostly what is best, sometimes its error; a fault nearly always acts."""
    best = mended(role, given)
    if role == "store":
        return frozenset({GOLD} - ({GOLD} if role in toy.faults else set())) | ({WEAK} if weak else set())
    errs = dice.random() < (ACTS if role in toy.faults else NOISE[role])
    if role == "requery" and toy.index:
        return given["retrieve"]
    if not errs:
        return best
    if role == "retrieve":
        return best - {GOLD}
    if role == "critique":
        return True if role in toy.faults else not best
    return given["retrieve"] if role == "requery" else "wrong"


@dataclass
class ToyReplays:
    """Stands where ``Replays`` does, and plays the toy instead of an agent."""

    toy: Toy
    seed: int
    roles: tuple[Role, ...] = ROLES
    run: str = "toy"
    config: Any = field(
        default_factory=lambda: SimpleNamespace(
            case=case("apixaban"), condition=condition("closed_book"), decoding=SimpleNamespace(seed=0)
        )
    )
    snapshot: Any = field(default_factory=lambda: SimpleNamespace(headers={}, status=lambda ref: "current"))
    reader: Any = field(default_factory=lambda: SimpleNamespace(deterministic=False))
    done: dict[Any, Replay] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.weak = random.Random(f"weak {self.seed}").random() < 0.6
        self.fact: Values = {}
        self._drawn: dict[Any, Any] = {}
        self.fact = self._pass(frozenset(ROLES), "fact")

    def play(self, *, kept: frozenset[Role], replicate: int = 0) -> Replay:
        return Replay("", self.outcome(self._pass(kept, replicate)), 0, 0)

    def again(self) -> Fresh:
        """The run from the start, nothing reused."""
        fact, self.fact = self.fact, {}
        found = tuple(self.outcome(self._pass(frozenset(ROLES), f"fresh {n}")) for n in range(PROOFS))
        self.fact = fact
        return Fresh(found, identical=False)

    def outcome(self, values: Values) -> Outcome:
        right = values["choose"] == "right"
        return OUTCOMES[right != self.toy.wrong_key]

    def breaks(self) -> Iterator[Break]:
        """The contracts of attribution.md 2.2 on the run as it was."""
        of = self.fact
        kept: dict[Role, Callable[[], bool]] = {
            "store": lambda: GOLD in of["store"],
            "retrieve": lambda: GOLD not in of["store"] or GOLD in of["retrieve"],
            "critique": lambda: GOLD in of["retrieve"] or not of["critique"],
            "requery": lambda: of["critique"] or GOLD not in of["store"] or GOLD in of["requery"],
            "synthesise": lambda: GOLD not in of["requery"] or of["synthesise"] == "right",
            "choose": lambda: of["choose"] == of["synthesise"],
        }
        return (Break(role, role, "broken") for role in ROLES if not kept[role]())

    def _pass(self, kept: frozenset[Role], draw: object) -> Values:
        """One pass through the six roles; a step whose mechanism and inputs are the recorded ones is not redrawn."""
        values: Values = {}
        for role in ROLES:
            given = {parent: values[parent] for parent in PARENTS[role]}
            if role not in kept:
                values[role] = mended(role, given)
            elif self.fact and all(self.fact[parent] == given[parent] for parent in given):
                values[role] = self.fact[role]
            else:
                name = (role, draw, *given.values())
                if name not in self._drawn:
                    dice = random.Random(f"{self.seed} {role} {draw} {sorted(map(str, given.values()))}")
                    self._drawn[name] = natural(role, given, self.toy, self.weak, dice)
                values[role] = self._drawn[name]
        return values


OUTCOMES = {
    right: score(
        run="toy", case="q", condition="c", reader="r", snapshot="s", answer="B", options=4, labels={},
        chosen="B" if right else "C", ballots=(),
    )
    for right in (True, False)
}  # fmt: skip


def failed(toy: Toy) -> Iterator[ToyReplays]:
    """The first so many runs of a scenario that fail."""
    found = 0
    for seed in range(100_000):
        replays = ToyReplays(toy, seed)
        if not replays.outcome(replays.fact).correct:
            found += 1
            yield replays
        if found == RUNS:
            return


def blame_of(replays: ToyReplays) -> Any:
    recorded = Facts(steps={}, retrieved=[], critiques=[], synthesis=None, choice=None)
    return Inquiry("wrong", cast("Any", replays), replays.again(), recorded, list(replays.breaks())).blame()


@pytest.mark.parametrize(
    "toy",
    [
        Toy(("store",)),
        Toy(("retrieve",), index=True),
        Toy(("synthesise",)),
        Toy(("choose",)),
        Toy(("retrieve", "critique")),
        Toy(("synthesise", "choose")),
    ],
    ids=["store gap", "index", "synthesise", "choose", "retrieve AND critique", "synthesise OR choose"],
)
def test_the_injected_step_is_named_in_95_of_100_runs(toy: Toy) -> None:
    found = [blame_of(replays) for replays in failed(toy)]
    named = sum(bool(blame.roles) and set(blame.roles) <= set(toy.faults) for blame in found)
    assert named >= 0.95 * len(found)
    assert len(found) == RUNS


def test_with_a_wrong_key_nobody_is_named() -> None:
    found = [blame_of(replays) for replays in failed(Toy(wrong_key=True))]
    assert sum(blame.roles == () for blame in found) >= 0.95 * len(found)
    assert all(blame.abstain_reason for blame in found if not blame.roles)


def test_both_injected_faults_have_a_share_clear_of_zero_and_the_reading_tells_and_from_or() -> None:
    both = [blame_of(replays) for replays in failed(Toy(("retrieve", "critique")))]
    either = [blame_of(replays) for replays in failed(Toy(("synthesise", "choose")))]
    needed = [b for b in both if min(b.necessity["retrieve"], b.necessity["critique"]) > 0.5]
    assert len(needed) >= 0.9 * len(both)
    assert all(b.phi[role].lo > 0.05 for b in needed for role in ("retrieve", "critique"))
    enough = [b for b in either if max(b.necessity.values()) < 0.5]
    assert len(enough) >= 0.85 * len(either)
    assert all(min(b.sufficiency["synthesise"], b.sufficiency["choose"]) > 0.5 for b in enough)
