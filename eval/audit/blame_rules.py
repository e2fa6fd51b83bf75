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

from evitrail.eval.attribution.blame import FAILS, Blame
from evitrail.eval.attribution.scene.players import STORE
from evitrail.eval.audit.audited import Audited
from evitrail.eval.audit.result import EXAMPLES, RuleResult, percent, result
from evitrail.eval.audit.rules import AttributionRule

FLUKE = "U1"
"""The reason to blame nobody that is no doubt: the failure does not recur."""


def judge_attribution(rule: AttributionRule, audited: Audited) -> RuleResult:
    """The verdict on one rule about blame."""
    condition = audited.condition(rule.condition, rule.id)
    states = f"no systematic failure of {condition} is blamed on the evidence store"
    failed = sorted(
        answer.run for answer in audited.answers(condition).values() if any(fails(answer) for fails in FAILS.values())
    )
    by_run: dict[str, list[Blame]] = {}
    for blame in audited.blames:
        by_run.setdefault(blame.run, []).append(blame)
    if not failed:
        return result(rule, states, "pass", "no run failed", events=0, n=0)
    store = [run for run in failed if any(_on_store(blame) for blame in by_run.get(run, ()))]
    counts = {"events": len(store), "n": len(failed)}
    if store:
        because = f"{len(store)} of {len(failed)} failed runs are: {', '.join(store[:2])}"
        because += f" and {len(store) - 2} more" if len(store) > 2 else ""
        return result(rule, states, "fail", because, examples=tuple(store[:EXAMPLES]), **counts)
    pending = [run for run in failed if run not in by_run or any(map(_not_attributed, by_run[run]))]
    if pending:
        because = f"{len(pending)} of {len(failed)} failed runs were not attributed; run `evitrail attribute` first"
        return result(rule, states, "cannot tell", because, examples=tuple(pending[:EXAMPLES]), **counts)
    silent = [run for run in failed if any(_nobody(blame) for blame in by_run[run])]
    if len(silent) > rule.max_abstained * len(failed):
        because = (
            f"nobody could be blamed for {len(silent)} of {len(failed)} failed runs; the policy allows "
            f"{percent(rule.max_abstained)}"
        )
        return result(rule, states, "cannot tell", because, examples=tuple(silent[:EXAMPLES]), **counts)
    return result(rule, states, "pass", f"none of {len(failed)} failed runs is", **counts)


def _on_store(blame: Blame) -> bool:
    return STORE in blame.roles and blame.persistence == "systematic"


def _not_attributed(blame: Blame) -> bool:
    """A reviewer says who is to blame, and nobody did the run again: whether it recurs is unknown."""
    return blame.persistence == "unknown"


def _nobody(blame: Blame) -> bool:
    return not blame.culprit and not (blame.abstain_reason or "").startswith(FLUKE)
