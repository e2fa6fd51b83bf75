"""What is recorded of a drift: each changed answer with its cause, condition by condition, and event by event.

This is the document of ``evitrail drift --json``; its fields are described in ``docs/command-line.md``.
"""

from __future__ import annotations

from typing import Literal

from evitrail.eval.compare.comparison import ComparedMetric
from evitrail.eval.compare.parted import Answered
from evitrail.eval.drift.cause import Cause
from evitrail.traces.record import Record

Verdict = Literal["better", "worse", "equal"]
Harm = Literal["less", "more", "same"]


class ChangedAnswer(Record):
    """A case that A and B answered differently."""

    case: str
    answer: str
    """The right option."""
    verdict: Verdict
    """Whether only B is right (better), only A is (worse), or neither (equal)."""
    harm: Harm | None
    """Whether B's option does less or more harm, by the case's labels; None where it has none."""
    a: Answered
    b: Answered
    evidence_out: tuple[str, ...]
    """Versions that only A's answer cites."""
    evidence_in: tuple[str, ...]
    """Versions that only B's answer cites."""
    cause: Cause


class ConditionDrift(Record):
    """One condition of A beside the same condition of B."""

    a: str
    b: str
    state_a: tuple[int, ...]
    """The ledger numbers that A's runs saw; more than one only where they were run on several."""
    state_b: tuple[int, ...]
    differing: tuple[str, ...]
    """The components in which A's and B's runs differ, in a fixed order."""
    cases: int
    """Cases that both answered."""
    only_a: int
    """Cases that only A answered."""
    only_b: int
    overridden: int
    """Cases of which a reviewer overrode a label, on either side."""
    better: int
    worse: int
    equal: int
    """Cases answered differently, and wrong in both."""
    tests: int
    """Tests that p-values of this condition are corrected for, by Holm's method."""
    metrics: dict[str, ComparedMetric]
    """``baseline`` is A, ``other`` is B."""
    changed: tuple[ChangedAnswer, ...]
    """By case."""


class EventDrift(Record):
    """What one event of the ledger alone changed, in all conditions together."""

    seq: int
    sentence: str
    """``event 381: regraded gu-x@2 by anna (panel of May)``."""
    better: int
    worse: int
    equal: int
    runs: tuple[str, ...]
    """Those of B, by name."""


class Drift(Record):
    """Two experiments, condition by condition."""

    a: str
    b: str
    conditions: tuple[ConditionDrift, ...]
    only_a: tuple[str, ...]
    """Conditions of A that have no counterpart in B."""
    only_b: tuple[str, ...]
    events: tuple[EventDrift, ...]
    """The event that changed most answers first, then the later one."""
