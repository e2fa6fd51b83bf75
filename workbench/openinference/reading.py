"""Read what the attributes of a span mean: OpenInference's, and those of OpenTelemetry's conventions for GenAI.

Rules kept here
- Reading is writing backwards (``attributes.py``): messages and documents are lists again, a JSON value is a value
  again, and every other attribute stays as it was told.
- A list may be flat, numbered attributes or one value (``listed.py``).
- Only what was understood is taken out of the other attributes: nothing is lost.
- Where a span says the same in both vocabularies, OpenInference's is read and the other is kept.

    understand(attributes).documents
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openinference.semconv.trace import OpenInferenceSpanKindValues as SpanKind
from openinference.semconv.trace import SpanAttributes

from evitrail.traces.external.attributes import PLACE, rows
from evitrail.traces.external.incoming_run import SpanMeaning
from evitrail.workbench.openinference import gen_ai
from evitrail.workbench.openinference.attributes import (
    DOCUMENT,
    DOCUMENTS,
    FIELDS,
    GIVEN,
    JSON,
    MESSAGE,
    OUTPUT,
    is_conversation,
)
from evitrail.workbench.openinference.listed import Row, decoded, listed

KINDS = {kind.value for kind in SpanKind}


def understand(attributes: Mapping[str, Any]) -> SpanMeaning:
    """What the attributes of a span of any system mean."""
    used: set[str] = set()
    given, output = (_value_of(attributes, used, *names) for names in (GIVEN, OUTPUT))
    found = [row for name in DOCUMENTS for row in _rows(attributes, used, name, DOCUMENT)]
    if given is None:
        given = gen_ai.given(attributes, used)
    if output is None:
        output = gen_ai.output(attributes, used)
    found = found or gen_ai.documents(attributes, used)
    for value, (_, _, mime) in ((given, GIVEN), (output, OUTPUT)):
        told = value["value"] if is_conversation(value) else value
        used |= set() if told is None or isinstance(told, str) else {mime}  # only a text has a form
    return SpanMeaning(
        kind=_kind(attributes, used),
        given=given,
        output=output,
        documents=[{FIELDS.get(name, name): value for name, value in row.items()} for row in found],
        rest={name: value for name, value in attributes.items() if name not in used},
    )


def _kind(attributes: Mapping[str, Any], used: set[str]) -> str | None:
    said = attributes.get(SpanAttributes.OPENINFERENCE_SPAN_KIND)
    if isinstance(said, str) and said in KINDS:
        used.add(SpanAttributes.OPENINFERENCE_SPAN_KIND)
    return said.lower() if isinstance(said, str) and said else gen_ai.kind(attributes)


def _value_of(attributes: Mapping[str, Any], used: set[str], name: str, messages: str, mime: str) -> Any:
    value = attributes.get(name)
    used |= {name}
    if attributes.get(mime) == JSON and (as_value := decoded(value)) is not None:
        value = as_value
    said = _rows(attributes, used, messages, MESSAGE)
    return {"value": value, "messages": said} if said else value


def _rows(attributes: Mapping[str, Any], used: set[str], name: str, prefix: str) -> list[Row]:
    """The list below a name, else the list that is its value; what was read is added to ``used``."""
    if numbered := rows(attributes, name):
        start = f"{name}."
        used |= {key for key in attributes if key.startswith(start) and PLACE.fullmatch(key, len(start))}
        return numbered
    found = listed(attributes.get(name), prefix)
    if found is not None:
        used.add(name)
    return found or []
