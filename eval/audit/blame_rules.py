"""Are failures blamed on what the policy forbids?

=============================  ===============================================================================
``no_systematic_store_fault``  no failure that recurs when the run is done again is blamed on the evidence store
=============================  ===============================================================================

Rules kept here
- Only what was attributed can be judged: a failed run without blame (``evitrail attribute``) cannot be told.
- A failure for which nobody could be blamed might be the store's. Where the share of these is above what the policy
  allows, it cannot be told.
- A failure that does not recur (a fluke) is not systematic.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from evitrail.eval.attribution.blame import FAILS, Blame
from evitrail.eval.attribution.scene.players import STORE
from evitrail.eval.audit.audited import Audited
from evitrail.eval.audit.result import EXAMPLES, RuleResult, percent, result
from evitrail.eval.audit.rules import AttributionRule

FLUKE = "U1"
"""The reason to blame nobody that is no doubt: the failure does not recur."""


class Suspects(NamedTuple):
    """The failed runs of a condition, and those of them that a rule about blame is decided by."""

    failed: tuple[str, ...]
    store: tuple[str, ...]
    """Blamed on the evidence store, and they recur."""
    pending: tuple[str, ...]
    """Not attributed, or nobody did them again."""
    silent: tuple[str, ...]
    """Nobody could be blamed."""
    most_silent: float
    """How many of these the rule allows."""

    @property
    def behind(self) -> tuple[str, ...]:
        """The runs that the verdict rests on, unless the rule is kept."""
        return self.store or self.pending or (self.silent if len(self.silent) > self.most_silent else ())


def judge_attribution(rule: AttributionRule, audited: Audited) -> RuleResult:
    """The verdict on one rule about blame."""
    condition = audited.condition(rule.condition, rule.id)
    states = f"no systematic failure of {condition} is blamed on the evidence store"
    found = suspects(rule, audited)
    failed, store = len(found.failed), found.store
    if not failed:
        return result(rule, states, "pass", "no run failed", events=0, n=0)
    told = {"events": len(store), "n": failed, "examples": found.behind[:EXAMPLES]}
    if store:
        because = f"{len(store)} of {failed} failed runs are: {', '.join(store[:2])}"
        because += f" and {len(store) - 2} more" if len(store) > 2 else ""
        return result(rule, states, "fail", because, **told)
    if found.pending:
        because = f"{len(found.pending)} of {failed} failed runs were not attributed; run `evitrail attribute` first"
        return result(rule, states, "cannot tell", because, **told)
    if found.behind:
        because = (
            f"nobody could be blamed for {len(found.silent)} of {failed} failed runs; the policy allows "
            f"{percent(rule.max_abstained)}"
        )
        return result(rule, states, "cannot tell", because, **told)
    return result(rule, states, "pass", f"none of {failed} failed runs is", **told)


def suspects(rule: AttributionRule, audited: Audited) -> Suspects:
    """The failed runs that a rule about blame is decided by, each in order of name."""
    answers = audited.answers(audited.condition(rule.condition, rule.id)).values()
    failed = sorted(answer.run for answer in answers if any(fails(answer) for fails in FAILS.values()))
    by_run: dict[str, list[Blame]] = {}
    for blame in audited.blames:
        by_run.setdefault(blame.run, []).append(blame)

    def blamed_so(says: Callable[[Blame], bool]) -> tuple[str, ...]:
        return tuple(run for run in failed if any(says(blame) for blame in by_run.get(run, ())))

    pending = tuple(run for run in failed if run not in by_run or any(map(_not_attributed, by_run[run])))
    most_silent = rule.max_abstained * len(failed)
    return Suspects(tuple(failed), blamed_so(_on_store), pending, blamed_so(_nobody), most_silent)


def _on_store(blame: Blame) -> bool:
    return STORE in blame.roles and blame.persistence == "systematic"


def _not_attributed(blame: Blame) -> bool:
    """A reviewer says who is to blame, and nobody did the run again: whether it recurs is unknown."""
    return blame.persistence == "unknown"


def _nobody(blame: Blame) -> bool:
    return not blame.culprit and not (blame.abstain_reason or "").startswith(FLUKE)
