"""What a model's tokens cost, as a plan says.

    [prices."gpt-4o"]          # in plan.toml: for a million tokens, all in one currency
    prompt = 2.5
    completion = 10.0

Rules kept here
- A price is found by the reader's name or label in the plan, else by the name that the model's server gives it.
- A table in a file of its own names no model that the runs do not have: misspelt, it would leave money unknown.
- Tokens without a price, or that nobody counted, have no cost: it is None, not 0.

    >>> cost_of(TokenUsage(prompt=2_000_000, completion=100_000), Price(prompt=2.5, completion=10.0))
    6.0
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from pydantic import Field, ValidationError

from evitrail.evidence_store.did_you_mean import nearest
from evitrail.evidence_store.input_record import fault_lines, from_toml
from evitrail.evidence_store.input_text import InputError, read_toml
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


class PriceTable(Record):
    """A file of prices, written as the table in a plan."""

    prices: dict[str, Price] = Field(min_length=1)


def read_prices(path: Path, known: Iterable[str]) -> dict[str, Price]:
    """The prices of a file; raises ``InputError`` with every fault.

    A price for a name that is not among ``known`` is a fault: it was meant for one of them, or for other runs.
    """
    try:
        prices = from_toml(PriceTable, read_toml(path)).prices
    except ValidationError as error:
        raise InputError([f"{path}: {fault}" for fault in fault_lines(error, PriceTable)]) from error
    names = sorted(set(known))
    among = ", ".join(names) or "none, for no run called one"
    faults = [
        f"{path}: key 'prices.{name}': expected a model or reader of this experiment among {among}, got {name!r}"
        f"{nearest(name, names)}"
        for name in prices
        if name not in names
    ]
    if faults:
        raise InputError(faults)
    return prices


def price_of(names: Iterable[str], prices: Mapping[str, Price]) -> Price | None:
    """The price under the first of these names that has one."""
    return next((prices[name] for name in names if name in prices), None)


def cost_of(tokens: TokenUsage, price: Price | None) -> float | None:
    """What these tokens cost; None where they have no price, or were not counted."""
    if price is None or tokens.prompt is None or tokens.completion is None:
        return None
    return (tokens.prompt * price.prompt + tokens.completion * price.completion) / MILLION
