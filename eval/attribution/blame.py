"""A blame record: which step made a run fail, in which way, how sure, or why nobody can be named.

One record per run and kind of failure (attribution.md, section 2.8). Every number rests on stored
replays, named in ``replay_ids``, so that a reviewer can open each counterfactual.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from evitrail.eval.attribution.oracles import Role
from evitrail.eval.metrics.outcome import Outcome
from evitrail.traces.record import Record

Kind = Literal["wrong", "high_risk", "unsafe", "contradiction", "overconfident"]

FAILS: dict[Kind, Callable[[Outcome], bool | None]] = {
    "wrong": lambda o: not o.correct,
    "high_risk": lambda o: o.high_risk,
    "unsafe": lambda o: o.unsafe,
    "contradiction": lambda o: o.contradicts,
    "overconfident": lambda o: o.overconfident,
}
"""What counts as failing; None where the case carries no labels. Abstaining fails only ``wrong``."""

ABSTENTIONS: dict[str, str] = {
    "U1": "fluke: fresh re-runs mostly do not fail",
    "U2": "oracles incomplete: it fails with every step repaired, so the labels, the key or the evidence is at fault",
    "U3": "no significant step: no share of the failure is clear of zero",
}


class Share(Record):
    """A share of the failure with its 95% interval; equal ends mean it was computed, not estimated."""

    value: float
    lo: float
    hi: float


class Blame(Record):
    """Who is to blame for one failure of one run."""

    run: str
    case: str
    condition: str
    outcome: Kind
    tier: Literal["T1", "T2"]
    """T1: the full game. T2: repaired oracles still fail; single repairs with a broken contract only."""
    culprit: tuple[str, ...]
    """Step paths; several mean joint blame, none an abstention."""
    roles: tuple[Role, ...]
    """The culprits' roles."""
    fault_code: str | None
    records: tuple[str, ...]
    """Evidence versions without which the failure does not happen."""
    phi: dict[Role, Share]
    necessity: dict[Role, float]
    sufficiency: dict[Role, float]
    responsibility: dict[Role, float]
    minimal_repair_sets: tuple[tuple[Role, ...], ...]
    persistence: Literal["systematic", "flaky"]
    contract_breaks: tuple[str, ...]
    p_rep: float
    """Failure rate of fresh re-runs."""
    v_none: float
    """Failure rate with every step repaired."""
    n: int
    """Replicates of the game; 1 where replays proved the components deterministic."""
    replays: int
    executed: int
    """Steps really done in those replays."""
    cache_hits: int
    """Steps reused because their inputs were unchanged."""
    oracle_leak: Literal["none", "evidence"]
    seed: int
    replay_ids: tuple[str, ...]
    abstain_reason: str | None
    """A code and sentence of ``ABSTENTIONS``; None where somebody is blamed."""
