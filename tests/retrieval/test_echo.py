"""What only says again counts once, and what repeats the question not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from gating import passed, report, rules
from world import WordVectors, clock, evidence

from evitrail.evidence_store import EvidenceStore, Grade, Snapshot

LAST = "Which drug is advised to prevent another one?"
ASKED = f"A man of 60 has had a stroke. {LAST}"
TEXT = (
    "After a first stroke, aspirin 75 mg once a day lowers the risk of another stroke by about one fifth, and is to be "
    "begun within two days unless the stroke was a bleed."
)
HIGH = Grade(certainty="high", study_design="randomized")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    folder: Path = tmp_path_factory.mktemp("echo") / "store"
    with EvidenceStore.open(folder, create=True, embedder=WordVectors(), clock=clock) as store:
        store.ingest(
            [
                evidence("first", text=TEXT),
                evidence("second", text=f"In short: {TEXT}"),
                evidence("surest", text=f"{TEXT} So we say.", grade=HIGH),
                evidence("dose", text=TEXT.replace("75 mg", "750 mg")),
                evidence("denied", text=TEXT.replace("is to be", "is not to be")),
                evidence("other", text="Apixaban prevents stroke in people whose heart beats irregularly."),
                evidence("short", text="Aspirin is advised after a stroke."),
                evidence("short-too", text="Aspirin is advised after a stroke."),
                evidence("asks", text=f"{ASKED} Warfarin."),
                evidence("asks-in-its-title", title=ASKED, text="Warfarin."),
                evidence("asks-half", text="Which drug is advised to prevent strokes depends on their cause."),
                evidence("newer", "1", text=TEXT, valid_to=date(2020, 1, 1)),
                evidence("newer", "2", text=TEXT, valid_from=date(2020, 1, 1)),
            ]
        )
        yield store.snapshot()


def test_of_near_copies_the_first_recorded_is_kept_whatever_grade_another_claims(snapshot: Snapshot) -> None:
    kept, why = passed("echo", snapshot, "second@1", "surest@1", "first@1", "other@1")
    assert kept == ["first@1", "other@1"]
    assert why == dict.fromkeys(("second@1", "surest@1"), "a near copy of first@1#0, which was recorded before it")


def test_texts_of_a_few_words_are_no_copies(snapshot: Snapshot) -> None:
    assert passed("echo", snapshot, "short@1", "short-too@1").kept == ["short@1", "short-too@1"]


@pytest.mark.parametrize("changed", ["dose@1", "denied@1"])
def test_a_copy_with_another_number_or_a_denial_is_no_copy_and_both_are_remarked_on(
    snapshot: Snapshot, changed: str
) -> None:
    told = report("echo", snapshot, "first@1", changed)
    assert told.dropped == ()
    assert rules(told) == dict.fromkeys(("first@1", changed), "echo.altered")


def test_versions_of_one_lineage_are_left_to_the_gates_that_judge_versions(snapshot: Snapshot) -> None:
    assert passed("echo", snapshot, "newer@1", "newer@2").kept == ["newer@1", "newer@2"]


@pytest.mark.parametrize("ref", ["asks@1", "asks-in-its-title@1"])
@pytest.mark.parametrize("query", [ASKED, LAST, f"{LAST}\nAspirin\nWarfarin"])
def test_a_passage_that_repeats_the_question_is_dropped(snapshot: Snapshot, ref: str, query: str) -> None:
    told = report("echo", snapshot, ref, "other@1", query=query)
    assert rules(told) == {ref: "echo.question"}
    assert told.kept == ("other@1#0",)


def test_a_passage_that_holds_a_part_of_the_question_stays(snapshot: Snapshot) -> None:
    assert passed("echo", snapshot, "asks-half@1", query=ASKED).kept == ["asks-half@1"]


@pytest.mark.parametrize("query", [ASKED.rstrip("?"), "What now?", ""])
def test_what_asks_nothing_or_too_little_is_repeated_by_nothing(snapshot: Snapshot, query: str) -> None:
    assert passed("echo", snapshot, "asks@1", query=query).kept == ["asks@1"]
