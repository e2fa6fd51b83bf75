"""Read the log in an ``.eval`` file of Inspect AI, which is a zip archive of JSON members.

Rules kept here
- The result is the log as the ``.json`` form has it: the header, with the samples in the order of their names.
- Without ``header.json`` the evaluation did not finish: its start is in ``_journal/start.json``.
- An archive that unpacks to more than a gibibyte is refused before anything is unpacked.

    log_in_archive(Path("2026-01-05_mcq.eval"))["samples"]

Samples that are stored in pieces (log version 3) are not read.
"""

from __future__ import annotations

import re
import zlib
from lzma import LZMAError
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from evitrail.traces.external.json_documents import UNREADABLE, one_line, parsed, short

HEADER, START = "header.json", "_journal/start.json"
SAMPLE = re.compile(r"samples/[^/]+\.json")
IN_PIECES = re.compile(r"samples/.+/sample\.json")
LARGEST = 2**30
"""Maximum bytes of all members together."""
DAMAGED = (
    BadZipFile,  # a part that is no zip, or whose check sum is another
    zlib.error,  # deflated data that is none; likewise the next two
    LZMAError,
    OSError,  # bzip2's way to say so; also a file that cannot be read
    EOFError,  # a member that ends too early
    NotImplementedError,  # a kind of compression that Python does not know
)
"""What zipfile raises for an archive that is damaged, or that it cannot unpack."""
ENCRYPTED = 0x1
"""The flag of a member that needs a password."""


def log_in_archive(file: Path) -> dict[str, Any]:
    """The log; raises ``ValueError`` in one line if the archive holds none."""
    try:
        with ZipFile(file) as archive:
            return _log(file, archive)
    except DAMAGED as error:
        raise ValueError(
            f"{file}: expected an Inspect AI log, found a zip that cannot be read: {one_line(error)}"
        ) from error


def _log(file: Path, archive: ZipFile) -> dict[str, Any]:
    names = archive.namelist()
    header = next((name for name in (HEADER, START) if name in names), None)
    if header is None:
        raise ValueError(f"{file}: expected an Inspect AI log with {HEADER!r}, found a zip with {short(names)}")
    if any(IN_PIECES.fullmatch(name) for name in names):
        raise ValueError(f"{file}: expected samples in one piece, found log version 3; write it again as .json first")
    if any(member.flag_bits & ENCRYPTED for member in archive.infolist()):
        raise ValueError(f"{file}: expected an archive that needs no password, got an encrypted one; unpack it first")
    if (size := sum(member.file_size for member in archive.infolist())) > LARGEST:
        raise ValueError(f"{file}: expected at most {LARGEST} bytes unpacked, got {size}; split the log first")
    log = _member(file, archive, header)
    if not isinstance(log, dict):
        raise ValueError(f"{file}:{header}: expected an object, got {short(log)}")
    samples = sorted({name for name in names if SAMPLE.fullmatch(name)})
    return {**log, "samples": [_member(file, archive, name) for name in samples]}


def _member(file: Path, archive: ZipFile, name: str) -> Any:
    try:
        return parsed(archive.read(name).decode("utf-8-sig"))
    except UNREADABLE as error:
        raise ValueError(f"{file}:{name}: expected JSON: {one_line(error)}") from error
