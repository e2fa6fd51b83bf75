"""A change of a store's embedding model, in a process that kills itself at the n-th place where something is written.

changing(path, last=7).exitcode      # -9: killed before or after a call of WRITES, the seventh of all these places
changing(path, last=0).told          # how many places there are
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from ledgers import FORKS
from world import WordVectors, clock

from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.index import projection
from evitrail.evidence_store.index.edge import EdgeIndex

NEW = WordVectors("other words", 32)
WRITES: tuple[tuple[Any, str], ...] = (
    (EdgeIndex, "upsert"),
    (EdgeIndex, "close"),
    (shutil, "rmtree"),
    (os, "replace"),
    (Path, "rename"),
    (Path, "replace"),
    (Path, "unlink"),
    (Path, "mkdir"),
)


def opened(path: Path) -> EvidenceStore:
    """The store with the model that its manifest names."""
    old = '"words"' in (path / "manifest.json").read_text()
    return EvidenceStore.open(path, embedder=WordVectors() if old else NEW, clock=clock)


def change(path: Path) -> None:
    """What ``evitrail store reindex --model`` does."""
    with opened(path) as store:
        store.reindex(embedder=NEW)


class Ended(NamedTuple):
    """A process that has ended."""

    exitcode: int | None
    told: str


def changing(path: Path, last: int) -> Ended:
    """Change the model in a process of its own, killed at that place."""
    told = path.with_name("told")
    told.write_text("")
    process = FORKS.Process(target=_change, args=(str(path), last, str(told)))
    process.start()
    process.join(60)
    return Ended(process.exitcode, told.read_text())


def _change(path: str, last: int, told: str) -> None:
    projection.BATCH = 20
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if done == last:
            os.kill(os.getpid(), signal.SIGKILL)

    for owner, name in WRITES:
        setattr(owner, name, _stepped(getattr(owner, name), step))
    change(Path(path))
    Path(told).write_text(str(done))


def _stepped(call: Callable[..., Any], step: Callable[[], None]) -> Callable[..., Any]:
    def stepped(*args: Any, **options: Any) -> Any:
        step()
        given = call(*args, **options)
        step()
        return given

    return stepped
