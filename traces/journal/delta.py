"""A body stored as what is new in it: parts that an earlier body of the same file has are copied from there.

A search that is done again finds most of the same passages, and each of them takes a kilobyte.

Rules kept here
- A delta is a list of copies and the bytes to insert between them, as in a pack of git or in VCDIFF (RFC 3284). A copy
  names an earlier body by its number in the table, and a stretch of that body's *inserted* bytes. So nothing is copied
  from a copy: a body is put together from bodies that are read once each.
- A body that shares nothing is stored as before, as a zlib stream; journals of schema 1 hold only such.
- Parts are what lies between closing braces. They are found again by their hash and compared byte by byte.
- Memory is bounded: parts are known of the last ``REMEMBERED`` bytes that were inserted, or of the double at most. What
  is not known is inserted again.

    known = KnownParts()
    known.learn(7, known.delta(first))           # body number 7 of the table
    delta = known.delta(second)
    assembled(delta, {7: inserted_bytes}.get) == second

This file knows nothing of SQLite; ``bodies.py`` keeps the table.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import NamedTuple

from evitrail.traces.journal.schema import packed, unpacked

MARK = b"\x02"
"""The first byte of a delta; a zlib stream begins with another."""

LEAST = 32
"""Bytes of a part that is worth a copy, which takes about ten."""

WORTH_PACKING_DELTA = 256
"""Bytes of a delta from which on it is made smaller: its copies are numbers with many zeros."""

REMEMBERED = 8 << 20
"""Inserted bytes whose parts are known."""

NUMBERS = struct.Struct("<4I")
COUNT = struct.Struct("<I")


class Copy(NamedTuple):
    """A stretch of an earlier body, and how many bytes to insert before it."""

    inserted: int
    body: int
    start: int
    size: int


class Delta(NamedTuple):
    """A body as copies and what is inserted between them and after the last."""

    copies: tuple[Copy, ...]
    inserted: bytes
    new: tuple[tuple[int, int], ...] = ()
    """Hash and place of each part of ``inserted``; only of a body that is being stored."""


def stored(delta: Delta) -> bytes:
    """A body as it lies in the file."""
    if not delta.copies:
        return packed(delta.inserted)
    numbers = b"".join(NUMBERS.pack(*copy) for copy in delta.copies)
    return MARK + packed(COUNT.pack(len(delta.copies)) + numbers + delta.inserted, WORTH_PACKING_DELTA)


def read(data: bytes) -> Delta:
    """A body from what lies in the file; raises ``zlib.error`` where a byte of it is not as it was."""
    if not data.startswith(MARK):
        return Delta((), unpacked(data))
    whole = unpacked(data[len(MARK) :])
    try:
        end = COUNT.size + COUNT.unpack_from(whole)[0] * NUMBERS.size
        return Delta(tuple(map(Copy._make, NUMBERS.iter_unpack(whole[COUNT.size : end]))), whole[end:])
    except struct.error as error:
        raise zlib.error(str(error)) from error


def assembled(delta: Delta, inserted: Callable[[int], bytes]) -> bytes:
    """The body; ``inserted`` gives the inserted bytes of an earlier body by its number."""
    parts, at = [], 0
    for copy in delta.copies:
        parts.append(delta.inserted[at : at + copy.inserted])
        parts.append(inserted(copy.body)[copy.start : copy.start + copy.size])
        at += copy.inserted
    return b"".join((*parts, delta.inserted[at:]))


class KnownParts:
    """The parts of bodies that were stored a short while ago."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._recent: dict[int, tuple[int, bytes, int]] = {}
        self._older: dict[int, tuple[int, bytes, int]] = {}
        self._size = 0

    def delta(self, data: bytes) -> Delta:
        """What of a body is known, as copies, and what is new."""
        copies: list[Copy] = []
        pieces: list[bytes] = []
        new: list[tuple[int, int]] = []
        inserted = before = body = start = end = 0
        source: bytes | None = None
        *closed, last = data.split(b"}")
        for part in (*(piece + b"}" for piece in closed), last):
            if source is not None:
                if source.startswith(part, end):  # the copy goes on
                    end += len(part)
                    continue
                copies.append(Copy(inserted - before, body, start, end - start))
                source, before = None, inserted
            if len(part) >= LEAST:
                key = hash(part)
                found = self._recent.get(key) or self._older.get(key)
                if found and found[1].startswith(part, found[2]):
                    body, source, start = found
                    end = start + len(part)
                    continue
                new.append((key, inserted))
            pieces.append(part)
            inserted += len(part)
        if source is not None:
            copies.append(Copy(inserted - before, body, start, end - start))
        return Delta(tuple(copies), b"".join(pieces), tuple(new))

    def learn(self, number: int, delta: Delta) -> None:
        """Remember the parts of a body that was stored under that number."""
        self._recent.update((key, (number, delta.inserted, at)) for key, at in delta.new)
        self._size += len(delta.inserted)
        if self._size > self._remembered:
            self._older, self._recent, self._size = self._recent, {}, 0

    def forget(self) -> None:
        """Nothing is known any more."""
        self._recent.clear()
        self._older.clear()
        self._size = 0
