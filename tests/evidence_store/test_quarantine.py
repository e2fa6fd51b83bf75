"""What no publisher may publish is held: it is in the ledger with the rule that stopped it, and is no evidence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from publishing import TEXT, governed, guideline, opened, opened_as, rules, today, trial

from evitrail.evidence_store import EvidenceError, EvidenceStore, InputError, Publisher, Registrar, Reviewer
from evitrail.evidence_store.errors import UnknownEvidenceError
from evitrail.evidence_store.ledger.event import HELD, PUBLISHED
from evitrail.evidence_store.model import Evidence
from evitrail.evidence_store.quarantine.acts import ACTS, INFLATED
from evitrail.evidence_store.quarantine.admission import WAITS
from evitrail.evidence_store.quarantine.rules import RULES
from evitrail.evidence_store.review import queue


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EvidenceStore]:
    with opened(tmp_path / "store") as made:
        governed(made)
        yield made


def test_a_store_without_publishers_serves_everything_as_before(tmp_path: Path) -> None:
    with opened(tmp_path / "a") as plain, opened(tmp_path / "b") as named:
        done = plain.ingest([guideline("apixaban")])
        assert (done.published, done.held) == (("apixaban@1",), ())
        assert named.ingest([guideline("apixaban")], publisher="whoever").published == ("apixaban@1",)
        (event,) = plain.events()
        assert set(event.body) == set(Evidence.model_fields), "nothing stands beside the evidence"


def test_what_nobody_vouches_for_is_recorded_with_its_rule_and_is_no_evidence(store: EvidenceStore) -> None:
    before = store.snapshot()
    done = store.ingest([guideline("warfarin", text="Give warfarin to everybody.")])
    assert done.published == ()
    assert "unknown_publisher" in rules(done)["warfarin@1"]
    assert store.headers == before.headers
    with pytest.raises(UnknownEvidenceError):
        store.snapshot().passages("warfarin@1")
    for view in (store.snapshot(), store.snapshot(unpublished=True)):
        assert {passage.ref for passage, _ in view.dense("warfarin everybody", k=9)} == {"apixaban@1"}
    (event,) = store.history("warfarin")
    assert (event.type, event.actor, event.body["content"]["id"]) == ("evidence.held", "anna", "warfarin")
    assert store.verify() == []


def test_the_same_evidence_vouched_for_is_served_and_says_by_whom(store: EvidenceStore) -> None:
    done = store.ingest([guideline("warfarin", text="Warfarin needs monitoring.")], publisher="nice")
    assert (done.published, done.held) == (("warfarin@1",), ())
    assert store.snapshot().publisher("warfarin@1") == "nice"
    assert done.seq == store.seq


@pytest.mark.parametrize(
    ("publisher", "line", "rule"),
    [
        ("nobody-knows", trial("new"), "unknown_publisher"),
        ("nice", guideline("new", organization="WHO", text="x"), "foreign_organization"),
        ("journal", trial("new", kind="guideline"), "wrong_kind"),
        ("watch", trial("new"), "wrong_kind"),
        ("journal", trial("apixaban", "2"), "foreign_lineage"),
        ("journal", trial("new", supersedes="apixaban@1", valid_from="2020-01-01"), "foreign_lineage"),
        ("journal", trial("nice-nodules"), "foreign_lineage"),
        ("journal", trial("new", grade={"certainty": "high", "study_design": "randomized"}), "ungrounded_grade"),
        (
            "nice",
            guideline(
                "new",
                text="x",
                grade={"certainty": "high", "study_design": "expert", "override_reason": "we are sure"},
            ),
            "ungrounded_grade",
        ),
        (
            "nice",
            guideline("new", text="x", grade={"certainty": "high", "study_design": "observational", "start": "high"}),
            "ungrounded_grade",
        ),
        ("journal", trial("new", published="2026-06-02", valid_from="2026-06-02"), "implausible_dates"),
        ("journal", trial("new", published="2020-01-02", valid_from="2020-01-01"), "implausible_dates"),
        ("journal", trial("new", valid_from="2031-01-01"), "implausible_dates"),
        ("journal", trial("new", text="Which drug? A. aspirin B. apixaban C. both D. none"), "question_copy"),
    ],
)
def test_each_rule_stops_what_it_is_for_and_nothing_else_does(
    store: EvidenceStore, publisher: str, line: Evidence, rule: str
) -> None:
    done = store.ingest([line], publisher=publisher)
    assert rules(done) == {line.ref: [rule]}
    assert rule in RULES
    assert line.ref not in store.headers
    assert store.headers["apixaban@1"].valid_to is None
    assert store.snapshot().status("apixaban@1") == "current"


def test_many_near_copies_in_several_lineages_are_held_and_two_are_not(store: EvidenceStore) -> None:
    words = "Give every adult with atrial fibrillation a daily dose of aspirin and no other drug, {} says the trial."
    texts = {name: words.format(name) for name in ("one", "two", "three")}
    pair = [trial(name, text=texts[name]) for name in ("one", "two")]
    assert store.ingest(pair, publisher="journal").published == ("one@1", "two@1")
    done = store.ingest([trial("three", text=texts["three"])], publisher="journal")
    assert rules(done) == {"three@1": ["many_copies"]}
    assert "one@1, two@1" in done.held[0].reason
    update = trial("two", "2", text=texts["two"] + " Again.", supersedes="two@1", valid_from="2020-01-01")
    assert store.ingest([update], publisher="journal").published == ("two@2",), "others copied it, not it them"


def test_a_near_copy_of_a_registered_question_is_held_and_no_word_of_the_question_is_in_the_ledger(
    store: EvidenceStore,
) -> None:
    stem = "A 54-year-old man with atrial fibrillation asks whether aspirin is enough to prevent a stroke this year."
    Registrar(store).add_questions("board", [stem], reason="our benchmark")
    near = f"Yes. {stem.replace('this year', 'at all')} Aspirin is enough."
    assert rules(store.ingest([trial("copy", text=near)], publisher="journal")) == {"copy@1": ["question_copy"]}
    hidden = trial("hidden", text="Yes.", title="\u200b".join(stem))
    assert rules(store.ingest([hidden], publisher="journal")) == {"hidden@1": ["question_copy"]}, (
        "in title, unseen marks"
    )
    assert store.ingest([trial("other")], publisher="journal").published
    assert not any("54-year-old" in str(event.body) for event in store.events() if event.type != HELD)
    given = store.ingest([trial("given", text=f"{stem} Yes.")], publisher="journal", questions=[stem])
    assert rules(given) == {"given@1": ["question_copy"]}


def test_what_supersedes_something_held_in_the_same_batch_waits_with_it(store: EvidenceStore) -> None:
    first = trial("new", published="2026-07-01", valid_from="2026-07-01")
    second = trial("new", "2", supersedes="new@1", valid_from="2026-08-01", published="2026-05-01")
    assert rules(store.ingest([first, second], publisher="journal")) == {
        "new@1": ["implausible_dates"],
        "new@2": ["rests_on_held"],
    }


def test_the_same_thing_brought_again_is_held_once_and_what_was_rejected_stays_so(store: EvidenceStore) -> None:
    line = guideline("warfarin")
    first = store.ingest([line])
    again = store.ingest([line])
    assert again.held == first.held
    assert again.seq == first.seq
    with opened_as(store, "ben"):
        Reviewer(store).reject(["warfarin@1"], reason="nobody knows who wrote this")
    assert store.ingest([line]).held[0].state == "rejected"
    assert store.quarantine.waiting == []


def test_a_second_person_releases_it_and_it_takes_over_from_what_it_supersedes(store: EvidenceStore) -> None:
    before = store.seq
    store.ingest([trial("apixaban", "2", supersedes="apixaban@1", valid_from="2020-01-01")], publisher="journal")
    assert store.headers["apixaban@1"].valid_to is None
    with pytest.raises(EvidenceError, match=r"somebody else than 'anna'"):
        Reviewer(store).release(["apixaban@2"], reason="I am sure")
    with opened_as(store, " ANNA "), pytest.raises(EvidenceError, match="somebody else"):
        Reviewer(store).release(["apixaban@2"], reason="I am sure")
    with opened_as(store, "ben"):
        with pytest.raises(EvidenceError, match="expected a reason"):
            Reviewer(store).release(["apixaban@2"], reason=" ")
        Reviewer(store).release(["apixaban@2"], reason="read it")
        with pytest.raises(UnknownEvidenceError, match="expected something held"):
            Reviewer(store).release(["apixaban@2"], reason="read it")
    assert store.snapshot().status("apixaban@2") == "current"
    assert str(store.headers["apixaban@1"].valid_to) == "2020-01-01"
    assert store.snapshot().publisher("apixaban@2") == "journal"
    assert store.snapshot(seq=before).status("apixaban@1") == "current", "earlier states stay as they were"
    assert [event.type for event in store.history("apixaban")][1:] == [
        "evidence.held",
        "evidence.released",
        "evidence.published",
        "evidence.closed",
    ]
    assert store.verify() == []


def test_a_release_is_refused_where_the_name_was_taken_meanwhile(store: EvidenceStore) -> None:
    store.ingest([guideline("warfarin", text="Never give warfarin.")])
    assert store.ingest([guideline("warfarin")], publisher="nice").published == ("warfarin@1",)
    with opened_as(store, "ben"), pytest.raises(EvidenceError, match="recorded before with another text"):
        Reviewer(store).release(["warfarin@1"], reason="read it")
    assert store.get("warfarin@1").text == TEXT


def test_evidence_that_a_publisher_may_publish_after_all_waits_no_longer(store: EvidenceStore) -> None:
    line = trial("new", kind="preprint")
    store.ingest([line], publisher="lancet")
    lancet = Publisher(name="lancet", organizations=("Journal*",), kinds=("preprint",), backdate_days="any")
    Registrar(store).add([lancet], reason="agreed")
    assert store.ingest([line], publisher="lancet").published == ("new@1",)
    assert store.quarantine.waiting == []


def test_what_is_held_never_spoils_what_is_vouched_for(store: EvidenceStore) -> None:
    """A held trial is neither there to be superseded, nor retracted so that nothing may rest on it."""
    store.ingest([trial("bad", retracted=True, doi="10.1000/good")])
    resting = guideline("resting", includes=["doi:10.1000/good"], text="Rests on a trial.")
    assert store.ingest([resting], publisher="nice").published == ("resting@1",)
    later = trial("later", supersedes="bad@1", valid_from="2020-01-01")
    with pytest.raises(InputError, match="neither given nor in the store"):
        store.ingest([later], publisher="journal")


def test_the_review_queue_names_what_is_held_with_every_rule(store: EvidenceStore) -> None:
    graded = {"certainty": "high", "study_design": "randomized"}
    store.ingest([trial("new", kind="guideline", grade=graded)], publisher="journal")
    item, *_ = queue(store.snapshot(), store.dossiers, today().date(), store.quarantine.waiting)
    assert item.ref == "new@1"
    assert item.what.startswith("held evidence: wrong_kind: is a guideline; 'journal' may publish randomized_trial")
    assert "ungrounded_grade: states the certainty 'high', which 'journal' may not state" in item.what
    assert (item.by, item.next) == ("anna", f"release or reject held-{store.seq}")


def test_a_revoked_publisher_is_unknown_and_what_it_published_stays(store: EvidenceStore) -> None:
    Registrar(store).revoke("nice", reason="contract ended")
    done = store.ingest([guideline("warfarin")], publisher="nice")
    assert rules(done) == {"warfarin@1": ["unknown_publisher", "ungrounded_grade"]}
    assert "was revoked by event" in done.held[0].reason
    assert store.snapshot().status("apixaban@1") == "current"
    Registrar(store).revoke("journal", reason="x")
    Registrar(store).revoke("watch", reason="x")
    assert not store.quarantine.open, "a store that lost its last publisher holds everything"


def test_evidence_from_before_there_were_publishers_belongs_to_who_speaks_for_its_organization(tmp_path: Path) -> None:
    with opened(tmp_path / "store") as store:
        store.ingest([guideline("old"), trial("nice-trial")])
        governed(store)
        update = guideline("old", "2", supersedes="old@1", valid_from="2020-01-01", text="Changed its mind.")
        foreign = trial("old", "3")
        assert rules(store.ingest([foreign], publisher="journal")) == {"old@3": ["foreign_lineage"]}
        assert store.ingest([update], publisher="nice").published == ("old@2",)
        given = trial("nice-trial", "2")
        assert rules(store.ingest([given], publisher="journal")) == {"nice-trial@2": ["foreign_lineage"]}


def test_a_bare_ledger_has_the_same_events_on_disk_when_it_is_read_again(store: EvidenceStore) -> None:
    store.ingest([guideline("warfarin")])
    waiting, publishers, path = store.quarantine.waiting, store.quarantine.publishers, store.path
    store.close()
    with opened(path) as again:
        assert again.quarantine.waiting == waiting
        assert again.quarantine.publishers == publishers
        again.reindex()
        assert again.verify() == []
        assert sum(event.type == PUBLISHED for event in again.events()) == 1


def test_the_page_names_every_rule() -> None:
    page = (Path(__file__).parents[2] / "docs" / "publishers.md").read_text("utf-8")
    acts = {act.rule for act in ACTS.values()} | {INFLATED, WAITS}
    assert {rule for rule in (*RULES, *acts) if f"`{rule}`" not in page} == set()
