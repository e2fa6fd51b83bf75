"""Acts on others' evidence wait for a second person: retractions, grades, edges between versions, withdrawals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from publishing import governed, guideline, opened, opened_as, rules, trial

from evitrail.evidence_store import EvidenceError, EvidenceStore, Reviewer
from evitrail.evidence_store.curation.notices import Notice
from evitrail.evidence_store.curation.profile import Profile
from evitrail.evidence_store.curation.relations import Contradiction, Supersession
from evitrail.evidence_store.curator import Curator
from evitrail.evidence_store.grading.assessment import Assessment, Judgement
from evitrail.evidence_store.grading.grade import Certainty
from evitrail.evidence_store.snapshot import Snapshot

REF = "apixaban@1"
RIVAL = "rival@1"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EvidenceStore]:
    """A guideline of NICE, and a trial of a journal that comes after it."""
    with opened(tmp_path / "store") as made:
        governed(made)
        made.ingest([trial("rival", valid_from="2020-01-01")], publisher="journal")
        yield made


def profile(certainty: Certainty) -> Profile:
    judged = {"high": {}, "low": {"imprecision": Judgement(levels=2, reason="12 events")}}[certainty]
    body = Assessment(outcome="stroke", importance="critical", study_design="randomized", certainty=certainty, **judged)
    return Profile(ref=REF, assessments=(body,), reason="our own reading")


EDGE = Supersession(kind="replaces", old=(REF,), new=(RIVAL,), effective="2020-01-01")
DISPUTE = Contradiction(
    a=REF, b=RIVAL, scope="dose", type="magnitude", detector="anna", resolution="b", reason="ours is newer"
)
ACTS: dict[str, tuple[str, Callable[[EvidenceStore, str | None], int]]] = {
    "retraction": (
        "foreign_retraction",
        lambda s, who: s.notify([Notice(ref=REF, nature="retraction", reason="false")], publisher=who),
    ),
    "concern": (
        "foreign_retraction",
        lambda s, who: s.notify([Notice(ref=REF, nature="concern", reason="false")], publisher=who),
    ),
    "raised grade": ("inflated_grade", lambda s, who: s.assess([profile("high")], publisher=who)),
    "lowered grade": ("foreign_grade", lambda s, who: s.assess([profile("low")], publisher=who)),
    "supersession": ("foreign_lineage", lambda s, who: s.supersede(EDGE, publisher=who)),
    "contradiction": ("foreign_contradiction", lambda s, who: s.dispute(DISPUTE, publisher=who)),
    "withdrawal": ("foreign_retraction", lambda s, who: Curator(s).withdraw(REF, "we do not like it")),
}
"""Each with the rule that it meets."""


def standing(snapshot: Snapshot) -> object:
    """All that an act could have changed."""
    return (
        dict(snapshot.headers),
        {ref: snapshot.status(ref) for ref in snapshot.headers},
        {ref: (snapshot.profile(ref), snapshot.disputes(ref), snapshot.review_due(ref)) for ref in snapshot.headers},
    )


@pytest.mark.parametrize("who", [None, "journal", "nobody-knows"])
@pytest.mark.parametrize("name", ACTS)
def test_an_act_on_the_evidence_of_another_changes_nothing_until_a_second_person_releases_it(
    store: EvidenceStore, name: str, who: str | None
) -> None:
    rule, act = ACTS[name]
    before = standing(store.snapshot())
    act(store, who)
    (held,) = store.quarantine.waiting
    expected = {rule} | ({"ungrounded_grade"} if who == "journal" and "grade" in name else set())
    assert {stop.rule for stop in held.stops} == expected
    assert standing(store.snapshot()) == before
    assert [event.type for event in store.history("apixaban")][-1] == "evidence.held"
    act(store, who)
    assert store.quarantine.waiting == [held], "brought twice, it is held once"
    with pytest.raises(EvidenceError, match="somebody else than 'anna'"):
        Reviewer(store).release([held.name], reason="sure")
    with opened_as(store, "ben"):
        Reviewer(store).release([held.name], reason="read the notice")
    assert standing(store.snapshot()) != before or name == "withdrawal"
    assert store.quarantine.waiting == []
    assert store.verify() == []


def test_a_released_withdrawal_takes_the_version_back(store: EvidenceStore) -> None:
    Curator(store).withdraw(REF, "not for this ward")
    assert REF in store.headers
    with opened_as(store, "ben"):
        Reviewer(store).release([REF], reason="agreed")
    assert REF not in store.headers


@pytest.mark.parametrize(
    ("who", "name"), [("watch", "retraction"), ("watch", "concern"), ("nice", "retraction"), ("nice", "raised grade")]
)
def test_who_may_act_on_it_does_so_at_once(store: EvidenceStore, who: str, name: str) -> None:
    before = standing(store.snapshot())
    ACTS[name][1](store, who)
    assert store.quarantine.waiting == []
    assert standing(store.snapshot()) != before


def test_a_list_of_notices_is_recorded_for_the_own_and_held_for_others(store: EvidenceStore) -> None:
    both = [Notice(ref=ref, nature="retraction", reason="listed") for ref in (REF, RIVAL)]
    store.notify(both, publisher="journal")
    assert (store.headers[RIVAL].retracted, store.headers[REF].retracted) == (True, False)
    assert [held.refs for held in store.quarantine.waiting] == [(REF,)]


def test_what_can_never_be_recorded_is_refused_and_not_held(store: EvidenceStore) -> None:
    before = store.seq
    with pytest.raises(EvidenceError, match="expected a version the store holds"):
        store.notify([Notice(ref="nothing@1", nature="retraction", reason="x")])
    assert store.seq == before


def test_an_act_about_something_held_waits_with_it(store: EvidenceStore) -> None:
    store.ingest([guideline("warfarin")])
    store.notify([Notice(ref="warfarin@1", nature="retraction", reason="x")], publisher="nice")
    assert [held.what for held in store.quarantine.waiting] == ["evidence", "notice"]
    with opened_as(store, "ben"):
        with pytest.raises(Exception, match="about it wait held-"):
            Reviewer(store).release(["warfarin@1"], reason="which?")
        first, second = (held.name for held in store.quarantine.waiting)
        Reviewer(store).release([first], reason="read it")
        Reviewer(store).release([second], reason="read it")
    assert store.snapshot().status("warfarin@1") == "retracted"


def test_in_a_store_without_publishers_every_act_is_recorded_at_once(tmp_path: Path) -> None:
    with opened(tmp_path / "store") as store:
        store.ingest([guideline("apixaban"), trial("rival", valid_from="2020-01-01")])
        for name, (_, act) in ACTS.items():
            if name != "concern":  # of what is retracted already
                act(store, None)
        assert store.quarantine.waiting == []
        assert REF not in store.headers


def test_what_was_signed_off_here_is_published_and_may_supersede_a_publishers_version(store: EvidenceStore) -> None:
    """Two people have looked at it, as at what is released."""
    line = guideline("apixaban", "2", supersedes=REF, valid_from="2021-01-01", includes=["rival"])
    Curator(store).draft([line], reason="local update")
    Curator(store).submit("apixaban@2")
    with opened_as(store, "ben"):
        Curator(store).sign_off("apixaban@2", reason="checked")
        Curator(store).publish(["apixaban@2"])
    assert store.snapshot().status("apixaban@2") == "current"
    assert store.snapshot().publisher("apixaban@2") is None
    assert store.quarantine.waiting == []


def test_a_feed_that_may_retract_others_may_not_grade_them(store: EvidenceStore) -> None:
    assert rules(
        store.ingest([trial("x", grade={"certainty": "high", "study_design": "randomized"})], publisher="journal")
    )
    store.assess([profile("high")], publisher="watch")
    assert [stop.rule for stop in store.quarantine.waiting[-1].stops] == ["ungrounded_grade", "inflated_grade"]
