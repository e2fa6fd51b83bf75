"""What happened, and can it be trusted? Records, the journal, runs, and the provenance graph."""

from traces.activity import Activity, Edge, Edges, Entity
from traces.graph import lineage, provenance
from traces.journal import Clock, DamagedJournal, Journal, JournalError
from traces.record import Record, canonical_json, content_id
from traces.run import Live, Run, remembered
from traces.trace import Trace, Verdicts, seal, verify_journal
from traces.verify import Checked, Verify

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
