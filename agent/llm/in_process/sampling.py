"""What is said next, drawn from what is likely: with dice of one's own, so that no other draw can disturb it.

Rules kept here
- No temperature is the likeliest, always. With one, equal seeds give equal draws; no seed is seed 0.
- The likelihoods that are told are the model's own: natural logarithms, before the temperature.

    dice = Dice(temperature=0.7, seed=3)
    dice.draw(torch.tensor([[-0.1, -2.4]]))      # one index a row

Given to transformers' ``generate`` as a logits processor, it draws each next token and rules out all others.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class SampledPosition(NamedTuple):
    """One place of all texts: lists by row."""

    tokens: list[int]
    logprobs: list[float]
    likeliest: list[list[tuple[int, float]]]
    """Token and log-probability, the likeliest first."""


class Dice:
    """Draws, and remembers how likely what it drew was."""

    def __init__(self, temperature: float | None, seed: int | None, told: int | None = None) -> None:
        self.drawn: list[SampledPosition] = []
        self._temperature, self._told = temperature, told
        self._generator = torch.Generator().manual_seed(seed or 0)

    def draw(self, logprobs: Tensor) -> Tensor:
        """One index for each row; ``logprobs`` is (rows, outcomes), on any device."""
        if not self._temperature:
            return logprobs.argmax(-1)
        # The largest of log p + Gumbel noise falls on each outcome as often as p says (Gumbel 1954).
        noise = torch.empty(logprobs.shape).exponential_(generator=self._generator).log_()
        return (logprobs / self._temperature - noise.to(logprobs.device)).argmax(-1)

    def __call__(self, written: Tensor, scores: Tensor) -> Tensor:
        """See transformers' ``LogitsProcessor``: (rows, vocabulary), all but one token a row at minus infinity."""
        logprobs = scores.float().log_softmax(-1)
        chosen = self.draw(logprobs)[:, None]
        if self._told is not None:
            values, tokens = logprobs.topk(self._told)
            pairs = [list(zip(*row, strict=True)) for row in zip(tokens.tolist(), values.tolist(), strict=True)]
            self.drawn.append(SampledPosition(chosen[:, 0].tolist(), logprobs.gather(-1, chosen)[:, 0].tolist(), pairs))
        return torch.full_like(scores, -torch.inf).scatter(-1, chosen, 0.0)
