"""The read side: one recorded run, its steps, and whether the record can be trusted.

Rules kept here
- Two verdicts, never one. *Integrity*: nothing that is here was altered. *Completeness*: nothing that
  was here is gone.
- Integrity covers every byte of every record and every blob a record names.
- Completeness is known for a run that ended, and for all runs of a sealed experiment; the seal holds
  the head of every run and their Merkle root.
- An empty list of faults means sound. Each fault names the record.

Not covered: whoever can rewrite the whole file can rewrite records, heads and seal together. Keep the
root that the report prints somewhere else, and compare.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from traces.activity import Activity, Edges
from traces.journal import DamagedJournal, Journal, Stored, genesis, link
from traces.record import Record, sha256
from traces.run import activities

R = TypeVar("R", bound=Record)

SEAL_RUN = "experiment"
"""The run whose only records are seals."""


class Heads(Record):
    """The head of every run at the moment of sealing."""

    heads: dict[str, str]


class Verdicts(NamedTuple):
    """What was found wrong, in two kinds; both empty means the record is sound and whole."""

    integrity: tuple[str, ...]
    completeness: tuple[str, ...]

    @property
    def sound(self) -> bool:
        return not self.integrity and not self.completeness


class Trace:
    """One run as it was recorded."""

    def __init__(self, journal: Journal, run: str) -> None:
        self.journal = journal
        self.run = run
        self.records: list[Stored] = journal.records(run)

    @property
    def activities(self) -> list[Activity]:
        return activities(self.journal, self.run)

    @property
    def ended(self) -> bool:
        return bool(self.of_type("run.end"))

    def of_type(self, name: str) -> list[Stored]:
        """The records of one type, in order."""
        return [record for record in self.records if record.type == name]

    @property
    def parent(self) -> str | None:
        """The run this one is a fork of."""
        parent: str | None = self.records[0].body["parent"]
        return parent

    def config(self, returns: type[R]) -> R:
        """What the run was begun with."""
        return self.journal.get(self.records[0].body["config"], returns)

    def output(self, returns: type[R]) -> R | None:
        """What the run came to; None while it has not ended."""
        ends = self.of_type("run.end")
        return self.journal.get(ends[-1].body["output"], returns) if ends else None

    def edges(self) -> Edges:
        """Every edge that the run's steps stated, in order."""
        stated = (self.journal.get(a.edges, Edges).edges for a in self.activities if a.edges)
        return Edges(edges=tuple(edge for edges in stated for edge in edges))


def verify_journal(journal: Journal) -> Verdicts:
    """Check every run and blob of a journal, and the seal where there is one."""
    try:
        broken = [f"the database itself: {problem}" for problem in journal.problems()]
        runs = {run: journal.records(run) for run in journal.runs()}
        for run, records in runs.items():
            broken += check_chain(run, records)
        broken += _check_blobs(journal, (r for records in runs.values() for r in records))
    except DamagedJournal as error:
        return Verdicts((str(error),), ("cannot be told while the file is damaged",))
    gone = [f"run {run!r} was not finished" for run, records in runs.items() if not _finished(run, records)]
    return Verdicts(tuple(broken), (*gone, *_check_seal(journal, runs)))


def check_chain(run: str, records: Iterable[Stored]) -> list[str]:
    """Every record whose bytes, place or link is not what it was when it was written."""
    faults, prev = [], genesis(run)
    for place, record in enumerate(records):
        name = f"run {run!r} record {place}"
        if record.seq != place:
            faults.append(f"{name}: expected sequence number {place}, got {record.seq}; a record is missing")
        elif record.prev != prev:
            faults.append(f"{name}: does not link to the record before it")
        elif link(record.prev, record.bytes) != record.hash:
            faults.append(f"{name}: its bytes are not those that were hashed")
        elif (found := _stated(record)) != (run, place, prev):
            faults.append(f"{name}: its text says {found!r}")
        prev = record.hash
    return faults


def seal(journal: Journal) -> str:
    """Fix which runs there are and where each ends; returns the Merkle root, to be kept elsewhere."""
    heads = {run: head for run, head in journal.heads().items() if run != SEAL_RUN}
    root = merkle_root(heads)
    last = journal.records(SEAL_RUN)
    if not last or last[-1].body["root"] != root:
        with journal.transaction():
            journal.append(SEAL_RUN, "checkpoint", {"root": root, "heads": journal.put(Heads(heads=heads))})
    return root


def sealed_root(journal: Journal) -> str | None:
    """The root of the newest seal."""
    seals = journal.records(SEAL_RUN)
    return str(seals[-1].body["root"]) if seals else None


def merkle_root(heads: Mapping[str, str]) -> str:
    """One hash over all run heads, in the order of run names (RFC 9162, section 2.1, with SHA-256)."""
    level = [hashlib.sha256(f"\x00{run}\n{head}".encode()).digest() for run, head in sorted(heads.items())]
    if not level:
        return sha256(b"")
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [hashlib.sha256(b"\x01" + b"".join(p)).digest() if len(p) == 2 else p[0] for p in pairs]
    return "sha256:" + level[0].hex()


def _stated(record: Stored) -> tuple[object, ...] | str:
    try:
        line = record.line
        return line["run"], line["seq"], line["prev"]
    except (ValueError, KeyError) as error:
        return f"unreadable: {error}"


def _finished(run: str, records: list[Stored]) -> bool:
    return run == SEAL_RUN or any(b'"type":"run.end"' in record.bytes for record in records)


def _check_blobs(journal: Journal, records: Iterable[Stored]) -> list[str]:
    """Each blob that a record names is there and is what its name says; each is looked at once."""
    faults: list[str] = []
    seen: set[str] = set()
    for record in records:
        try:
            named = _blob_names(record.body)
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # already a fault of the chain
        for name in named - seen:
            seen.add(name)
            try:
                whole = sha256(journal.raw(name)) == name
            except DamagedJournal:
                whole = False
            if not whole:
                faults.append(f"run {record.run!r} record {record.seq}: blob {name} is missing or altered")
    return faults


def _blob_names(body: dict[str, Any]) -> set[str]:
    named = [body.get(field) for field in ("config", "output", "edges", "heads", "blames")]
    return {name for name in named if name} | {given["id"] for given in body.get("inputs", [])}


def _check_seal(journal: Journal, runs: Mapping[str, list[Stored]]) -> list[str]:
    seals = runs.get(SEAL_RUN)
    if not seals:
        return ["the experiment was not sealed: runs that are gone cannot be told"]
    try:
        root, sealed = seals[-1].body["root"], journal.get(seals[-1].body["heads"], Heads).heads
    except (DamagedJournal, ValueError, KeyError, TypeError):
        return ["the seal cannot be read: runs that are gone cannot be told"]
    if merkle_root(sealed) != root:
        return ["the seal does not match its own root"]
    faults = [f"run {run!r} was sealed and is gone" for run in sorted(sealed.keys() - runs.keys())]
    for run in sorted(sealed.keys() & runs.keys()):
        if all(record.hash != sealed[run] for record in runs[run]):
            faults.append(f"run {run!r} does not reach the record it was sealed at; its tail was cut")
    return faults
