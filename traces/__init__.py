"""What happened, and can it be trusted? Records, the journal, runs, and the provenance graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evitrail.traces.lazy_package import lazy_package

if TYPE_CHECKING:
    from evitrail.traces.audit.integrity import Verdicts as Verdicts
    from evitrail.traces.audit.integrity import verify_journal as verify_journal
    from evitrail.traces.audit.seal import seal as seal
    from evitrail.traces.graph import lineage as lineage
    from evitrail.traces.graph import provenance as provenance
    from evitrail.traces.journal.folder import Journals as Journals
    from evitrail.traces.journal.journal import Clock as Clock
    from evitrail.traces.journal.journal import DamagedJournal as DamagedJournal
    from evitrail.traces.journal.journal import Journal as Journal
    from evitrail.traces.journal.journal import JournalError as JournalError
    from evitrail.traces.record import Record as Record
    from evitrail.traces.record import canonical_json as canonical_json
    from evitrail.traces.record import content_id as content_id
    from evitrail.traces.run.activity import Activity as Activity
    from evitrail.traces.run.activity import Edge as Edge
    from evitrail.traces.run.activity import Edges as Edges
    from evitrail.traces.run.activity import Entity as Entity
    from evitrail.traces.run.diff import StepVerdict as StepVerdict
    from evitrail.traces.run.live import Live as Live
    from evitrail.traces.run.live import Run as Run
    from evitrail.traces.run.memory import recorded_work as recorded_work
    from evitrail.traces.run.step_key import Task as Task
    from evitrail.traces.run.verify import Verify as Verify
    from evitrail.traces.trace import Trace as Trace

__getattr__, __dir__, __all__ = lazy_package(
    __name__,
    {
        "audit.integrity": ("Verdicts", "verify_journal"),
        "audit.seal": ("seal",),
        "graph": ("lineage", "provenance"),
        "journal.folder": ("Journals",),
        "journal.journal": ("Clock", "DamagedJournal", "Journal", "JournalError"),
        "record": ("Record", "canonical_json", "content_id"),
        "run.activity": ("Activity", "Edge", "Edges", "Entity"),
        "run.diff": ("StepVerdict",),
        "run.live": ("Live", "Run"),
        "run.memory": ("recorded_work",),
        "run.step_key": ("Task",),
        "run.verify": ("Verify",),
        "trace": ("Trace",),
    },
)
