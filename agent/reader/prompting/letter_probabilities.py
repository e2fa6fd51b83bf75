"""How sure a model is of each letter, read from the tokens that it told.

Rules kept here
- Read is the first token that is a letter of the question; what was as likely there as other letters is its share.
- ``B``, `` B`` and ``(B`` are one letter: their probabilities are added.
- Shares sum to 1 over the letters of the question; a letter that was not told has none.
- Where no tokens were told, nobody knows: ``None``.

    shares_of(completion, question.options)      # {"A": 0.02, "B": 0.95, "C": 0.02, "D": 0.01}
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from evitrail.agent.llm.base import Completion

DIGITS = 6
AROUND = " \n\t(*\"'.:[▁Ġ"
"""What may stand about a letter in one token with it."""


def shares_of(said: Completion, letters: Collection[str]) -> dict[str, float] | None:
    """The share of each letter in the first text's first token that is one; None where that was not told."""
    place = next((token for token in said.tokens[0] if _letter(token.text, letters)), None) if said.tokens else None
    if place is None:
        return None
    told = dict.fromkeys(sorted(letters), 0.0)
    for text, logprob in {**place.likeliest, place.text: place.logprob}.items():
        if letter := _letter(text, letters):
            told[letter] += math.exp(logprob)
    return normal(told)


def normal(weights: Mapping[str, float]) -> dict[str, float] | None:
    """The weights as shares of their sum; None where that is 0."""
    whole = math.fsum(weights.values())
    return {name: round(weight / whole, DIGITS) for name, weight in weights.items()} if whole > 0 else None


def log_shares(shares: Mapping[str, float]) -> dict[str, float]:
    """Their natural logarithms; a share of 0 is taken for half of what can be told."""
    least = 0.5 * 10**-DIGITS
    return {letter: round(math.log(max(share, least)), DIGITS) for letter, share in shares.items()}


def vote_logits(letters: Collection[str], votes: Sequence[str | None]) -> dict[str, float]:
    """The log of each letter's share of the votes, half a vote added to each so that none is minus infinity."""
    given = [vote for vote in votes if vote is not None]
    whole = len(given) + len(letters) / 2
    return {letter: round(math.log((given.count(letter) + 0.5) / whole), DIGITS) for letter in sorted(letters)}


def _letter(text: str, letters: Collection[str]) -> str | None:
    bare = text.strip(AROUND)
    return bare if bare in letters else None
