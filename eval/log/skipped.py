"""The questions that were not answered because their evidence does not fit the model, arm by arm.

They are on record with their reason and count nowhere: a model is not wrong about what it could not read.
"""

from __future__ import annotations

from evitrail.agent.model import Answer
from evitrail.eval.experiment.experiment import RunConfig, traces
from evitrail.eval.plan.run_name import ReadCondition
from evitrail.traces.journal.view import JournalView


def skips(journal: JournalView) -> dict[str, tuple[str, ...]]:
    """The reasons that were given, one for each question, by arm."""
    found: dict[str, list[str]] = {}
    for trace in traces(journal):
        said, config = trace.output(Answer), trace.config(RunConfig)
        if said and said.skipped:
            arm = str(ReadCondition.of(trace.run, config.condition.name))
            found.setdefault(arm, []).append(said.skipped)
    return {arm: tuple(why) for arm, why in found.items()}
