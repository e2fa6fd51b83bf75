"""The provenance graph of a run, in W3C PROV terms, and the lineage of anything in it.

Rules kept here
- Nodes are entities, activities and agents (PROV-DM section 2); an entity is named by its content.
- An arrow points from what came later to what it came from, as PROV's relations do. So everything an
  answer rests on is what can be reached from it.
- The graph is a projection: it holds nothing that is not in the journal.

    graph = provenance(trace)
    lineage(graph, answer_id)      # claims, passages, evidence versions, grades, query
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evitrail.traces.run.activity import Activity, Entity
from evitrail.traces.trace import Trace

if TYPE_CHECKING:  # networkx takes a sixth of the time in which a command starts, and few draw a graph
    import networkx as nx

USED = "used"


def provenance(trace: Trace) -> nx.MultiDiGraph:
    """One run as a graph; nodes carry ``prov``, ``type`` and ``label``, arrows their relation."""
    import networkx as nx

    graph = nx.MultiDiGraph(run=trace.run)
    before: Activity | None = None
    for activity in trace.activities:
        _add_activity(graph, activity, before)
        before = activity
    for edge in trace.edges().edges:
        for end in (edge.source, edge.target):  # a stated label says more than a path
            graph.add_node(end.id, prov="entity", type=end.type, label=end.label)
        span = {} if edge.start is None else {"start": edge.start, "end": edge.end}
        role = {} if edge.role is None else {"role": edge.role}
        add_arrow(graph, edge.source.id, edge.target.id, edge.relation, **role, **span)
    return graph


def lineage(graph: nx.MultiDiGraph, entity: str) -> nx.MultiDiGraph:
    """The part of the graph that an entity rests on; raises ``KeyError`` when it is not in the graph."""
    import networkx as nx

    if entity not in graph:
        raise KeyError(f"no entity {entity!r} in the provenance of run {graph.graph['run']!r}")
    return graph.subgraph({entity} | nx.descendants(graph, entity)).copy()


def _add_activity(graph: nx.MultiDiGraph, activity: Activity, before: Activity | None) -> None:
    node = activity_node(graph.graph["run"], activity.path)
    graph.add_node(node, prov="activity", type=activity.kind, label=activity.path)
    graph.add_node(activity.by, prov="agent", type="SoftwareAgent", label=activity.by)
    add_arrow(graph, node, activity.by, "wasAssociatedWith")
    for given in activity.inputs:
        _add_entity(graph, Entity(id=given.id, type=given.type, label=given.role))
        add_arrow(graph, node, given.id, USED, role=given.role)
    _add_entity(graph, Entity(id=activity.output, type=activity.output_type, label=activity.path))
    add_arrow(graph, activity.output, node, "wasGeneratedBy")
    if before is not None:
        add_arrow(graph, node, activity_node(graph.graph["run"], before.path), "wasInformedBy")


def activity_node(run: str, path: str) -> str:
    """The graph's name for a step: unique across runs."""
    return f"{run}#{path}"


def _add_entity(graph: nx.MultiDiGraph, entity: Entity) -> None:
    if entity.id not in graph:
        graph.add_node(entity.id, prov="entity", type=entity.type, label=entity.label)


def add_arrow(graph: nx.MultiDiGraph, source: str, target: str, relation: str, **attributes: Any) -> None:
    """One arrow for each relation; a step may use the same record in two roles, which are two arrows."""
    key = f"{relation} {attributes['role']}" if relation == USED and "role" in attributes else relation
    graph.add_edge(source, target, key=key, relation=relation, **attributes)
