"""A repair: a smallest set of players whose repairing prevents the failure, compared with its shams."""

from __future__ import annotations

from typing import NamedTuple

from evitrail.eval.attribution.replays.sham import Sham


class Repair(NamedTuple):
    """A smallest set whose repairing prevents the failure, beyond its shams."""

    players: tuple[str, ...]
    failed: int
    n: int
    sham: Sham
    """Of the member whose sham did most."""

    @property
    def effect(self) -> float:
        """How much rarer the failure is than with the sham."""
        return self.sham.effect(self.failed, self.n)[0]
