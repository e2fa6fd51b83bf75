"""The provenance graph says in PROV's terms what came from what, and nothing that is not in the journal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pytest
from scribe import Note, Order, Scribe, copied, recorded

from evitrail.traces import Journal, Live, Task, Trace, content_id, lineage, provenance, recorded_work

ORDER = Order(words=("stroke", "risk", "falls"))
LAST = content_id(Note(text="stroke risk falls"))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db") as opened:
        recorded(opened, "run", ORDER)
        yield opened


def arrows(graph: nx.MultiDiGraph, relation: str) -> set[tuple[str, str]]:
    return {(a, b) for a, b, said in graph.edges(data="relation") if said == relation}


def test_every_node_is_an_entity_an_activity_or_an_agent(journal: Journal) -> None:
    graph = provenance(Trace(journal, "run"))
    kinds = nx.get_node_attributes(graph, "prov")
    assert set(kinds) == set(graph)
    assert sorted(name for name, kind in kinds.items() if kind == "activity") == [f"run#write[{n}]" for n in (1, 2, 3)]
    assert [name for name, kind in kinds.items() if kind == "agent"] == ["Scribe(hand='round')"]
    notes = [content_id(Note(text=text)) for text in ("", "stroke", "stroke risk", "stroke risk falls")]
    assert sorted(name for name, kind in kinds.items() if kind == "entity") == sorted(notes)


def test_the_relations_that_follow_from_an_activity_are_drawn(journal: Journal) -> None:
    graph = provenance(Trace(journal, "run"))
    before = content_id(Note(text="stroke risk"))
    assert ("run#write[3]", before) in arrows(graph, "used")
    assert (LAST, "run#write[3]") in arrows(graph, "wasGeneratedBy")
    assert arrows(graph, "wasAssociatedWith") == {(f"run#write[{n}]", "Scribe(hand='round')") for n in (1, 2, 3)}
    assert arrows(graph, "wasInformedBy") == {("run#write[2]", "run#write[1]"), ("run#write[3]", "run#write[2]")}
    assert graph.edges["run#write[3]", before, "used note"]["role"] == "note"


def test_a_record_that_came_in_under_two_names_is_used_twice(journal: Journal) -> None:
    run, note = Live.begin(journal, "twice", ORDER), Note(text="stroke")
    both = {"left": note, "right": note}
    run.step(Task("join", lambda: Note(text="stroke stroke"), returns=Note, inputs=both, by=Scribe()))
    used = provenance(Trace(journal, "twice"))["twice#join[1]"][content_id(note)]
    assert [arrow["role"] for arrow in used.values()] == ["left", "right"]


def test_a_stated_edge_keeps_its_relation_and_span(journal: Journal) -> None:
    graph = provenance(Trace(journal, "run"))
    edge = graph.edges[LAST, content_id(Note(text="stroke risk")), "wasDerivedFrom"]
    assert (edge["relation"], edge["start"], edge["end"]) == ("wasDerivedFrom", 0, len("stroke risk falls"))
    assert "role" not in edge


def test_an_arrow_points_from_later_to_earlier_so_the_graph_has_no_circle(journal: Journal) -> None:
    assert nx.is_directed_acyclic_graph(provenance(Trace(journal, "run")))


def test_lineage_holds_what_an_entity_rests_on_and_nothing_later(journal: Journal) -> None:
    graph = provenance(Trace(journal, "run"))
    part = lineage(graph, content_id(Note(text="stroke")))
    assert {content_id(Note(text="stroke")), content_id(Note(text="")), "run#write[1]"} <= set(part)
    assert LAST not in part
    assert "run#write[2]" not in part
    assert set(lineage(graph, LAST)) == set(graph)


def test_the_lineage_of_something_not_in_the_run_is_a_key_error_that_names_both(journal: Journal) -> None:
    graph = provenance(Trace(journal, "run"))
    with pytest.raises(KeyError, match=r"sha256:none.*'run'"):
        lineage(graph, "sha256:none")


def test_a_fork_has_the_same_entities_and_its_own_activities(journal: Journal) -> None:
    fork = Live.begin(journal, "fork", ORDER, parent="run", memory=recorded_work(journal, "run"))
    copied(fork, ORDER, Scribe())
    then, now = (provenance(Trace(journal, name)) for name in ("run", "fork"))

    def of(graph: nx.MultiDiGraph, prov: str) -> set[str]:
        return {name for name, kind in graph.nodes(data="prov") if kind == prov}

    assert of(now, "entity") == of(then, "entity")
    assert of(now, "activity") == {f"fork#write[{n}]" for n in (1, 2, 3)}
    assert arrows(now, "wasDerivedFrom") == arrows(then, "wasDerivedFrom")
