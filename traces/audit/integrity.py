"""Can the record be trusted? Three verdicts on a journal: integrity, completeness, and whether something was added.

Rules kept here
- Three verdicts, never one. *Integrity*: nothing that is here was altered. *Completeness*: nothing that
  was here is gone. *Additions*: nothing is here that no rule allows: a record that may not follow its run's end
  (``after_end.py``), a redaction without its proof (``redacted.py``), another copy of a run that went another way.
- Integrity covers every byte of every record, of types known or unknown, and of every blob. A record is
  hashed as it lies there first, and read once; blobs are gone through once, in the order of the file.
- What was redacted on record is no fault and is counted. A blob that is gone otherwise is a fault, with
  the record named that needs it.
- Completeness is known for a run that ended, and for every run that was ever sealed: a seal (``seal.py``)
  holds the head of each run and their Merkle root. A later seal excuses no loss.
- What came after the newest seal is listed: nobody vouches for it yet. That is no fault, since an experiment may be
  resumed, but it is said wherever runs are counted.
- An empty list of faults means sound. Each fault names the record.

    verdicts = verify_journal(journal)
    verdicts.sound, verdicts.integrity, verdicts.completeness, verdicts.additions, verdicts.newer

Not covered: whoever can rewrite the whole file can rewrite records, heads and seals together. Sign the seal
(``checkpoint.py``), or keep its root somewhere else, and compare. Nor does it say that what was written is true.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pydantic_core import from_json

from evitrail.traces.audit.seal import SEAL_RUN, Seal, merkle_root, seals, unsealed
from evitrail.traces.journal.after_end import AfterEnd
from evitrail.traces.journal.folder import files_of
from evitrail.traces.journal.journal import DamagedJournal, JournalView, Stored, genesis, link
from evitrail.traces.journal.redacted import unproven
from evitrail.traces.journal.schema import blobs_named

UNKNOWN = "cannot be told while the file is damaged"


class Verdicts(NamedTuple):
    """What was found wrong, in three kinds; all empty means the record is sound and whole."""

    integrity: tuple[str, ...]
    completeness: tuple[str, ...]
    redacted: tuple[str, ...] = ()
    """Blobs that are gone on record, by name: no fault."""
    additions: tuple[str, ...] = ()
    newer: tuple[str, ...] = ()
    """The runs that are new or have grown since the newest seal, by name: no fault."""

    @property
    def sound(self) -> bool:
        return not self.integrity and not self.completeness and not self.additions


class ChainCheck(NamedTuple):
    """What one pass over the records of a run finds."""

    run: str
    faults: list[str]
    ended: bool
    needs: dict[str, int]
    """The blobs it names, each with the first record that does."""
    added: list[str]
    """Records that may not follow the run's end."""
    links: list[str]
    """The hash of each record, in order."""


def verify_journal(journal: JournalView, left_out: Collection[str] = ()) -> Verdicts:
    """Check every run and blob of a journal, and every seal; ``left_out`` are runs known to be elsewhere."""
    try:
        added: list[str] = []
        broken = [f"the file itself: {problem}" for problem in journal.problems()]
        blobs, redacted = journal.survey(), journal.redacted()
        chains: list[ChainCheck] = []
        unread: set[str] = set()
        for file in files_of(journal):
            for run in file.runs():
                try:
                    chains.append(_checked_chain(run, file.records(run)))
                except DamagedJournal as error:
                    unread.add(run)
                    broken.append(str(error))
                else:
                    broken += [f"{fault}{_within(file, journal)}" for fault in chains[-1].faults]
                    added += [f"{fault}{_within(file, journal)}" for fault in chains[-1].added]
    except DamagedJournal as error:
        return Verdicts((str(error),), (UNKNOWN,))
    broken += _check_blobs(blobs, chains)
    ended = {chain.run for chain in chains if chain.ended} | unread | {SEAL_RUN}
    gone = [f"run {run!r} was not finished" for run in sorted({chain.run for chain in chains} - ended)]
    gone += _check_seals(journal, chains, unread.union(left_out))
    added += [*_diverged(chain for chain in chains if chain.run != SEAL_RUN), *unproven(journal)]
    return Verdicts(tuple(broken), tuple(gone), tuple(sorted(redacted)), tuple(added), _grown(journal, chains))


