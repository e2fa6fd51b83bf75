"""A run's provenance graph as GraphML, for tools that draw and measure graphs.

Rules kept here
- The graph is the one of ``graph.provenance``; reading the file back gives it again.
- GraphML wants short, unique ids: ours are numbers, and the names stand beside them as ``name``.
- XML has characters that it cannot hold (a terminal's escape): they, and the backslash, are written as ``\\u001b``.
  All else stands as it is.

    write(journal, ["clean.rad-001"], target, with_sensitive=False)
    read(target)               # equal to provenance(trace)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import networkx as nx

from evitrail.traces.export.disclosed import Disclosed
from evitrail.traces.graph import add_arrow, provenance
from evitrail.traces.journal.view import JournalView

UNWRITABLE = re.compile(r"[^\t\n\x20-\x5b\x5d-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 (production 2) has no character for, the carriage return that its readers drop, and our backslash."""
WRITTEN_OUT = re.compile(r"\\u([0-9a-f]{4})")


def write(journal: JournalView, runs: Sequence[str], target: Path, *, with_sensitive: bool) -> tuple[str, ...]:
    """Write one run; returns the names of what was left out."""
    run = Disclosed.of_one(journal, runs, with_sensitive=with_sensitive)
    write_graph(provenance(run), target)
    return run.left_out


def write_graph(graph: nx.MultiDiGraph, target: Path) -> None:
    """Write a provenance graph."""
    numbers = {node: f"n{number}" for number, node in enumerate(graph)}
    numbered = nx.MultiDiGraph(**_mapped(graph.graph, _escaped))
    for node, attributes in graph.nodes(data=True):
        numbered.add_node(numbers[node], **_mapped({"name": node, **attributes}, _escaped))
    for number, (source, target_, attributes) in enumerate(graph.edges(data=True)):
        numbered.add_edge(numbers[source], numbers[target_], key=f"e{number}", **_mapped(attributes, _escaped))
    nx.write_graphml_xml(numbered, target)


def read(path: Path) -> nx.MultiDiGraph:
    """The provenance graph that a file of ours holds; raises ``ValueError`` where it holds none."""
    try:
        numbered = nx.read_graphml(path, force_multigraph=True)
        graph = nx.MultiDiGraph(run=_unescaped(numbered.graph["run"]))
        names = {number: _unescaped(name) for number, name in numbered.nodes(data="name")}
        for number, attributes in numbered.nodes(data=True):
            own = {key: value for key, value in attributes.items() if key != "name"}
            graph.add_node(names[number], **_mapped(own, _unescaped))
        for source, target, attributes in numbered.edges(data=True):
            own = {key: value for key, value in attributes.items() if key != "id"}
            add_arrow(graph, names[source], names[target], **_mapped(own, _unescaped))
    except (ParseError, nx.NetworkXError, KeyError, TypeError) as error:
        raise ValueError(
            f"{str(path)!r}: expected GraphML from evitrail, got {error!r}; export the run again"
        ) from error
    return graph


def _mapped(attributes: Mapping[str, Any], spelt: Any) -> dict[str, Any]:
    return {key: spelt(value) if isinstance(value, str) else value for key, value in attributes.items()}


def _escaped(text: str) -> str:
    return UNWRITABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _unescaped(text: str) -> str:
    return WRITTEN_OUT.sub(lambda found: chr(int(found[1], 16)), text)
