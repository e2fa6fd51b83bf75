"""Resume a run that another writer left unfinished, in this writer's file and with all its records.

Rules kept here
- Records are copied unchanged, bytes and hashes: the chain continues where it stopped, no step is repeated, and the
  file can be verified on its own.
- The blobs that the records name are copied too, patient data under the run's own key.
- If the run has diverged in this file already, nothing is copied.

    with Journals.open(folder) as past:
        take_over(journal, past, "standard.rad-001")
    run = Live.begin(journal, "standard.rad-001", config)

The caller must know that the other writer has stopped. If it has not, both chains stay, and readers use the one that
ended (``folder.py``).
"""

from __future__ import annotations

from evitrail.traces.journal.journal import Journal
from evitrail.traces.journal.schema import KEYED, blobs_named
from evitrail.traces.journal.view import JournalView


def take_over(journal: Journal, past: JournalView, run: str) -> int:
    """Copy the records of a run that ``past`` has and ``journal`` lacks; returns the number of records copied."""
    here, there = journal.records(run), past.records(run)
    if [record.hash for record in here] != [record.hash for record in there[: len(here)]]:
        return 0
    new = there[len(here) :]
    if not new:
        return 0
    with journal.transaction():
        for name in dict.fromkeys(name for record in new for name in blobs_named(record.body)):
            keeper = journal.secret(run, past) if name.startswith(KEYED) else journal
            keeper.store(name, past.raw(name))
        journal.adopt(new)
    return len(new)
