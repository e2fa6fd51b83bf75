"""Read redactions from a journal: which blobs of which runs were deleted, by whom and why.

``redaction.py`` makes them.
"""

from __future__ import annotations

import json

from evitrail.traces.journal.database import Database
from evitrail.traces.journal.errors import DamagedJournal, Redacted
from evitrail.traces.journal.schema import IS_REDACTION, KEYED
from evitrail.traces.journal.view import JournalView, Redaction

REDACTION = "redaction"
"""The type of the record."""


def redactions(database: Database) -> dict[str, Redaction]:
    """The names that the redaction records of a file say were dropped; only patient data may be."""
    found: dict[str, Redaction] = {}
    for (data,) in database.stream(f"SELECT bytes FROM record WHERE {IS_REDACTION}"):
        try:
            line = json.loads(data)
            body = line["body"]
            if line["type"] == REDACTION:
                redaction = Redaction(body["secret"], line["t"], body["by"], body["reason"])
                found |= {name: redaction for name in body["blobs"] if name.startswith(KEYED)}
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # an altered record is a fault of the chain, and says nothing
    return found


def redacted_runs(journal: JournalView) -> dict[str, Redaction]:
    """The runs whose patient data was dropped, forks of them included, each with the record that says so."""
    redacted = {each.run: each for each in journal.redacted().values()}
    if not redacted:
        return {}
    return {run: redacted[root] for run in journal.runs() if (root := root_of(journal, run)) in redacted}


def root_of(journal: JournalView, run: str) -> str:
    """The run whose key a run uses: its own name where it is no fork, or not begun yet."""
    seen: set[str] = set()
    while run not in seen and (records := journal.records(run)):
        seen.add(run)
        body = records[0].body
        if stated := body.get("secret"):
            return str(stated)
        run = body.get("parent") or run
    return run


def no_key(journal: JournalView, root: str) -> Redacted | DamagedJournal:
    """Why a run whose names are keyed has no key."""
    for redaction in journal.redacted().values():
        if redaction.run == root:
            return Redacted(f"{str(journal.path)!r} has no key for run {root!r} any more: {redaction}")
    return DamagedJournal(f"{str(journal.path)!r} has no key for run {root!r}, and no record of its redaction")
