"""One run's records, hashed and read once, each as it lies in the file.

Rules kept here
- Every byte of every record is covered, of types known or unknown.
- A check can be resumed behind the last record that was checked: a chain only grows.

    chain = checked_chain("clean.rad-001", journal.records("clean.rad-001"))
    chain.faults, chain.added
    more = checked_chain("clean.rad-001", records_since, chain.end)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from pydantic_core import from_json

from evitrail.traces.journal.after_end import AfterEnd
from evitrail.traces.journal.schema import Stored, blobs_named, genesis, link


class ChainEnd(NamedTuple):
    """Up to where a run was checked."""

    run: str
    length: int
    head: str
    """The hash of the last record."""
    after: AfterEnd


class ChainCheck(NamedTuple):
    """What one pass over records of a run finds."""

    faults: list[str]
    """Records whose bytes, place or link is not what it was when it was written."""
    added: list[str]
    """Records that may not follow the run's end."""
    needs: dict[str, int]
    """The blobs that they name, each with the first record that does."""
    links: list[str]
    """The hash of each record, in order."""
    end: ChainEnd


def check_chain(run: str, records: Iterable[Stored]) -> list[str]:
    """Every record whose bytes, place or link is not what it was when it was written."""
    return checked_chain(run, records).faults


def checked_chain(run: str, records: Iterable[Stored], begin: ChainEnd | None = None) -> ChainCheck:
    """Hash and read each record, once; ``begin`` is where the check of the records before them ended."""
    first, prev = (begin.length, begin.head) if begin else (0, genesis(run))
    after = replace(begin.after) if begin else AfterEnd()
    faults: list[str] = []
    added: list[str] = []
    needs: dict[str, int] = {}
    links: list[str] = []
    for place, record in enumerate(records, first):
        fault = None
        if record.seq != place:
            fault = f"expected sequence number {place}, got {record.seq}; a record is missing"
        elif record.prev != prev:
            fault = "does not link to the record before it"
        elif link(record.prev, record.bytes) != record.hash:
            fault = "its bytes are not those that were hashed"
        try:
            line = from_json(record.bytes)
            stated = line["run"], line["seq"], line["prev"]
            if why := after.follows(line["type"], line["body"]):
                added.append(f"run {run!r} record {place}: {why}")
            for name in blobs_named(line["body"]):
                needs.setdefault(name, place)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            fault = fault or f"its text cannot be read: {type(error).__name__}: {error}"
        else:
            if stated != (run, place, prev):
                fault = fault or f"its text says {stated!r}"
        if fault:
            faults.append(f"run {run!r} record {place}: {fault}")
        prev = record.hash
        links.append(prev)
    return ChainCheck(faults, added, needs, links, ChainEnd(run, first + len(links), prev, after))
