"""What a red team is asked to do, and the folder that keeps what it found.

Rules kept here
- A folder belongs to one experiment, one state of its store, and one choice of questions; another is refused.
- Which questions a limit keeps is drawn from the seed, and does not depend on the attacks.

    asked = RedTeam(attacks=("S1", "S2"), rules="off", limit=8)
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from evitrail.eval.dataset.case import Case
from evitrail.eval.plan.plan_file import read_plan_file, write_plan_file
from evitrail.evidence_store import InputError
from evitrail.traces.record import Record, sha256

FILE = "redteam.toml"

Rules = Literal["on", "off"]
"""Whether the store has its publishers, and *gated* its gates against false evidence."""


class RedTeam(Record):
    """All that decides a red team."""

    attacks: tuple[str, ...] = ()
    """Names in ``ATTACKS``; empty takes all."""
    rules: Rules = "on"
    conditions: tuple[str, ...] = ("standard", "gated")
    limit: int | None = Field(default=None, ge=1)
    """How many questions are attacked; None attacks all of the experiment's."""
    seed: int = 0
    """What draws them."""

    def drawn(self, cases: Sequence[Case]) -> list[Case]:
        """The questions that are attacked, in order."""
        if self.limit is None or self.limit >= len(cases):
            return list(cases)
        kept = random.Random(f"red team {self.seed}").sample(range(len(cases)), self.limit)
        return [cases[place] for place in sorted(kept)]


class Settled(Record):
    """What a folder belongs to."""

    experiment: str
    ledger: str
    """The digest of the store's ledger."""
    conditions: tuple[str, ...]
    limit: int | None = None
    seed: int = 0


def settle(asked: RedTeam, experiment: Path, ledger: Path, out: Path) -> None:
    """Note in a new folder what it belongs to; raises ``InputError`` where another red team's results lie there."""
    meant = Settled(
        experiment=str(experiment.resolve()),
        ledger=sha256(ledger.read_bytes()),
        conditions=asked.conditions,
        limit=asked.limit,
        seed=asked.seed,
    )
    path = out / FILE
    if not path.exists():
        write_plan_file(path, meant.model_dump(mode="json", exclude_none=True))
        return
    there = read_plan_file(path, Settled)
    if differing := [name for name in Settled.model_fields if getattr(there, name) != getattr(meant, name)]:
        said = f"holds the results of another red team (another {', '.join(differing)})"
        raise InputError([f"{out}: {said}; give another --out, or delete it"])
