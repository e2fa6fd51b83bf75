"""The toy of attribution.md 2.9: with oracles that are right, the injected step is named, and luck is not.

Six steps pass values along. GOLD and WEAK are pieces of evidence; a summary is who they speak for.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import pytest
from ward import case

from evitrail.eval.attribution.blame import Blame
from evitrail.eval.attribution.inquiry import Inquiry
from evitrail.eval.attribution.replays.fresh import Fresh
from evitrail.eval.attribution.replays.replay import Replay
from evitrail.eval.attribution.roles.role import Break
from evitrail.eval.metrics.outcome import Outcome, score
from evitrail.eval.plan.condition import condition
from evitrail.retrieval import BM25

GOLD, WEAK = "gold", "weak"
ACTS = 0.95
"""How often an injected fault acts when its step is done again."""
NOISE = {"retrieve": 0.03, "critique": 0.05, "requery": 0.06, "synthesise": 0.03, "choose": 0.01}
"""How often a step errs by nature."""
RUNS = 60

Values = dict[str, Any]
PARENTS: dict[str, tuple[str, ...]] = {
    "store": (),
    "retrieve": ("store",),
    "critique": ("retrieve",),
    "requery": ("store", "retrieve", "critique"),
    "synthesise": ("requery",),
    "choose": ("synthesise",),
}
PLAYERS = tuple(role if role == "store" else f"{role}[1]" for role in PARENTS)


class Toy(NamedTuple):
    """One scenario: which faults are injected, and whether the key itself is wrong."""

    faults: tuple[str, ...] = ()
    in_index: bool = False
    """Whether the fault of retrieval lies in the index, so that asking again does not help."""
    wrong_key: bool = False


def mended(role: str, given: Values) -> Any:
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


def natural(role: str, given: Values, toy: Toy, weak: bool, dice: random.Random) -> Any:
    """What the role does by itself: mostly what is best, sometimes its error; a fault nearly always acts."""
    best = mended(role, given)
    if role == "store":
        return frozenset({GOLD} - ({GOLD} if role in toy.faults else set())) | ({WEAK} if weak else set())
    errs = dice.random() < (ACTS if role in toy.faults else NOISE[role])
    if role == "requery" and toy.in_index:
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
    players: tuple[str, ...] = PLAYERS

    def __post_init__(self) -> None:
        self.weak = random.Random(f"weak {self.seed}").random() < 0.6
        self.fact: Values = {}
        self._drawn: dict[Any, Any] = {}
        self.fact = self._pass(frozenset(PARENTS), "fact")
        wrong = () if GOLD in self.fact["store"] else (SimpleNamespace(code="S1", ref="gold@1", what="is gone"),)
        self.reference = SimpleNamespace(corrections=wrong, complete=True)
        self.scene = SimpleNamespace(
            run="toy",
            trace=SimpleNamespace(journal=SimpleNamespace(records=lambda run: [])),
            config=SimpleNamespace(
                case=case("apixaban"), condition=condition("closed_book"), decoding=SimpleNamespace(seed=0)
            ),
            labels=SimpleNamespace(missing=None, decides=()),
            facts=SimpleNamespace(choice=None, synthesis=None),
            corrections=wrong,
            named=None,
            steps=(),
            decides=frozenset(),
            rests_on={},
            retriever=BM25(),
            order=PLAYERS.index,
        )

    def play(
        self, mended: Iterable[str] = (), *, replicate: int = 0, again_from: str | None = None, **_: Any
    ) -> Replay:
        kept = frozenset(PARENTS) - {player.partition("[")[0] for player in mended}
        values = self._pass(kept, f"{replicate} {again_from}", (again_from or "").partition("[")[0])
        return Replay(f"{sorted(kept)} {replicate} {again_from}", self.outcome(values), 0, 0)

    def again(self) -> Fresh:
        """The run from the start, nothing reused."""
        fact, self.fact = self.fact, {}
        found = tuple(self.outcome(self._pass(frozenset(PARENTS), f"fresh {n}")) for n in range(16))
        self.fact = fact
        return Fresh(found)

    def outcome(self, values: Values) -> Outcome:
        right = values["choose"] == "right"
        return OUTCOMES[right != self.toy.wrong_key]

    def breaks(self) -> Iterator[Break]:
        """The contracts of attribution.md 2.2 on the run as it was."""
        of = self.fact
        kept: dict[str, Callable[[], bool]] = {
            "store": lambda: GOLD in of["store"],
            "retrieve": lambda: GOLD not in of["store"] or GOLD in of["retrieve"],
            "critique": lambda: GOLD in of["retrieve"] or not of["critique"],
            "requery": lambda: self.toy.in_index or of["critique"] or GOLD in of["requery"] or GOLD not in of["store"],
            "synthesise": lambda: GOLD not in of["requery"] or of["synthesise"] == "right",
            "choose": lambda: of["choose"] == of["synthesise"],
        }
        places = zip(PARENTS, PLAYERS, strict=True)
        return (Break(role, player, "broken") for role, player in places if not kept[role]())

    def _pass(self, kept: frozenset[str], draw: object, anew_after: str = "") -> Values:
        """One pass through the six; a step whose mechanism and inputs are the recorded ones is not redrawn."""
        values: Values = {}
        anew = False
        for role in PARENTS:
            given = {parent: values[parent] for parent in PARENTS[role]}
            if role not in kept:
                values[role] = mended(role, given)
            elif self.fact and not anew and all(self.fact[parent] == given[parent] for parent in given):
                values[role] = self.fact[role]
            else:
                name = (role, draw, *given.values())
                if name not in self._drawn:
                    dice = random.Random(f"{self.seed} {role} {draw} {sorted(map(str, given.values()))}")
                    self._drawn[name] = natural(role, given, self.toy, self.weak, dice)
                values[role] = self._drawn[name]
            anew |= role == anew_after
        return values


OUTCOMES = {
    right: score(
        run="toy", case="q", condition="c", reader="r", snapshot="s", answer="B", options=4, labels={},
        chosen="B" if right else "C", ballots=(),
    )
    for right in (True, False)
}  # fmt: skip


OR = pytest.param(Toy(("synthesise", "choose")))


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


def blame_of(replays: ToyReplays) -> Blame:
    return Inquiry("wrong", cast("Any", replays), replays.again(), tuple(replays.breaks())).blame()


@pytest.mark.parametrize(
    "toy",
    [
        Toy(("store",)),
        Toy(("retrieve",), in_index=True),
        Toy(("synthesise",)),
        Toy(("choose",)),
        Toy(("retrieve", "critique")),
        OR,
    ],
    ids=["store gap", "index", "synthesise", "choose", "retrieve AND critique", "synthesise OR choose"],
)
def test_the_injected_step_is_named_in_95_of_100_runs(toy: Toy) -> None:
    found = [blame_of(replays) for replays in failed(toy)]
    named = sum(bool(blame.roles) and set(blame.roles) <= set(toy.faults) for blame in found)
    assert named >= 0.95 * len(found), [(one.culprit, one.abstain_reason) for one in found]
    assert len(found) == RUNS


@pytest.mark.parametrize("toy", [Toy(("retrieve", "critique")), OR], ids=["AND", "OR"])
def test_of_two_faults_both_are_named_in_60_of_100_runs(toy: Toy) -> None:
    found = [blame_of(replays) for replays in failed(toy)]
    both = sum(set(blame.roles) == set(toy.faults) for blame in found)
    assert both >= 0.6 * len(found), [(one.culprit, one.abstain_reason) for one in found]


def test_where_nothing_is_injected_a_failure_is_mostly_told_as_a_fluke() -> None:
    found = [blame_of(replays) for replays in failed(Toy())]
    flukes = [blame for blame in found if (blame.abstain_reason or "").startswith("U1")]
    assert len(flukes) >= 0.8 * len(found), [(one.culprit, one.abstain_reason) for one in found]
    assert {blame.persistence for blame in flukes} == {"flaky"}


def test_with_a_wrong_key_nobody_is_named() -> None:
    found = [blame_of(replays) for replays in failed(Toy(wrong_key=True))]
    assert sum(blame.roles == () for blame in found) >= 0.95 * len(found)
    assert all(blame.abstain_reason for blame in found if not blame.roles)


def test_of_faults_that_are_both_needed_each_is_necessary_and_has_a_share_clear_of_zero() -> None:
    both = [blame_of(replays) for replays in failed(Toy(("retrieve", "critique")))]
    needed = [b for b in both if min(b.necessity.get(p, 0) for p in ("retrieve[1]", "critique[1]")) > 0.5]
    assert len(needed) >= 0.9 * len(both)
    assert all(b.phi[player].lo > 0.05 for b in needed for player in ("retrieve[1]", "critique[1]"))
    assert sum(b.overdetermined for b in needed) >= 0.7 * len(both), "repairing either would do"


def test_of_faults_that_are_each_enough_none_is_necessary_and_each_suffices() -> None:
    either = [blame_of(replays) for replays in failed(Toy(("synthesise", "choose")))]
    enough = [b for b in either if b.necessity and max(b.necessity.values()) < 0.5]
    assert len(enough) >= 0.85 * len(either)
    assert all(min(b.sufficiency.get(p, 0) for p in ("synthesise[1]", "choose[1]")) > 0.5 for b in enough)


@pytest.mark.parametrize("toy", [Toy(), Toy(("store",)), Toy(("retrieve", "critique"))])
def test_intervals_stay_within_zero_and_one_and_hold_their_value(toy: Toy) -> None:
    for blame in map(blame_of, failed(toy)):
        assert all(0 <= share.lo <= share.hi <= 1 for share in blame.phi.values())
        assert blame.p_rep_interval is not None
        assert 0 <= blame.p_rep_interval[0] <= (blame.p_rep or 0) <= blame.p_rep_interval[1] <= 1
