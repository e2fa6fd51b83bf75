"""A new folder that appears whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from evitrail.evidence_store.input_text import InputError


@contextmanager
def whole(folder: Path) -> Iterator[Path]:
    """Where to write it: a folder of the same name beside its place, which is moved there at the end."""
    if folder.exists():
        raise InputError([f"{folder}: is there already; expected a new folder, give another --out"])
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as beside:
        made = Path(beside) / folder.name
        made.mkdir()
        yield made
        made.rename(folder)
