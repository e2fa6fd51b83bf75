"""Spans of a system that nobody here wrote, as OTLP-JSON, and what their attributes mean in the tests.

write(tmp_path / "week.jsonl", QUERY)      # a query with a search, a reading and a model call within it
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evitrail.traces import Journal
from evitrail.traces.external.attributes import rows
from evitrail.traces.external.incoming_run import SpanMeaning, incoming_runs
from evitrail.traces.external.otlp_format import read_spans
from evitrail.traces.external.record_runs import ImportedRuns, import_runs

TRACE = "0af7651916cd43dd8448eb211c80319c"
SECOND = 10**9


def understand(attributes: Mapping[str, Any]) -> SpanMeaning:
    """What the spans of this test mean."""
    documents = rows(attributes, "found")
    kind, asked, said = (attributes.get(name) for name in ("kind", "in", "out"))
    told = ("kind", "in", "out")
    rest = {name: v for name, v in attributes.items() if name not in told and not name.startswith("found.")}
    return SpanMeaning(str(kind) if kind else None, asked, said, documents, rest)


def value(told: Any) -> dict[str, Any]:
    return {{str: "stringValue", int: "intValue", float: "doubleValue", bool: "boolValue"}[type(told)]: told}


def span(id: int, parent: int = 0, *, start: int = 0, name: str = "", **attributes: Any) -> dict[str, Any]:
    """A span as OTLP-JSON has it: one second long, at the given second."""
    return {
        "traceId": TRACE,
        "spanId": f"{id:016x}",
        "parentSpanId": f"{parent:016x}" if parent else "",
        "name": name or f"span {id}",
        "startTimeUnixNano": str((start or id) * SECOND),
        "endTimeUnixNano": str(((start or id) + 1) * SECOND),
        "attributes": [{"key": key.replace("__", "."), "value": value(told)} for key, told in attributes.items()],
    }


def document(*spans: Any) -> dict[str, Any]:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "clinic"}}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": list(spans)}]}]}


def write(file: Path, *documents: Any) -> Path:
    file.write_text("".join(json.dumps(one) + "\n" for one in documents), encoding="utf-8")
    return file


def taken(journal: Journal, file: Path, name: str | None = None) -> ImportedRuns:
    return import_runs(journal, incoming_runs(read_spans(file), file, understand, name), understand)


ASKED = span(1, kind="chain", name="query", **{"in": "When to swab?", "out": "At 36 weeks."})
FOUND = span(2, 1, kind="retriever", **{"in": "swab", "found__0__id": "a", "found__0__content": "Swab at 36 weeks.",
    "found__1__content": "Deer eat cabbage.", "found__1__score": 0.5})  # fmt: skip
READ = span(3, 1, kind="chain", name="synthesize", out="At 36 weeks.")
SAID = span(4, 3, kind="llm", model="tiny", temperature=0.5, **{"in": "When?", "out": "At 36 weeks."})
QUERY = document(ASKED, FOUND, READ, SAID)
