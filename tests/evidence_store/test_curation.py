"""A version is drafted, looked at by somebody else, published, withdrawn; each act is on record, in order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from curators import BETTER, NEW, Office
from world import evidence

from evitrail.evidence_store import Curator, EvidenceError, EvidenceStore
from evitrail.evidence_store.model import evidence_id


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "store")


@pytest.fixture
def anna(office: Office) -> Iterator[EvidenceStore]:
    with office.by("Anna") as store:
        yield store


def refs(store: EvidenceStore, *, unpublished: bool = False, seq: int | None = None) -> list[str]:
    """What a search finds, each way."""
    snapshot = store.snapshot(seq=seq, unpublished=unpublished)
    found = [{p.ref for p, _ in search("aspirin stroke", 20)} for search in (snapshot.lexical, snapshot.dense)]
    valid = {p.ref for p, _ in snapshot.lexical("aspirin stroke", 20, valid_only=True)}
    assert found[0] == found[1] == set(snapshot.headers)
    assert valid == {ref for ref in snapshot.headers if snapshot.status(ref) == "current"}
    return sorted(found[0])


def test_nothing_unpublished_is_found_unless_it_is_asked_for(office: Office) -> None:
    office.drafted()
    with office.by("Ben") as store:
        assert refs(store) == []
        assert refs(store, unpublished=True) == ["aspirin@2026~1"]
        assert store.stats().versions == 0
        assert store.verify() == []


def test_a_published_version_is_found_and_its_drafts_are_past(office: Office) -> None:
    office.published()
    with office.by("Ben") as store:
        assert refs(store) == refs(store, unpublished=True) == ["aspirin@2026"]
        assert refs(store, unpublished=True, seq=2) == ["aspirin@2026~1"]
        assert store.get("aspirin@2026") == NEW
        assert store.verify() == []


def test_every_act_keeps_who_why_and_the_content_before_and_after_it(office: Office) -> None:
    office.drafted()
    with office.by("Ben") as store:
        Curator(store).hand_back("aspirin@2026", "certainty is overstated")
    with office.by("Carla") as store:
        assert Curator(store).draft([BETTER], reason="softened") == ["aspirin@2026~2"]
        Curator(store).submit("aspirin@2026")
    with office.by("Ben") as store:
        Curator(store).sign_off("aspirin@2026", "as the source says", {"accuracy": 5, "wording": 4})
        Curator(store).publish(["aspirin@2026"])
        Curator(store).withdraw("aspirin@2026", "entered by mistake")
    first, second = evidence_id(NEW), evidence_id(BETTER)
    with office.by("Dora") as store:
        dossier = store.dossiers["aspirin@2026"]
        assert [(e.actor, e.type.partition(".")[2], e.before, e.after) for e in dossier.entries] == [
            ("Anna", "drafted", None, first),
            ("Anna", "submitted", first, first),
            ("Ben", "returned", first, first),
            ("Carla", "drafted", first, second),
            ("Carla", "submitted", second, second),
            ("Ben", "signed_off", second, second),
            ("Ben", "published", second, second),
            ("Ben", "withdrawn", second, None),
        ]
        assert [e.seq for e in dossier.entries] == sorted(e.seq for e in dossier.entries)
        assert dossier.entries[5].rubric == {"accuracy": 5, "wording": 4}
        assert (dossier.authors, dossier.signed_by, dossier.stage) == (("Anna", "Carla"), "Ben", "withdrawn")


@pytest.mark.parametrize("signer", ["Anna", "anna", " Anna ", "ANNA"])
def test_nobody_signs_off_what_they_wrote(office: Office, signer: str) -> None:
    office.drafted()
    with (
        office.by(signer) as store,
        pytest.raises(EvidenceError, match=r"somebody who did not write it, got .*, its author"),
    ):
        Curator(store).sign_off("aspirin@2026", "it is right")
    with office.by("Ben") as store:
        assert store.dossiers["aspirin@2026"].stage == "submitted"


def test_who_wrote_an_earlier_draft_is_an_author_too(office: Office) -> None:
    office.drafted()
    with office.by("Ben") as store:
        Curator(store).draft([BETTER], reason="my wording")
        Curator(store).submit("aspirin@2026")
    with office.by("Anna") as store, pytest.raises(EvidenceError, match="its author"):
        Curator(store).sign_off("aspirin@2026", "fine")


def test_another_draft_undoes_a_sign_off(office: Office) -> None:
    office.drafted()
    with office.by("Ben") as store:
        Curator(store).sign_off("aspirin@2026", "checked")
    with office.by("Anna") as store:
        Curator(store).draft([BETTER])
        assert store.dossiers["aspirin@2026"].signed_by is None
        with pytest.raises(
            EvidenceError, match="only what is signed off can be published, got one drafted; next: submit"
        ):
            Curator(store).publish(["aspirin@2026"])


def test_acts_out_of_order_are_refused_with_what_comes_next(anna: EvidenceStore) -> None:
    desk = Curator(anna)
    with pytest.raises(EvidenceError, match="expected a version that is curated here, got 'aspirin@2026'"):
        desk.submit("aspirin@2026")
    desk.draft([NEW])
    with pytest.raises(EvidenceError, match="only what is submitted can be signed off, got one drafted; next: submit"):
        desk.sign_off("aspirin@2026", "right")
    with pytest.raises(EvidenceError, match="only what is published can be withdrawn"):
        desk.withdraw("aspirin@2026", "wrong")
    with pytest.raises(EvidenceError, match="expected a change, got the text and data of 'aspirin@2026~1'"):
        desk.draft([NEW])
    assert anna.seq == 1


def test_a_guideline_names_what_it_rests_on_before_it_is_looked_at(anna: EvidenceStore) -> None:
    Curator(anna).draft([NEW.model_copy(update={"includes": ()}), evidence("opinion", kind="expert_opinion")])
    with pytest.raises(EvidenceError, match="expected a guideline to name what it rests on, got none"):
        Curator(anna).submit(NEW.ref)
    Curator(anna).submit("opinion@1")
    assert [dossier.stage for dossier in anna.dossiers.values()] == ["drafted", "submitted"]


def test_a_sign_off_says_on_what_ground_and_scores_from_1_to_5(office: Office) -> None:
    office.drafted()
    with office.by("Ben") as store:
        with pytest.raises(EvidenceError, match="expected a reason, got none"):
            Curator(store).sign_off("aspirin@2026", " ")
        with pytest.raises(EvidenceError, match="rubric 'accuracy': expected a score from 1 to 5, got 6"):
            Curator(store).sign_off("aspirin@2026", "checked", {"accuracy": 6})
        assert store.dossiers["aspirin@2026"].stage == "submitted"


def test_publishing_ends_what_it_supersedes_in_the_same_act_or_nothing_happens(office: Office) -> None:
    old = evidence("aspirin", "2020", valid_from=date(2020, 1, 1))
    after = NEW.model_copy(update={"supersedes": "aspirin@2020"})
    with office.by("Anna") as store:
        Curator(store).draft([after])
        Curator(store).submit(after.ref)
    with office.by("Ben") as store:
        Curator(store).sign_off(after.ref, "checked")
        before = store.seq
        with pytest.raises(EvidenceError, match="supersedes 'aspirin@2020', which is neither given nor in the store"):
            Curator(store).publish([after.ref])
        assert store.seq == before
        store.ingest([old])
        Curator(store).publish([after.ref])
        assert store.headers["aspirin@2020"].valid_to == after.valid_from
        assert store.snapshot(date(2026, 6, 1)).status("aspirin@2020") == "superseded"
        assert store.verify() == []


def test_what_was_withdrawn_is_not_evidence_any_more_and_was_before(office: Office) -> None:
    office.published()
    with office.by("Ben") as store:
        before = store.seq
        Curator(store).withdraw("aspirin@2026", "entered by mistake")
        assert refs(store) == []
        assert store.snapshot(unpublished=True).status("aspirin@2026") == "withdrawn"
        assert refs(store, seq=before) == ["aspirin@2026"]
        assert store.verify() == []


def test_what_was_published_elsewhere_can_be_withdrawn_and_never_drafted(anna: EvidenceStore) -> None:
    anna.ingest([NEW])
    with pytest.raises(EvidenceError, match="a published one never changes, draft a new one"):
        Curator(anna).draft([BETTER])
    Curator(anna).withdraw("aspirin@2026", "not for our ward")
    assert anna.dossiers["aspirin@2026"].stage == "withdrawn"
    assert refs(anna) == []


def test_a_version_may_not_look_like_a_draft(anna: EvidenceStore) -> None:
    forged = evidence("aspirin", "2026~1")
    with pytest.raises(ValueError, match="expected a version without '~'"):
        anna.ingest([forged])
    with pytest.raises(EvidenceError, match="expected a version without '~'"):
        Curator(anna).draft([forged])
    assert anna.seq == 0
