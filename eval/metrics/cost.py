"""What a run asked of models, in tokens and in money.

Rules kept here
- All calls count that the answer and its samples took, prompts once however many samples were drawn from them. What
  measures the answer afterwards (``check``, ``influence``) does not count.
- Unknown is None: no call is on record, a server did not report its tokens, or the plan has no price for the model.
  Such a run leaves the mean.
"""

from __future__ import annotations

from evitrail.eval.metrics.base import Metric, mean

OURS = "evitrail's own"

PROMPT_TOKENS = Metric(
    name="prompt_tokens",
    description="Mean number of tokens in the prompts of a run.",
    citation=OURS,
    compute=mean(lambda run: run.tokens.prompt),
)
COMPLETION_TOKENS = Metric(
    name="completion_tokens",
    description="Mean number of tokens that models wrote in a run, reasoning and samples included.",
    citation=OURS,
    compute=mean(lambda run: run.tokens.completion),
)
MONEY = Metric(
    name="money",
    description="Mean price of a run's tokens, in the currency of the plan's prices.",
    citation=OURS,
    compute=mean(lambda run: run.money),
)
