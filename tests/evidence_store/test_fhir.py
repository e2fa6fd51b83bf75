"""A state of the store goes out as FHIR R5 and comes back as it was, with what became of it since."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bundles import any_evidence, profiles, written
from fhir.resources import get_fhir_model_class
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import WordVectors, World, clock, evidence

from evitrail.evidence_store import Evidence, EvidenceError, EvidenceStore, read_evidence
from evitrail.evidence_store.curation.notices import Notice
from evitrail.evidence_store.curation.profile import Profile
from evitrail.evidence_store.curation.relations import Contradiction, Supersession
from evitrail.evidence_store.demo import DEMO_EVIDENCE
from evitrail.evidence_store.formats.fhir import bundle, news, read_fhir, take_in
from evitrail.evidence_store.grading.native_grade import Rating

OLD = evidence("aspirin")
NEW = evidence("aspirin", "2", supersedes="aspirin@1", valid_from=date(2020, 1, 1), published=date(2020, 1, 1))
REPORTED = Notice(ref="aspirin@2", nature="concern", reason="numbers that cannot be")
DISPUTE = Contradiction(a="aspirin@2", b="statin@1", scope="adults", type="magnitude", detector="Cyd")


def opened(folder: Path, name: str = "store") -> EvidenceStore:
    return EvidenceStore.open(folder / name, create=True, embedder=WordVectors(), clock=clock, actor="Anna")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EvidenceStore]:
    with opened(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvidenceStore]:
    """A store that takes in one version after another."""
    with opened(tmp_path_factory.mktemp("shelf")) as made:
        yield made


def resources(text: str, type: str) -> list[dict[str, Any]]:
    entries = [entry["resource"] for entry in json.loads(text)["entry"]]
    return [one for one in entries if one["resourceType"] == type]


def test_the_demonstration_is_fhir_r5_and_comes_back_equal(store: EvidenceStore, tmp_path: Path) -> None:
    demo = read_evidence(DEMO_EVIDENCE)
    store.ingest(demo)
    text = bundle(store.snapshot(), store.dossiers)
    for entry in json.loads(text)["entry"]:
        resource = entry["resource"]
        understood = get_fhir_model_class(resource["resourceType"]).model_validate_json(json.dumps(resource))
        assert json.loads(understood.model_dump_json()) == resource
    taken = read_fhir(written(tmp_path, text))
    by_ref = {item.ref: item for item in demo}
    assert {item.ref: item for item in taken.evidence} == by_ref
    assert (taken.profiles, taken.notices, taken.left_aside) == ([], [], {})


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_a_store_takes_in_comes_back_as_it_was_published(
    shelf: EvidenceStore, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    item = data.draw(any_evidence(f"lineage-{len(shelf.headers)}"))
    assert item.model_fields_set == set(Evidence.model_fields)  # a new field is told, or this test says so
    shelf.ingest([item])
    profile = data.draw(st.none() | profiles(item.ref))
    if profile:
        shelf.assess([profile])
    published, recorded = shelf.get(item.ref), shelf.snapshot().profile(item.ref)
    text = bundle(shelf.snapshot(), shelf.dossiers, [item.ref])
    taken = read_fhir(written(tmp_path_factory.mktemp("bundle"), text))
    assert taken.evidence == [published]
    assert taken.profiles == ([recorded] if recorded else [])
    assert taken.notices == []


@pytest.mark.parametrize("seed", range(4))
def test_what_is_known_here_is_known_where_the_bundle_is_taken_in(seed: int, tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        World(store, seed=seed).live(years=4)
        here = store.snapshot()
        file = written(tmp_path, bundle(here, store.dossiers))
        with opened(tmp_path, "elsewhere") as other:
            assert len(take_in(other, read_fhir(file)).evidence) == len(here.headers)
            there = other.snapshot()
            assert dict(there.headers) == dict(here.headers)
            for ref in here.headers:
                assert there.evidence(ref).text == here.evidence(ref).text
                assert there.profile(ref) == here.profile(ref)
                assert {one.id for one in there.disputes(ref)} == {one.id for one in here.disputes(ref)}
            seq = other.seq
            take_in(other, read_fhir(file))
            assert other.seq == seq


def test_what_became_of_a_version_is_told_by_it_and_recorded_after_it(store: EvidenceStore, tmp_path: Path) -> None:
    store.ingest([OLD, NEW, evidence("statin")])
    store.notify([REPORTED, REPORTED.model_copy(update={"ref": "aspirin@1", "nature": "retraction"})])
    store.assess([Profile(ref="statin@1", ratings=(Rating(system="sort", edition="2004", code="A"),), reason="panel")])
    store.dispute(DISPUTE)
    text = bundle(store.snapshot(), store.dossiers)
    old, new, _ = resources(text, "Citation")
    assert old["effectivePeriod"] == {"start": "2015-01-01", "end": "2019-12-31"}  # FHIR's last day is the one before
    assert (old["status"], new["status"]) == ("retired", "active")
    assert old["citedArtifact"]["currentState"][0]["coding"][0]["code"] == "retracted"
    assert new["citedArtifact"]["currentState"][0]["coding"][0]["code"] == "expression-of-concern"
    assert [one["type"] for one in new["citedArtifact"]["relatesTo"]] == ["replaces"]
    (native,) = [one for one in resources(text, "Evidence")[2]["certainty"] if "version" in one["rating"]["coding"][0]]
    assert native["rating"]["coding"][0]["code"] == "A"
    taken = read_fhir(written(tmp_path, text))
    assert taken.evidence == [OLD, NEW, evidence("statin")]
    assert [(one.ref, one.nature) for one in taken.notices] == [("aspirin@1", "retraction"), ("aspirin@2", "concern")]
    assert taken.profiles == [store.snapshot().profile("statin@1")]
    assert taken.contradictions == [DISPUTE]
    assert news(taken, store.snapshot(unpublished=True)) == taken._replace(
        evidence=[], profiles=[], notices=[], contradictions=[]
    )


def test_an_end_that_no_later_version_of_the_bundle_brings_stays_with_it(store: EvidenceStore, tmp_path: Path) -> None:
    store.ingest([OLD, NEW])
    (alone,) = read_fhir(written(tmp_path, bundle(store.snapshot(), {}, ["aspirin@1"]))).evidence
    assert alone == OLD.model_copy(update={"valid_to": date(2020, 1, 1)})
    store.supersede(Supersession(kind="withdraws", old=("aspirin@2",), effective=date(2024, 1, 1)))
    taken = read_fhir(written(tmp_path, bundle(store.snapshot(), {})))
    assert taken.evidence == [OLD, NEW.model_copy(update={"valid_to": date(2024, 1, 1)})]
    assert news(taken, store.snapshot(unpublished=True)).evidence == []


def test_a_bundle_names_its_state_and_equal_states_give_equal_bytes(tmp_path: Path) -> None:
    texts = []
    for name in ("one", "two"):
        with opened(tmp_path, name) as store:
            store.ingest([OLD])
            then = store.seq
            store.ingest([evidence("statin")])
            store.notify([REPORTED.model_copy(update={"ref": "aspirin@1"})])
            snapshot = store.snapshot(as_of=date(2016, 1, 1), seq=then)
            texts.append(bundle(snapshot, store.dossiers))
    told = json.loads(texts[0])
    assert texts[0] == texts[1]
    assert told["identifier"]["value"] == snapshot.id
    assert [tag["code"] for tag in told["meta"]["tag"]] == [str(then), "2016-01-01"]
    assert [one["title"] for one in resources(texts[0], "Citation")] == ["aspirin 1"]
    assert "currentState" not in resources(texts[0], "Citation")[0]["citedArtifact"]


def test_a_world_that_is_only_supposed_is_not_exported(store: EvidenceStore) -> None:
    store.ingest([OLD])
    supposed = store.snapshot().supposing([OLD.header().model_copy(update={"retracted": True})])
    with pytest.raises(EvidenceError, match="expected a snapshot as it is recorded"):
        bundle(supposed, store.dossiers)
