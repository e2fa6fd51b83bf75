"""The words of one recorded step: all that whoever reads the log of a run sees of it."""

from __future__ import annotations

from collections.abc import Sequence

from evitrail.agent.model import CheckedAnswers, Choice, Critique, Kept, Query, Synthesis
from evitrail.retrieval.base import Retrieved
from evitrail.traces.run.activity import Activity
from evitrail.traces.trace import Trace

SEEN_IN = {"store": "retrieve"}
"""The kind of step in which a player that is no step shows."""


def kind_text(trace: Trace, kinds: Sequence[str]) -> str:
    """The words of the last step of each of these kinds; of the store, those of the last search."""
    steps = (trace.last(SEEN_IN.get(kind, kind)) for kind in kinds)
    return "\n".join(step_text(trace, step) for step in steps if step is not None)


def step_text(trace: Trace, step: Activity) -> str:
    """What a step came to, without its verdict: a query, the ids of hits, a reason, claims' quotes and their note."""
    get = trace.get
    match step.output_type:
        case "Query":
            return get(step.output, Query).text
        case "Retrieved":
            return " ".join(hit.passage.id for hit in get(step.output, Retrieved).hits)
        case "Kept":
            return " ".join(get(step.output, Kept).passages)
        case "Critique":
            return get(step.output, Critique).reason
        case "Synthesis":
            said = get(step.output, Synthesis)
            return "\n".join([*(claim.quote for claim in said.claims), said.note])
        case "Choice":
            choice = get(step.output, Choice)
            return "\n".join([choice.reason, *([choice.said.greedy] if choice.said and choice.said.greedy else [])])
        case "Checked":
            return get(step.output, CheckedAnswers).greedy.reason
    return ""


def log_text(trace: Trace, step: Activity) -> str:
    """A step as a line of the log that a judge reads: its words, and what it decided."""
    get, words = trace.get, step_text(trace, step)
    match step.output_type:
        case "Critique":
            return f"adequate: {get(step.output, Critique).adequate}. {words}"
        case "Retrieved":
            hits = get(step.output, Retrieved).hits
            return "\n".join(f"{hit.rank}. {hit.passage.id}: {hit.passage.text[:200]}" for hit in hits) or "no hits"
        case "Synthesis":
            said = get(step.output, Synthesis)
            lines = (f"{claim.stance} {claim.option} ({claim.evidence}): {claim.quote[:200]}" for claim in said.claims)
            return "\n".join([*lines, said.note])
        case "Choice":
            return f"chose {get(step.output, Choice).option or 'no option'}. {words}"
        case "Checked":
            return f"confirmed {get(step.output, CheckedAnswers).greedy.confirmed or 'no letter'}. {words}"
    return words