def newer_than_seal(journal: JournalView) -> tuple[str, ...]:
    """The runs that are new or have grown since they were sealed; none where no seal can be read."""
    try:
        found = seals(journal)
    except DamagedJournal:
        return ()
    return tuple(unsealed(journal, *found)) if found else ()


def _grown(journal: JournalView, chains: Iterable[ChainCheck]) -> tuple[str, ...]:
    """Those of them that lost nothing: a run that was cut is named as such."""
    here = {(chain.run, place) for chain in chains for place in chain.links}
    try:
        sealed = {(run, head) for each in seals(journal) for run, head in each.heads.items()}
    except DamagedJournal:
        return ()
    cut = {run for run, head in sealed if (run, head) not in here}
    return tuple(run for run in newer_than_seal(journal) if run not in cut)


def check_chain(run: str, records: Iterable[Stored]) -> list[str]:
    """Every record whose bytes, place or link is not what it was when it was written."""
    return _checked_chain(run, records).faults


def lost(seal: Seal, chains: Iterable[ChainCheck], left_out: Collection[str] = ()) -> Iterator[str]:
    """Every run that was sealed and is gone, or that ends before the record it was sealed at."""
    here: dict[str, set[str]] = {}
    for chain in chains:
        here.setdefault(chain.run, set()).update(chain.links)
    for run, head in sorted(seal.heads.items()):
        if run in left_out:
            continue
        if run not in here:
            yield f"run {run!r} was sealed and is gone"
        elif head not in here[run]:
            yield f"run {run!r} does not reach the record it was sealed at; its tail was cut"


def _checked_chain(run: str, records: Iterable[Stored]) -> ChainCheck:
    """Hash and read each record, once."""
    found, prev, after = ChainCheck(run, [], False, {}, [], []), genesis(run), AfterEnd()
    for place, record in enumerate(records):
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
                found.added.append(f"run {run!r} record {place}: {why}")
            for name in blobs_named(line["body"]):
                found.needs.setdefault(name, place)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            fault = fault or f"its text cannot be read: {type(error).__name__}: {error}"
        else:
            if stated != (run, place, prev):
                fault = fault or f"its text says {stated!r}"
        if fault:
            found.faults.append(f"run {run!r} record {place}: {fault}")
        prev = record.hash
        found.links.append(prev)
    return found._replace(ended=after.ended)


def _diverged(chains: Iterable[ChainCheck]) -> Iterator[str]:
    """Each run of which two files hold copies, neither of which is the beginning of the other."""
    longest: dict[str, list[str]] = {}
    for chain in sorted(chains, key=lambda each: -len(each.links)):
        whole = longest.setdefault(chain.run, chain.links)
        if whole[: len(chain.links)] != chain.links:
            alike = [one == other for one, other in zip(whole, chain.links, strict=False)]
            yield f"run {chain.run!r} record {alike.index(False)}: two files hold copies of it that differ from here on"


def _check_blobs(blobs: Mapping[str, str | None], chains: Iterable[ChainCheck]) -> Iterator[str]:
    """Each blob that a record names is there, and each that is there is what its name says."""
    seen: set[str] = set()
    for chain in chains:
        for name, seq in chain.needs.items():
            if name not in seen and (fault := blobs.get(name, "is missing")):
                yield f"run {chain.run!r} record {seq}: blob {name} {fault}"
        seen |= chain.needs.keys()
    for name, fault in blobs.items():
        if fault and name not in seen:
            yield f"blob {name} {fault}; no record names it"


def _check_seals(journal: JournalView, chains: Sequence[ChainCheck], left_out: Collection[str]) -> list[str]:
    try:
        found = seals(journal)
    except DamagedJournal:
        return ["the seal cannot be read: runs that are gone cannot be told"]
    if not found:
        return ["the experiment was not sealed: runs that are gone cannot be told"]
    faults = [
        f"the seal of {each.at} does not match its own root" for each in found if merkle_root(each.heads) != each.root
    ]
    for each in reversed(found):
        faults += lost(each, chains, left_out)
    return list(dict.fromkeys(faults))


def _within(file: JournalView, journal: JournalView) -> str:
    """Which of several files, where there are several."""
    return "" if file is journal else f" (in {file.path.name})"
