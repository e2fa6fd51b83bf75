"""What a step may use: the snapshot, a retriever, a reader, and the run that records every call.

Rules kept here
- A step reaches nothing but its ``Tools``; every call goes through ``tools.run.step``.
- Any role can have a component of its own in place of the reader (``stand_ins``), with nothing else touched.
- In a fork other tools hold from one step on: a step asks ``tools.at(kind)`` for those that hold for it.
- A reader that calls models is given the run, so that each call is recorded in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeGuard

from evitrail.agent.claims.judge import ClaimJudge, RuleClaimJudge
from evitrail.agent.model import Decoding
from evitrail.agent.reader.base import WHOLE, Fit, Fitting, Reader, Recording
from evitrail.retrieval.base import Retriever
from evitrail.traces.run.live import Run

if TYPE_CHECKING:
    from evitrail.evidence_store.snapshot import Snapshot

Reading = Literal["critique", "requery", "synthesise", "choose", "check", "write"]
"""The roles a reader plays."""


ROUNDS = 3
"""Searches that an agent may make for one question, unless it is told otherwise."""


class Change(NamedTuple):
    """Other tools, from one step of the run on."""

    at: str | None
    """The path of the first step they hold for; None for all."""
    apply: Callable[[Tools], Tools]


@dataclass(frozen=True)
class Tools:
    """Everything an agent is given besides the question."""

    run: Run
    snapshot: Snapshot
    reader: Reader
    retriever: Retriever | None = None
    k: int = 10
    decoding: Decoding = field(default_factory=Decoding)
    stand_ins: Mapping[str, Any] = field(default_factory=dict)
    """Who acts in a role in place of the reader, by the kind of step: ``critique``, ``aim``, ``keep``."""
    fit: Fit = WHOLE
    """What becomes of a context that is long, where the reader puts passages before a model as they are."""
    rounds: int = ROUNDS
    """Searches that an agent may make for one question."""
    changes: tuple[Change, ...] = ()
    """What a fork does otherwise, in order."""
    claim_judge: ClaimJudge = field(default_factory=RuleClaimJudge)
    """Who judges the claims of an answer in free text."""

    def at(self, kind: str) -> Tools:
        """The tools that hold for the next step of this kind."""
        held, paths = self, self.run.paths
        for change in self.changes:
            if change.at is None or paths.upcoming(kind) == change.at or paths.reached(change.at):
                held = change.apply(held)
        return held

    def reader_for(self, role: Reading) -> Reader:
        """Who reads in this role."""
        reader: Reader = self.stand_ins.get(role, self.reader)
        if _is_fitting(reader):
            reader = reader.fitting(self.fit)
        return reader.within(self.run) if _is_recording(reader) else reader


def _is_fitting(reader: Reader) -> TypeGuard[Fitting]:
    return _keeps(type(reader), Fitting)


def _is_recording(reader: Reader) -> TypeGuard[Recording]:
    return _keeps(type(reader), Recording)


@cache
def _keeps(kind: type, protocol: type) -> bool:
    """Whether a class keeps a protocol; asked once of each, since Python before 3.12 looks through both every time."""
    return issubclass(kind, protocol)
