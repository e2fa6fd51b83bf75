"""Read the JSON documents of a file: one document, an array of them, or one per line.

Rules kept here
- UTF-8, with or without a byte order mark; UTF-16 only with one. Lines may end in CRLF, and blank lines are skipped.
- Nothing is changed silently: a key that stands twice in an object, half a character, and text in another encoding are
  errors. NaN, infinity and numbers beyond a float are kept as text, because JSON has no such numbers.
- A file that is no JSON is named as what it is, with what to do.

    for document in json_documents(Path("traces.jsonl")):
        document.place, document.value
"""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

FOUND = (
    (b"\x1f\x8b", "a gzip-compressed file; unpack it first"),
    (b"PK\x03\x04", "a zip archive; unpack it first"),
    (b"PAR1", "a Parquet file; export JSON or JSON lines instead"),
    (b"SQLite format 3", "an SQLite database; export JSON or JSON lines instead"),
    (b"<", "XML or HTML; export JSON or JSON lines instead"),
)
"""What files begin with that are no JSON, and what to do."""
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
FAULTS, LONGEST = 20, 300
"""How many faults are listed before the rest is only counted, and the maximum length of each."""
UNREADABLE = (ValueError, RecursionError, OverflowError)


class Document(NamedTuple):
    """One JSON document of a file."""

    place: str
    """The line that it starts on, and its index if it is an item of an array: ``1`` or ``1[4]``."""
    value: Any


def json_documents(file: Path) -> list[Document]:
    """Every document of the file; raises ``ValueError`` with a line for each that cannot be read."""
    text = _text(file)
    found: list[Document] = []
    faults: list[str] = []
    for line, part in _parts(text):
        try:
            value = parsed(part)
        except UNREADABLE as error:
            faults.append(f"{file}:{line}: expected JSON: {one_line(error)}")
            continue
        listed = isinstance(value, list)
        found += [Document(f"{line}[{n}]", item) for n, item in enumerate(value)] if listed else [Document(line, value)]
    if faults:
        raise ValueError(fault_lines(file, faults))
    return found


def parsed(text: str) -> Any:
    """One JSON text as a value; raises ``ValueError`` or ``RecursionError`` if it is none."""
    value = json.loads(text, object_pairs_hook=_object, parse_constant=str, parse_float=_float)
    if "\\u" in text:  # only an escape can hold half a character
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ValueError("expected whole characters, got half of a surrogate pair") from error
    return value


def fault_lines(file: Path, faults: list[str]) -> str:
    """The faults as the lines of an error; those beyond the first 20 are only counted."""
    more = [f"{file}: {len(faults) - FAULTS} more faults"] if len(faults) > FAULTS else []
    return "\n".join(faults[:FAULTS] + more)


def one_line(error: BaseException) -> str:
    """An error as part of one line."""
    return " ".join(str(error).split())[:LONGEST]


def short(value: Any) -> str:
    """A value as an error line quotes it."""
    if isinstance(value, dict):
        keys = ", ".join(repr(key) for key in list(value)[:6])
        return f"an object with the keys {keys}{', …' if len(value) > 6 else ''}" if value else "an empty object"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _text(file: Path) -> str:
    data = file.read_bytes()
    for start, what in FOUND:
        if data[:99].lstrip().startswith(start):
            raise ValueError(f"{file}:1: expected JSON: found {what}")
    if not data.strip():
        raise ValueError(f"{file}:1: expected JSON: the file is empty")
    try:
        return data.decode("utf-16") if data.startswith(UTF_16) else data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}:1: expected JSON: expected UTF-8, got another byte at {error.start}") from error


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """The texts of the documents, each with the number of its first line."""
    lines = [(str(number), line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    try:
        per_line = len(lines) > 1 and bool(json.loads(lines[0][1]) is not None)
    except UNREADABLE:
        per_line = False
    yield from lines if per_line else [(lines[0][0] if lines else "1", text)]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = next(key for n, (key, _) in enumerate(pairs) if key in {other for other, _ in pairs[:n]})
        raise ValueError(f"key {twice!r} stands twice in one object")
    return made


def _float(text: str) -> float | str:
    value = float(text)
    return value if math.isfinite(value) else text
