"""The outline of a run: a row for every record, steps within steps under the one they were done in.

Rules kept here
- Every record has a row, also of types nobody knows. Only an ``activity.begin`` has none once its step
  ended or failed: it is the same line for a reader.
- Inner steps are recorded before the outer one ends; a reader wants them below it.
- A step whose outer one never ended stands on its own, with its whole path.

    outline(journal.records("standard.radiology-003"))[1].name      # retrieve[1]

A row is an index entry, not the record: what it says can be compared with the record, and the page does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from evitrail.traces.journal.schema import Stored


class OutlineRow(NamedTuple):
    """One record, as the outline shows it; written to the page as a list."""

    seq: int
    depth: int
    type: str
    name: str
    """The step's path; empty for what is not a step."""
    mark: str
    """``reused``, ``given``, ``error`` or ``unfinished``; mostly empty."""
    milliseconds: float | None
    output: str
    """The type of what it left; empty where it left nothing."""


@dataclass
class _Node:
    row: OutlineRow
    inner: list[_Node] = field(default_factory=list)


def outline(records: Iterable[Stored]) -> list[OutlineRow]:
    """The rows of a run, in the order in which they are read."""
    told = [(record.seq, *_type_and_body(record)) for record in records]
    over = {_path(body) for _, kind, body in told if kind in ("activity.end", "activity.error")}
    roots: list[_Node] = []
    waiting: dict[str, list[_Node]] = {}
    for seq, kind, body in told:
        path = _path(body)
        if kind == "activity.begin" and path in over:
            continue
        node = _Node(_row(seq, kind, path, body), waiting.pop(path, []))
        outer = path.rpartition("/")[0]
        (waiting.setdefault(outer, []) if outer else roots).append(node)
    roots += (node for left in waiting.values() for node in left)
    return list(_walked(sorted(roots, key=lambda node: node.row.seq), 0))


def _type_and_body(record: Stored) -> tuple[str, dict[str, Any]]:
    try:
        line = record.stated
        return str(line["type"]), line["body"] if isinstance(line["body"], dict) else {}
    except (ValueError, KeyError, TypeError):
        return "unreadable", {}


def _path(body: dict[str, Any]) -> str:
    """Where a step stands; empty for what is not a step, whatever it calls its path."""
    path = body.get("path")
    return path if isinstance(path, str) else ""


def _row(seq: int, type: str, path: str, body: dict[str, Any]) -> OutlineRow:
    milliseconds = body.get("milliseconds")
    return OutlineRow(
        seq=seq,
        depth=0,
        type=type,
        name=path,
        mark=_mark(type, body),
        milliseconds=round(milliseconds, 1) if isinstance(milliseconds, int | float) else None,
        output=str(body.get("output_type", "")),
    )


def _mark(type: str, body: dict[str, Any]) -> str:
    if type in ("activity.begin", "activity.error"):
        return "unfinished" if type == "activity.begin" else "error"
    return "given" if body.get("given") else "reused" if body.get("reused_from") else ""


def _walked(nodes: Iterable[_Node], depth: int) -> Iterator[OutlineRow]:
    for node in nodes:
        yield node.row._replace(depth=depth)
        yield from _walked(node.inner, depth + 1)
