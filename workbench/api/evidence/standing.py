"""What each piece of evidence of a run was worth on the question's day, who replaced it, and how it stands now.

Rules kept here
- The store says so, as it was known when the run was made; beside it what is known now, where that differs.
- Where the store is not available, the record says what it can: its own dates, and versions that the run itself met.
  What that does not tell is None, never guessed.

    standings(folder, trace, config, headers)["nodule@2013"].superseded_by
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.plan.plan import PLAN
from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.grading.grade import Certainty
from evitrail.evidence_store.headers import named
from evitrail.evidence_store.input_text import InputError
from evitrail.evidence_store.model import Header
from evitrail.evidence_store.snapshot import Status
from evitrail.evidence_store.store import EvidenceStore
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import Record
from evitrail.workbench.api.store.kept import kept_store


class EvidenceStanding(Record):
    """How one evidence version stands."""

    ref: str
    day: date | None
    """The day that was asked of; None asks what holds now."""
    status: Status | None
    """What it was worth on that day, as known when the run was made; None where the record does not tell."""
    superseded_by: str | None = None
    """The version that took its place, in force on that day."""
    since: date | None = None
    """From when on it was not in force any more."""
    successor_title: str = ""
    newer: str | None = None
    """A version of its lineage that came into force after that day, or was recorded after the run."""
    now: Status | None = None
    """What it is worth today, where that differs."""
    certainty_now: Certainty | None = None
    """Its certainty as known now, where that differs from what the run was told."""
    concern: bool = False
    """Whether its publisher expressed concern, as known now."""
    known_from: str = "store"
    """``store`` or ``record``."""


def standings(
    folder: Path, journal: JournalView, config: RunConfig, headers: Mapping[str, Header]
) -> dict[str, EvidenceStanding]:
    """The standing of each of these versions, by ref; ``headers`` are as the run recorded them."""
    if headers and (folder / PLAN).is_file():
        try:
            with kept_store(folder) as store:
                return dict(_in_store(store, config, headers))
        except (StoreError, InputError, OSError):
            pass  # then the record alone tells; the page says which store is lacking
    return {ref: _in_record(header, config.case.as_of, headers.values()) for ref, header in headers.items()}


def _in_store(
    store: EvidenceStore, config: RunConfig, headers: Mapping[str, Header]
) -> Iterator[tuple[str, EvidenceStanding]]:
    """The standing of each, with one look-up of their lineages as known then, and one as known now."""
    day = config.case.as_of
    then, now = store.snapshot(as_of=day, seq=config.seq), store.snapshot()
    lineages = {header.id for header in headers.values()}
    mates, mates_now = named(then.headers, lineages), named(now.headers, lineages)
    for ref, header in headers.items():
        if ref not in mates or ref not in mates_now:  # withdrawn by its curators, or never published
            yield ref, _in_record(header, day, headers.values())
            continue
        told, status, today = mates_now[ref], then.status(ref), now.status(ref)
        after, newest = successor(mates.values(), header, day), _newest(mates_now.values(), header)
        replaced = after if after and status == "superseded" else None
        certainty, was = _certainty(told), _certainty(header)
        yield (
            ref,
            EvidenceStanding(
                ref=ref,
                day=day,
                status=status,
                superseded_by=replaced.ref if replaced else None,
                since=replaced.valid_from if replaced else mates[ref].valid_to if status == "expired" else None,
                successor_title=replaced.title if replaced else "",
                newer=newest if newest and (after is None or newest != after.ref) else None,
                now=today if today != status else None,
                certainty_now=certainty if certainty != was else None,
                concern=told.concern,
            ),
        )


def _certainty(header: Header) -> Certainty | None:
    return header.grade.certainty if header.grade else None


def successor(mates: Iterable[Header], header: Header, day: date | None) -> Header | None:
    """The version that took the place of another by that day: of several, the one that was first."""
    later = [
        mate
        for mate in mates
        if mate.ref != header.ref
        and (mate.supersedes == header.ref or (mate.id == header.id and mate.valid_from > header.valid_from))
        and (day is None or mate.valid_from <= day)
    ]
    return min(later, key=lambda mate: (mate.valid_from, mate.ref), default=None)


def _newest(mates: Iterable[Header], header: Header) -> str | None:
    """The newest version of its lineage, where that is another."""
    later = [mate for mate in mates if mate.id == header.id and mate.valid_from > header.valid_from]
    return max(later, key=lambda mate: (mate.valid_from, mate.ref)).ref if later else None


def _in_record(header: Header, day: date | None, met: Iterable[Header]) -> EvidenceStanding:
    """What the record itself says."""
    after = successor(met, header, day)
    status: Status | None = None
    if header.retracted:
        status = "retracted"
    elif day is not None and day < header.valid_from:
        status = "not_yet"
    elif day is None or not header.holds_on(day):
        status = "superseded" if after else "current" if day is None and header.valid_to is None else None
    else:
        status = "current"
    return EvidenceStanding(
        ref=header.ref,
        day=day,
        status=status,
        superseded_by=after.ref if after and status == "superseded" else None,
        since=after.valid_from if after and status == "superseded" else None,
        successor_title=after.title if after and status == "superseded" else "",
        concern=header.concern,
        known_from="record",
    )
