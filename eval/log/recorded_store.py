"""The store that an experiment was run on: where it is now, known again by what it holds.

Rules kept here
- A store is opened for an experiment only if its ledger holds what the experiment recorded: the ledger's hash at the
  experiment's ledger number. Earlier plans do not have the hash; there each version that the first runs were served
  must be in the ledger as it was.
- Where the plan's path leads to no such store, the folders beside the experiment are tried. What is opened is the
  store that was recorded, or none: then one line says which store is missing.

    with recorded_store(folder, plan_in(folder), past) as store:
        store.snapshot(seq=plan.seq)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import traces
from evitrail.eval.plan.plan import Plan
from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.model import evidence_id
from evitrail.evidence_store.store import EvidenceStore
from evitrail.retrieval.base import Retrieved
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import stored_name
from evitrail.traces.trace import Trace

RUNS = 20
"""Runs whose evidence is looked up, where the plan does not say the ledger's hash."""


class LostStore(StoreError):
    """The store of an experiment is not where its plan says, nor beside it."""


class StoreRecord(NamedTuple):
    """What an experiment recorded of its store."""

    seq: int
    """The ledger number; 0 where nothing was recorded yet."""
    ledger: str | None
    """The ledger's hash there."""
    snapshot: str | None
    """The name of that state of the store, with the model and engine of its index."""
    evidence: Mapping[str, str]
    """Versions that runs were served, each with its content id."""

    @classmethod
    def of(cls, plan: Plan, past: JournalView | None) -> StoreRecord:
        """What the plan and the runs say."""
        if plan.ledger is not None and plan.seq is not None:
            return cls(plan.seq, plan.ledger, None, {})
        runs = list(islice(traces(past), RUNS)) if past is not None else []
        config = runs[0].config(RunConfig) if runs else None
        if config is None:
            return cls(plan.seq or 0, None, None, {})
        return cls(config.seq, None, config.snapshot, dict(served for run in runs for served in _served(run)))

    def in_store(self, store: EvidenceStore) -> bool:
        """Whether the store's ledger holds it."""
        if self.seq > store.seq:
            return False
        if self.ledger is not None:
            return ledger_at(store, self.seq) == self.ledger
        if self.snapshot is None or store.snapshot(seq=self.seq).id == self.snapshot:
            return True
        headers = store.snapshot(seq=self.seq, unpublished=True).headers
        return all(ref in headers and evidence_id(store.get(ref)) == known for ref, known in self.evidence.items())


@contextmanager
def recorded_store(
    folder: Path, plan: Plan, past: JournalView | None, given: Path | EvidenceStore | None = None
) -> Iterator[EvidenceStore]:
    """The store of an experiment, opened; ``given`` is where it is now, or the store itself.

    Raises ``StoreError`` where it is not the store that the experiment was run on, or there is none.
    """
    record = StoreRecord.of(plan, past)
    if isinstance(given, EvidenceStore):
        _expect(record, given, folder)
        yield given
        return
    if given is not None:
        with EvidenceStore.open(given, read_only=True) as store:
            _expect(record, store, folder)
            yield store
        return
    for path in (Path(plan.store), *_beside(folder)):
        if is_store(path):
            with EvidenceStore.open(path, read_only=True) as store:
                if record.in_store(store):
                    yield store
                    return
    raise LostStore(_missing(record, folder, Path(plan.store)))


def is_store(path: Path) -> bool:
    """Whether there is an evidence store in the folder."""
    return (path / "manifest.json").is_file()


def ledger_at(store: EvidenceStore, seq: int) -> str | None:
    """The hash of the store's ledger at a number; None before its first event."""
    event = next(iter(store.events(after=seq - 1)), None) if seq else None
    return event.hash if event else None


def _served(run: Trace) -> Iterator[tuple[str, str]]:
    for step in run.activities:
        if step.output_type == stored_name(Retrieved):
            for hit in run.journal.get(step.output, Retrieved).hits:
                yield hit.passage.ref, hit.passage.evidence_id


def _beside(folder: Path) -> list[Path]:
    parent = folder.resolve().parent
    try:
        return sorted(path for path in parent.iterdir() if path != folder.resolve() and is_store(path))
    except OSError:
        return []


def _expect(record: StoreRecord, store: EvidenceStore, folder: Path) -> None:
    if not record.in_store(store):
        raise StoreError(
            f"{store.path}: expected the store that {folder} was run on, {_described(record)}; this one never was in "
            "that state"
        )


def _missing(record: StoreRecord, folder: Path, path: Path) -> str:
    there = "holds another store" if is_store(path) else "holds none"
    return (
        f"{folder}: expected the evidence store it was run on, {_described(record)}; {path} {there}, and no folder "
        f"beside {folder} holds it; give its folder with --store PATH"
    )


def _described(record: StoreRecord) -> str:
    name = record.ledger or record.snapshot
    return f"whose ledger number {record.seq} is {name[:19] if name else 'recorded there'}"
