"""Drift between two experiments: which answers changed, better or worse, and what is named for each, or is not."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from comparing import recorded
from drifting import Drifting, drifting
from planted import GATED, MODERATE, rate
from ward import HIGH, LOW, WardReader, advice, arm, case
from world import World

from evitrail.agent.llm.base import Unreachable
from evitrail.eval.compare.arm import arms
from evitrail.eval.compare.comparison import compared
from evitrail.eval.drift.paired import matched
from evitrail.eval.plan.readers import Readers
from evitrail.evidence_store import EvidenceStore

GOLD, LETTER = advice("apixaban", "B", grade=MODERATE), advice("apixaban", "C", id="apixaban-letter", grade=LOW)


@pytest.fixture
def ward(tmp_path: Path, store: EvidenceStore) -> Iterator[Drifting]:
    with drifting(tmp_path, store) as ward:
        yield ward


def turn(store: EvidenceStore, ref: str = "apixaban@1") -> int:
    """Raters take away what decides."""
    return rate(store, ref, "very_low", "panel of May")


def test_each_changed_answer_has_the_event_that_changed_it_with_author_reason_and_lineage(ward: Drifting) -> None:
    store, drugs = ward.store, ("apixaban", "heparin", "insulin")
    cases = [case(drug) for drug in drugs]
    for drug in ("apixaban", "insulin"):
        store.ingest([advice(drug, "B", grade=MODERATE), advice(drug, "C", id=f"{drug}-letter", grade=LOW)])
    store.ingest([advice("heparin", "C", id="heparin-letter", grade=LOW)])
    a = ward.asked("a", cases=cases)
    world = World(store, seed=5)
    world.live(years=5)
    store.actor = "anna"
    regraded = turn(store)
    store.actor = "ben"
    published = store.ingest([advice("heparin", "B", grade=HIGH)]).seq
    world.live(years=5)
    (found,) = ward.drift(a, ward.asked("b", cases=cases)).conditions
    worse, better = found.changed
    assert (found.cases, found.better, found.worse, found.equal) == (3, 1, 1, 0), "insulin is answered as before"
    assert (worse.case, worse.verdict, worse.harm, worse.cause.kind) == ("q-apixaban", "worse", "more", "event")
    (event,) = worse.cause.events
    assert (event.seq, event.actor, event.reason) == (regraded, "anna", "panel of May")
    assert (event.subject, event.lineages, event.before, event.after) == ("apixaban@1", ("apixaban",), "B", "C")
    assert worse.cause.sentence == f"event {regraded}: regraded apixaban@1 by anna (panel of May)"
    assert (better.case, better.verdict, better.harm) == ("q-heparin", "better", "less")
    (event,) = better.cause.events
    assert (event.seq, event.type, event.actor, event.reason) == (published, "evidence.published", "ben", None)


def test_the_statistics_are_those_of_a_comparison_with_a_as_the_baseline(ward: Drifting, tmp_path: Path) -> None:
    ward.store.ingest([GOLD, LETTER])
    a = ward.asked("a")
    turn(ward.store)
    (found,) = ward.drift(a, ward.asked("b")).conditions
    (pair,) = compared(arms(tmp_path / "a", ["words", f"{tmp_path / 'b'}::words"])).pairs
    assert found.metrics == pair.metrics
    accuracy = found.metrics["accuracy"]
    assert (accuracy.n, accuracy.only_baseline, accuracy.only_other) == (1, 1, 0)
    assert (found.state_a, found.state_b) == ((2,), (3,))


def test_what_one_event_changed_in_several_conditions_is_counted_once_for_the_event(ward: Drifting) -> None:
    ward.store.ingest([GOLD, LETTER])
    conditions = arm(), arm("more", k=5)
    a = ward.asked("a", *conditions)
    seq = turn(ward.store)
    (event,) = ward.drift(a, ward.asked("b", *conditions)).events
    assert (event.seq, event.better, event.worse, event.equal) == (seq, 0, 2, 0)
    assert event.runs == ("more.q-apixaban", "words.q-apixaban")


def test_an_answer_that_changes_and_changes_back_has_several_events_and_none_is_picked(ward: Drifting) -> None:
    ward.store.ingest([GOLD, LETTER])
    a = ward.asked("a")
    numbers = [turn(ward.store), rate(ward.store, "apixaban@1", "moderate", "as before"), turn(ward.store)]
    b = ward.asked("b")
    cause = ward.changed(a, b).cause
    assert (cause.kind, [event.seq for event in cause.events], cause.exhaustive) == ("several", numbers, True)
    assert [(event.before, event.after) for event in cause.events] == [("B", "C"), ("C", "B"), ("B", "C")]
    assert ward.drift(a, b).events == ()


def test_where_there_are_too_many_decisions_to_try_each_the_event_found_is_proven_all_the_same(ward: Drifting) -> None:
    ward.store.ingest([GOLD, LETTER])
    a = ward.asked("a")
    world = World(ward.store, seed=5)
    world.live(years=10)
    seq = turn(ward.store)
    world.live(years=10)
    b = ward.asked("b")
    tried, bisected = (ward.changed(a, b, few=few).cause for few in (500, 4))
    assert [event.seq for event in tried.events] == [event.seq for event in bisected.events] == [seq]
    assert (tried.exhaustive, bisected.exhaustive) == (True, False)
    assert bisected.replays < tried.replays


def test_a_store_that_was_rolled_back_says_that_the_event_is_missing_in_b(ward: Drifting) -> None:
    ward.store.ingest([GOLD, LETTER])
    before = ward.asked("before")
    seq = turn(ward.store)
    changed = ward.changed(ward.asked("after"), before)
    assert (changed.verdict, changed.cause.kind, changed.cause.events[0].seq) == ("better", "event", seq)
    assert changed.cause.sentence.startswith(f"B's state is the earlier one, without event {seq}: regraded")


def test_where_the_readers_differ_and_not_the_store_the_reader_is_the_cause(ward: Drifting) -> None:
    ward.store.ingest([GOLD, LETTER])
    a, b = ward.asked("a"), ward.asked("b", reader=WardReader(misread="C"))
    cause = ward.changed(a, b).cause
    assert (cause.kind, cause.differing, cause.deciding) == ("component", ("reader",), (("reader",),))
    assert cause.sentence.startswith("reader: `WardReader(misread='C'")
    assert cause.events == ()


def test_where_reader_and_store_differ_only_what_brings_the_first_answer_back_is_named(ward: Drifting) -> None:
    ward.store.ingest([GOLD, LETTER])
    a = ward.asked("a")
    ward.store.ingest([advice("apixaban", "C", id="apixaban-box", text="Keep apixaban in its box.")])
    b = ward.asked("b", reader=WardReader(misread="C"))
    assert ward.drift(a, b).conditions[0].differing == ("reader", "store state")
    cause = ward.changed(a, b).cause
    assert (cause.kind, cause.differing, cause.deciding) == ("component", ("reader", "store state"), (("reader",),))


def test_two_components_that_each_change_the_answer_are_several_causes(ward: Drifting) -> None:
    ward.store.ingest([GOLD, LETTER])
    a = ward.asked("a")
    turn(ward.store)
    cause = ward.changed(a, ward.asked("b", reader=WardReader(insists="C"))).cause
    assert (cause.kind, cause.deciding) == ("several", (("reader", "store state"),))
    assert cause.sentence.startswith("only together they bring back A's answer: reader and store state: ")


def test_of_another_day_the_day_is_the_cause(ward: Drifting) -> None:
    old = advice("apixaban", "C", "0", grade=HIGH, valid_to=date(2018, 1, 1))
    new = advice("apixaban", "B", "1", grade=LOW, valid_from=date(2018, 1, 1), supersedes="apixaban@0")
    ward.store.ingest([old, new])
    a = ward.asked("a", GATED, cases=[case("apixaban", as_of=date(2017, 1, 1))])
    changed = ward.changed(a, ward.asked("b", GATED))
    assert (changed.verdict, changed.cause.deciding) == ("better", (("day asked",),))
    assert changed.cause.sentence == "day asked: `2020-01-01` in place of `2017-01-01`"


def test_where_nothing_differs_and_the_reader_draws_at_random_it_was_chance(ward: Drifting) -> None:
    ward.store.ingest([GOLD, LETTER])

    def reader(dice: int) -> WardReader:
        return WardReader(slip_rate=0.5, deterministic=False, dice=random.Random(dice))

    a, b = ward.asked("a", reader=reader(1)), ward.asked("b", reader=reader(2))
    cause = ward.changed(a, b).cause
    assert (cause.kind, cause.differing, cause.events) == ("chance", (), ())


class Rewritten(WardReader):
    """The same reader by name, whose code has changed."""

    def synthesise(self, question: Any, hits: Any) -> Any:
        return WardReader(misread="C").synthesise(question, hits)

    def __repr__(self) -> str:
        return repr(WardReader())


def test_where_nothing_differs_but_the_code_the_steps_whose_code_changed_are_named(ward: Drifting) -> None:
    ward.store.ingest([GOLD, LETTER])
    cause = ward.changed(ward.asked("a"), ward.asked("b", reader=Rewritten())).cause
    assert (cause.kind, cause.sentence) == ("code", "only the code of choose and synthesise differs")


def test_a_change_that_nothing_known_brings_back_is_not_put_down_to_the_store(ward: Drifting) -> None:
    ward.store.ingest([GOLD, LETTER])
    a = ward.asked("a")
    ward.store.ingest([advice("heparin", "C")])
    cause = ward.changed(a, ward.asked("b", reader=Rewritten())).cause
    assert (cause.kind, cause.differing, cause.events) == ("cannot tell", ("store state",), ())
    assert cause.sentence == "with store state of A, B still answers otherwise: something else differs"


def test_without_labels_it_is_unknown_whether_the_answer_does_more_harm(ward: Drifting) -> None:
    ward.store.ingest([GOLD, LETTER])
    cases = [case("apixaban", labels={})]
    a = ward.asked("a", cases=cases)
    turn(ward.store)
    changed = ward.changed(a, ward.asked("b", cases=cases))
    assert (changed.verdict, changed.harm) == ("worse", None)


def test_two_wrong_options_are_equal_and_the_labels_say_which_does_more_harm(ward: Drifting) -> None:
    cases = [case("apixaban", answer="D")]
    ward.store.ingest([GOLD, LETTER])
    a = ward.asked("a", cases=cases)
    turn(ward.store)
    changed = ward.changed(a, ward.asked("b", cases=cases))
    assert (changed.a.chosen, changed.b.chosen, changed.verdict, changed.harm) == ("B", "C", "equal", "more")


def test_once_a_model_does_not_answer_no_further_run_is_done_again(
    ward: Drifting, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [case("apixaban"), case("heparin")]
    for drug in ("apixaban", "heparin"):
        ward.store.ingest([advice(drug, "B", grade=MODERATE), advice(drug, "C", id=f"{drug}-letter", grade=LOW)])
    a = ward.asked("a", cases=cases)
    for drug in ("apixaban", "heparin"):
        turn(ward.store, f"{drug}@1")
    b, asked = ward.asked("b", cases=cases), []

    def down(reader: WardReader, question: Any, *_: object) -> None:
        asked.append(question.id)
        raise Unreachable("the model does not answer")

    monkeypatch.setattr(WardReader, "synthesise", down)
    (found,) = ward.drift(a, b).conditions
    assert {(one.cause.kind, one.cause.sentence) for one in found.changed} == {
        ("cannot tell", "Unreachable: the model does not answer")
    }
    assert asked == ["q-apixaban"]


def test_neither_experiment_is_written_to_and_the_same_is_found_again(ward: Drifting, tmp_path: Path) -> None:
    ward.store.ingest([GOLD, LETTER])
    a = ward.asked("a")
    turn(ward.store)
    b = ward.asked("b")
    before = recorded(tmp_path)
    first, again = (ward.drift(a, b).model_dump_json() for _ in range(2))
    assert first == again
    assert recorded(tmp_path) == before


def test_conditions_of_two_releases_are_matched_without_the_release_in_their_names(ward: Drifting) -> None:
    ward.store.ingest([GOLD, LETTER])
    seq = turn(ward.store)
    a = ward.asked("a", arm("words+snapshot=2", snapshot="2"), arm("alone"))
    b = ward.asked("b", arm("words+snapshot=3", snapshot="3"))
    found = ward.drift(a, b)
    ((condition,), (event,)) = found.conditions, found.events
    assert (condition.a, condition.b, event.seq) == ("words+snapshot=2", "words+snapshot=3", seq)
    assert (found.only_a, found.only_b) == (("alone",), ())


def test_several_readers_are_matched_by_label_and_others_are_refused(ward: Drifting) -> None:
    ward.store.ingest([GOLD, LETTER])
    sure, erring = WardReader(), WardReader(misread="C")
    a = ward.asked("a", reader=Readers({"sure": sure, "erring": erring}))
    seq = turn(ward.store)
    found = ward.drift(a, ward.asked("b", reader=Readers({"sure": sure, "third": erring})))
    ((condition,), (event,)) = found.conditions, found.events
    assert (condition.a, condition.b, event.seq) == ("words@sure", "words@sure", seq)
    assert (found.only_a, found.only_b) == (("words@erring",), ("words@third",))
    with pytest.raises(ValueError, match=r"c: expected the readers of .*a \(words@erring, words@sure\), found words; "):
        matched(a, ward.asked("c"))


def test_what_did_not_ask_the_same_is_refused_in_one_line(ward: Drifting) -> None:
    ward.store.ingest([GOLD, LETTER])
    a = ward.asked("a")
    for name, options, said in (
        (
            "other-case",
            {"cases": [case("heparin")]},
            r"other-case: expected cases of .*a \(q-apixaban\), found q-heparin",
        ),
        ("other-key", {"cases": [case("apixaban", answer="C")]}, "expected the same questions as in"),
    ):
        with pytest.raises(ValueError, match=said) as refused:
            matched(a, ward.asked(name, **options))  # type: ignore[arg-type]
        assert "\n" not in str(refused.value)
    with pytest.raises(ValueError, match=r"more: expected a condition of .*a \(words\), found more; name one of each"):
        matched(a, ward.asked("more", arm("more", k=5)))
    twice = ward.asked("twice", arm("words+snapshot=1", snapshot="1"), arm("words+snapshot=2", snapshot="2"))
    with pytest.raises(ValueError, match="twice: expected one state of the store, found words"):
        matched(a, twice)
