"""Can the record of an experiment be trusted? The verdicts of ``evitrail trace verify``, kept up to date.

Rules kept here
- The first answer checks the whole journal, which takes about a second for 40 MB: it is asked for after a page is
  shown, and kept until the journal changes.
- While the journal grows, what was added is checked (``traces/audit/growing_check.py``). The whole is checked again
  where that does not tell, when it is asked for, and whenever it takes at most a ``SHARE`` of the time.
- The answer says when the whole was checked, and how many records were added and checked since.
- What no check can tell is part of the answer.

    integrity(folder).verdict                # sound, unfinished, altered, incomplete, added
    integrity(folder, whole=True)
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Literal, NamedTuple

from evitrail.traces.audit.growing_check import GrowingCheck
from evitrail.traces.audit.integrity import NOT_SEALED
from evitrail.traces.journal.folder import Journals
from evitrail.traces.record import Record
from evitrail.workbench.api.fresh import Stamps, journal_files, stamps_of

Verdict = Literal["altered", "incomplete", "added", "unfinished", "sound", "none"]
MOST = 50
"""Faults of a kind that are told; the rest are counted."""
SHARE = 0.02
"""Of the time, what whole checks of a journal that is written take at most."""
KEPT = 16
"""Experiments whose last check is kept."""
NOT_COVERED = (
    "whether what was recorded is true",
    "a rewrite of the whole journal with its seal: compare the root with one kept elsewhere, or sign it "
    "(`evitrail trace sign`)",
)
SINCE_WHOLE = "what was altered on the disk since the whole journal was checked, except the last record of each run"


class IntegrityReport(Record):
    """What the check of a journal found."""

    verdict: Verdict
    """The gravest that holds: something was altered, is gone or was added, or it is only not finished, as while an
    experiment runs; ``none`` where there is no journal."""
    altered: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    """Runs without an end, under way or broken off; and that no seal was set yet."""
    more: int = 0
    """Faults beyond those told."""
    redacted: int = 0
    newer: int = 0
    """Runs that no seal covers yet: no fault."""
    runs: int = 0
    root: str | None = None
    whole_at: str | None = None
    """When the check of the whole journal began, in UTC."""
    at: str | None = None
    """When the last check began: of the whole, or of what was added since."""
    records_since: int = 0
    """Records that were added, and checked, since the whole was."""
    not_covered: tuple[str, ...] = NOT_COVERED


class _Kept(NamedTuple):
    """The last check of a journal."""

    stamps: Stamps
    check: GrowingCheck
    report: IntegrityReport
    began: float
    """When its whole check began and ended, by a clock that only goes forward."""
    ended: float

    @property
    def is_due(self) -> bool:
        """Whether the whole can be checked again within its share of the time."""
        return (self.ended - self.began) <= SHARE * (monotonic() - self.ended)


class IntegrityChecks:
    """The last check of each experiment's journal; one thread checks a journal, others wait for what it finds."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Path, _Kept] = OrderedDict()
        self._turns: defaultdict[Path, Lock] = defaultdict(Lock)
        self._lock = Lock()

    def __call__(self, folder: Path, *, whole: bool = False) -> IntegrityReport:
        """What the check finds now; ``whole`` checks every record and blob again."""
        asked = monotonic()
        with self._lock:
            turn = self._turns[folder]
        with turn:
            stamps = stamps_of(journal_files(folder))
            if not stamps:
                return IntegrityReport(verdict="none")
            kept = self._kept.get(folder)
            if kept and (kept.stamps == stamps if not whole else kept.began >= asked):
                return kept.report
            found = _checked(folder, stamps, None if whole else kept)
            with self._lock:
                self._kept[folder] = found
                self._kept.move_to_end(folder)
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            return found.report


integrity = IntegrityChecks()
"""The check of an experiment's journal."""


def _checked(folder: Path, stamps: Stamps, kept: _Kept | None) -> _Kept:
    """The check of what was added, where that tells; else of the whole."""
    began, at = monotonic(), datetime.now(UTC).isoformat(timespec="seconds")
    with Journals.open(folder) as journal:
        if kept and not kept.is_due and (check := kept.check.grown(journal)):
            report = _report(check, at, kept.report.whole_at)
            return kept._replace(stamps=stamps, check=check, report=report)
        check = GrowingCheck.whole(journal)
        return _Kept(stamps, check, _report(check, at, at), began, monotonic())


def _report(check: GrowingCheck, at: str, whole_at: str | None) -> IntegrityReport:
    found = check.verdicts
    altered, added = found.integrity, found.additions
    gone = tuple(fault for fault in check.seal_faults if fault != NOT_SEALED)
    unfinished = tuple(fault for fault in found.completeness if fault not in gone)
    told: dict[Verdict, tuple[str, ...]] = {
        "altered": altered,
        "incomplete": gone,
        "added": added,
        "unfinished": unfinished,
    }
    return IntegrityReport(
        verdict=next((verdict for verdict, faults in told.items() if faults), "sound"),
        altered=altered[:MOST],
        gone=gone[:MOST],
        added=added[:MOST],
        unfinished=unfinished[:MOST],
        more=sum(max(0, len(faults) - MOST) for faults in told.values()),
        redacted=len(found.redacted),
        newer=len(found.newer),
        runs=check.runs,
        root=None if altered else check.root,
        whole_at=whole_at,
        at=at,
        records_since=check.added,
        not_covered=(*NOT_COVERED, SINCE_WHOLE),
    )
