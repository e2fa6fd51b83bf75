"""The event that turned one answer, in small stores: which is named, at what cost, and when none can be."""

from __future__ import annotations

import random
from math import log2
from pathlib import Path

import pytest
from planted import GATED, LATER, MODERATE, WORDS, rate
from ward import HIGH, LOOP, LOW, WardReader, advice, ask, case
from world import World, evidence

from evitrail.agent.reader.base import Reader
from evitrail.eval.attribution.blame import Kind
from evitrail.eval.attribution.event.earlier_states import EarlierStates, StoreState
from evitrail.eval.attribution.event.event import TurningEvent, turning_event
from evitrail.eval.dataset.case import Case
from evitrail.eval.log.runs import JOURNAL
from evitrail.eval.plan.condition import CONDITIONS, Condition
from evitrail.eval.rerun.fork import fork, forking
from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.curation.relations import Contradiction
from evitrail.evidence_store.curator import Curator
from evitrail.evidence_store.grading.grade import LEVELS
from evitrail.traces.journal.journal import Journal
from evitrail.traces.trace import Trace

GOLD, LETTER = advice("apixaban", "B", grade=MODERATE), advice("apixaban", "C", id="apixaban-letter", grade=LOW)


def turned(
    folder: Path,
    store: EvidenceStore,
    *,
    reader: Reader | None = None,
    about: Case | None = None,
    condition: Condition = WORDS,
    kind: Kind = "wrong",
) -> TurningEvent | None:
    """Ask one case in one condition, and find the event."""
    reader, about = reader or WardReader(), about or case("apixaban")
    assert ask(folder, store, [about], [condition], reader) == []
    with Journal.open(folder / JOURNAL) as journal:
        return turning_event(journal, f"{condition.name}.{about.id}", store, reader, kind)


