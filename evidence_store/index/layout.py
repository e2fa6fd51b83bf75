"""Where a collection lies and how a server lays it out, read from one address.

Rules kept here
- ``http://host:6333/NAME?shards=3&replicas=2&on_disk=true``: the name is what a reader searches (``evitrail`` when
  it is left out), and what follows the ``?`` is how the collection is laid out when it is made.
- A key that is not known, or a value that cannot be, is refused in one line.
- An address holds no secret: the key to a server is read from ``QDRANT_API_KEY``, and never shown.

    place_of("http://127.0.0.1:6333/evidence?shards=3").layout == Layout(shards=3)

A folder, or memory, is a place too; there the layout means nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from evitrail.evidence_store.errors import StoreError

COLLECTION = "evitrail"
FORM = "http://host:6333/collection"


@dataclass(frozen=True)
class Layout:
    """How a server lays a collection out; ``None`` leaves it to the server."""

    shards: int | None = None
    """Parts that a cluster spreads over its nodes; they cannot be more later, so plan for growth."""
    replicas: int | None = None
    """Copies of each shard."""
    writes: int | None = None
    """Copies that must have a write before it counts as written."""
    on_disk: bool = False
    """Vectors are read from disk when they are needed, rather than held in memory."""
    limit: int = 20_000
    """The most passages one search may ask for, in strict mode."""

    def __post_init__(self) -> None:
        if (self.writes or 1) > (self.replicas or 1):
            raise ValueError(f"expected writes to be no more than replicas, got {self.writes} of {self.replicas or 1}")


@dataclass(frozen=True)
class CollectionAddress:
    """A collection's home."""

    url: str
    """A server's address, a folder, or ``:memory:``; fit to be shown."""
    name: str = COLLECTION
    layout: Layout = Layout()
    remote: bool = False


def place_of(location: str) -> CollectionAddress:
    """The place that ``location`` names."""
    if not location.startswith(("http://", "https://")):
        return CollectionAddress(location)
    if "@" in location:
        raise StoreError(f"index: expected {FORM} without user or password; give the key in QDRANT_API_KEY")
    try:
        parts = urlsplit(location)  # raises for brackets that do not close
        _ = parts.port  # raises for what is no number
    except ValueError:
        raise StoreError(f"index: expected {FORM}, got an address that cannot be read; correct it") from None
    try:
        layout = Layout(**dict(_parsed_option(*pair) for pair in parse_qsl(parts.query, keep_blank_values=True)))
    except ValueError as error:
        raise StoreError(f"index: {error}; correct the address") from None
    return CollectionAddress(
        f"{parts.scheme}://{parts.netloc}", parts.path.strip("/") or COLLECTION, layout, remote=True
    )


def _parsed_option(key: str, value: str) -> tuple[str, Any]:
    known = {field.name: field for field in fields(Layout)}
    if key not in known:  # its value is not shown: it may be a secret in the wrong place
        raise ValueError(f"expected one of {', '.join(known)} after the '?', got {key!r}")
    if key == "on_disk":
        if value not in ("true", "false"):
            raise ValueError(f"expected on_disk=true or on_disk=false, got {value!r}")
        return key, value == "true"
    if not value.isdecimal() or int(value) < 1:
        raise ValueError(f"expected {key} to be a whole number from 1, got {value!r}")
    return key, int(value)
