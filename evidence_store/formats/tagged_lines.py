"""Records of tagged lines, as RIS and PubMed's NBIB write them: a tag, its value, and lines that go on with the value.

Rules kept here
- A record is whole or refused: a line that belongs to none, and a record without its end, are faults with their line.
- A tag may stand several times; its values stay in order.

    for record in records(path, text, LINES):
        record.first("TI"), record.all("KW")
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from evitrail.evidence_store.input_text import InputError, read_text


class Layout(NamedTuple):
    """How the records of one form are written."""

    line: re.Pattern[str]
    """A line with a tag: the tag and the value."""
    goes_on: re.Pattern[str]
    """A line that goes on with the value before it."""
    begins: str
    """The tag that a record begins with."""
    ends: str | None
    """The tag that ends it; where there is none, an empty line or the next beginning does."""
    example: str


class TaggedRecord(NamedTuple):
    """One record, and the line that it begins on."""

    line: int
    values: dict[str, list[str]]

    def all(self, *tags: str) -> list[str]:
        """The values of the first of these tags that is there."""
        return next((self.values[tag] for tag in tags if tag in self.values), [])

    def first(self, *tags: str) -> str | None:
        """The first value of the first of these tags that is there."""
        return next(iter(self.all(*tags)), None)


def records(path: Path, text: str, layout: Layout) -> list[TaggedRecord]:
    """The records of a file; raises ``InputError`` with every fault."""
    faults: list[str] = []
    found: list[TaggedRecord] = []
    values: list[str] | None = None
    is_open = False
    for number, line in enumerate(text.split("\n"), start=1):
        tagged = layout.line.match(line)
        if tagged and tagged[1] == layout.begins:
            if is_open and layout.ends:
                faults.append(f"{path}:{found[-1].line}: the record has no end, expected a line {layout.ends!r}")
            values = [tagged[2].strip()]
            found.append(TaggedRecord(number, {layout.begins: values}))
            is_open = True
        elif tagged and tagged[1] == layout.ends:
            if not is_open:
                faults.append(f"{path}:{number}: {layout.ends!r} ends a record that did not begin")
            is_open, values = False, None
        elif tagged and is_open:
            values = found[-1].values.setdefault(tagged[1], [])
            values.append(tagged[2].strip())
        elif not line.strip():
            is_open = is_open and layout.ends is not None
        elif values is not None and is_open and layout.goes_on.match(line):
            values[-1] = f"{values[-1]} {line.strip()}".strip()
        else:
            faults.append(f"{path}:{number}: expected a line such as {layout.example!r}, got {line[:60]!r}")
    if is_open and layout.ends:
        faults.append(f"{path}:{found[-1].line}: the record has no end, expected a line {layout.ends!r}")
    if faults:
        raise InputError(faults)
    return found


def each(files: Sequence[Path], layout: Layout) -> Iterator[tuple[str, TaggedRecord]]:
    """The records of several files, each with its place; raises ``InputError`` with every fault."""
    faults: list[str] = []
    found: list[tuple[str, TaggedRecord]] = []
    for file in files:
        try:
            found += [(f"{file}:{one.line}", one) for one in records(file, read_text(file), layout)]
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    return iter(found)