def test_events_about_other_evidence_change_nothing(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([GOLD, LETTER])
    bad = rate(store, "apixaban@1", "very_low", "panel of May")
    alone = turned(tmp_path / "x", store)
    World(store, seed=5).live(years=10)
    store.ingest([advice("heparin", "C")])
    among = turned(tmp_path / "y", store)
    assert alone
    assert among
    assert alone.seq == bad
    cost = {"replays", "executed"}
    assert among.model_dump(exclude=cost) == alone.model_dump(exclude=cost)


def test_evidence_that_is_recorded_after_the_run_changes_nothing(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([GOLD, LETTER])
    bad = store.ingest([advice("apixaban", "C", id="apixaban-bulletin", grade=HIGH)]).seq
    before = turned(tmp_path / "x", store)
    store.retract("apixaban-bulletin@1", "withdrawn by its publisher")
    with Journal.open(tmp_path / "x" / JOURNAL) as journal:
        after = turning_event(journal, "words.q-apixaban", store, WardReader(), "wrong")
    assert after == before
    assert after
    assert after.seq == bad


@pytest.mark.parametrize("later", [1, 8, 64])
def test_the_number_of_replays_grows_with_the_logarithm_of_the_ledger(
    tmp_path: Path, store: EvidenceStore, later: int
) -> None:
    store.ingest([GOLD, LETTER])
    for n in range(later):
        rate(store, "apixaban-letter@1", "low", f"before, {n}")
    bad = rate(store, "apixaban@1", "very_low", "panel of May")
    for n in range(later):
        rate(store, "apixaban-letter@1", "low", f"after, {n}")
    reader = WardReader()
    one = turned(tmp_path / "x", store, reader=reader)
    assert one
    assert one.seq == bad
    assert one.replays <= 3 + 2 * log2(later + 1)
    reads = sum(call.startswith("synthesise") for call in reader.calls)
    assert reads <= 1 + one.replays


def test_a_reader_is_not_asked_again_where_it_is_served_the_same(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([GOLD, LETTER])
    for n in range(32):  # each moves the scores of a search by words; none is served
        store.dispute(disagreement(n))
        store.ingest([evidence(f"filler-{n}", text=f"Filler number {n}.")])
        if n == 16:
            bad = rate(store, "apixaban@1", "very_low", "panel of May")
    reader = WardReader()
    one = turned(tmp_path / "x", store, reader=reader)
    assert one
    assert one.seq == bad
    assert one.replays > 4
    assert reader.calls == ["synthesise q-apixaban", "choose q-apixaban"] * 2, "recorded, and before the event"


def disagreement(n: int) -> Contradiction:
    """That the two disagree, found once more; a search by words does not look at it."""
    return Contradiction(a="apixaban@1", b="apixaban-letter@1", scope=f"dose {n}", type="magnitude", detector="ben")


def test_of_several_turns_the_latest_is_named(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([GOLD, LETTER])
    rate(store, "apixaban@1", "very_low", "panel of May")
    rate(store, "apixaban@1", "moderate", "corrected")
    last = rate(store, "apixaban@1", "very_low", "panel of June")
    one = turned(tmp_path / "x", store)
    assert one
    assert (one.seq, one.reason) == (last, "panel of June")


@pytest.mark.parametrize("seed", range(3))
def test_however_often_an_answer_turned_what_is_named_is_a_turn(
    tmp_path: Path, store: EvidenceStore, seed: int
) -> None:
    dice = random.Random(seed)
    store.ingest([GOLD, LETTER])
    for n in range(30):
        rate(store, dice.choice(("apixaban@1", "apixaban-letter@1")), dice.choice(LEVELS), f"panel {n}")
    rate(store, "apixaban@1", "very_low", "last panel")
    rate(store, "apixaban-letter@1", "high", "last panel")
    one = turned(tmp_path / "x", store)
    with Journal.open(tmp_path / "x" / JOURNAL) as journal:
        states = EarlierStates(Trace(journal, "words.q-apixaban"), store, WardReader())
        outcomes = [states.at(StoreState(seq)).outcome for seq in range(store.seq + 1)]
    right = [outcome is not None and outcome.correct for outcome in outcomes]
    assert one
    assert one.seq in [seq for seq in range(1, store.seq + 1) if right[seq - 1] and not right[seq]]


def test_what_a_gate_held_back_is_named_though_no_label_and_no_hit_points_to_it(
    tmp_path: Path, store: EvidenceStore
) -> None:
    World(store, seed=5).live(years=3)
    store.ingest([GOLD, LETTER])
    bad = store.retract("apixaban@1", "mistaken for another paper")
    store.ingest([evidence(f"filler-{n}") for n in range(5)])
    one = turned(tmp_path / "x", store, about=case("apixaban", clean_evidence=()), condition=GATED)
    assert one
    assert (one.seq, one.type, one.subject) == (bad, "evidence.retracted", "apixaban@1")


def test_a_withdrawal_is_named_with_the_curator_and_the_reason(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([GOLD, LETTER])
    store.actor = "dora"
    Curator(store).withdraw("apixaban@1", "not for this ward")
    one = turned(tmp_path / "x", store)
    assert one
    assert one.sentence.endswith("withdrew apixaban@1 by dora (not for this ward)")


def test_a_successor_and_the_ending_it_brings_are_one_decision(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([GOLD, LETTER])
    before = store.seq
    store.ingest([advice("apixaban", "C", "2", grade=MODERATE, valid_from=LATER, supersedes="apixaban@1")])
    assert store.seq == before + 2
    one = turned(tmp_path / "x", store, condition=GATED)
    assert one
    assert (one.seq, one.type, one.subject) == (before + 1, "evidence.published", "apixaban@2")


def test_a_run_that_fails_at_every_state_has_no_event(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([GOLD, LETTER])
    rate(store, "apixaban-letter@1", "low", "as before")
    assert turned(tmp_path / "x", store, reader=WardReader(misread="C")) is None
    assert turned(tmp_path / "y", store, about=case("apixaban", answer="D")) is None


def test_a_run_that_searches_nothing_has_no_event(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([GOLD])
    reader = WardReader(guesses="A")
    assert turned(tmp_path / "x", store, reader=reader, condition=CONDITIONS["closed_book"]) is None
    assert reader.calls == ["synthesise q-apixaban", "choose q-apixaban"]


def test_harm_that_began_with_the_first_evidence_is_reported_with_its_publication(
    tmp_path: Path, store: EvidenceStore
) -> None:
    store.ingest([LETTER])
    one = turned(tmp_path / "x", store, about=case("apixaban", clean_evidence=()), kind="high_risk")
    assert one
    assert (one.seq, one.turned) == (1, True)
    assert one.sentence == "high risk since event 1: published apixaban-letter@1 by evitrail"


def test_what_was_served_only_while_the_store_was_nearly_empty_is_not_named(
    tmp_path: Path, store: EvidenceStore
) -> None:
    nearer = "What is the advice? A patient takes apixaban. For apixaban the advice is option C."
    store.ingest([LETTER])
    store.ingest([advice("apixaban", "C", id="apixaban-bulletin", text=nearer)])
    first_only = WORDS.model_copy(update={"k": 1})
    about = case("apixaban", clean_evidence=())
    assert turned(tmp_path / "x", store, about=about, condition=first_only, kind="high_risk") is None


def test_a_condition_that_serves_evidence_by_name_is_not_asked_before_there_is_any(
    tmp_path: Path, store: EvidenceStore
) -> None:
    store.ingest([GOLD, LETTER])
    bad = rate(store, "apixaban@1", "very_low", "panel of May")
    both = case("apixaban", conflict_evidence=("apixaban@1", "apixaban-letter@1"))
    one = turned(tmp_path / "x", store, about=both, condition=CONDITIONS["conflict"])
    assert one
    assert one.seq == bad


def test_an_agent_that_searches_several_times_is_searched_for_too(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([GOLD, LETTER])
    bad = store.ingest([advice("apixaban", "C", id="apixaban-bulletin", grade=HIGH)]).seq
    one = turned(tmp_path / "x", store, condition=LOOP)
    assert one
    assert one.seq == bad


def test_a_fluke_has_no_event(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([GOLD, LETTER])
    rate(store, "apixaban-letter@1", "low", "as before")
    assert turned(tmp_path / "x", store, reader=WardReader(slips={1: "C"}, deterministic=False)) is None


def test_a_reader_that_is_not_deterministic_is_asked_until_a_majority_decides(
    tmp_path: Path, store: EvidenceStore
) -> None:
    store.ingest([GOLD, LETTER])
    bad = rate(store, "apixaban@1", "very_low", "panel of May")
    lucky = WardReader(
        slips={4: "C"}, deterministic=False
    )  # the recorded answer, one more, then twice before the event
    one = turned(tmp_path / "x", store, reader=lucky)
    assert one
    assert (one.seq, one.replays) == (bad, 5)


def test_patient_data_is_no_hindrance(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([GOLD, LETTER])
    bad = rate(store, "apixaban@1", "very_low", "panel of May")
    one = turned(tmp_path / "x", store, about=case("apixaban", sensitive=("stem",)))
    assert one
    assert (one.seq, one.executed) == (bad, 3), "nothing was done again at the state of the record"


def test_a_question_that_makes_no_sense_is_refused_with_what_was_expected(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([GOLD])
    assert ask(tmp_path / "x", store, [case("apixaban")], [WORDS], WardReader()) == []
    with Journal.open(tmp_path / "x" / JOURNAL) as journal:
        run = "words.q-apixaban"
        forked = fork(journal, forking(Trace(journal, run), None, {"k": 1}), store, WardReader()).run
        for name, kind, said in (
            (run, "wrong", f"expected a run that fails as wrong, got '{run}', which does not fail"),
            (run, "late", "kind: expected one of wrong, high_risk, unsafe, contradiction, overconfident, got 'late'"),
            (forked, "wrong", f"expected a run of the experiment, got its fork '{forked}'; ask about '{run}'"),
            ("words.q-aspirin", "wrong", "expected a run of this experiment .*, got 'words.q-aspirin'"),
        ):
            with pytest.raises(ValueError, match=said.replace("[", r"\[")):
                turning_event(journal, name, store, WardReader(), kind)  # type: ignore[arg-type]
