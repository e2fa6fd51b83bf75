"""Bytes as inert elements of a page: gathered to chunks, gzipped, in base64.

Rules kept here
- Whoever has the file gets the bytes back with base64 and gunzip, in any language, without the viewer.
- Base64 has no ``<``: whatever the bytes say, they cannot end the element that they stand in.
- Equal bytes give equal elements: no clock goes into gzip's header.

    for number, chunk in enumerate(chunks(pieces, most=200)):
        element(f"records-{number}", b"".join(data for _, data in chunk))
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterable, Iterator

from markupsafe import Markup

Piece = tuple[str, bytes]
"""A name and the bytes that go by it."""


def chunks(pieces: Iterable[Piece], *, most: int, size: int | None = None) -> Iterator[list[Piece]]:
    """The pieces in their order, at most so many at a time, and about so many bytes."""
    chunk: list[Piece] = []
    held = 0
    for piece in pieces:
        chunk.append(piece)
        held += len(piece[1])
        if len(chunk) == most or (size is not None and held >= size):
            yield chunk
            chunk, held = [], 0
    if chunk:
        yield chunk


def element(name: str, data: bytes) -> Markup:
    """An element that no browser runs or shows; ``name`` is its id."""
    packed = base64.b64encode(gzip.compress(data, 9, mtime=0)).decode()
    return Markup('<script type="application/gzip;base64" id="{}">{}</script>\n').format(name, Markup(packed))
