"""How sure an answer is of its option, and how sure once the certainty of the evidence for each option is weighed in.

Rules kept here
- An option's probability is the model's own where it told one (``Choice.shares``), else the softmax of the choice's
  logits as they stand. Probabilities sum to 1 over the options.
- An option's weight is that of the claims it rests on: of those the choice used and that support it, the mean by
  strength. One that no claim supports has the weight of unrated evidence.
- Weighed, each probability is multiplied by its option's weight and all are brought to sum to 1 again. Equal weights
  change nothing. So where all options rest on the same evidence, or on none, nothing is changed.
- It is worked out from what a run recorded. The option chosen is another matter, and stays what it is.

    >>> weighed({"A": 0.5, "B": 0.5}, {"A": 1.2, "B": 0.8})
    {'A': 0.6, 'B': 0.4}

Ours, and not in the paper: SaFE-Scale (arXiv 2605.04039) has confidence from ballots alone
(``eval/metrics/outcome.py``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from pydantic import Field

from evitrail.agent.model import Choice, Claim, Synthesis
from evitrail.evidence_store.grading.grade import Certainty
from evitrail.traces.record import Record, content_id

DIGITS = 12
"""Machines differ in the last bit of an exponential; what is reported must not."""


class CertaintyWeights(Record):
    """What evidence of each GRADE certainty counts for; 1 leaves it as it is."""

    high: float = Field(default=1.0, gt=0, le=1000)
    moderate: float = Field(default=1.0, gt=0, le=1000)
    low: float = Field(default=1.0, gt=0, le=1000)
    very_low: float = Field(default=1.0, gt=0, le=1000)
    unrated: float = Field(default=1.0, gt=0, le=1000)

    def of(self, certainty: Certainty | None) -> float:
        """The weight of evidence of that certainty."""
        weight: float = getattr(self, certainty or "unrated")
        return weight


def probabilities(choice: Choice) -> dict[str, float]:
    """Of each option, by letter; empty where the choice has no numbers."""
    if choice.shares is not None:
        return dict(choice.shares)
    if not choice.logits:
        return {}
    most = max(choice.logits.values())
    return _normal({letter: math.exp(logit - most) for letter, logit in choice.logits.items()})


def weights_of(choice: Choice, synthesis: Synthesis, weights: CertaintyWeights) -> dict[str, float]:
    """Of each option that has a probability: what the evidence it rests on counts for."""
    used = set(choice.claims)
    support: dict[str, list[Claim]] = {}
    for claim in synthesis.claims:
        if claim.stance == "supports" and content_id(claim) in used:
            support.setdefault(claim.option, []).append(claim)
    return {letter: _mean(support.get(letter, ()), weights) for letter in probabilities(choice)}


def weighed(shares: Mapping[str, float], weights: Mapping[str, float]) -> dict[str, float]:
    """The probabilities, each multiplied by its weight, as shares of their sum."""
    return _normal({letter: share * weights[letter] for letter, share in shares.items()})


def _mean(claims: Iterable[Claim], weights: CertaintyWeights) -> float:
    listed = list(claims)
    whole = math.fsum(claim.strength for claim in listed)
    if not listed:
        return weights.unrated
    if whole == 0:
        return math.fsum(weights.of(claim.certainty) for claim in listed) / len(listed)
    return math.fsum(weights.of(claim.certainty) * claim.strength for claim in listed) / whole


def _normal(values: Mapping[str, float]) -> dict[str, float]:
    whole = math.fsum(values.values())
    return {letter: round(value / whole, DIGITS) for letter, value in values.items()} if whole > 0 else {}
