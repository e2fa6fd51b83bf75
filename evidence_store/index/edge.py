"""The in-process engine: Qdrant's own, as a library, on disk. The default; no server, no network.

Rules kept here
- The write-ahead log is on: what ``upsert`` returned from survives a killed process. It is kept short.
- One process owns a folder, and may write; a second is told who that is. Who only searches opens a copy
  (``read_copy.py``), and any number may.
- The engine writes through mapped files: on a full disk the process would be killed. So room is asked for first.
- An index built beside it lies in a folder of its own until it is moved into this one's place. Where that was broken
  off, the next opening ends it.
- Once a write has ended, what has grown is packed (``settle``): searched faster, and opened without reading it. No
  score changes by it. Where the manifest asks for a graph, it is built then. Which build it is lies beside it in
  ``build``, and is another one from the first byte of the next write on.
- Vectors, words and field indexes stay on disk and are mapped: to open a store does not read them.
- The engine is loaded by the first search or write: to open a store, list versions or trace an answer needs none.

Only ``edge_filter.py`` imports qdrant_edge.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from secrets import token_hex
from threading import Lock

from evitrail.evidence_store.errors import IndexInUse, ReadOnlyStore, StoreError
from evitrail.evidence_store.index.base import (
    DENSE,
    FIRST,
    LEXICAL,
    IndexHit,
    Payload,
    Point,
    Sparse,
    VectorIndex,
    Where,
    best,
    by_seq,
    nearest,
)
from evitrail.evidence_store.index.edge_config import INDEXED, config_of
from evitrail.evidence_store.index.edge_filter import not_later, qe, ranges
from evitrail.evidence_store.index.edge_search import Estimates, Search, scanned, walked
from evitrail.evidence_store.index.embed import Vectors
from evitrail.evidence_store.index.manifest import IndexManifest
from evitrail.evidence_store.index.owner import lock_file, owned, released
from evitrail.evidence_store.index.read_copy import ReadCopy, changing

_PAGE = 1000
_TO_BEGIN = 32 << 20
"""Bytes that an empty index takes, with its logs and a page of every index; measured 19 MB."""
_ROOM = 16 << 20
_PER_POINT = 32 << 10
"""Bytes that a batch may take: new pages, and the batch itself in log and storage."""
_LOGGED = 10_000
"""Points that the log alone may hold: what whoever opens the index after a killed process writes again."""
_LOOSE = 100_000
"""Points that are packed at once where search is exact: a segment of their own, so that cores share the search."""


class EdgeIndex:
    """A shard in a folder."""

    def __init__(self, path: Path, manifest: IndexManifest, held: TextIOWrapper | ReadCopy | None = None) -> None:
        self.path = path
        self._manifest = manifest
        self._config = config_of(manifest)
        self._held = held or owned(path)
        """What keeps other processes away, which an index built beside another shares; or the copy that this is."""
        if (begun := self._aside(manifest)).exists():
            self._put_in_place(begun)
        self.fresh = not _is_there(path)
        self._loading = Lock()
        self._engine: qe.EdgeShard | None = None
        """None where it was neither searched nor written to yet."""
        self._closed = False
        self._estimates = Estimates()
        self._logged = self._loose = 0
        """Points written since the log was emptied, and since they were packed."""
        try:
            if self.fresh:
                self._create()
        except BaseException:
            self._release()
            raise

    @classmethod
    def read_copy(cls, path: Path, manifest: IndexManifest) -> tuple[EdgeIndex, ReadCopy]:
        """A copy of the index in the folder ``path`` that is searched only, and is removed once it is closed."""
        if not _is_there(path):
            said = f"{path}: expected an index, found none (another process may be building it)"
            raise StoreError(f"{said}; do the same again, or run `evitrail store reindex`")
        copy = ReadCopy.of(path, lambda folder: _load(folder, config_of(manifest)).close())
        return cls(copy.index, manifest, copy), copy

    @property
    def _shard(self) -> qe.EdgeShard:
        with self._loading:
            if self._engine is None:
                if self._closed:
                    raise self._was_closed()
                self._engine = _load(self.path, self._config)
            return self._engine

    @property
    def build(self) -> str:
        if self._manifest.mode == "exact":
            return ""
        file = self.path / "build"
        return file.read_text(encoding="utf-8") if file.is_file() else "none"

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Within the block nobody copies it. Another build begins: what was named by the last is not found in it."""
        with changing(self.path):
            if self._manifest.mode != "exact":
                (self.path / "build").write_text(token_hex(8), encoding="utf-8")
            try:
                yield
            finally:
                self._estimates.forget()

    def upsert(self, points: Sequence[Point]) -> None:
        self._room(_ROOM + _PER_POINT * len(points))
        batch = [
            qe.Point(
                point.id,
                {DENSE: point.dense.tolist(), LEXICAL: qe.SparseVector(point.sparse.indices, point.sparse.values)},
                point.payload,
            )
            for point in points
        ]
        with self._changing(), self._in_use():
            self._shard.update(qe.UpdateOperation.upsert_points(batch, condition=not_later(by_seq(points))))
            self._logged += len(points)
            self._loose += len(points)
            if self._logged >= _LOGGED:
                self._shard.flush()
                self._logged = 0
            if self._loose >= _LOOSE and self._manifest.mode == "exact":
                self._pack()

    def settle(self) -> None:
        with self._changing(), self._in_use():
            self._pack()

    def _pack(self) -> None:
        """Build of what was written what makes searching it quick."""
        self._shard.optimize()
        self._loose = 0

    def search_dense(self, vector: Vectors, k: int, where: Where, *, exact: bool = True) -> list[IndexHit]:
        query, how = qe.Query.Nearest(vector.tolist(), DENSE), {True: scanned, False: walked}
        return nearest(lambda limit, exactly: self._found(how[exactly], query, limit, where), k, exact=exact)

    def search_sparse(self, vector: Sparse, k: int, where: Where) -> list[IndexHit]:
        if not vector.indices:
            return []
        query = qe.Query.Nearest(qe.SparseVector(vector.indices, vector.values), LEXICAL)
        return best(lambda limit: self._found(scanned, query, limit, where), k)

    def _found(self, how: Search, query: qe.Query, limit: int, where: Where) -> list[IndexHit]:
        with self._in_use():
            found = how(self._shard, query, limit, where, self._estimates)
        return [_index_hit(point.payload, point.score) for point in found]

    def scroll(self) -> Iterator[tuple[str, Payload]]:
        offset = None
        while True:
            request = qe.ScrollRequest(offset=offset, limit=_PAGE, with_payload=True)
            with self._in_use():
                points, offset = self._shard.scroll(request)
            yield from ((str(point.id), point.payload or {}) for point in points)
            if offset is None:
                return

    def count(self) -> int:
        with self._in_use():
            return self._shard.count(qe.CountRequest(filter=qe.Filter(must=ranges([FIRST]))))

    def clear(self) -> None:
        with changing(self.path):
            self._unload()
            shutil.rmtree(self.path)
            self._create()
            self._closed = False

    def beside(self, manifest: IndexManifest) -> EdgeIndex:
        if manifest == self._manifest:
            raise StoreError(f"{self.path}: expected another manifest than the index was built with; use reindex")
        return EdgeIndex(self._aside(manifest), manifest, self._held)

    def give_way(self, other: VectorIndex) -> None:
        assert isinstance(other, EdgeIndex)  # made by ``beside``
        with changing(self.path):
            self._unload()
            other._unload()
            self._put_in_place(other.path)
            other.path, other._closed = self.path, False

    def close(self) -> None:
        self._unload()
        self._release()

    def _unload(self) -> None:
        """Let go of the engine; whoever searches now is told so, and loads none."""
        with self._loading:
            self._closed = True
            if self._engine is not None:
                self._engine.close()
                self._engine = None

    def _release(self) -> None:
        if isinstance(self._held, ReadCopy):
            self._held.remove()
        elif self._held.name == str(lock_file(self.path)):  # else it is that of the index in place
            released(self._held)

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        """Within the block, what the engine raises is a ``StoreError``; its exceptions are bare ones."""
        try:
            yield
        except StoreError:
            raise
        except Exception as error:
            if "not initialized" in str(error):
                raise self._was_closed() from error
            said = f"{self.path}: the index failed ({' '.join(str(error).split())})"
            raise StoreError(f"{said}; run `evitrail store reindex`") from error

    def _was_closed(self) -> StoreError:
        return StoreError(
            f"{self.path}: the index was closed while it was in use; open the store again and do it again"
        )

    def _aside(self, manifest: IndexManifest) -> Path:
        return self.path.with_name(f"{self.path.name}-{manifest.short}")

    def _put_in_place(self, begun: Path) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        begun.rename(self.path)

    def _room(self, needed: int) -> None:
        """Raises where the disk has less left than the engine is going to take."""
        if (free := shutil.disk_usage(self.path.parent).free) < needed:
            said = f"{self.path}: expected {needed >> 20} MB of room on the disk for the index, got {free >> 20}"
            raise StoreError(f"{said}; make room and do the same again: what was recorded is kept")

    def _create(self) -> None:
        """A new one, made under another name first: a killed process leaves none without its field indexes."""
        partial = self.path.with_name(f"{self.path.name}.part")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        self._room(_TO_BEGIN)
        shard = qe.EdgeShard.create(str(partial), self._config)
        for key, params in INDEXED.items():
            shard.update(qe.UpdateOperation.create_field_index(key, params))
        shard.close()
        shutil.rmtree(self.path, ignore_errors=True)
        partial.rename(self.path)


def _is_there(path: Path) -> bool:
    """Whether there is an index: without its segments its passages are gone. One that is empty has them, too."""
    return (path / "edge_config.json").exists() and any((path / "segments").glob("*"))


def _load(path: Path, config: qe.EdgeConfig) -> qe.EdgeShard:
    try:
        return qe.EdgeShard.load(str(path), config)
    except Exception as error:  # the engine raises bare exceptions
        if "WouldBlock" in str(error):
            raise IndexInUse(path, "") from error
        if any(refusal in str(error) for refusal in _READ_ONLY):
            raise ReadOnlyStore(path) from error
        said = f"{path}: the index cannot be opened ({' '.join(str(error).split())})"
        raise StoreError(f"{said}; run `evitrail store reindex`") from error


_READ_ONLY = ("os error 13", "os error 30")
"""How the engine says that it has no permission, and that the file system is read-only."""


def _index_hit(payload: Payload | None, score: float) -> IndexHit:
    assert payload is not None  # asked for in the request
    return IndexHit(payload["ref"], payload["part"], payload["start"], payload["end"], score)
