"""A FHIR bundle is vouched for like any file: what it tells of evidence that is held is held with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from publishing import NICE, TEXT, guideline, opened, opened_as, today

from evitrail.evidence_store import Registrar, Reviewer
from evitrail.evidence_store.curation.profile import Profile
from evitrail.evidence_store.formats.fhir import bundle, read_fhir, take_in
from evitrail.evidence_store.grading.assessment import Assessment


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A bundle with two versions, of which one was graded and then retracted."""
    body = Assessment(outcome="stroke", importance="critical", study_design="randomized", certainty="high")
    with opened(tmp_path / "theirs") as store:
        store.ingest([guideline("apixaban"), guideline("warfarin", text="Warfarin needs monitoring.")])
        store.assess([Profile(ref="apixaban@1", assessments=(body,), reason="panel of May")])
        store.retract("apixaban@1", "data could not be verified")
        text = bundle(store.snapshot(as_of=today().date()), store.dossiers)
    made = tmp_path / "bundle.json"
    made.write_text(text, encoding="utf-8")
    return made


def test_a_bundle_without_a_publisher_is_held_whole_and_once(file: Path, tmp_path: Path) -> None:
    with opened(tmp_path / "ours") as store:
        Registrar(store).add([NICE], reason="agreed")
        take_in(store, read_fhir(file))
        assert [held.what for held in store.quarantine.waiting] == ["evidence", "evidence", "assessment", "notice"]
        assert dict(store.headers) == {}
        before = store.seq
        take_in(store, read_fhir(file))
        assert store.seq == before
        with opened_as(store, "ben"):
            evidence, acts = store.quarantine.waiting[:2], store.quarantine.waiting[2:]
            Reviewer(store).release([held.name for held in evidence], reason="theirs indeed")
            Reviewer(store).release([held.name for held in acts], reason="theirs indeed")
        assert store.snapshot().status("apixaban@1") == "retracted"
        assert store.headers["warfarin@1"].retracted is False
        assert store.verify() == []


def test_a_bundle_that_its_publisher_vouches_for_is_recorded_whole(file: Path, tmp_path: Path) -> None:
    with opened(tmp_path / "ours") as store:
        Registrar(store).add([NICE], reason="agreed")
        take_in(store, read_fhir(file), publisher="nice")
        assert store.quarantine.waiting == []
        snapshot = store.snapshot()
        assert snapshot.status("apixaban@1") == "retracted"
        assert snapshot.profile("apixaban@1") is not None
        assert snapshot.evidence("apixaban@1").text == TEXT
        assert {snapshot.publisher(ref) for ref in snapshot.headers} == {"nice"}
