"""The column pack: all runs of an experiment as dictionary-coded typed arrays, for a table in a browser.

    gzip( length of the header, 4 bytes · header, JSON padded to 8 bytes · the arrays, each padded to 8 bytes )

    {"format": 1, "n": 644, "columns": {
      "condition": {"kind": "names", "distinct": ["agentic", …], "codes": {"at": 0, "type": "Int8"}},
      "cited": {"kind": "lists", "distinct": […], "codes": …, "ends": …, "known": …},
      "stale": {"kind": "flag", "values": …}, "confidence": {"kind": "number", "values": …}}}

Rules kept here
- Unknown is apart from false, from zero and from the empty list: a code of -1, a flag of 2, NaN, a list not known.
- Runs stand in the order of outcomes.parquet, by name, so a run's place is the same here and in ``eval/query``.
- Everything is read from the results; no journal is opened. A column that an earlier version did not write is absent.
- Equal results give equal bytes, which name the pack.
- Numbers are little-endian; a list's items stand in ``codes`` from the end of the list before it to its own end.
- ``text`` are the words of each question as they may be shown, and ``ms`` the time that a run's steps took.

    pack(folder).etag, len(pack(folder).data)
"""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evitrail.eval.metrics.outcomes_file import OUTCOMES
from evitrail.eval.metrics.run_columns import KINDS
from evitrail.eval.query.columns import TIMINGS, Columns, Lists, Names
from evitrail.eval.query.truth import Truth
from evitrail.eval.report.questions_file import QUESTIONS
from evitrail.evidence_store.input_text import InputError
from evitrail.traces.record import sha256
from evitrail.workbench.api.fresh import Fresh

NAMES = (
    *("run", "case", "condition", "reader", "snapshot", "retriever", "subspecialty", "question_type"),
    *("chosen", "answer", "majority", "lost", *(f"fault.{kind}" for kind in KINDS)),
)
LISTS = (
    *("cited", "cited_status", "cited_grade", "retrieved", "served", "steps"),
    *(
        "reviewed",
        "reviewed_by",
        "relabelled",
        "reblamed",
        *(f"{name}.{kind}" for name in ("blame", "fix") for kind in KINDS),
    ),
)
FLAGS = ("correct", "abstained", "high_risk", "unsafe", "contradicts", "stale", "overconfident", "fork", "redacted")
NUMBERS = ("confidence", "day", "calls", "prompt_tokens", "completion_tokens", "money")
UNKNOWN_FLAG = 2
WORD = 8
"""Bytes that every array begins at a multiple of."""


class Pack(NamedTuple):
    """The bytes, and the name that their content gives them."""

    data: bytes
    etag: str
    n: int


def packed(columns: Columns) -> Pack:
    """The pack of some columns."""
    arrays = _Arrays()
    described = dict(_described(columns, arrays))
    header = json.dumps({"format": 1, "n": columns.n, "columns": described}, ensure_ascii=False, separators=(",", ":"))
    said = header.encode()
    said += b" " * (-(4 + len(said)) % WORD)
    data = gzip.compress(struct.pack("<I", len(said)) + said + arrays.data(), 6, mtime=0)
    return Pack(data, sha256(data).partition(":")[2][:32], columns.n)


def result_files(folder: Path) -> list[Path]:
    """The files that an experiment's runs are listed from."""
    return [folder / OUTCOMES, folder / QUESTIONS, folder / TIMINGS]


columns_of = Fresh(Columns.of, result_files)
"""The columns of an experiment; raises ``FileNotFoundError`` where there are no results yet."""
pack = Fresh(lambda folder: packed(columns_of(folder)), result_files, 8)
"""The pack of an experiment."""


class _Arrays:
    """The arrays of a pack, one after the other."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._at = 0

    def place(self, values: NDArray[Any]) -> dict[str, Any]:
        """Add an array; returns where it is and of which type."""
        little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).tobytes()
        padded = little + bytes(-len(little) % WORD)
        told = {"at": self._at, "type": _typed(values.dtype), "length": len(values)}
        self._parts.append(padded)
        self._at += len(padded)
        return told

    def data(self) -> bytes:
        return b"".join(self._parts)


def _typed(kind: np.dtype[Any]) -> str:
    """What JavaScript calls an array of these."""
    return {"i": "Int", "u": "Uint", "f": "Float"}[kind.kind] + str(8 * kind.itemsize)


def _described(columns: Columns, arrays: _Arrays) -> Iterator[tuple[str, dict[str, Any]]]:
    there = set(columns.cells)
    for name in NAMES:
        if name in there:
            yield name, _names(columns.names(name), arrays)
    for name in LISTS:
        if name in there:
            yield name, _lists(columns.lists(name), arrays)
    for name in FLAGS:
        if name in there:
            yield name, {"kind": "flag", "values": arrays.place(_flag(columns.flag(name)))}
    for name in NUMBERS:
        if name in there:
            yield name, {"kind": "number", "values": arrays.place(columns.numbers(name))}
    with suppress(InputError):  # written by an earlier version
        yield "text", _names(columns.texts, arrays)
    with suppress(InputError):
        yield "ms", {"kind": "number", "values": arrays.place(np.round(columns.milliseconds, 1))}


def _names(column: Names, arrays: _Arrays) -> dict[str, Any]:
    return {"kind": "names", "distinct": list(column.distinct), "codes": arrays.place(_small(column.codes))}


def _lists(column: Lists, arrays: _Arrays) -> dict[str, Any]:
    return {
        "kind": "lists",
        "distinct": list(column.distinct),
        "codes": arrays.place(_small(column.items.codes)),
        "ends": arrays.place(np.cumsum(column.lengths).astype(np.uint32)),
        "known": arrays.place(column.known.astype(np.uint8)),
    }


def _flag(column: Truth) -> NDArray[np.uint8]:
    return np.where(column.unknown, UNKNOWN_FLAG, column.true).astype(np.uint8)


def _small(codes: NDArray[np.int64]) -> NDArray[Any]:
    """The codes in the smallest type that holds them."""
    most = int(codes.max(initial=0))
    return codes.astype(np.int8 if most < 1 << 7 else np.int16 if most < 1 << 15 else np.int32)
