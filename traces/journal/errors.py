"""Errors of a journal; each message is one line that says what to do."""

from __future__ import annotations


class JournalError(Exception):
    """The journal cannot be used as asked; the message says what to do."""


class DamagedJournal(JournalError):
    """The file is not a sound journal any more."""


class RunEnded(JournalError):
    """The run has ended, and no rule allows what was to be recorded of it."""


class DamagedRecord(DamagedJournal, ValueError):
    """One record that is not as it was written; a ``ValueError`` too, for who reads what can be read of the others."""


class Redacted(JournalError):
    """The blob was dropped on purpose; the message names the run, when, by whom and why."""
