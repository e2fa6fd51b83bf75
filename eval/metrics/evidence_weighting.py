"""Outcomes with a second confidence beside the paper's: the chosen option's probability, weighed by its evidence.

Rules kept here
- Off unless the plan has ``confidence_weights``; then both columns are None and nothing else differs.
- Both are of the option that counts: its probability as the run recorded it (``option_confidence``), and the same
  weighed by the certainty of the evidence for each option (``weighted_confidence``, see ``agent/confidence.py``). So
  calibration before and after is of one and the same prediction.
- An abstention predicts nothing and has neither; nor has an answer of which the numbers are not on record.
- Everything is read from the journal: a plan may be given weights after its runs are done, and reported again.

    confidence_weights = { high = 1.2, low = 0.85, very_low = 0.7 }      # in plan.toml

    weighted(outcomes(journal), journal, plan.confidence_weights)
"""

from __future__ import annotations

from collections.abc import Iterable

from evitrail.agent.confidence import CertaintyWeights, probabilities, weighed, weights_of
from evitrail.agent.model import Choice, Synthesis
from evitrail.eval.metrics.outcome import Outcome
from evitrail.traces.journal.view import JournalView
from evitrail.traces.trace import Trace


def weighted(outcomes: Iterable[Outcome], journal: JournalView, weights: CertaintyWeights | None) -> list[Outcome]:
    """The same outcomes with both confidences; as they are where there are no weights."""
    if weights is None:
        return list(outcomes)
    return [outcome.model_copy(update=_both(outcome, Trace(journal, outcome.run), weights)) for outcome in outcomes]


def _both(outcome: Outcome, trace: Trace, weights: CertaintyWeights) -> dict[str, float]:
    step = trace.last("choose")
    if step is None or outcome.chosen is None:
        return {}
    choice = trace.get(step.output, Choice)
    plain = probabilities(choice)
    if outcome.chosen not in plain:
        return {}
    read = next((given.id for given in step.inputs if given.role == "synthesis"), None)
    synthesis = trace.get(read, Synthesis) if read else Synthesis(claims=(), note="nothing was read")
    after = weighed(plain, weights_of(choice, synthesis, weights))
    if outcome.chosen not in after:
        return {}
    return {"option_confidence": plain[outcome.chosen], "weighted_confidence": after[outcome.chosen]}
