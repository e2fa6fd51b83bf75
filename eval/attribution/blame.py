"""A blame record: which steps made a run fail, in which way, how sure, or why nobody can be named.

One record per run and kind of failure. Every number rests on
stored replays, named in ``replay_ids``, so that a reviewer can open each counterfactual.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from evitrail.eval.metrics.outcome import Outcome
from evitrail.traces.record import Grown, Record

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
    "E1": "key in doubt: the key, the labels and what the evidence was read to say contradict each other",
    "E2": "grader in doubt: two who say which letter the answer names do not agree",
    "U1": "fluke: fresh re-runs mostly do not fail",
    "U2": "oracles incomplete: labels are missing, or it fails with every step repaired",
    "U3": "no significant step: nothing that was tried prevents the failure beyond chance",
    "U4": "several repairs, and no promise broken: repairing any of them would do",
    "U5": "structure diverged: with a step repaired the run cannot be done to its end",
    "U6": "budget out: more re-runs would be needed than were allowed",
}


class Share(Record):
    """A share of the failure with its 95% interval; equal ends mean it was computed, not estimated."""

    value: float
    lo: float
    hi: float


class Overridden(Grown):
    """What the attribution came to, where a reviewer came to something else."""

    later = frozenset({"authenticated"})

    by: str
    """The reviewer."""
    authenticated: bool = False
    """Whether the reviewer was known by a token of their own; otherwise the name is declared."""
    reason: str
    culprit: tuple[str, ...] | None
    """The steps that the attribution blames; None where the failure was not attributed."""
    code: str | None
    """The code of the fault, or of the reason to blame nobody."""
    tier: Literal["T1", "T2", "reviewer"] = "T1"
    records: tuple[str, ...] = ()
    sentence: str = ""


class Blame(Grown):
    """Who is to blame for one failure of one run."""

    later = frozenset(
        {
            "p_rep_interval",
            "sham",
            "shamed",
            "fixed",
            "rule",
            "overdetermined",
            "behind",
            "discharged",
            "sentence",
            "basis",
            "fresh",
            "overridden",
        }
    )

    run: str
    case: str
    condition: str
    outcome: Kind
    tier: Literal["T1", "T2", "reviewer"]
    """T1: shown by replays. T2: a broken contract, where not everything could be mended. Else what a reviewer says."""
    culprit: tuple[str, ...]
    """Step paths, and ``store``; several mean joint blame, none an abstention. Most to blame first."""
    roles: tuple[str, ...]
    """The culprits' kinds of step, each once, in the same order."""
    fault_code: str | None
    records: tuple[str, ...]
    """Evidence versions without which the failure does not happen."""
    phi: dict[str, Share]
    """The share of the failure by step, of those that were played (Shapley 1953)."""
    necessity: dict[str, float]
    sufficiency: dict[str, float]
    responsibility: dict[str, float]
    minimal_repair_sets: tuple[tuple[str, ...], ...]
    persistence: Literal["systematic", "flaky", "unknown"]
    contract_breaks: tuple[str, ...]
    p_rep: float | None
    """Failure rate of fresh re-runs; None where there were none."""
    v_none: float | None
    """Failure rate with every step repaired; None where that was not played."""
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
    p_rep_interval: tuple[float, float] | None = None
    """95 %, Clopper and Pearson (1934)."""
    fresh: int = 0
    """Fresh re-runs done."""
    fixed: tuple[int, int] | None = None
    """Of the re-runs with the smallest repair: how many did not fail, and how many there were."""
    sham: float | None = None
    """Failure rate with a change of the same size that repairs nothing; None where that changes nothing."""
    shamed: tuple[int, int] | None = None
    """The same as counts: how many did not fail, and how many there were."""
    rule: str = ""
    """What decided between the repairs."""
    overdetermined: bool = False
    """Whether several repairs that share no step would do."""
    behind: float | None = None
    """How much less the next best set of steps prevents; None where there is no other."""
    discharged: tuple[str, ...] = ()
    """Steps whose defect a later one noticed as it should."""
    basis: Literal["", "named", "labels"] = ""
    """Where the reference state of the store came from."""
    sentence: str = ""
    """All of it in one sentence."""
    overridden: Overridden | None = None
    """What a reviewer overrode; None where the blame is the attribution's. It is worked out from the reviews on record
    whenever blame is read, and never stored."""
