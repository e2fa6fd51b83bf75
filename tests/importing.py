"""Import a file as a test uses it: what was parsed, or each fault that it was refused for.

found = parsed(saved(folder, "a.ris", text))
one(found).pmid
(fault,) = refused(saved(folder, "b.ris", "nothing"))
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from evitrail.evidence_store import Evidence, InputError
from evitrail.evidence_store.formats import FORMATS, format_of
from evitrail.evidence_store.formats.base import Defaults, Parsed

DAY = date(2018, 1, 16)
SAID = Defaults(values={"published": DAY})
"""For the formats that do not say when a work was published."""


def parsed(file: Path, name: str | None = None, defaults: Defaults | None = None) -> Parsed:
    form = FORMATS[name] if name else format_of(file)
    return form.parsed(file, defaults=defaults)


def saved(folder: Path, name: str, text: str | bytes) -> Path:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder / name


def one(found: Parsed) -> Evidence:
    ((_, evidence),) = found.entries
    return evidence


def refused(file: Path, name: str | None = None, defaults: Defaults | None = None) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        parsed(file, name, defaults)
    assert all("\n" not in fault and str(file.parent) in fault for fault in caught.value.faults)
    return caught.value.faults
