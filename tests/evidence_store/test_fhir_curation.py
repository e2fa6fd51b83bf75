"""How a version was curated goes out with it, as it stood at the snapshot, and is not taken over by another store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from bundles import written
from world import WordVectors, clock, evidence

from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.curator import Curator
from evitrail.evidence_store.formats.fhir import bundle, read_fhir, take_in

NEW = evidence("aspirin", includes=("pmid:123",))
REF = NEW.ref


class Office:
    """Anna writes, Ben signs off, the store is opened by one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def by(self, actor: str) -> EvidenceStore:
        return EvidenceStore.open(self.folder, create=True, embedder=WordVectors(), clock=clock, actor=actor)

    def done(self) -> None:
        with self.by("Anna") as store:
            Curator(store).draft([NEW], reason="update of May")
            Curator(store).submit(REF)
        with self.by("Ben") as store:
            Curator(store).hand_back(REF, "which adults?")
        with self.by("Anna") as store:
            Curator(store).draft([NEW.model_copy(update={"text": "Aspirin lowers stroke risk after 40."})])
            Curator(store).submit(REF)
        with self.by("Ben") as store:
            Curator(store).sign_off(REF, "checked against the source", {"accuracy": 5, "wording": 4})
            Curator(store).publish([REF])


def told(text: str, type: str = "ArtifactAssessment") -> list[dict[str, Any]]:
    entries = [entry["resource"] for entry in json.loads(text)["entry"]]
    return [one for one in entries if one["resourceType"] == type]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path / "store")
    office.done()
    return office


def test_each_act_is_told_with_who_why_and_the_scores(office: Office) -> None:
    with office.by("Cyd") as store:
        text = bundle(store.snapshot(), store.dossiers)
    (assessment,) = told(text)
    assert (assessment["workflowStatus"], assessment["disposition"]) == ("published", "persuasive")
    assert assessment["approvalDate"] == told(text, "Citation")[0]["approvalDate"] == "2020-01-01"
    acts = [(one["type"]["coding"][0]["code"], one["author"]["display"]) for one in assessment["content"]]
    assert acts == [
        ("drafted", "Anna"),
        ("submitted", "Anna"),
        ("returned", "Ben"),
        ("drafted", "Anna"),
        ("submitted", "Anna"),
        ("signed-off", "Ben"),
        ("published", "Ben"),
    ]
    signed = assessment["content"][5]
    assert signed["summary"] == "checked against the source"
    assert [(one["type"]["text"], one["quantity"]["value"]) for one in signed["component"]] == [
        ("accuracy", 5),
        ("wording", 4),
    ]
    assert [one["informationType"] for one in assessment["content"]].count("change-request") == 1


def test_nothing_recorded_later_and_no_draft_is_told(office: Office) -> None:
    with office.by("Cyd") as store:
        published = store.seq
        Curator(store).withdraw(REF, "not for this ward")
        other = evidence("statin")
        Curator(store).draft([other])
        then = bundle(store.snapshot(seq=published), store.dossiers)
        now = store.snapshot()
        drafts = bundle(store.snapshot(unpublished=True), store.dossiers, ["statin@1~1"])
        assert now.headers == {}
    assert told(then)[0]["workflowStatus"] == "published"
    assert told(drafts, "Citation")[0]["status"] == "draft"
    assert told(drafts)[0]["workflowStatus"] == "waiting-for-input"
    assert "statin" not in then


def test_a_sign_off_counts_only_where_it_was_given(office: Office, tmp_path: Path) -> None:
    with office.by("Cyd") as store:
        file = written(tmp_path, bundle(store.snapshot(), store.dossiers))
        published = store.get(REF)
    taken = read_fhir(file)
    assert (taken.evidence, taken.left_aside) == ([published], {"ArtifactAssessment": 1})
    with Office(tmp_path / "elsewhere").by("Dan") as other:
        take_in(other, taken)
        assert other.get(REF) == published
        assert other.dossiers == {}


def test_a_version_that_was_withdrawn_does_not_come_back_by_a_file(office: Office, tmp_path: Path) -> None:
    with office.by("Cyd") as store:
        taken = read_fhir(written(tmp_path, bundle(store.snapshot(), store.dossiers)))
        Curator(store).withdraw(REF, "not for this ward")
        seq = store.seq
        with pytest.raises(ValueError, match="aspirin@1: withdrawn here, and does not come back"):
            take_in(store, taken)
        assert store.seq == seq
