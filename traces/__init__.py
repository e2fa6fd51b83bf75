"""What happened, and can it be trusted? Records, the journal, runs, and the provenance graph."""

from traces.activity import Activity, Edge, Edges, Entity
from traces.diff import Checked
from traces.graph import lineage, provenance
from traces.integrity import Verdicts, seal, verify_journal
from traces.journal import Clock, DamagedJournal, Journal, JournalError
from traces.journals import Journals
from traces.memory import remembered
from traces.record import Record, canonical_json, content_id
from traces.run import Live, Run
from traces.trace import Trace
from traces.verify import Verify

__all__ = [
    "Activity",
    "Checked",
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
    "Trace",
    "Verdicts",
    "Verify",
    "canonical_json",
    "content_id",
    "lineage",
    "provenance",
    "remembered",
    "seal",
    "verify_journal",
]
