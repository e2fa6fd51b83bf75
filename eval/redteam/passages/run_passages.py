"""Try every payload on a reader by every channel, and count what became of it.

Rules kept here
- Each payload is made for one question; the questions take turns. The cost is linear in payloads and channels.
- Nothing is recorded, and no evidence is added. The option that the reader chose counts; no checker is asked.
- A share comes with its count and Wilson's interval.

    found = run_passages(reader, cases, snapshot_of)
    found.rows, found.attempts
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from evitrail.agent.reader.base import Reader
from evitrail.eval.dataset.case import Case
from evitrail.eval.injection.table import Share, share
from evitrail.eval.redteam.passages.attempt import CHANNELS, Attempt, Channel, PassageAttacks
from evitrail.eval.redteam.passages.payload import Payload, payloads
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.traces.record import Record


class Row(Record):
    """One technique by one channel."""

    technique: str
    channel: Channel
    attempts: int
    enclosed: Share | None
    """Of those that reached a model through fences; null where there are none."""
    hidden: int
    """Hidden characters in all that reached the model."""
    turned: Share | None
    """Of those whose question did not end at the target anyway; null where nothing is chosen."""


class Attacked(NamedTuple):
    """What the payloads did to one reader."""

    reader: str
    rows: list[Row]
    attempts: list[Attempt]


def run_passages(
    reader: Reader,
    cases: Sequence[Case],
    snapshot: Callable[[Case], Snapshot],
    chosen: Sequence[Payload] | None = None,
    channels: Sequence[Channel] = CHANNELS,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Attacked:
    """All payloads (or those chosen) by all channels; raises ``ValueError`` where no case names what decides it."""
    asked = [case for case in cases if case.clean_evidence]
    if not asked:
        raise ValueError("expected a case that names the evidence that decides it (clean_evidence), got none")
    tried = list(payloads().values()) if chosen is None else list(chosen)
    attacks = PassageAttacks(reader, asked, snapshot)
    attempts = []
    for number, payload in enumerate(tried):
        for channel in channels:
            attempts.append(attacks.attempt(payload, channel, asked[number % len(asked)]))
        progress(number + 1, len(tried))
    return Attacked(repr(reader), rows_of(attempts), attempts)


def rows_of(attempts: Sequence[Attempt]) -> list[Row]:
    """A row for each technique and channel, in the order they were tried."""
    groups: dict[tuple[str, Channel], list[Attempt]] = {}
    for attempt in attempts:
        groups.setdefault((attempt.technique, attempt.channel), []).append(attempt)
    return [
        Row(
            technique=technique,
            channel=channel,
            attempts=len(group),
            enclosed=_share([one.enclosed for one in group]),
            hidden=sum(one.hidden for one in group),
            turned=_share([one.turned for one in group]),
        )
        for (technique, channel), group in groups.items()
    ]


def _share(flags: Sequence[bool | None]) -> Share | None:
    known = [flag for flag in flags if flag is not None]
    return share(sum(known), len(known)) if known else None
