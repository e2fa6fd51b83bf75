"""The evidence store of an experiment, opened to be read: found through the experiment that was run on it.

Rules kept here
- A store goes by the name of an experiment that was run on it. Without a name it is the one store that all experiments
  served share; where there are several, one must be named.
- It is read only, with no embedding model, and kept open for the next request (``kept.py``).

    with opened_store(folders, "evitrail-demo:experiment") as opened:
        opened.store.snapshot(as_of=day, seq=opened.number(None))
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from evitrail.eval.plan.plan import PLAN, plan_in
from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.index.embed import Encoder
from evitrail.evidence_store.input_text import InputError
from evitrail.evidence_store.store import EvidenceStore
from evitrail.traces.journal.errors import JournalError
from evitrail.traces.record import Record
from evitrail.workbench.api.folders import ExperimentFolders
from evitrail.workbench.api.store.kept import store_path, stores
from evitrail.workbench.api.store.state import store_state


class StorePlace(Record):
    """Which store is shown, and how far its ledger goes."""

    exp: str
    """The experiment by which it was named."""
    name: str
    """The store's folder, without where it lies."""
    path: str
    """What commands take: beside the experiment's folder as it was given, else its name alone."""
    seq: int
    """The last event's number."""
    seen: int | None
    """The ledger number that the experiment saw; None where it is not on record."""
    shared: tuple[str, ...]
    """The experiments that were run on it, this one included."""


class StoreChoice(Record):
    """An experiment, and whether its store can be looked at."""

    exp: str
    name: str | None
    lacking: str = ""
    """Why it cannot; empty where it can."""


@dataclass(frozen=True)
class OpenedStore:
    """A store while it is open."""

    store: EvidenceStore
    place: StorePlace

    def number(self, seq: int | None) -> int:
        """A ledger number that it has; the last one, where none is asked."""
        if seq is not None and not 0 <= seq <= self.place.seq:
            raise ValueError(f"seq: expected a ledger number from 0 to {self.place.seq}, got {seq}")
        return self.place.seq if seq is None else seq


def store_choices(folders: ExperimentFolders) -> list[StoreChoice]:
    """Every experiment with its store, by name."""
    states = ((name, store_state(folder)) for name, folder in folders.all().items())
    return [StoreChoice(exp=name, name=state.name, lacking=state.lacking) for name, state in states]


@contextmanager
def opened_store(folders: ExperimentFolders, exp: str = "", embedder: Encoder | None = None) -> Iterator[OpenedStore]:
    """The store of an experiment; raises ``ValueError`` where none is named and several are served, ``StoreError``
    where it is not available. Meaning is searched with ``embedder``, the model that its index was built with."""
    named = exp or _only(folders)
    folder = folders.named(named)
    path = store_path(folder)
    # A model is the asker's own: a store that is kept open for all has none.
    reading = stores.reading(path) if embedder is None else EvidenceStore.open(path, embedder=embedder, read_only=True)
    with reading as store:
        yield OpenedStore(store, _place(folders, named, folder, path, store.seq))


def day_of(text: str) -> date | None:
    """The day that a parameter names; None for none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError(f"asof: expected a day such as 2020-01-31, got {text!r}") from None


def _paths(folders: ExperimentFolders) -> dict[str, Path]:
    """By experiment, its store, as far as they are available."""
    found = {}
    for name, folder in folders.all().items():
        if (folder / PLAN).is_file():
            try:
                found[name] = store_path(folder)
            except (StoreError, InputError, JournalError, OSError):
                continue  # its line in the list of experiments says why
    return found


def _only(folders: ExperimentFolders) -> str:
    found = _paths(folders)
    if len(set(found.values())) == 1:
        return min(found)
    if not found:
        raise ValueError(
            "expected an experiment whose evidence store is available, found none; the list of experiments says why"
        )
    raise ValueError(f"exp: expected the experiment whose store is meant, one of {', '.join(found)}, got none")


def _place(folders: ExperimentFolders, exp: str, folder: Path, path: Path, seq: int) -> StorePlace:
    beside = path.parent == folder.resolve().parent
    return StorePlace(
        exp=exp,
        name=path.name,
        path=str(folder.parent / path.name) if beside else path.name,
        seq=seq,
        seen=plan_in(folder).seq,
        shared=tuple(name for name, other in _paths(folders).items() if other == path),
    )
