"""llama-index's values as our records, read by their attributes; nothing of llama-index is imported here.

Rules kept here
- Nothing is shortened: every node with its score and metadata, the whole answer.
- A value of a kind that is not known here is written out as plain JSON, never left out.

    inputs_of("retrieve", {"str_or_query_bundle": "When to swab?"})    # {"query": Query(text="When to swab?", …)}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from evitrail.agent.captured.plain import as_json, clean, number
from evitrail.agent.captured.records import CapturedAnswer, CapturedValues, FoundNode, Node, Nodes, Texts, Vectors
from evitrail.agent.model import Query
from evitrail.traces.record import Record


def inputs_of(kind: str, arguments: Mapping[str, Any]) -> dict[str, Record]:
    """What a step was given, by role, from the arguments of the call."""
    first = next(iter(arguments.values()), None)
    if kind in ("query", "retrieve", "chat"):
        return {"query": asked(first)}
    if kind == "synthesise":
        return {"query": asked(arguments.get("query", first)), "nodes": nodes(arguments.get("nodes") or ())}
    if kind == "postprocess":
        query = arguments.get("query_bundle")
        return {"nodes": nodes(first or ()), **({"query": asked(query)} if query is not None else {})}
    if kind == "embed":
        return {"texts": Texts(texts=tuple(map(clean, [first] if isinstance(first, str) else first or ())))}
    if kind == "agent" and (message := getattr(arguments.get("start_event"), "user_msg", None)) is not None:
        return {"query": asked(getattr(message, "content", message))}
    return {"arguments": CapturedValues(value=as_json(arguments))}


def output_of(kind: str, result: Any) -> Record:
    """What a step came to."""
    if kind in ("retrieve", "postprocess"):
        return nodes(result or ())
    if kind == "embed" and isinstance(result, list):
        rows = result if result and isinstance(result[0], list) else [result]
        return Vectors(vectors=tuple(tuple(map(number, row)) for row in rows))
    if kind in ("query", "chat", "synthesise", "agent", "tool"):
        return CapturedAnswer(text=clean(answer_of(result)), metadata=metadata_of(result))
    return CapturedValues(value=as_json(result))


def answer_of(result: Any) -> str:
    """The text of a response, whatever form it came in."""
    if result is None or isinstance(result, str):
        return result or ""
    for name in ("response_txt", "response", "result", "content"):
        if (found := getattr(result, name, None)) is not None:
            return answer_of(found)
    return "" if hasattr(result, "content") else str(result)


def metadata_of(result: Any) -> dict[str, Any]:
    """What a response says of itself; the metadata of its sources stands with the nodes."""
    sources = {node.node.node_id for node in sources_of(result)}
    metadata = getattr(result, "metadata", None)
    told = as_json(metadata) if isinstance(metadata, dict) else {}
    return {key: value for key, value in told.items() if key not in sources}


def sources_of(result: Any) -> list[Any]:
    """The nodes that a response names as its sources; a tool's output holds the response it came from."""
    named = getattr(result, "source_nodes", None) or getattr(getattr(result, "raw_output", None), "source_nodes", None)
    return list(named or ())


def asked(query: Any) -> Query:
    """A question put to the pipeline, as a string or a query bundle."""
    text = getattr(query, "query_str", None)
    text = getattr(query, "content", None) if text is None else text
    return Query(text=clean(str(query if text is None else text)), reason="asked of the pipeline")


def nodes(found: Iterable[Any]) -> Nodes:
    """Nodes with scores, in their order."""
    return Nodes(nodes=tuple(FoundNode(node=node(one.node), score=score(one.score)) for one in found))


def score(value: float | None) -> float | str | None:
    """A score, where there is one."""
    return None if value is None else number(value)


def node(it: Any) -> Node:
    """A node, its text without the metadata that is shown to models."""
    get, source = getattr(it, "get_content", None), getattr(it, "ref_doc_id", None)
    return Node(
        id=clean(str(it.node_id)),
        text=clean(get() if get else str(it)),
        metadata=as_json(getattr(it, "metadata", None) or {}),
        document=clean(str(source)) if source else None,
        start=getattr(it, "start_char_idx", None),
        end=getattr(it, "end_char_idx", None),
    )
