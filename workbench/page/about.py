"""What the list of runs says of one: the question, what was chosen, whether it was right, who is blamed.

Rules kept here
- It is read from the same blobs as the page shows, so the page can hold it against them.
- A run of which nothing of this is known (another kind of configuration, not finished, patient data
  that stays out) has an empty entry: unknown is never "wrong".
- Labels and blame are as reviewers overrode them.

    about(trace, shown=lambda name: True)["correct"]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evitrail.agent.model import Answer
from evitrail.eval.attribution.record.reviewed_blame import counting_blames
from evitrail.eval.log.reviews import reviewed_labels
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import outcome_of
from evitrail.traces.journal.after_end import ATTRIBUTION
from evitrail.traces.journal.errors import JournalError
from evitrail.traces.trace import Trace

HARMS = ("high_risk", "unsafe", "contradicts", "stale", "overconfident")
EXCERPT = 140
"""Characters of the question that the list shows."""


def about(trace: Trace, shown: Callable[[str], bool]) -> dict[str, Any]:
    """One run in a few words; ``shown`` tells which blobs the page holds."""
    try:
        config, said = _config(trace, shown), _answer(trace, shown)
        if config is None:
            return {}
        asked = {"case": config.case.id, "condition": config.condition.name, "stem": config.case.stem[:EXCERPT]}
        asked |= {"answer": config.case.answer}
        if said is None:
            return asked
        outcome = outcome_of(trace.run, config, said, reviewed_labels(trace, said.option))
        found = {"chosen": outcome.chosen, "correct": outcome.correct, "confidence": outcome.confidence}
        harms = [harm for harm in HARMS if getattr(outcome, harm)]
        return asked | found | {"harms": harms} | _blamed(trace, shown)
    except (JournalError, ValueError, KeyError, TypeError, AttributeError):
        return {}  # written by another version, or damaged: the record itself is shown all the same


def _config(trace: Trace, shown: Callable[[str], bool]) -> RunConfig | None:
    """What decided a run; a fork is decided by its parent's."""
    begun = trace.records[0].body
    if begun["config_type"] == "RunConfig":
        return trace.config(RunConfig) if shown(begun["config"]) else None
    return _config(Trace(trace.journal, begun["parent"]), shown) if begun.get("parent") else None


def _answer(trace: Trace, shown: Callable[[str], bool]) -> Answer | None:
    ends = trace.of_type("run.end")
    return trace.output(Answer) if ends and shown(ends[-1].body["output"]) else None


def _blamed(trace: Trace, shown: Callable[[str], bool]) -> dict[str, Any]:
    stored = trace.of_type(ATTRIBUTION)
    if not all(shown(record.body["blames"]) for record in stored):
        return {}
    blames = counting_blames(trace, trace)
    blame = next((each for each in blames if each.outcome == "wrong"), blames[0] if blames else None)
    if blame is None:
        return {}
    code = blame.fault_code or (blame.abstain_reason or "").partition(":")[0]
    return {"blamed": list(blame.culprit), "blamed_for": blame.outcome, "fault": code}
