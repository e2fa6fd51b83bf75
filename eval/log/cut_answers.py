"""How many of the answers that models gave were cut at their limit of tokens, read back from the journal.

Rules kept here
- Counted is each text of each call of a model in a finished run, by condition and reader.
- An answer that said nothing before its tokens ran out is told apart: it was still thinking, and is an abstention.

    with Journals.open(folder) as journal:
        cut_answers(journal)["standard"].unsaid
"""

from __future__ import annotations

from typing import NamedTuple

from evitrail.agent.llm.base import Completion, cut_in_thought
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import traces
from evitrail.eval.plan.run_name import ReadCondition
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import stored_name


class CutAnswers(NamedTuple):
    """What became of the answers of one condition."""

    cut: int
    """Answers that were cut at their limit."""
    unsaid: int
    """Those of them that had said nothing by then."""
    of: int
    """All answers."""


def cut_answers(journal: JournalView) -> dict[str, CutAnswers]:
    """By condition, where an answer of its runs was cut."""
    found: dict[str, CutAnswers] = {}
    for trace in traces(journal):
        if trace.ended:
            said = _cut(trace.journal, [step.output for step in trace.activities if step.output_type == COMPLETION])
            name = str(ReadCondition.of(trace.run, trace.config(RunConfig).condition.name))
            found[name] = CutAnswers(*map(sum, zip(found.get(name, (0, 0, 0)), said, strict=True)))
    return {name: said for name, said in found.items() if said.cut}


COMPLETION = stored_name(Completion)


def _cut(journal: JournalView, calls: list[str]) -> CutAnswers:
    said = [journal.get(name, Completion) for name in calls]
    cut = [(one, place) for one in said for place, why in enumerate(one.finish_reasons) if why == "length"]
    return CutAnswers(len(cut), sum(cut_in_thought(*one) for one in cut), sum(len(one.texts) for one in said))
