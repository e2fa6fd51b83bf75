"""A run that another writer left unfinished goes on in this writer's file, with all that was recorded of it.

Rules kept here
- Records are copied as they lie, bytes and hashes: the chain goes on where it broke off, no step of it is done
  again, and the file can be verified on its own.
- The blobs that the records name come with them, patient data under the run's own key.
- Where this file has gone another way already, nothing is taken.

    with Journals.open(folder) as past:
        take_over(journal, past, "standard.rad-001")
    run = Live.begin(journal, "standard.rad-001", config)

Whether the other writer is really gone is for the caller to know. Where it was not, both chains stay, and whoever
reads takes the one that ended (``journals.py``).
"""

from __future__ import annotations

from evitrail.traces.journal.journal import Journal
from evitrail.traces.journal.schema import KEYED, blobs_named
from evitrail.traces.journal.view import JournalView


def take_over(journal: Journal, past: JournalView, run: str) -> int:
    """Bring what ``past`` has of a run and ``journal`` has not; returns how many records came."""
    here, there = journal.records(run), past.records(run)
    if [record.hash for record in here] != [record.hash for record in there[: len(here)]]:
        return 0
    new = there[len(here) :]
    with journal.transaction():
        for name in dict.fromkeys(name for record in new for name in blobs_named(record.body)):
            keeper = journal.secret(run, past) if name.startswith(KEYED) else journal
            keeper.store(name, past.raw(name))
        journal.adopt(new)
    return len(new)
