"""Redact patient data: delete it, and record that it was there.

Rules kept here
- Dropping a run's keyed blobs and key, and the record of it (who, when, why, which names), is one transaction.
- The record carries the proof that whoever made it held the run's key (``redacted.py``).
- Forks of a run use its key and its blobs, so they are redacted with it.
- No record changes: the chain verifies as before. The record lists the names it dropped rather than a count
  or a root over them, so that redacted blobs can be told from lost ones by the chain alone; a name whose key is gone
  says nothing about the patient.
- The bytes are erased too: the file is rewritten and its write-ahead log emptied. Copies and backups of the file are
  not covered, nor is what the disk itself keeps.
- The database refuses to delete patient data that no redaction record names. If it is deleted all the same, its
  names are in neither ``survey`` nor ``redacted``: an integrity fault.

    redact(journal, "clean.rad-001", by="d.larsen", reason="consent withdrawn")

A folder with several writers' files is redacted file by file, with ``redact_folder``.
"""

from __future__ import annotations

from pathlib import Path

from evitrail.traces.journal.after_end import REDACTION
from evitrail.traces.journal.errors import JournalError, Redacted
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.journal import Journal
from evitrail.traces.journal.redacted import proof_of, root_of
from evitrail.traces.journal.sensitive import sensitive_names, stored_secret
from evitrail.traces.journal.view import JournalView, Redaction


def redact(journal: Journal, run: str, *, by: str, reason: str) -> int:
    """Delete the patient data of a run and its forks from one file; returns the number of blobs deleted.

    Raises ``JournalError`` if there is nothing to redact (``Redacted`` if it was redacted before), or if the file is
    being read: then the redaction is recorded, but the bytes remain until ``redact`` is called again.
    """
    if not by.strip() or not reason.strip():
        raise ValueError(f"expected who redacts and why, got by={by!r}, reason={reason!r}")
    root, database, chain = root_of(journal, run), journal.database, _chain(journal, run)
    secret = stored_secret(database, root)
    if chain is None or secret is None:
        if _earlier_redaction(journal, root):
            database.scrub()
        raise _nothing_to_redact(journal, run)
    proof = proof_of(secret.key)
    with journal.transaction():
        names = sensitive_names(database, root)
        body = {"by": by, "reason": reason, "secret": root, "count": len(names), "blobs": names, "proof": proof}
        journal.append(chain, REDACTION, body)
        database.write("DELETE FROM sensitive WHERE run = ?", (root,))
        database.write("DELETE FROM secret WHERE run = ?", (root,))
    database.scrub()
    return len(names)


def redact_folder(folder: Path | str, run: str, *, by: str, reason: str) -> int:
    """``redact`` in every file of a folder that holds patient data of the run; returns how many blobs went."""
    with Journals.open(folder) as journals:
        root = root_of(journals, run)
        holding = [file.path for file in journals.files if stored_secret(file.database, root)]
        scrubbed = [file.path for file in journals.files if file.path not in holding and _earlier_redaction(file, root)]
        nothing = _nothing_to_redact(journals, run)
    gone = 0
    for path in (*holding, *scrubbed):
        with Journal.open(path) as journal:
            if path in holding:
                gone += redact(journal, root, by=by, reason=reason)
            else:
                journal.database.scrub()
    if not holding:
        raise nothing
    return gone


def _chain(journal: Journal, run: str) -> str | None:
    """Whose chain the record goes to: the root's, or in another writer's file that of a fork which lies there."""
    root = root_of(journal, run)
    runs = (each for each in (root, run, *journal.runs()) if journal.records(each))
    return next((each for each in runs if root_of(journal, each) == root), None)


def _earlier_redaction(journal: JournalView, root: str) -> Redaction | None:
    """The earlier redaction of a run, if there is one."""
    return next((redaction for redaction in journal.redacted().values() if redaction.run == root), None)


def _nothing_to_redact(journal: JournalView, run: str) -> JournalError:
    where = repr(str(journal.path))
    if earlier := _earlier_redaction(journal, root_of(journal, run)):
        return Redacted(f"nothing is left to redact: {earlier}")
    if not journal.records(run):
        return JournalError(f"expected a run of {where}, got {run!r}; `evitrail trace list` shows them")
    return JournalError(f"run {run!r} of {where} holds no patient data: there is nothing to redact")
