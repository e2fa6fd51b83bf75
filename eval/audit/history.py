"""The audits of an experiment, each of which names the one before it.

Rules kept here
- One file in the experiment's folder, ``audits.jsonl``, one audit a line, which is only added to.
- An audit's predecessor is the one before it in the file; of the first, the last one of its baseline.
- Who reads the file is told of a line that was changed, moved or deleted: its content id, which the next line names, is
  then another. The last line is covered by nothing in the file; keep its id elsewhere.
- The file is replaced whole or not at all. One process adds to it at a time.

    add(folder, found)
    for one in read_history(folder): print(one.day, one.verdict)
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from evitrail.eval.audit.audit import Audit
from evitrail.evidence_store.input_text import InputError, json_value, read_text
from evitrail.traces.record import canonical_json, content_id
from evitrail.traces.whole_file import replace_text

AUDITS = "audits.jsonl"


def read_history(folder: Path) -> list[Audit]:
    """Every audit in the experiment's folder, oldest first; raises ``InputError`` where one was changed."""
    path = folder / AUDITS
    if not path.exists():
        return []
    found: list[Audit] = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        try:
            one = Audit.model_validate(json_value(line))
        except (ValidationError, ValueError):
            raise InputError([f"{path}, line {number}: expected an audit, got something else"]) from None
        if found and one.predecessor != content_id(found[-1]):
            raise InputError(
                [f"{path}, line {number}: expected the audit after {content_id(found[-1])}, got one after "
                 f"{one.predecessor}; a line was changed, moved or deleted"]
            )  # fmt: skip
        found.append(one)
    return found


def last_audit(folder: Path) -> str | None:
    """The content id of the newest audit in a folder; None where there is none."""
    history = read_history(folder)
    return content_id(history[-1]) if history else None


def add(folder: Path, made: Callable[[str | None], Audit]) -> Audit:
    """Make an audit, given its predecessor in the folder, and keep it."""
    path = folder / AUDITS
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        history = read_history(folder)
        found = made(content_id(history[-1]) if history else None)
        replace_text(path, "".join(f"{canonical_json(one)}\n" for one in (*history, found)))
    finally:
        os.close(held)
    return found
