"""What happened, and can it be trusted? Records, the journal, runs, and the provenance graph."""

from evitrail.traces.audit.integrity import Verdicts, verify_journal
from evitrail.traces.audit.seal import seal
from evitrail.traces.graph import lineage, provenance
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.journal import Clock, DamagedJournal, Journal, JournalError
from evitrail.traces.record import Record, canonical_json, content_id
from evitrail.traces.run.activity import Activity, Edge, Edges, Entity
from evitrail.traces.run.diff import StepVerdict
from evitrail.traces.run.live import Live, Run
from evitrail.traces.run.memory import recorded_work
from evitrail.traces.run.step_key import Task
from evitrail.traces.run.verify import Verify
from evitrail.traces.trace import Trace

__all__ = [
    "Activity",
    "Clock",
    "DamagedJournal",
    "Edge",
    "Edges",
    "Entity",
    "Journal",
    "JournalError",
    "Journals",
    "Live",
    "Record",
    "Run",
    "StepVerdict",
    "Task",
    "Trace",
    "Verdicts",
    "Verify",
    "canonical_json",
    "content_id",
    "lineage",
    "provenance",
    "recorded_work",
    "seal",
    "verify_journal",
]
