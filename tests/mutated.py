"""Bytes of a file with something wrong in them: to show that a reader of files refuses in a line whatever it is given.

for data in mutated(sound_bytes, count=100, seed="ris"):
    file.write_bytes(data)
    refused_or_read(lambda: read(file))      # raises where anything but a refusal of one line a fault comes out

The same seed gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import TypeVar

T = TypeVar("T")

INSERTED = (
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\x1f\x8b",
    b"\xed\xa0\x80",  # half a surrogate pair, which UTF-8 forbids
    b"\r\n",
    b"\x1b[31m",
    b'"',
    b"'",
    b"{",
    b"[" * 5000,
    b"}",
    b"<!ENTITY x 'y'>",
    b"&x;",
    b"</a>",
    b"null",
    b"true",
    b"NaN",
    b"1e999",
    b"9" * 5000,
    b"-1",
    b"9999-99-99",
    b"x" * 70_000,
    "é\u2028\u202e".encode(),
)
LONGEST_RUN = 200


def mutated(data: bytes, count: int, seed: str) -> Iterator[bytes]:
    """That many variants of a file's bytes, each with one thing or several wrong."""
    random = Random(seed)
    for _ in range(count):
        changed = data
        for _ in range(random.choice((1, 1, 1, 2, 5))):
            changed = random.choice(CHANGES)(changed, random)
        yield changed


def refused_or_read(read: Callable[[], T]) -> T | None:
    """What was read, or None where it was refused as it should be: by a ``ValueError``, one printable line a fault."""
    try:
        return read()
    except ValueError as error:
        refusal = error
    lines = str(refusal).split("\n")
    assert all(line.strip() and line.isprintable() for line in lines), f"a fault that cannot be read: {refusal!r}"
    assert type(refusal).__module__.startswith("evitrail."), f"a library's own words reach the user: {refusal!r}"
    return None


def _flip(data: bytes, random: Random) -> bytes:
    if not data:
        return b"\x00"
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]


def _cut(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def _drop(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + data[at + random.randrange(LONGEST_RUN) :]


def _twice(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data) + 1)
    end = at + random.randrange(LONGEST_RUN)
    return data[:end] + data[at:end] + data[end:]


def _insert(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + random.choice(INSERTED) + data[at:]


def _line_gone(data: bytes, random: Random) -> bytes:
    lines = data.split(b"\n")
    del lines[random.randrange(len(lines))]
    return b"\n".join(lines)


def _line_moved(data: bytes, random: Random) -> bytes:
    lines = data.split(b"\n")
    lines.insert(random.randrange(len(lines)), lines.pop(random.randrange(len(lines))))
    return b"\n".join(lines)


def _value(data: bytes, random: Random) -> bytes:
    """One run of digits or letters replaced by something that a value should not be."""
    at = random.randrange(len(data) + 1)
    end = at
    while end < len(data) and data[end : end + 1].isalnum():
        end += 1
    return data[:at] + random.choice(INSERTED) + data[end:]


CHANGES: tuple[Callable[[bytes, Random], bytes], ...] = (
    _flip,
    _flip,
    _cut,
    _drop,
    _twice,
    _insert,
    _line_gone,
    _line_moved,
    _value,
)
