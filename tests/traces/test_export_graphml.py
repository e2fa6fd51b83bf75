"""GraphML: what is written is read back as the run's provenance, and other tools can read it too."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

import networkx as nx
import pytest
from graphs import graphs, told
from hypothesis import given, settings
from scribe import Order, recorded
from ward import LOOP, NEW, OLD, STALE, WardReader, ask, opened

from evitrail.traces import Journal, Trace, provenance
from evitrail.traces.export import graphml

GRAPHML = "{http://graphml.graphdrawing.org/xmlns}"


def written(trace: Trace, folder: Path) -> Path:
    graphml.write(trace.journal, [trace.run], folder / "run.graphml", with_sensitive=False)
    return folder / "run.graphml"


@settings(deadline=None)
@given(graphs())
def test_any_provenance_graph_is_read_back_equal(graph: nx.MultiDiGraph) -> None:
    with TemporaryDirectory() as folder:
        graphml.write_graph(graph, Path(folder) / "graph.graphml")
        assert told(graphml.read(Path(folder) / "graph.graphml")) == told(graph)


def test_an_agents_run_is_read_back_as_its_provenance(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.ingest([OLD, NEW])
    assert ask(tmp_path, store, [STALE], [LOOP], WardReader(accepts=False)) == []
    with Journal.open(tmp_path / "journal.db", create=False) as journal:
        trace = Trace(journal, "loop.q-apixaban")
        assert len(provenance(trace)) > len(trace.activities)
        assert told(graphml.read(written(trace, tmp_path))) == told(provenance(trace))


def test_ids_are_unique_tokens_as_graphml_wants_them(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        recorded(journal, "run", Order(words=("stroke", "risk")))
        root = ElementTree.parse(written(Trace(journal, "run"), tmp_path)).getroot()
    for kind in ("node", "edge"):
        ids = [element.get("id", "") for element in root.iter(f"{GRAPHML}{kind}")]
        assert ids
        assert len(set(ids)) == len(ids)
        assert all(one.isalnum() for one in ids)


def test_spans_are_numbers_to_whoever_reads_the_file(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        recorded(journal, "run", Order(words=("stroke",)))
        root = ElementTree.parse(written(Trace(journal, "run"), tmp_path)).getroot()
    types = {key.get("attr.name"): key.get("attr.type") for key in root.iter(f"{GRAPHML}key")}
    assert (types["start"], types["end"], types["label"]) == ("long", "long", "string")


@pytest.mark.parametrize("text", ["", "<graphml/>", "<a><b></a>", "{}"])
def test_a_file_that_is_no_run_of_ours_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.graphml").write_text(text)
    with pytest.raises(
        ValueError, match=r"bad\.graphml.*expected GraphML from evitrail.*export the run again"
    ) as refused:
        graphml.read(tmp_path / "bad.graphml")
    assert "\n" not in str(refused.value)
