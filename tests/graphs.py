"""Provenance graphs to test exports with: any names, any labels, every relation, and how two graphs differ.

@given(graphs())
def test_…(graph): assert told(graph) == told(read(written(graph)))
"""

from __future__ import annotations

from typing import Any, get_args

import networkx as nx
from hypothesis import strategies as st

from evitrail.traces.graph import add_arrow
from evitrail.traces.run.activity import Relation

AWKWARD = (
    *(
        "",
        " ",
        ":",
        "a b",
        "a:b",
        "name:a",
        "_:b",
        "prov:Entity",
        "ex#1",
        "[0:3]",
        "{}",
        "%41",
        "a%2Fb",
        "-.",
        "é",
        "é",
    ),
    *("'quoted'", '"quoted"', "two\nlines", "tab\there", "cr\r\nlf", "\x1b[31m", "\x00", "\\", "\\u0041", "\\0", "$1"),
    *("<b>&amp;", "]]>", "\u202eright to left", "مرحبا", "\U0001f9e0", "\ufffe", "\u2028", "1e5", "true", "2020-01-01"),
)
TEXT = st.one_of(st.sampled_from(AWKWARD), st.text(max_size=12))
KINDS = ("entity", "activity", "agent")
FOLLOWING = ("used", "wasGeneratedBy", "wasAssociatedWith", "wasInformedBy")
"""The relations that follow from an activity."""
RELATIONS = (*FOLLOWING, *get_args(Relation))


@st.composite
def graphs(draw: st.DrawFn) -> nx.MultiDiGraph:
    """A graph as ``provenance`` draws them: each relation, and each role of use, at most once between two nodes."""
    graph = nx.MultiDiGraph(run=draw(TEXT.filter(bool)))
    names = draw(st.lists(TEXT, min_size=1, max_size=6, unique=True))
    for name in names:
        graph.add_node(name, prov=draw(st.sampled_from(KINDS)), type=draw(TEXT), label=draw(TEXT))
    ends = st.tuples(st.sampled_from(names), st.sampled_from(names), st.sampled_from(RELATIONS))
    spans = st.integers(min_value=0, max_value=2**40)
    more = st.fixed_dictionaries({}, optional={"role": TEXT, "start": spans, "end": spans})
    for source, target, relation in draw(st.lists(ends, max_size=20, unique=True)):
        add_arrow(graph, source, target, relation, **draw(more))
        if relation == "used":  # the only arrow there may be twice: in another role
            add_arrow(graph, source, target, relation, role=draw(TEXT))
    return graph


def told(graph: nx.MultiDiGraph) -> tuple[dict[str, Any], dict[str, Any], dict[tuple[str, str, str], Any]]:
    """All that a graph says: of itself, of its nodes, of its arrows."""
    arrows = {(source, target, key): said for source, target, key, said in graph.edges(keys=True, data=True)}
    return dict(graph.graph), dict(graph.nodes(data=True)), arrows
