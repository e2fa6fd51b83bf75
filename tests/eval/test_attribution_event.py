"""Which event of the ledger turned an answer? Bad events are planted among hundreds of others, and must be named."""

from __future__ import annotations

from collections.abc import Iterator
from math import log2
from pathlib import Path

import pytest
from planted import EACH, GATED, KINDS, MODERATE, PLANTED, WORDS, Planted, asked, rate
from ward import HIGH, LOW, WardReader, advice, arm, ask, case, opened

from evitrail.agent.llm.base import Unreachable
from evitrail.agent.model import Answer
from evitrail.eval.attribution.event.event import TurningEvent, by_event, turning_events
from evitrail.eval.dataset.case import Case
from evitrail.eval.log.runs import JOURNAL
from evitrail.eval.plan.condition import Condition
from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.ledger.event import Event
from evitrail.traces.journal.journal import Journal
from evitrail.traces.trace import Trace


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    with opened(tmp_path_factory.mktemp("planted")) as store:
        world = Planted(store)
        world.grow()
        yield world


@pytest.fixture(scope="module")
def experiment(planted: Planted, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("experiment")
    assert ask(folder, planted.store, [asked(drug) for drug in PLANTED], [GATED, WORDS], WardReader()) == []
    return folder


@pytest.fixture(scope="module")
def found(planted: Planted, experiment: Path) -> list[TurningEvent]:
    return turning_events(experiment, planted.store, WardReader())


def of(found: list[TurningEvent], condition: str, outcome: str = "wrong") -> dict[str, TurningEvent]:
    """What was found in one condition for one way of failing, by drug."""
    return {one.case.removeprefix("q-"): one for one in found if (one.condition, one.outcome) == (condition, outcome)}


def test_of_twenty_bad_events_among_three_hundred_every_one_is_named(
    planted: Planted, found: list[TurningEvent]
) -> None:
    assert len(planted.numbers) == len(KINDS) * EACH == 20
    assert 280 <= planted.store.seq <= 350
    named = of(found, "gates")
    right = [drug for drug in PLANTED if drug in named and named[drug].seq in planted.numbers[drug]]
    assert right == list(PLANTED)
    assert {named[drug].before for drug in PLANTED} == {"B"}


def test_author_and_reason_are_those_on_record(planted: Planted, found: list[TurningEvent]) -> None:
    named = of(found, "gates")
    assert {drug: (named[drug].actor, named[drug].reason) for drug in PLANTED} == {
        drug: (planted.author[drug], planted.reason[drug]) for drug in PLANTED
    }
    assert {one.recorded for one in found} == {"2020-01-01T00:00:00+00:00"}
    one = named["regrade0"]
    assert one.sentence == f"wrong since event {one.seq}: regraded regrade0@1 by {one.actor} (panel of May)"
    one = named["falsesupersession0"]
    ended = "ended falsesupersession0@1, which falsesupersession0-letter@1 took over from"
    assert one.sentence == f"wrong since event {one.seq}: {ended}, by {one.actor} (merged)"


def test_a_supersession_that_nobody_recorded_is_reported_with_the_publication_that_lacks_it(
    found: list[TurningEvent],
) -> None:
    named = of(found, "gates")
    assert {one.case.removeprefix("q-").rstrip("0123") for one in found if not one.turned} == {"missingsupersession"}
    one = named["missingsupersession0"]
    assert (one.turned, one.subject, one.other) == (False, "missingsupersession0@1", "missingsupersession0-old@1")
    done = f"published missingsupersession0@1 by {one.actor} without superseding missingsupersession0-old@1"
    assert one.sentence == f"wrong because of event {one.seq}: {done}"


def test_where_no_gate_looks_at_it_a_missing_supersession_is_not_what_made_the_run_wrong(
    found: list[TurningEvent],
) -> None:
    assert {PLANTED[drug] for drug in of(found, "words")} == {"regrade", "poison"}


def test_the_ledger_is_read_once_for_all_answers(
    planted: Planted, experiment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []
    events = EvidenceStore.events

    def counted(store: EvidenceStore, after: int = 0) -> Iterator[Event]:
        reads.append(after)
        return events(store, after)

    monkeypatch.setattr(EvidenceStore, "events", counted)
    assert len(turning_events(experiment, planted.store, WardReader())) > 20
    assert reads == [0]


def test_a_search_takes_few_replays_and_writes_nothing(planted: Planted, experiment: Path) -> None:
    with Journal.open(experiment / JOURNAL) as journal:
        before = journal.heads()
        found = turning_events(journal, planted.store, WardReader())
        assert journal.heads() == before
    wrong = [one.replays for one in found if one.outcome == "wrong"]
    assert max(wrong) <= 8 < log2(planted.store.seq)
    assert sum(wrong) / len(wrong) <= 5


def test_the_run_passes_before_the_event_and_fails_after_it(
    planted: Planted, found: list[TurningEvent], tmp_path: Path
) -> None:
    for drug, one in of(found, "gates").items():
        if one.turned:
            before, after = (arm(name, retriever="clean", k=5, snapshot=str(seq)) for name, seq in around(one.seq))
            assert answers(tmp_path / drug, planted.store, asked(drug), before, after) == ["B", "C"]


def around(seq: int) -> Iterator[tuple[str, int]]:
    yield "before", seq - 1
    yield "after", seq


def answers(folder: Path, store: EvidenceStore, one: Case, *conditions: Condition) -> list[str | None]:
    """What the conditions choose, asked anew."""
    assert ask(folder, store, [one], conditions, WardReader()) == []
    with Journal.open(folder / JOURNAL) as journal:
        said = (Trace(journal, f"{condition.name}.{one.id}").output(Answer) for condition in conditions)
        return [each.option if each else None for each in said]


def test_answers_are_grouped_by_the_event_that_turned_them(tmp_path: Path, store: EvidenceStore) -> None:
    for drug in ("heparin", "insulin"):
        store.ingest([advice(drug, "B", grade=MODERATE), advice(drug, "C", id=f"{drug}-letter", grade=LOW)])
    store.actor = "anna"
    poison = store.ingest([advice("heparin", "C", id="heparin-bulletin", grade=HIGH)]).seq
    regraded = rate(store, "insulin@1", "very_low", "panel of May")
    cases, conditions = [case("heparin"), case("insulin")], [WORDS, arm("more", k=5)]
    assert ask(tmp_path / "x", store, cases, conditions, WardReader()) == []
    reported: list[tuple[int, int]] = []
    found = turning_events(tmp_path / "x", store, WardReader(), lambda done, of: reported.append((done, of)))
    assert [(one.seq, one.runs) for one in by_event(found)] == [
        (regraded, ("more.q-insulin", "words.q-insulin")),
        (poison, ("more.q-heparin", "words.q-heparin")),
    ]
    said = f"event {regraded} turned 2 answers: regraded insulin@1 by anna (panel of May)"
    assert by_event(found)[0].sentence == said
    assert {one.outcome for one in found} == {"wrong", "high_risk", "contradiction"}
    assert reported == [(n, 4) for n in range(5)]


def test_a_run_that_cannot_be_done_again_is_reported_and_the_others_go_on(tmp_path: Path, store: EvidenceStore) -> None:
    for drug in ("apixaban", "heparin"):
        store.ingest([advice(drug, "B", grade=MODERATE), advice(drug, "C", id=f"{drug}-letter", grade=LOW)])
        rate(store, f"{drug}@1", "very_low", "panel of May")
    assert ask(tmp_path / "x", store, [case("apixaban"), case("heparin")], [WORDS], WardReader()) == []
    faults: list[str] = []
    reader = WardReader(faints="q-apixaban")
    found = turning_events(tmp_path / "x", store, reader, faults=lambda run, why: faults.append(f"{run}: {why}"))
    assert faults == ["words.q-apixaban: RuntimeError: out of memory"]
    assert {one.case for one in found} == {"q-heparin"}
    with pytest.raises(RuntimeError, match="out of memory"):
        turning_events(tmp_path / "x", store, reader)


def test_once_a_model_does_not_answer_no_further_run_is_asked(
    tmp_path: Path, store: EvidenceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for drug in ("apixaban", "heparin"):
        store.ingest([advice(drug, "B", grade=MODERATE), advice(drug, "C", id=f"{drug}-letter", grade=LOW)])
        rate(store, f"{drug}@1", "very_low", "panel of May")
    assert ask(tmp_path / "x", store, [case("apixaban"), case("heparin")], [WORDS], WardReader()) == []

    def down(*_: object) -> None:
        raise Unreachable("the model does not answer")

    monkeypatch.setattr(WardReader, "synthesise", down)
    faults: list[str] = []
    assert turning_events(tmp_path / "x", store, WardReader(), faults=lambda run, why: faults.append(run)) == []
    assert faults == ["words.q-apixaban"]
