"""How often the answer was right.

Rules kept here
- Wrong, abstained and unanswered are all "not right"; every case asked is in the denominator.
- Robustness drops abstained ballots: of the letters that were given, how many were right.
"""

from __future__ import annotations

from evitrail.eval.metrics.base import Metric, mean, sampled
from evitrail.eval.metrics.definition import PAPER
from evitrail.eval.metrics.scored import Scored


def _robustness(run: Scored) -> float:
    ballots = run.outcome.ballots
    letters = len(ballots) - ballots.count(None)
    return ballots.count(run.outcome.answer) / letters if letters else 0.0


ACCURACY = Metric(
    name="accuracy",
    description="Share of cases whose chosen option is the right one.",
    formula="#(chosen = answer) / n",
    citation=f"{PAPER}, specification 3.1",
    compute=mean(lambda run: run.outcome.correct),
    share=True,
)

MAJORITY_ACCURACY = Metric(
    name="majority_accuracy",
    description="Share of cases where the majority of the ballots is right; a majority of abstentions is wrong.",
    formula="#(majority = answer) / n; an abstention that wins or ties is wrong, of tied letters the first counts",
    citation=f"{PAPER}, specification 3.2",
    compute=sampled(mean(lambda run: bool(run.outcome.majority_correct))),
    share=True,
)

ROBUSTNESS_CORRECTNESS = Metric(
    name="robustness_correctness",
    description="Mean share of right letters among the letters drawn for a case; 0 where none was drawn.",
    formula="mean of #(sample = answer) / #(sample is a letter), 0 without a letter",
    citation=f"{PAPER}, specification 3.9",
    compute=sampled(mean(_robustness)),
    share=True,
)

ABSTENTION_RATE = Metric(
    name="abstention_rate",
    description="Share of cases where no option was chosen.",
    formula="#(nothing chosen) / n",
    citation=f"{PAPER}, n_unanswered / n_questions, specification 1.8",
    compute=mean(lambda run: run.outcome.abstained),
    share=True,
)
