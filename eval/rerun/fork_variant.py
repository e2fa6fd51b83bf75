"""One change that can be applied to many runs; applied to one of them it is a fork.

Rules kept here
- ``changes`` are those of ``changes.py``. Evidence to withhold and an option to choose are given by name, since what a
  step said, which they override, is another thing in each run.
- A change holds from step ``at`` on; none means from the start. What is overridden is the output of that step, or of
  the first that it can be.
- Readers and judges are those that the plan names: no request here reaches another server.

    variant = ForkVariant(at="retrieve[1]", changes={"retriever": "clean"})
    what = fork_of(Trace(past, "standard.radiology-003"), variant)
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from evitrail.agent.model import Choice
from evitrail.eval.plan.plan import Plan
from evitrail.eval.plugin import OUTSIDE
from evitrail.eval.rerun.fork import forking
from evitrail.eval.rerun.fork_record import Fork
from evitrail.retrieval.base import Retrieved
from evitrail.traces.record import Record, stored_name
from evitrail.traces.run.activity import Activity
from evitrail.traces.trace import Trace


class ForkVariant(Record):
    """See the module."""

    label: str = Field(default="", max_length=120)
    """What a person calls it; it decides nothing."""
    at: str | None = Field(default=None, max_length=200)
    """The first step that is done otherwise; None for all of them."""
    changes: dict[str, Any] = Field(default_factory=dict)
    """See ``changes.py``."""
    without: tuple[str, ...] = ()
    """Evidence versions to withhold from what the search found."""
    choose: str | None = Field(default=None, max_length=20)
    """The option to choose, whatever the evidence says."""


def fork_of(trace: Trace, variant: ForkVariant) -> Fork:
    """The fork of a run by a variant; raises ``ValueError`` naming what does not fit the run."""
    said = [name for name in ("changes", "without", "choose") if getattr(variant, name) not in ({}, (), None)]
    if len(said) != 1:
        raise ValueError(f"expected one of changes, without and choose, got {' and '.join(said) or 'none'}")
    if variant.without:
        step = _step(trace, variant.at, Retrieved)
        return forking(trace, step.path, {"output": _withheld(trace, step, variant.without)})
    if variant.choose is not None:
        step = _step(trace, variant.at, Choice)
        return forking(trace, step.path, {"output": _chosen(trace, step, variant.choose)})
    return forking(trace, variant.at, variant.changes)


def expect_no_code(plan: Plan) -> None:
    """Raise ``ValueError`` for a plan that names code of one's own, which never runs from the browser."""
    for condition in plan.asked:
        named = (condition.agent, condition.retriever or "", *condition.components.values())
        for spec in filter(OUTSIDE.fullmatch, named):
            raise ValueError(
                f"condition {condition.name!r} names code of its own, {spec!r}, which never runs from the browser; "
                "`evitrail fork --allow-code` runs it"
            )


def expect_known(variant: ForkVariant, plan: Plan) -> None:
    """Raise ``ValueError`` for a judge that the plan does not name."""
    judge = variant.changes.get("judge", plan.judge)
    if judge not in ("rule", plan.judge):
        known = " or ".join(dict.fromkeys(("rule", plan.judge)))
        raise ValueError(
            f"judge: expected {known}, as this experiment has it, got {judge!r}; `evitrail fork` takes others"
        )


def _step(trace: Trace, at: str | None, says: type[Record]) -> Activity:
    """The step to override: one whose output is such a record."""
    fitting = {
        step.path: step for step in trace.activities if step.output_type == stored_name(says) and "/" not in step.path
    }
    path = at if at in fitting else next(iter(fitting), None)
    if path is None:
        raise ValueError(f"expected a step of {trace.run!r} whose output is a {stored_name(says)}, it has none")
    return fitting[path]


def _withheld(trace: Trace, step: Activity, refs: tuple[str, ...]) -> dict[str, Any]:
    found = trace.get(step.output, Retrieved)
    hits = [hit for hit in found.hits if hit.passage.ref not in refs]
    if len(hits) == len(found.hits):
        raise ValueError(f"{step.path}: expected evidence that it found, got {', '.join(refs)}, which it did not")
    ranked = tuple(hit.model_copy(update={"rank": rank}) for rank, hit in enumerate(hits, start=1))
    return found.model_copy(update={"hits": ranked}).model_dump(mode="json")


def _chosen(trace: Trace, step: Activity, option: str) -> dict[str, Any]:
    choice = trace.get(step.output, Choice)
    if option not in choice.logits:
        raise ValueError(f"{step.path}: expected an option among {', '.join(choice.logits)}, got {option!r}")
    return choice.model_copy(update={"option": option, "reason": "overridden in a fork"}).model_dump(mode="json")
