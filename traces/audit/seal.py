"""The seal: which runs there are and where each ends, fixed by one Merkle root, so that what is gone can be told.

Rules kept here
- A seal is a record of a run of its own, ``experiment``; it holds the head of every other run, by name.
- The root is a Merkle tree over run names and heads (RFC 9162, section 2.1, with SHA-256). Whoever keeps it elsewhere
  can prove later that no run was dropped or cut.
- Sealing what was sealed already adds nothing.

    root = seal(journal)
    seals(journal)[-1].heads

Whether a journal still holds what was sealed is told by ``integrity.py``; a signature is put over a seal by
``checkpoint.py``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from evitrail.traces.journal.folder import Journals, files_of
from evitrail.traces.journal.journal import DamagedJournal, Journal, JournalView, Redacted
from evitrail.traces.record import Record, sha256

SEAL_RUN = "experiment"
"""The run whose only records are seals."""


class Heads(Record, stored_as="Heads"):
    """The head of every run at the moment of sealing."""

    heads: dict[str, str]


class Seal(NamedTuple):
    """Which runs there were at one moment, and where each ended."""

    at: str
    root: str
    heads: dict[str, str]
    note: str | None
    """The checkpoint that was signed over it, where there is one."""


def seal(journal: Journal, over: JournalView | None = None) -> str:
    """Fix which runs there are and where each ends; returns the Merkle root, to be kept elsewhere.

    ``over`` is what is sealed where several files make one journal; the seal goes into ``journal``.
    """
    with journal.transaction():  # no run grows between the reading of its head and the seal
        heads = {run: head for run, head in (over or journal).heads().items() if run != SEAL_RUN}
        root = merkle_root(heads)
        last = journal.records(SEAL_RUN)
        if not last or last[-1].body["root"] != root:
            journal.append(SEAL_RUN, "checkpoint", {"root": root, "heads": journal.put(Heads(heads=heads))})
    return root


def sealed_root(journal: JournalView) -> str | None:
    """The root of the newest seal."""
    found = seals(journal)
    return found[-1].root if found else None


def seals(journal: JournalView) -> list[Seal]:
    """Every seal, oldest first; raises ``DamagedJournal`` where one cannot be read."""
    found = []
    for file in files_of(journal):
        for record in file.records(SEAL_RUN):
            try:
                line = record.line
                if line["type"] == "checkpoint":
                    body, heads = line["body"], file.get(line["body"]["heads"], Heads).heads
                    found.append(Seal(line["t"], str(body["root"]), heads, body.get("note")))
            except (ValueError, KeyError, TypeError, Redacted) as error:
                raise DamagedJournal(f"run {SEAL_RUN!r} record {record.seq} cannot be read: {error}") from error
    return sorted(found, key=lambda seal: seal.at)


def unsealed(journal: JournalView, *among: Seal) -> list[str]:
    """The runs whose last record none of these seals covers, by name: they are new, or have grown since."""
    newer = set(journal.heads().items())
    for each in among:
        newer -= each.heads.items()
    return sorted(run for run, _ in newer if run != SEAL_RUN)


def ends_sealed(journal: Journals) -> bool:
    """Whether every file ends with a seal, so that nobody has written since: told without reading any run."""
    return all(file.last_run() == SEAL_RUN for file in journal.files)


def sealing_file(journal: JournalView) -> JournalView:
    """Of the files that make a journal, the one with the newest seal."""
    files = {each.at: file for file in files_of(journal) for each in seals(file)}
    return files[max(files)] if files else journal


def merkle_root(heads: Mapping[str, str]) -> str:
    """One hash over all run heads, in the order of run names (RFC 9162, section 2.1, with SHA-256)."""
    level = [hashlib.sha256(f"\x00{run}\n{head}".encode()).digest() for run, head in sorted(heads.items())]
    if not level:
        return sha256(b"")
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [hashlib.sha256(b"\x01" + b"".join(p)).digest() if len(p) == 2 else p[0] for p in pairs]
    return "sha256:" + level[0].hex()
