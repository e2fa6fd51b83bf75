"""``evitrail run --check``: the conditions and runs that a proven plan comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evitrail.workbench.cli.console import print_json, say

if TYPE_CHECKING:
    from evitrail.eval.experiment.experiment import Experiment
    from evitrail.eval.plan.condition import Condition


def show_summary(experiment: Experiment, *, json: bool) -> None:
    """List an experiment's conditions and the excluded ones, without running or writing anything."""
    from evitrail.eval.resolve import summary

    found = summary(experiment)
    if json:
        print_json({**found._asdict(), "conditions": list(found.conditions)})
        return
    say(f"sound: {found.cases} cases, {len(found.conditions)} conditions, {found.runs} runs; nothing was run")
    for name, condition in found.conditions.items():
        say(f"{name}: {described(condition)}", indent=2)
    for name, reason in found.excluded.items():
        say(f"excluded: {name}: {reason}")
    for case, doubts in found.contradictions.items():
        say(f"key in doubt: {case}: {'; '.join(doubts)}; no step will be blamed for it")


def described(condition: Condition) -> str:
    """A condition on one line: agent, retriever, number of passages and store state."""
    if not condition.retriever:
        evidence = f"{condition.curated} evidence of the case" if condition.curated else "no evidence"
        return f"{condition.agent}, {evidence}"
    state = f", snapshot {condition.snapshot}" if condition.snapshot else ""
    return f"{condition.agent}, {condition.retriever}, k = {condition.k}{state}"
