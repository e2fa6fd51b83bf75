"""A reference that somebody names: a moment of the same store, or another store that is right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from evitrail.eval.attribution.blame_record import ReferenceOf
from evitrail.eval.attribution.scene.reference import WrongReference
from evitrail.evidence_store.errors import EvidenceError
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.evidence_store.store import EvidenceStore


@contextmanager
def named_reference(name: str, store: EvidenceStore) -> Iterator[ReferenceOf]:
    """For a day, the state that is right on it: a folder names another store, anything else a release or ledger number.

    Raises ``WrongReference`` for a release or number that the store does not have, ``StoreError`` for no store.
    """
    if Path(name).is_dir():
        with EvidenceStore.open(Path(name), read_only=True) as other:
            yield _of(other, None)
        return
    try:
        seq = store.seq_of(name)
    except EvidenceError as error:
        known = ", ".join(("'now'", f"a ledger number up to {store.seq}", *store.tags()))
        raise WrongReference(f"reference: expected a store's folder, {known}, got {name!r}") from error
    yield _of(store, seq)


def _of(store: EvidenceStore, seq: int | None) -> ReferenceOf:
    def on(day: date | None) -> Snapshot:
        return store.snapshot(as_of=day, seq=seq)

    return on
