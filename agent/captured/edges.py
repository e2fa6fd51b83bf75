"""What can be said of how a foreign pipeline's values came from each other.

Rules kept here
- An edge is stated where the pipeline says so (a list has its nodes, a response its source nodes), or where it
  can be seen (a node's text stands word for word in the prompt). What merely came of an inner step is an
  influence, not a source.
- A value that an inner step already made has its sources stated there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from evitrail.agent.captured.records import CapturedAnswer, Node, Nodes
from evitrail.agent.captured.run import CapturedStep
from evitrail.agent.llm.base import Prompt
from evitrail.traces.record import Record, content_id, stored_name
from evitrail.traces.run.activity import Edge, Entity

LABEL = 60
"""Characters of a text that stand for it in a graph."""


def edges_of(step: CapturedStep, output: Record, sources: Nodes, seen: Iterable[Node]) -> Iterator[Edge]:
    """The edges that a step states: ``sources`` are what its output names, ``seen`` the nodes served so far."""
    if any(content_id(made) == content_id(output) for _, made in step.inner):
        return
    given = step.inputs.get("nodes")
    if isinstance(output, Nodes):
        yield from node_edges(output)
        if given is not None and step.work.kind == "postprocess":
            yield Edge(relation="wasDerivedFrom", source=entity(output), target=entity(given), role="kept of")
    if isinstance(prompt := step.inputs.get("prompt"), Prompt):
        yield from prompt_edges(prompt, seen)
    if isinstance(output, CapturedAnswer):
        yield from derived(output, sources)
    yield from influenced(output, step.inner)


def node_edges(found: Nodes) -> Iterator[Edge]:
    """The list has nodes, each cut from its document."""
    for rank, one in enumerate(found.nodes, start=1):
        here = node_entity(one.node)
        yield Edge(relation="hadMember", source=entity(found), target=here, role=f"rank {rank}")
        if one.node.document is not None:
            label = str(one.node.metadata.get("file_name") or one.node.document)
            document = Entity(id=f"document:{one.node.document}", type="Document", label=label)
            span = {"start": one.node.start, "end": one.node.end} if one.node.end is not None else {}
            yield Edge(relation="wasQuotedFrom", source=here, target=document, **span)


def derived(output: Record, sources: Nodes) -> Iterator[Edge]:
    """An answer was derived from the nodes that it names."""
    for rank, one in enumerate(sources.nodes, start=1):
        here = node_entity(one.node)
        yield Edge(relation="wasDerivedFrom", source=entity(output), target=here, role=f"source {rank}")


def prompt_edges(prompt: Prompt, seen: Iterable[Node]) -> Iterator[Edge]:
    """A prompt was derived from the nodes whose text stands in it word for word."""
    text = "\n".join(message.content for message in prompt.messages)
    for one in seen:
        if one.text.strip() and one.text.strip() in text:
            yield Edge(relation="wasDerivedFrom", source=entity(prompt), target=node_entity(one), role="in the prompt")


def influenced(output: Record, inner: Iterable[tuple[str, Record]]) -> Iterator[Edge]:
    """What came of the steps within a step influenced what came of it."""
    for path, made in inner:
        role = path.rpartition("/")[2]
        yield Edge(relation="wasInfluencedBy", source=entity(output), target=entity(made), role=role)


def entity(record: Record) -> Entity:
    """A record as a node of the graph."""
    label = record.text[:LABEL] if isinstance(record, CapturedAnswer) else stored_name(record).lower()
    return Entity(id=content_id(record), type=stored_name(record), label=label)


def node_entity(one: Node) -> Entity:
    """A node of text as a node of the graph."""
    return Entity(id=content_id(one), type="Node", label=one.text[:LABEL])
