"""Clock, ids and randomness for a component: real the first time, then recorded and repeated.

Rules kept here
- Each reading of the clock, each id and each seed is a step of the run, so ``Verify`` and a resumed run use the
  recorded value.
- Randomness is recorded as a seed; the component draws from the generator that the seed starts.

    virtual = Virtual(run)
    virtual.now()            # the same moment in every replay
    virtual.random().sample(range(10), 3)

A component that reads ``time.time()`` itself is not covered; verifying reports it as a changed output.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from evitrail.traces.record import Record
from evitrail.traces.run.live import Run
from evitrail.traces.run.step_key import Task


class Moment(Record, stored_as="Moment"):
    """A time of day, UTC, ISO 8601."""

    at: str


class Identifier(Record, stored_as="Identifier"):
    """A new unique id (UUID version 4)."""

    id: str


class Seed(Record, stored_as="Seed"):
    """What a random generator starts from."""

    seed: int


@dataclass(frozen=True)
class System:
    """The machine's own clock and randomness."""

    wall: Callable[[], datetime] = lambda: datetime.now(UTC)
    bits: Callable[[], int] = lambda: random.SystemRandom().getrandbits(63)

    def __repr__(self) -> str:
        return "System()"


@dataclass(frozen=True)
class Virtual:
    """The clock, ids and random generators of one run."""

    run: Run
    source: System = System()

    def now(self) -> datetime:
        """The time, as it was when this was first asked."""

        def read() -> Moment:
            return Moment(at=self.source.wall().isoformat())

        moment = self.run.step(Task("clock", read, returns=Moment, inputs={}, by=self.source, effect="reads_external"))
        return datetime.fromisoformat(moment.at)

    def uuid(self) -> uuid.UUID:
        """An id, the same in every replay."""

        def made() -> Identifier:
            return Identifier(id=str(uuid.UUID(int=self.random().getrandbits(128), version=4)))

        return uuid.UUID(self.run.step(Task("uuid", made, returns=Identifier, inputs={}, by=self.source)).id)

    def random(self) -> random.Random:
        """A generator that draws the same in every replay."""

        def drawn() -> Seed:
            return Seed(seed=self.source.bits())

        seed = self.run.step(Task("seed", drawn, returns=Seed, inputs={}, by=self.source, effect="reads_external"))
        return random.Random(seed.seed)
