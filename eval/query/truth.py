"""True, false or unknown, for every run at once (Kleene's logic).

Rules kept here
- Unknown satisfies neither a term nor its negation: ``-stale`` leaves out what is not labelled, as ``stale`` does.
- *And* is false where one of the two is, *or* true where one of the two is, whatever the other may be.

    (stale & ~right).true
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Truth:
    """What is known to hold, and what is known not to; the rest is unknown."""

    true: Flags
    false: Flags

    @classmethod
    def known(cls, holds: NDArray[Any]) -> Truth:
        """Where everything is known."""
        true = holds.astype(np.bool_)
        return cls(true, ~true)

    @classmethod
    def where(cls, known: NDArray[Any], holds: NDArray[Any]) -> Truth:
        """What holds, as far as it is known."""
        return cls(known & holds, known & ~holds)

    @property
    def unknown(self) -> Flags:
        """Where neither is known."""
        return ~(self.true | self.false)

    def __and__(self, other: Truth) -> Truth:
        return Truth(self.true & other.true, self.false | other.false)

    def __or__(self, other: Truth) -> Truth:
        return Truth(self.true | other.true, self.false & other.false)

    def __invert__(self) -> Truth:
        return Truth(self.false, self.true)
