"""A new folder that appears whole or not at all.

Rules kept here
- It is made beside its place, as ``.NAME.partial``, and moved there at the end.
- What a killed process left is made anew. Two that would make the same folder do not meet: the second is told.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evitrail.evidence_store.input_text import InputError


@contextmanager
def whole(folder: Path) -> Iterator[Path]:
    """Where to write it; raises ``InputError`` where it is there already, or is being made."""
    if folder.exists():
        raise InputError([f"{folder}: is there already; expected a new folder, give another --out"])
    partial = folder.with_name(f".{folder.name}.partial")
    partial.mkdir(parents=True, exist_ok=True)
    held = os.open(partial, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            said = f"{folder}: expected a new folder, another process is making it; wait for it, or give another --out"
            raise InputError([said]) from error
        try:
            made = partial / folder.name
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir()
            yield made
            made.rename(folder)
        finally:
            shutil.rmtree(partial)
    finally:
        os.close(held)
