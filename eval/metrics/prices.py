"""What a model's tokens cost, as a plan says.

    [prices."gpt-4o"]          # in plan.toml: for a million tokens, all in one currency
    prompt = 2.5
    completion = 10.0

Rules kept here
- A price is found by the reader's name or label in the plan, else by the name that the model's server gives it.
- Tokens without a price, or that nobody counted, have no cost: it is None, not 0.

    >>> cost_of(TokenUsage(prompt=2_000_000, completion=100_000), Price(prompt=2.5, completion=10.0))
    6.0
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pydantic import Field

from evitrail.traces.record import Record

MILLION = 1_000_000


class TokenUsage(NamedTuple):
    """Tokens that models read and wrote; None where a server did not report them, or no call is on record."""

    prompt: int | None = None
    completion: int | None = None


class Price(Record):
    """The price of a million tokens."""

    prompt: float = Field(ge=0, le=1_000_000)
    completion: float = Field(ge=0, le=1_000_000)


def price_of(names: Iterable[str], prices: Mapping[str, Price]) -> Price | None:
    """The price under the first of these names that has one."""
    return next((prices[name] for name in names if name in prices), None)


def cost_of(tokens: TokenUsage, price: Price | None) -> float | None:
    """What these tokens cost; None where they have no price, or were not counted."""
    if price is None or tokens.prompt is None or tokens.completion is None:
        return None
    return (tokens.prompt * price.prompt + tokens.completion * price.completion) / MILLION
