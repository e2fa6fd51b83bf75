"""The one door by which a text file that somebody gave us is read, and the JSON or TOML in it.

Rules kept here
- A byte order mark (Excel, Notepad and PowerShell write one) is not part of the text. It says which encoding follows;
  without one the file is UTF-8. Line ends are read as LF, whichever system wrote them.
- A gzipped file is known by its first bytes, whatever its name; how much is unpacked is bounded.
- JSON and TOML are bounded in depth. A key that stands twice, and a number that is none, are refused: two readers
  could understand two things.
- What cannot be read is refused in one line; no words of a library reach a user.

    text = read_text(Path("evidence.jsonl"))     # raises InputError
    value = json_value(text)                     # raises ValueError
    tables = read_toml(Path("plan.toml"))        # raises InputError
"""

from __future__ import annotations

import codecs
import gzip
import json
import tomllib
import zlib
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

SHOWN = 10
"""Faults listed before the rest are only counted."""
MOST_UNPACKED = 2**30
"""Bytes that a gzipped file may hold."""
DEEPEST = 60
"""Lists and objects within each other, in JSON, TOML or YAML."""
LONGEST_NUMBER = 300
"""Digits of a number in JSON; more of them hold no measured value."""
BLANK = " \t\n\r"
"""What JSON lets stand between its values."""
GZIP = b"\x1f\x8b"
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks, and the encoding that each announces."""


class InputError(ValueError):
    """A file given to us cannot be used; the message lists its faults, one a line."""

    def __init__(self, faults: Sequence[str]) -> None:
        more = [f"… and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
        super().__init__("\n".join([*faults[:SHOWN], *more]))
        self.faults = tuple(faults)


def read_text(path: Path) -> str:
    """The text of a file, plain or gzipped; raises ``InputError`` in one line."""
    return decoded(path, read_bytes(path))


def read_bytes(path: Path) -> bytes:
    """The bytes of a file, unpacked where they are gzipped; raises ``InputError`` in one line."""
    if path.is_dir():
        raise InputError([f"{path}: expected a file, got a folder"])
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError([f"{path}: cannot be read ({error.strerror})"]) from error
    except ValueError as error:  # a name that no file can have
        raise InputError([f"{str(path)!r}: cannot be read ({error})"]) from error
    return _unpacked(path, data) if data.startswith(GZIP) else data


def decoded(path: Path, data: bytes) -> str:
    """The text that bytes of a file hold; raises ``InputError`` in one line."""
    mark, encoding = next(((mark, name) for mark, name in MARKS if data.startswith(mark)), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        named = encoding.upper() if encoding == "utf-8" else f"{encoding.upper()}, as its byte order mark says"
        raise InputError(
            [f"{path}: expected {named}, got another encoding at byte {error.start + len(mark)}"]
        ) from error
    if "\0" in text:
        raise InputError(
            [f"{path}: expected text, got a zero byte in line {text[: text.index(chr(0))].count(chr(10)) + 1}"]
        )
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file; raises ``InputError`` in one line."""
    text = read_text(path)
    try:
        tables = tomllib.loads(text)
    except RecursionError:
        raise InputError([f"{path}: {too_deep('TOML')}"]) from None
    except ValueError as error:
        raise InputError([f"{path}: expected TOML, got: {error}"]) from error
    if _is_too_deep(tables):
        raise InputError([f"{path}: {too_deep('TOML')}"])
    return tables


def too_deep(form: str) -> str:
    """What is said of lists and objects within each other beyond ``DEEPEST``, whichever form they are written in."""
    return f"expected {DEEPEST} levels of {form} at most, got more"


def json_value(text: str) -> Any:
    """The one JSON value that a text is.

    Raises ``json.JSONDecodeError`` where it is no JSON, and ``ValueError`` where it is JSON that we do not read.
    """
    value, end = json_value_at(text, len(text) - len(text.lstrip(BLANK)))
    if text[end:].strip(BLANK):
        raise json.JSONDecodeError("Extra data", text, end)
    return value


def json_value_at(text: str, at: int) -> tuple[Any, int]:
    """The JSON value that begins there, and where it ends; raises as ``json_value`` does."""
    try:
        value, end = DECODER.raw_decode(text, at)
    except RecursionError:
        raise ValueError(too_deep("JSON")) from None
    if text.count("[", at, end) + text.count("{", at, end) > DEEPEST and _is_too_deep(value):
        raise ValueError(too_deep("JSON"))
    return value, end


def _unpacked(path: Path, data: bytes) -> bytes:
    try:
        with gzip.open(BytesIO(data)) as packed:
            text = packed.read(MOST_UNPACKED + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise InputError(
            [f"{path}: expected a whole gzipped file, got one that is cut or corrupt; get it again"]
        ) from error
    if len(text) > MOST_UNPACKED:
        raise InputError([f"{path}: expected {MOST_UNPACKED} bytes at most when unpacked, got more"])
    return text


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [one for one in level if isinstance(one, (dict, list))]
        if not level:
            return False
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return True


def _once(items: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(items)
    if len(found) < len(items):
        twice = next(key for n, (key, _) in enumerate(items) if key in {k for k, _ in items[:n]})
        raise ValueError(f"key {twice!r} stands twice")
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"expected a number, got {name}")


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError(f"expected a number of {LONGEST_NUMBER} digits at most, got {len(digits)}")
    return int(digits)


def _decimal(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"expected a number that a computer can hold, got {digits[:LONGEST_NUMBER]}")
    return number


DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number, parse_int=_integer, parse_float=_decimal)
