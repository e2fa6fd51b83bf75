"""The way to a Qdrant: one client, and its errors in words.

Rules kept here
- A server needs to be 1.20 or later; an older one would ignore part of what it is asked, and answer otherwise.
- The key is read from ``QDRANT_API_KEY`` and shown nowhere.
- What goes wrong becomes one line: where, what was said, what to do.
- A folder is one process's, and one thread's at a time: local mode keeps plain Python state.

    connection = QdrantConnection("http://127.0.0.1:6333/evitrail")
    with connection.client() as client:
        client.get_collections()

The only file that imports qdrant_client.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from evitrail.evidence_store.errors import MissingPackageError, StoreError
from evitrail.evidence_store.index.layout import CollectionAddress, place_of
from evitrail.traces.known_secrets import SECRETS

try:
    from qdrant_client import QdrantClient, models
    from qdrant_client.http.exceptions import ApiException, UnexpectedResponse
except ImportError as error:
    raise MissingPackageError("a Qdrant index needs qdrant-client; run `pip install qdrant-client`") from error

__all__ = ["QdrantConnection", "models"]

OLDEST = (1, 20)


class QdrantConnection:
    """A client at one place; the collections of a store share it."""

    def __init__(self, location: str) -> None:
        self.place = place_of(location)
        self._client = _client(self.place)
        self._lock: AbstractContextManager[Any] = nullcontext() if self.place.remote else threading.RLock()
        if self.place.remote:
            with self.client() as client:
                version = client.info().version
            if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
                said = f"{self.place.url}: expected a Qdrant server of 1.20 or later, got {version}"
                raise StoreError(f"{said}; upgrade it")

    @contextmanager
    def client(self) -> Iterator[QdrantClient]:
        """The client, for one thread at a time where it must be; what it raises is a ``StoreError``."""
        try:
            with self._lock:
                yield self._client
        except (ApiException, OSError, sqlite3.Error) as error:
            raise StoreError(f"{self.place.url}: {SECRETS.hidden(_reason(error))}") from error
        except RuntimeError as error:
            if "closed" not in str(error):
                raise
            said = f"{self.place.url}: the index was closed while it was in use"
            raise StoreError(f"{said}; open the store again and do it again") from error

    def served(self) -> str | None:
        """The collection that the place's name means."""
        with self.client() as client:
            named = {alias.alias_name: alias.collection_name for alias in client.get_aliases().aliases}
        return named.get(self.place.name)

    def close(self) -> None:
        self._client.close()


def _client(place: CollectionAddress) -> QdrantClient:
    if place.remote:
        # We ask for the version ourselves; the client would only warn.
        key = os.environ.get("QDRANT_API_KEY")
        SECRETS.add(key or "")
        return QdrantClient(url=place.url, api_key=key, check_compatibility=False)
    if place.url == ":memory:":
        return QdrantClient(place.url)
    try:
        # Every use is under one lock, so SQLite may be used from the thread that holds it.
        return QdrantClient(path=place.url, force_disable_check_same_thread=True)
    except RuntimeError as error:
        raise StoreError(f"{Path(place.url)}: the index is open in another process; close that one first") from error


def _reason(error: Exception) -> str:
    """What went wrong, and what to do."""
    if isinstance(error, UnexpectedResponse):
        got = f"expected an answer from Qdrant, got {error.status_code} ({error.reason_phrase})"
        match error.status_code:
            case 401 | 403:
                return f"{got}; give the server's key in QDRANT_API_KEY"
            case 404:
                return f"{got}; open the store again if it was indexed anew, or correct the address"
            case _:
                return f"{got}; see the server's log"
    if isinstance(error, sqlite3.Error):
        return f"expected an index that can be written, got {str(error)!r}; see to the disk, then reindex"
    return f"expected a Qdrant server, got {str(error).splitlines()[0]}; start it or correct the address"
