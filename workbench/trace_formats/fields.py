"""Read the fields of a JSON object, and write what they mean as attributes that a span can carry.

Rules kept here
- A field of another type than expected is an error that names the field; null is the same as a missing field.
- Documents are recognised in the output of a search only where every item is one; else the output stays as it was.

    text_field(run, "name")
    found_documents(run["outputs"])
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from openinference.semconv.trace import DocumentAttributes, SpanAttributes

from evitrail.traces.external.json_documents import short
from evitrail.traces.external.recorded_times import nanoseconds
from evitrail.workbench.openinference.attributes import FIELDS, Told, came_out, carried, documents
from evitrail.workbench.openinference.listed import CONTENT, decoded

WITHIN = ("documents", "docs", "results", "output", "outputs")
"""Keys below which an output may hold its documents."""
CONTENTS = ("content", *CONTENT)


def object_of(value: Any, what: str) -> dict[str, Any]:
    """The value, if it is a JSON object; raises ``ValueError`` else."""
    if not isinstance(value, dict):
        raise ValueError(f"expected {what} as an object, got {short(value)}")
    return value


def text_field(fields: Mapping[str, Any], name: str) -> str:
    """A text; empty if there is none."""
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name}: expected a text, got {short(value)}")
    return value or ""


def id_field(fields: Mapping[str, Any], name: str) -> str:
    """A text that must be there."""
    if not (value := text_field(fields, name)):
        raise ValueError(f"{name}: expected an id, got {short(fields.get(name))}")
    return value


def object_field(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object, or its JSON text; empty if there is none."""
    value = fields.get(name)
    found = decoded(value) if isinstance(value, str) and value else value
    if found is not None and found != "" and not isinstance(found, dict):
        raise ValueError(f"{name}: expected an object, got {short(value)}")
    if found is None and value:
        raise ValueError(f"{name}: expected an object or its JSON text, got {short(value)}")
    return found or {}


def list_field(fields: Mapping[str, Any], name: str) -> list[Any]:
    """A list; empty if there is none."""
    value = fields.get(name)
    if value is not None and not isinstance(value, list):
        raise ValueError(f"{name}: expected a list, got {short(value)}")
    return value or []


def time_field(fields: Mapping[str, Any], name: str) -> int:
    """A time in nanoseconds since 1970; 0 if there is none."""
    try:
        return nanoseconds(fields.get(name))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def count_field(fields: Mapping[str, Any], *names: str) -> int | None:
    """The first of these that is a count; None if none is, because unknown is not zero."""
    found = (fields.get(name) for name in names)
    return next((n for n in found if isinstance(n, int) and not isinstance(n, bool) and n >= 0), None)


def json_value(value: Any) -> Any:
    """A value, or what its JSON text holds where that is an object or a list."""
    inner = decoded(value) if isinstance(value, str) and value.lstrip()[:1] in ("{", "[") else None
    return value if inner is None else inner


def found_documents(output: Any) -> list[Told] | None:
    """The documents that the output of a search consists of; None if it is anything else."""
    if isinstance(output, dict) and len(output) == 1 and next(iter(output)) in WITHIN:
        output = next(iter(output.values()))
    if not isinstance(output, list) or not output:
        return None
    rows = [_document(item) for item in output]
    return None if any(row is None for row in rows) else [row for row in rows if row is not None]


def model_use(model: str, prompt: int | None, completion: int | None, total: int | None = None) -> Told:
    """The model that was called, and its tokens."""
    return {
        SpanAttributes.LLM_MODEL_NAME: model or None,
        SpanAttributes.LLM_TOKEN_COUNT_PROMPT: prompt,
        SpanAttributes.LLM_TOKEN_COUNT_COMPLETION: completion,
        SpanAttributes.LLM_TOKEN_COUNT_TOTAL: total,
    }


def attributes_of(told: Iterable[Mapping[str, Any]], others: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Attributes that are known, and all other fields under the name of their system."""
    known = {name: value for one in told for name, value in one.items()}
    kept = {f"{prefix}.{name}": value for name, value in others.items() if value not in (None, "", [], {})}
    return dict(carried({**kept, **known}))


def search_output(output: Any) -> Told:
    """The output of a search: its documents, or the value where it is anything else."""
    found = found_documents(output)
    return came_out(output) if found is None else documents(found)


def _document(item: Any) -> Told | None:
    """One item as a document; None if it is none."""
    if isinstance(item, str):
        return {DocumentAttributes.DOCUMENT_CONTENT: item}
    if not isinstance(item, dict):
        return None
    content = next((name for name in CONTENTS if isinstance(item.get(name), str)), None)
    metadata = item.get("metadata")
    in_metadata = metadata.get("id") if isinstance(metadata, dict) else None
    known = {
        "id": next((one for one in (item.get("id"), in_metadata) if _is_id(one)), None),
        "content": item[content] if content else None,
        "score": item.get("score") if _is_number(item.get("score")) else None,
    }
    if known["content"] is None and known["id"] is None:
        return None
    read = {content, "metadata", *(field for field in ("id", "score") if known[field] == item.get(field))}
    rest = {name: value for name, value in item.items() if name not in read}
    about = {**metadata, **rest} if isinstance(metadata, dict) else {**rest, "metadata": metadata} if metadata else rest
    fields = {**known, "metadata": about or None}
    return dict(carried({name: fields[field] for name, field in FIELDS.items()}))


def _is_id(value: Any) -> bool:
    return (isinstance(value, str) and value != "") or (isinstance(value, int) and not isinstance(value, bool))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
