"""What no publisher may publish is held: it is in the ledger with the rule that stopped it, and is no evidence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from world import WordVectors, evidence

from evitrail.evidence_store import EvidenceStore, Ingested, Publisher, Registrar
from evitrail.evidence_store.errors import UnknownEvidenceError
from evitrail.evidence_store.model import Evidence
from evitrail.evidence_store.quarantine.rules import RULES

NICE = Publisher(
    name="nice", organizations=("NICE",), kinds=("guideline",), grades=True, backdate_days="any", lineages=("nice-*",)
)
JOURNAL = Publisher(
    name="journal", organizations=("Journal*",), kinds=("randomized_trial", "preprint"), backdate_days="any"
)
WATCH = Publisher(name="watch", organizations=("*",), retracts=True, backdate_days="any")
TEXT = "In adults with atrial fibrillation, apixaban lowers the risk of stroke more than aspirin does."


def today() -> datetime:
    return datetime(2026, 6, 1, tzinfo=UTC)


def opened(path: Path, actor: str = "anna") -> EvidenceStore:
    return EvidenceStore.open(path, create=True, embedder=WordVectors(), clock=today, actor=actor)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EvidenceStore]:
    """A store with three publishers and a guideline of one of them."""
    with opened(tmp_path / "store") as made:
        Registrar(made).add([NICE, JOURNAL, WATCH], reason="agreed in May")
        made.ingest([guideline("apixaban")], publisher="nice")
        yield made


def guideline(id: str, version: str = "1", **fields: object) -> Evidence:
    return evidence(id, version, **{"organization": "NICE", "text": TEXT, **fields})


def trial(id: str, version: str = "1", **fields: object) -> Evidence:
    plain = {"organization": "Journal of Trials", "kind": "randomized_trial", "grade": None}
    return evidence(id, version, **{**plain, "text": f"A trial of {id} in 400 adults.", **fields})


def rules(done: Ingested) -> dict[str, list[str]]:
    """By ref, the rules that stopped it."""
    return {held.refs[0]: [stop.rule for stop in held.stops] for held in done.held}


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
    assert [hit.ref for hit, _ in store.snapshot(unpublished=True).lexical("warfarin everybody", k=9)] == [
        "apixaban@1"
    ] * bool(before.lexical("warfarin everybody", k=9))
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
