"""Can the record be trusted? Three verdicts on a journal: integrity, completeness, and whether something was added.

Rules kept here
- Three verdicts, never one. *Integrity*: nothing that is here was altered. *Completeness*: nothing that
  was here is gone. *Additions*: nothing is here that no rule allows: a record that may not follow its run's end
  (``after_end.py``), a redaction without its proof (``redacted.py``), another copy of a run that went another way.
- Integrity covers every byte of every record (``chain_check.py``) and of every blob. Blobs are gone through once, in
  the order of the file.
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

from evitrail.traces.audit.chain_check import ChainCheck, ChainEnd, checked_chain
from evitrail.traces.audit.seal import SEAL_RUN, Seal, merkle_root, seals, unsealed
from evitrail.traces.journal.folder import files_of
from evitrail.traces.journal.journal import DamagedJournal, JournalView
from evitrail.traces.journal.redacted import unproven

NOT_SEALED = "the experiment was not sealed: runs that are gone cannot be told"
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


class Checked(NamedTuple):
    """What one pass over a whole journal finds."""

    verdicts: Verdicts
    chains: tuple[tuple[str, ChainCheck], ...] = ()
    """Each chain that could be read, with the name of its file."""
    seal_faults: tuple[str, ...] = ()
    """What of completeness the seals tell; the rest is runs that were not finished."""
    root: str | None = None
    """That of the newest seal."""


def verify_journal(journal: JournalView, left_out: Collection[str] = ()) -> Verdicts:
    """Check every run and blob of a journal, and every seal; ``left_out`` are runs known to be elsewhere."""
    return checked_journal(journal, left_out).verdicts


def checked_journal(journal: JournalView, left_out: Collection[str] = ()) -> Checked:
    """The same, with what was gone through.

    The journal may be written meanwhile, so seals are read before the runs that they cover, and records before the
    blobs that they name.
    """
    try:
        added: list[str] = []
        sealed = _readable_seals(journal)
        broken = [f"the file itself: {problem}" for problem in journal.problems()]
        chains: list[tuple[str, ChainCheck]] = []
        unread: set[str] = set()
        for file in files_of(journal):
            for run in file.runs():
                try:
                    chain = checked_chain(run, file.records(run))
                except DamagedJournal as error:
                    unread.add(run)
                    broken.append(str(error))
                else:
                    chains.append((file.path.name, chain))
                    broken += [f"{fault}{_within(file, journal)}" for fault in chain.faults]
                    added += [f"{fault}{_within(file, journal)}" for fault in chain.added]
        blobs, redacted = journal.survey(), journal.redacted()
    except DamagedJournal as error:
        return Checked(Verdicts((str(error),), (UNKNOWN,)), seal_faults=(UNKNOWN,))
    found = [chain for _, chain in chains]
    broken += _check_blobs(blobs, found)
    gone, told = unfinished((chain.end for chain in found), unread), _check_seals(sealed, found, unread.union(left_out))
    added += [*diverged(found), *unproven(journal)]
    newer = _grown(journal, sealed or [], found)
    verdicts = Verdicts(tuple(broken), (*gone, *told), tuple(sorted(redacted)), tuple(added), newer)
    return Checked(verdicts, tuple(chains), tuple(told), sealed[-1].root if sealed else None)


def newer_than_seal(journal: JournalView) -> tuple[str, ...]:
    """The runs that are new or have grown since they were sealed; none where no seal can be read."""
    try:
        found = seals(journal)
    except DamagedJournal:
        return ()
    return tuple(unsealed(journal, *found)) if found else ()


def _grown(journal: JournalView, sealed: Sequence[Seal], chains: Iterable[ChainCheck]) -> tuple[str, ...]:
    """Those of them that lost nothing: a run that was cut is named as such."""
    if not sealed:
        return ()
    here = {(chain.end.run, place) for chain in chains for place in chain.links}
    cut = {run for each in sealed for run, head in each.heads.items() if (run, head) not in here}
    return tuple(run for run in unsealed(journal, *sealed) if run not in cut)


def unfinished(ends: Iterable[ChainEnd], unread: Collection[str] = ()) -> list[str]:
    """Each run that has no end in any file, as a fault of completeness."""
    runs: dict[str, bool] = {}
    for end in ends:
        runs[end.run] = runs.get(end.run, False) or end.after.ended
    return [
        f"run {run!r} was not finished"
        for run, ended in sorted(runs.items())
        if not ended and run not in unread and run != SEAL_RUN
    ]


def lost(seal: Seal, chains: Iterable[ChainCheck], left_out: Collection[str] = ()) -> Iterator[str]:
    """Every run that was sealed and is gone, or that ends before the record it was sealed at."""
    here: dict[str, set[str]] = {}
    for chain in chains:
        here.setdefault(chain.end.run, set()).update(chain.links)
    for run, head in sorted(seal.heads.items()):
        if run in left_out:
            continue
        if run not in here:
            yield f"run {run!r} was sealed and is gone"
        elif head not in here[run]:
            yield f"run {run!r} does not reach the record it was sealed at; its tail was cut"


def diverged(chains: Iterable[ChainCheck]) -> Iterator[str]:
    """Each run of which two files hold copies, neither of which is the beginning of the other."""
    longest: dict[str, list[str]] = {}
    for chain in sorted((each for each in chains if each.end.run != SEAL_RUN), key=lambda each: -len(each.links)):
        whole = longest.setdefault(chain.end.run, chain.links)
        if whole[: len(chain.links)] != chain.links:
            alike = [one == other for one, other in zip(whole, chain.links, strict=False)]
            where = f"run {chain.end.run!r} record {alike.index(False)}"
            yield f"{where}: two files hold copies of it that differ from here on"


def _check_blobs(blobs: Mapping[str, str | None], chains: Iterable[ChainCheck]) -> Iterator[str]:
    """Each blob that a record names is there, and each that is there is what its name says."""
    seen: set[str] = set()
    for chain in chains:
        for name, seq in chain.needs.items():
            if name not in seen and (fault := blobs.get(name, "is missing")):
                yield f"run {chain.end.run!r} record {seq}: blob {name} {fault}"
        seen |= chain.needs.keys()
    for name, fault in blobs.items():
        if fault and name not in seen:
            yield f"blob {name} {fault}; no record names it"


def _readable_seals(journal: JournalView) -> list[Seal] | None:
    try:
        return seals(journal)
    except DamagedJournal:
        return None


def _check_seals(found: Sequence[Seal] | None, chains: Sequence[ChainCheck], left_out: Collection[str]) -> list[str]:
    if found is None:
        return ["the seal cannot be read: runs that are gone cannot be told"]
    if not found:
        return [NOT_SEALED]
    faults = [
        f"the seal of {each.at} does not match its own root" for each in found if merkle_root(each.heads) != each.root
    ]
    for each in reversed(found):
        faults += lost(each, chains, left_out)
    return list(dict.fromkeys(faults))


def _within(file: JournalView, journal: JournalView) -> str:
    """Which of several files, where there are several."""
    return "" if file is journal else f" (in {file.path.name})"
