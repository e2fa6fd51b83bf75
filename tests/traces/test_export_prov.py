"""PROV-JSON: what W3C PROV's own library reads back is the run's provenance, to every attribute."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import networkx as nx
import pytest
from graphs import RELATIONS, graphs, told
from hypothesis import given, settings
from prov.constants import PROV_ROLE
from prov.identifier import QualifiedName
from prov.model import (
    ProvActivity,
    ProvAttribution,
    ProvBundle,
    ProvDerivation,
    ProvDocument,
    ProvElement,
    ProvEntity,
    ProvInfluence,
    ProvMembership,
    ProvRelation,
)
from scribe import Order, copied, recorded
from ward import misread

from evitrail.traces import Journal, Live, Record, Trace, provenance, recorded_work
from evitrail.traces.export import prov
from evitrail.traces.export.disclosed import Disclosed
from evitrail.traces.journal.after_end import REVIEW

pytestmark = pytest.mark.filterwarnings("error::prov.model.ProvWarning")
"""How prov says what of a document is not valid, or will be refused by its next version."""

ORDER = Order(words=("stroke", "risk", "falls"))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db") as opened_:
        recorded(opened_, "run", ORDER)
        yield opened_


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journal]:
    with misread(tmp_path_factory.mktemp("ward")) as journal:
        yield journal


def written(trace: Trace, folder: Path, *, with_sensitive: bool = False) -> Path:
    prov.write(trace.journal, [trace.run], folder / "run.prov.json", with_sensitive=with_sensitive)
    return folder / "run.prov.json"


def loaded(file: Path) -> tuple[ProvDocument, ProvBundle]:
    """The document as prov has it, and its one bundle."""
    document = ProvDocument.deserialize(file, format="json")
    (bundle,) = document.bundles
    return document, bundle


def ours(name: object) -> str:
    assert isinstance(name, QualifiedName)
    return name.localpart


@settings(deadline=None)
@given(graphs())
def test_any_provenance_graph_is_read_back_equal(graph: nx.MultiDiGraph) -> None:
    document = ProvDocument(namespaces=[prov.NAME, prov.TERM])
    prov.add_graph(document.bundle(prov.named(graph.graph["run"])), graph)
    with TemporaryDirectory() as folder:
        document.serialize(Path(folder) / "graph.json", format="json")
        assert told(prov.read(Path(folder) / "graph.json")) == told(graph)


def test_a_run_is_read_back_as_its_provenance(journal: Journal, tmp_path: Path) -> None:
    trace = Trace(journal, "run")
    assert told(prov.read(written(trace, tmp_path))) == told(provenance(trace))


def test_an_agents_run_and_every_counterfactual_of_it_are_read_back_as_their_provenance(
    ward: Journal, tmp_path: Path
) -> None:
    runs = [run for run in ward.runs() if run != "experiment"]
    assert len(runs) > 1
    seen = set()
    for run in runs:
        graph = provenance(Trace(ward, run))
        assert told(prov.read(written(Trace(ward, run), tmp_path))) == told(graph)
        seen |= {relation for _, _, relation in graph.edges(data="relation")}
    assert seen == set(RELATIONS) - {"wasRevisionOf"}


def test_the_document_is_one_that_prov_writes_and_reads_in_its_strictest_notation(ward: Journal) -> None:
    for run in ward.runs():
        if run != "experiment":
            document = prov.document(Disclosed(Trace(ward, run), with_sensitive=False))
            assert ProvDocument.deserialize(StringIO(document.serialize(format="provn")), format="provn") == document


def test_one_altered_attribute_is_another_graph(journal: Journal, tmp_path: Path) -> None:
    file = written(Trace(journal, "run"), tmp_path)
    before = told(prov.read(file))
    file.write_text(file.read_text("utf-8").replace('"prov:role": "note"', '"prov:role": "word"', 1), "utf-8")
    assert told(prov.read(file)) != before


def test_a_step_has_the_times_its_record_has(journal: Journal, tmp_path: Path) -> None:
    trace = Trace(journal, "run")
    _, bundle = loaded(written(trace, tmp_path))
    times = {ours(step.identifier): step.args for step in bundle.get_records(ProvActivity)}
    assert len(times) == len(trace.activities)
    for record, step in zip(trace.of_type("activity.end"), trace.activities, strict=True):
        began, ended = times[ours(prov.named(f"run#{step.path}"))]
        assert ended == datetime.fromisoformat(record.line["t"])
        assert ended - began == timedelta(milliseconds=step.milliseconds)


def test_a_quotation_is_a_derivation_of_provs_own_type_with_its_span(ward: Journal, tmp_path: Path) -> None:
    _, bundle = loaded(written(Trace(ward, "loop.q-apixaban"), tmp_path))
    quotes = [r for r in bundle.get_records(ProvDerivation) if "prov:Quotation" in map(str, r.get_asserted_types())]
    assert quotes
    for quote in quotes:
        assert {"ev:start", "ev:end"} <= {str(key) for key, _ in quote.extra_attributes}


def test_the_rank_of_a_hit_stands_on_an_influence_because_membership_takes_no_attributes(
    ward: Journal, tmp_path: Path
) -> None:
    _, bundle = loaded(written(Trace(ward, "loop.q-apixaban"), tmp_path))
    members = list(bundle.get_records(ProvMembership))
    assert members
    assert not [member for member in members if member.extra_attributes]
    ranked = [r for r in bundle.get_records(ProvInfluence) if "ev:hadMember" in map(str, r.get_asserted_types())]
    assert {value for r in ranked for key, value in r.extra_attributes if str(key) == "ev:role"} >= {"rank 1"}


def test_a_fork_is_a_revision_of_its_parent_and_says_what_it_reused(journal: Journal, tmp_path: Path) -> None:
    fork = Live.begin(journal, "fork", ORDER, parent="run", memory=recorded_work(journal, "run"))
    fork.end(copied(fork, ORDER))
    document, _ = loaded(written(Trace(journal, "fork"), tmp_path))
    (revision,) = document.get_records(ProvDerivation)
    assert [ours(name) for name in revision.args[:2]] == ["fork", "run"]
    assert [str(kind) for kind in revision.get_asserted_types()] == ["prov:Revision"]
    reused = [tuple(map(ours, r.args)) for r in document.get_records(ProvInfluence)]
    assert reused == [(ours(prov.named(f"fork#write[{n}]")), "run") for n in (1, 2, 3)]


def test_blame_is_an_entity_that_the_blamed_steps_influenced(ward: Journal, tmp_path: Path) -> None:
    trace = Trace(ward, "loop.q-apixaban")
    (record,) = trace.of_type("attribution")
    stored = json.loads(ward.raw(record.body["blames"]).partition(b"\n")[2])["blames"]
    expected = {(blame["outcome"], f"{trace.run}#{path}") for blame in stored for path in blame["culprit"]}
    assert expected
    document, _ = loaded(written(trace, tmp_path))
    drawn = [r for r in document.get_records(ProvInfluence) if ours(r.args[0]) == record.body["blames"]]
    assert {(next(iter(r.get_attribute("ev:role"))), ours(r.args[1])) for r in drawn} == {
        (outcome, ours(prov.named(path))) for outcome, path in expected
    }


class Blames(Record, stored_as="ToldBlames"):
    """A record of an attribution, as far as this folder reads it."""

    blames: tuple[dict[str, Any], ...]


def test_all_that_a_document_refers_to_is_declared_in_it_blame_of_what_is_no_step_too(
    ward: Journal, journal: Journal, tmp_path: Path
) -> None:
    blames = Blames(blames=tuple({"outcome": "wrong", "culprit": [who]} for who in ("store", "write[2]", "budget")))
    journal.append("run", "attribution", {"blames": journal.put(blames)})
    own, _ = loaded(written(Trace(journal, "run"), tmp_path))
    drawn = {ours(r.args[1]): ours(r.args[0]) for r in own.get_records(ProvInfluence)}
    assert set(drawn) == {ours(prov.named(f"run#{who}")) for who in ("store", "write[2]", "budget")}
    named = [loaded(written(Trace(ward, run), tmp_path))[0] for run in ward.runs() if run != "experiment"]
    for document in (own, *named):
        records = [*document.get_records(), *(r for bundle in document.bundles for r in bundle.get_records())]
        declared = {r.identifier for r in records if isinstance(r, ProvElement)}
        referred = {
            name for r in records if isinstance(r, ProvRelation) for name in r.args if isinstance(name, QualifiedName)
        }
        assert referred <= declared


class Said(Record, stored_as="ToldReview"):
    """A record of a review, as far as this folder reads it."""

    of: str
    label: str | None = None
    steps: tuple[str, ...] | None = None
    by: str
    reason: str


def test_every_review_is_attributed_to_a_person_and_derived_from_the_run(journal: Journal, tmp_path: Path) -> None:
    for said in (
        Said(of="high_risk", label="no", by="anna", reason="per day"),
        Said(of="blame.wrong", steps=("store", "write[1]"), by="ben", reason="never served"),
        Said(of="high_risk", label="yes", by="anna", reason="I misread it"),
    ):
        journal.append("run", REVIEW, {"review": journal.put(said)})
    document, bundle = loaded(written(Trace(journal, "run"), tmp_path))
    reviews = [each for each in document.get_records(ProvEntity) if "ev:Review" in map(str, each.get_asserted_types())]
    who = {r.args[0]: str(r.args[1]) for r in document.get_records(ProvAttribution)}
    shown = sorted(
        (*(next(iter(one.get_attribute(f"ev:{key}"))) for key in ("number", "of", "reason")), who[one.identifier])
        for one in reviews
    )
    assert shown == [
        (1, "high_risk", "per day", "name:reviewer:anna"),
        (2, "blame.wrong", "never served", "name:reviewer:ben"),
        (3, "high_risk", "I misread it", "name:reviewer:anna"),
    ]
    derived = [ours(r.args[1]) for r in document.get_records(ProvDerivation)]
    assert derived == ["run"] * 3
    assert prov.graph_of(bundle).nodes == provenance(Trace(journal, "run")).nodes, "the run's own graph is as it was"


def test_what_a_step_used_is_used_in_a_role_of_provs_own(journal: Journal, tmp_path: Path) -> None:
    content = json.loads(written(Trace(journal, "run"), tmp_path).read_text("utf-8"))["bundle"]["name:run"]
    assert [used[str(PROV_ROLE)] for used in content["used"].values()] == ["note"] * 3


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"entity": {"a:b": {}}}', '{"bundle": {"x": {"what": {}}}}'])
def test_a_file_that_is_no_run_of_ours_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(ValueError, match=r"bad\.json.*expected PROV-JSON of one run.*export the run again") as refused:
        prov.read(tmp_path / "bad.json")
    assert "\n" not in str(refused.value)


def test_equal_journals_give_equal_bytes(journal: Journal, tmp_path: Path) -> None:
    first = written(Trace(journal, "run"), tmp_path).read_bytes()
    assert written(Trace(journal, "run"), tmp_path).read_bytes() == first
