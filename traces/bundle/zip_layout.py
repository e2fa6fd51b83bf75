"""A zip file in the one layout that its members allow, so that every altered byte of it can be told.

Rules kept here
- Members are stored, not packed, dated 1980-01-01, with ASCII names, no comments and no gaps: names, sizes and
  checksums of the members decide every other byte (PKWARE APPNOTE 6.3.10, sections 4.3.7 to 4.3.16).
- To check a file is to lay it out again from its members and compare. Any zip program reads it all the same.

    parts = layout([Member("a.txt", 3, crc32(b"abc"))])
    [(part.what, part.start, part.size) for part in parts]      # header, a.txt, directory entry, end

Not for archives of 4 GiB and more. Whether a member is what it should be is for ``bundle.py`` to say.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

DAY = 1 << 5 | 1
"""1980-01-01, the first day a zip file knows."""
MODE = 0o100644 << 16
UNIX = 3 << 8 | 20
LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
END_64 = struct.Struct("<4sQ2H2I4Q")
LOCATOR_64 = struct.Struct("<4sIQI")
MANY = 0xFFFF
LARGEST = 0xFFFF_FFFF


class Member(NamedTuple):
    """One file in the archive, as far as the layout depends on it."""

    name: str
    size: int
    crc: int


class Part(NamedTuple):
    """A stretch of the archive."""

    what: str
    """What stands there, in words."""
    start: int
    size: int
    member: str | None
    """The member whose content stands there; None where the layout decides the bytes."""
    bytes: bytes = b""


def layout(members: Sequence[Member]) -> Iterator[Part]:
    """Every part of the archive that these members make, in order; raises ``ValueError`` for one of 4 GiB."""
    at, entries = 0, []
    for member in members:
        name = member.name.encode("ascii")
        told = (DAY, member.crc, member.size, member.size, len(name))
        entries.append(CENTRAL.pack(b"PK\x01\x02", UNIX, 20, 0, 0, 0, *told, 0, 0, 0, 0, MODE, at) + name)
        header = LOCAL.pack(b"PK\x03\x04", 20, 0, 0, 0, *told, 0) + name
        yield Part(f"the header of {member.name}", at, len(header), None, header)
        yield Part(member.name, at + len(header), member.size, member.name)
        at += len(header) + member.size
        if at > LARGEST:
            raise ValueError("expected less than 4 GiB in one bundle; bundle fewer runs at a time")
    directory = at
    for member, entry in zip(members, entries, strict=True):
        yield Part(f"the directory entry of {member.name}", at, len(entry), None, entry)
        at += len(entry)
    end = _end(len(members), at - directory, directory)
    yield Part("the end of the zip directory", at, len(end), None, end)


def first(start: bytes) -> tuple[str, int, int] | None:
    """Name, size and checksum of the first member, from the first bytes of an archive; None where it is none."""
    if len(start) < LOCAL.size or not start.startswith(b"PK\x03\x04"):
        return None
    told = LOCAL.unpack(start[: LOCAL.size])
    crc, size, length = told[6], told[7], told[9]
    return start[LOCAL.size : LOCAL.size + length].decode("ascii", errors="replace"), size, crc


def _end(members: int, size: int, start: int) -> bytes:
    """The end of the directory, in its long form too where there are many members."""
    few = min(members, MANY)
    end = END.pack(b"PK\x05\x06", 0, 0, few, few, size, start, 0)
    if members < MANY:
        return end
    long = END_64.pack(b"PK\x06\x06", END_64.size - 12, 3 << 8 | 45, 45, 0, 0, members, members, size, start)
    return long + LOCATOR_64.pack(b"PK\x06\x07", 0, start + size, 1) + end
