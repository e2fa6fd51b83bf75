"""A format that runs of other systems are imported from: how its documents are recognised, and what reads them.

Rules kept here
- A format only reads. Each of its entries gives spans (``external_span.py``); what they mean is said by ``interpret``.
- Either all spans of a file are returned, or every fault of it is raised, each in one line with file and place.
- A span that stands in the file twice is one span; if the two differ, that is a fault.

    OTLP.read(file, json_documents(file))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from google.protobuf.json_format import ParseError

from evitrail.traces.external.external_span import ExternalSpan, in_one_spelling, in_traces
from evitrail.traces.external.json_documents import UNREADABLE, Document, fault_lines, one_line

Entry = tuple[str, Callable[[], Iterable[ExternalSpan]]]
"""A part of a document: its place there, and what reads its spans. Reading raises ``ValueError`` for what it is not."""
UNREADABLE_SPAN = (*UNREADABLE, ParseError)


class TraceFormat(NamedTuple):
    """A format that external runs are read from."""

    name: str
    description: str
    recognises: Callable[[Any], bool]
    """Whether a document has this format, judged by its keys."""
    keys: tuple[str, ...]
    """Keys that its documents have; a document of no known format is compared with them."""
    entries: Callable[[Any], Iterator[Entry]]
    """The parts of a document; raises ``ValueError`` if it does not have this format."""

    def read(self, file: Path, documents: Sequence[Document]) -> list[ExternalSpan]:
        """Every span of the documents; raises ``ValueError`` with a line for each fault."""
        faults: list[str] = []
        spans: dict[tuple[str, str], ExternalSpan] = {}
        for line, value in documents:
            try:
                for place, read in self.entries(value):
                    try:
                        for span in map(in_one_spelling, read()):
                            if spans.setdefault((span.trace, span.id), span) != span:
                                raise ValueError(f"span {span.id!r} is in the file twice, with different content")
                    except UNREADABLE_SPAN as error:
                        faults.append(f"{file}:{line}: {place}: {one_line(error)}")
            except UNREADABLE_SPAN as error:
                faults.append(f"{file}:{line}: expected {self.description}: {one_line(error)}")
        if not spans and not faults:
            faults.append(f"{file}: expected {self.description}, found no span in it")
        if faults:
            raise ValueError(fault_lines(file, faults))
        return in_traces(spans.values())
