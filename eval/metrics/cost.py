"""What a run asked of models, in tokens and in money.

Rules kept here
- All calls count that the answer and its samples took, prompts once however many samples were drawn from them. What
  measures the answer afterwards (``check``, ``influence``) does not count.
- Unknown is None: no call is on record, a server did not report its tokens, or the plan has no price for the model.
  Such a run leaves the mean.
"""

from __future__ import annotations

from evitrail.eval.metrics.base import Metric, mean
from evitrail.eval.metrics.definition import OURS

PROMPT_TOKENS = Metric(
    name="prompt_tokens",
    description="Mean number of tokens in the prompts of a run.",
    formula="sum over runs of prompt tokens / runs that told them",
    citation=OURS,
    compute=mean(lambda run: run.tokens.prompt),
)
COMPLETION_TOKENS = Metric(
    name="completion_tokens",
    description="Mean number of tokens that models wrote in a run, reasoning and samples included.",
    formula="sum over runs of completion tokens / runs that told them",
    citation=OURS,
    compute=mean(lambda run: run.tokens.completion),
)
MONEY = Metric(
    name="money",
    description="Mean price of a run's tokens, in the currency of the plan's prices.",
    formula="mean of (prompt tokens * price of prompt + completion tokens * price of completion) / 1,000,000",
    citation=OURS,
    compute=mean(lambda run: run.money),
)
