"""Read a list of messages or documents that a span carries as one value: a JSON text, or a list of objects.

Rules kept here
- A field is read under its full name (``document.id``), under its short one (``id``), or within ``document``.
- A field that a span attribute cannot hold becomes JSON text, so that one list reads the same in every form.
- A value that is no such list gives None: the caller then keeps it as it was told.

    listed('[{"id": "d1", "text": "Swab at 36 weeks."}]', "document.")
    # [{"document.id": "d1", "document.content": "Swab at 36 weeks."}]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evitrail.traces.external.json_documents import UNREADABLE, parsed
from evitrail.traces.record import canonical_json
from evitrail.workbench.openinference.attributes import carried

DEEPEST = 64
"""Maximum nesting of a JSON text that is read as a value; a deeper one stays text."""
CONTENT = ("page_content", "pageContent", "text")
"""What other systems call the content of a document."""

Row = dict[str, Any]


def decoded(text: Any) -> Any:
    """A JSON text as a value; None if it is none."""
    if not isinstance(text, str) or not text.strip():
        return None
    try:
        value = parsed(text)
        canonical_json([value])
    except UNREADABLE:
        return None
    return value if _depth(value) <= DEEPEST else None


def listed(value: Any, prefix: str) -> list[Row] | None:
    """The rows of a list, each field under its full name; None if this is no list of objects or texts."""
    found = decoded(value) if isinstance(value, str) else value
    items = [found] if isinstance(found, dict) else found
    if not isinstance(items, list) or not items:
        return None
    objects = [decoded(item) if isinstance(item, str) and item.lstrip().startswith("{") else item for item in items]
    rows = [_row(item, prefix) for item in objects]
    return None if any(row is None for row in rows) else [row for row in rows if row is not None]


def _row(item: Any, prefix: str) -> Row | None:
    """One item as a row; None if it is neither an object with a field nor a text."""
    if isinstance(item, str):
        return {f"{prefix}content": item}
    if not isinstance(item, Mapping):
        return None
    inner = item.get(prefix.rstrip("."))
    fields = {**{k: v for k, v in item.items() if v is not inner}, **inner} if isinstance(inner, Mapping) else item
    named = {_full_name(name, fields, prefix): value for name, value in fields.items()}
    return dict(carried(named)) or None


def _full_name(name: str, fields: Mapping[str, Any], prefix: str) -> str:
    if name in CONTENT and not {"content", f"{prefix}content"} & fields.keys():
        name = "content"
    return name if name.startswith(prefix) else f"{prefix}{name}"


def _depth(value: Any) -> int:
    """How deep lists and objects are nested."""
    deep, level = 0, [value]
    while level:
        inner = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        level = [item for items in inner for item in items]
        deep += bool(inner)
    return deep
