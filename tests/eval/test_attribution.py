"""Blame on small worlds where the fault is known by construction: the step is named, or nobody is, with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ward import DRUGS, HIGH, LOW, WardReader, advice, arm, ask, blamed, case, opened

from agent.model import Answer
from eval.attribution import ABSTENTIONS, FAILS, Blame, attribute
from eval.attribution.counterfactual import Mended
from eval.condition import CONDITIONS
from eval.experiment import JOURNAL, outcomes, traces
from eval.results import blame_failures, blames
from evidence_store import EvidenceStore
from evidence_store.snapshot import Snapshot
from retrieval import BM25, RETRIEVERS
from retrieval.base import Retrieved
from traces.journal import Journal
from traces.trace import Trace, verify_journal

OLD = advice("apixaban", "C", "0", grade=HIGH, valid_to=date(2018, 1, 1))
NEW = advice("apixaban", "B", "1", grade=LOW, valid_from=date(2018, 1, 1), supersedes="apixaban@0")
STALE = case("apixaban", outdated_evidence=("apixaban@0",), meta={"stale_option": "C"})
LOOP = arm("loop", agent="agentic")


class Unseeing:
    """A retriever that finds whatever BM25 finds but what decides."""

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        kept = [hit for hit in BM25().search(query, snapshot, k).hits if "note" in hit.passage.ref]
        return Retrieved(query=query, hits=tuple(h.model_copy(update={"rank": n}) for n, h in enumerate(kept, 1)))

    def __repr__(self) -> str:
        return "Unseeing()"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EvidenceStore]:
    monkeypatch.setitem(RETRIEVERS, "unseeing", Unseeing())
    with opened(tmp_path) as store:
        yield store


def blame(folder: Path, store: EvidenceStore, reader: Any, *, asked: Any = None, condition: Any = None) -> list[Blame]:
    """Ask one case in one condition, and blame."""
    assert ask(folder, store, [asked or case("apixaban")], [condition or arm()], reader) == []
    return blamed(folder, store, reader)


def wrong(found: list[Blame]) -> Blame:
    (one,) = (each for each in found if each.outcome == "wrong")
    return one


def test_a_run_that_did_not_fail_is_not_blamed(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    assert blame(tmp_path / "x", store, WardReader()) == []


def test_a_reader_that_misreads_is_blamed_at_synthesis(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    one = wrong(blame(tmp_path / "x", store, WardReader(misread="C")))
    assert (one.roles, one.culprit, one.fault_code, one.tier) == (("synthesise",), ("synthesise[1]",), "Y2", "T1")
    assert (one.phi["synthesise"].value, one.phi["synthesise"].lo, one.phi["synthesise"].hi) == (1, 1, 1)
    assert (one.n, one.p_rep, one.v_none, one.persistence) == (1, 1, 0, "systematic")
    assert one.minimal_repair_sets == (("synthesise",),)
    assert one.necessity["synthesise"] == one.sufficiency["synthesise"] == one.responsibility["synthesise"] == 1
    assert one.abstain_reason is None


def test_a_reader_that_finds_nothing_in_what_it_is_given_is_blamed_for_the_omission(
    tmp_path: Path, store: EvidenceStore
) -> None:
    store.ingest([advice("apixaban", "B")])
    one = wrong(blame(tmp_path / "x", store, WardReader(blind=True)))
    assert (one.roles, one.fault_code) == (("synthesise",), "Y1")


def test_a_chooser_that_ignores_the_claims_is_blamed_at_choosing(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    one = wrong(blame(tmp_path / "x", store, WardReader(insists="A")))
    assert (one.roles, one.culprit, one.fault_code) == (("choose",), ("choose[1]",), "C1")


def test_a_retriever_that_misses_the_evidence_is_blamed(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B"), advice("apixaban", "C", id="apixaban-note")])
    one = wrong(blame(tmp_path / "x", store, WardReader(), condition=arm(retriever="unseeing")))
    assert (one.roles, one.culprit, one.fault_code) == (("retrieve",), ("retrieve[1]",), "R1")


def test_a_cut_off_just_above_the_evidence_is_told_from_a_miss(tmp_path: Path, store: EvidenceStore) -> None:
    nearer = "What is the advice? A patient takes apixaban. For apixaban the advice is option C."
    store.ingest([advice("apixaban", "B"), advice("apixaban", "C", id="apixaban-note", text=nearer)])
    one = wrong(blame(tmp_path / "x", store, WardReader(), condition=arm(k=1)))
    assert (one.roles, one.fault_code) == (("retrieve",), "R2")


def test_an_old_version_served_beside_the_new_one_is_named(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([OLD, NEW])
    one = wrong(blame(tmp_path / "x", store, WardReader(), asked=STALE))
    assert (one.roles, one.fault_code, one.records) == (("retrieve",), "S2", ("apixaban@0",))
    assert (one.phi["store"].value, one.phi["retrieve"].value) == (0.5, 0.5)
    assert set(one.minimal_repair_sets) == {("store",), ("retrieve",)}
    assert any("served what was not in force: apixaban@0" in said for said in one.contract_breaks)


def test_a_store_with_nothing_current_is_blamed_for_the_harm_its_old_version_does(
    tmp_path: Path, store: EvidenceStore
) -> None:
    store.ingest([OLD])
    asked = STALE.model_copy(update={"clean_evidence": ()})
    found = {one.outcome: one for one in blame(tmp_path / "x", store, WardReader(), asked=asked)}
    assert (found["high_risk"].roles, found["high_risk"].fault_code) == (("store",), "S1")
    assert found["high_risk"].records == ("apixaban@0",)
    assert found["wrong"].roles == (), "no step could have given the answer"
    assert (found["wrong"].abstain_reason or "").startswith("U2")


def test_a_critique_that_accepts_too_early_is_blamed(tmp_path: Path, store: EvidenceStore) -> None:
    near = [
        advice("apixaban", "C", id=f"apixaban-note-{n}", text="A patient takes apixaban. What is the advice?")
        for n in range(3)
    ]
    store.ingest([*near, advice("apixaban", "B", title="Anticoagulant", text="For apixaban the advice is option B.")])
    reader = WardReader(accepts=True, query="option B")
    one = wrong(blame(tmp_path / "x", store, reader, condition=LOOP))
    assert (one.roles, one.fault_code) == (("retrieve",), "R2"), "the first of the two that broke its promise"
    assert one.necessity["retrieve"] == one.necessity["critique"] == 1


def test_a_wrong_answer_without_a_book_cannot_be_blamed_but_its_harm_can(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    reader = WardReader(guesses="A")
    found = {b.outcome: b for b in blame(tmp_path / "x", store, reader, condition=CONDITIONS["closed_book"])}
    assert {"wrong", "high_risk", "unsafe"} <= set(found)
    assert (found["wrong"].roles, found["wrong"].fault_code, found["wrong"].v_none) == ((), None, 1)
    assert found["wrong"].abstain_reason == f"U2: {ABSTENTIONS['U2']}"
    assert (found["unsafe"].roles, found["unsafe"].fault_code) == (("choose",), "C3")
    assert set(found["unsafe"].phi) == {"synthesise", "choose"}


def test_a_case_without_any_labelled_evidence_is_abstained_from(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    one = wrong(blame(tmp_path / "x", store, WardReader(), asked=case("apixaban", clean_evidence=(), answer="D")))
    assert (one.roles, one.v_none, one.abstain_reason) == ((), 1, f"U2: {ABSTENTIONS['U2']}")


def test_evidence_that_came_later_changes_no_blame(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([OLD, NEW])
    before = blame(tmp_path / "x", store, WardReader(), asked=STALE)
    ask(tmp_path / "y", store, [STALE], [arm()], WardReader())
    later = {"supersedes": "apixaban@1", "valid_from": date(2019, 1, 1), "published": date(2019, 1, 1)}
    store.ingest([advice("apixaban", "B", "2", grade=HIGH, **later), advice("apixaban", "B", id="apixaban-note")])
    assert blamed(tmp_path / "y", store, WardReader()) == before


def test_curated_evidence_leaves_the_store_out_of_the_game(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    one = wrong(blame(tmp_path / "x", store, WardReader(misread="C"), condition=CONDITIONS["clean"]))
    assert set(one.phi) == {"retrieve", "synthesise", "choose"}
    assert one.roles == ("synthesise",)


def test_a_reader_that_is_not_deterministic_is_replayed_and_gets_an_interval(
    tmp_path: Path, store: EvidenceStore
) -> None:
    store.ingest([advice("apixaban", "B"), advice("apixaban", "D", id="apixaban-old", valid_to=date(2018, 1, 1))])
    reader = WardReader(slip_rate=0.8, deterministic=False)
    one = wrong(blame(tmp_path / "x", store, reader))
    assert (one.n, one.roles) == (8, ("synthesise",))
    share = one.phi["synthesise"]
    assert 0.05 < share.lo < share.value <= share.hi
    assert share.hi - share.lo > 0.2


def test_a_reader_that_only_claims_to_be_deterministic_is_found_out(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    one = wrong(blame(tmp_path / "x", store, WardReader(slips={1: "C", 2: "A", 3: "D"})))
    assert (one.n, one.p_rep) == (8, 1)


def test_a_failure_that_does_not_come_back_is_a_fluke(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    one = wrong(blame(tmp_path / "x", store, WardReader(slips={1: "C"}, deterministic=False)))
    assert (one.p_rep, one.persistence, one.roles, one.culprit) == (0, "flaky", (), ())
    assert one.abstain_reason == f"U1: {ABSTENTIONS['U1']}"


@pytest.fixture
def mixed(tmp_path: Path, store: EvidenceStore) -> tuple[Path, EvidenceStore, WardReader]:
    """Many failures of many kinds: a folder, a store, and the reader that failed."""
    store.ingest(advice(drug, "BCD"[place % 3]) for place, drug in enumerate(DRUGS))
    reader = WardReader(guesses="A")
    cases = [case(drug) for drug in DRUGS]
    arms = [CONDITIONS["closed_book"], CONDITIONS["clean"], LOOP, arm("unseen", retriever="unseeing")]
    assert ask(tmp_path / "x", store, cases, arms, reader) == []
    return tmp_path / "x", store, reader


def test_every_failure_is_blamed_on_somebody_or_abstained_from_with_a_reason(mixed: Any) -> None:
    folder, store, reader = mixed
    found = blamed(folder, store, reader)
    with Journal.open(folder / JOURNAL, create=False) as journal:
        expected = {(o.run, kind) for o in outcomes(journal) for kind, fails in FAILS.items() if fails(o)}
    assert len(expected) > 20
    assert {(one.run, one.outcome) for one in found} == expected
    assert len(found) == len(expected)
    for one in found:
        assert bool(one.roles) != bool(one.abstain_reason)
        assert len(one.roles) == len(one.culprit)
        assert bool(one.fault_code) == bool(one.roles)
        assert one.abstain_reason is None or one.abstain_reason[:2] in ABSTENTIONS


def test_every_replay_a_blame_names_is_a_stored_run_that_names_its_parent(mixed: Any) -> None:
    folder, store, reader = mixed
    found = blamed(folder, store, reader)
    with Journal.open(folder / JOURNAL, create=False) as journal:
        for one in found:
            assert len(one.replay_ids) == one.replays >= 2 ** len(one.phi) - 1
            for name in one.replay_ids:
                replay = Trace(journal, name)
                assert (replay.parent, replay.config(Mended).of) == (one.run, one.run)
                assert replay.output(Answer) is not None
        assert verify_journal(journal).sound


def test_shares_sum_to_what_the_oracles_explain(mixed: Any) -> None:
    for one in blamed(*mixed):
        assert sum(share.value for share in one.phi.values()) == pytest.approx(1 - one.v_none, abs=1e-5)


def test_a_replay_does_only_what_neither_the_run_nor_another_replay_of_it_did(mixed: Any) -> None:
    folder, store, reader = mixed
    found = blamed(folder, store, reader)
    with Journal.open(folder / JOURNAL, create=False) as journal:
        for run, replays in {one.run: one.replay_ids for one in found}.items():
            steps = [step for name in replays for step in Trace(journal, name).activities]
            done = [step.key for step in steps if step.reused_from is None]
            assert len(done) == len(set(done))
            assert not set(done) & {step.key for step in Trace(journal, run).activities}
            assert len(done) < len(steps)


def test_a_blame_record_survives_the_way_through_json(mixed: Any) -> None:
    found = blamed(*mixed)
    assert [Blame.model_validate_json(one.model_dump_json()) for one in found] == found


def test_attribution_taken_up_again_does_nothing_twice(mixed: Any) -> None:
    folder, store, reader = mixed
    first = blamed(folder, store, reader)
    with Journal.open(folder / JOURNAL, create=False) as journal:
        heads = journal.heads()
    reader.calls.clear()
    assert blamed(folder, store, reader) == first
    assert reader.calls == []
    with Journal.open(folder / JOURNAL, create=False) as journal:
        assert journal.heads() == heads


class Halt(Exception):
    """Something outside ends the process's work."""


@pytest.mark.parametrize("runs", [2, 7])
def test_attribution_that_was_interrupted_is_finished_to_the_same_records(
    tmp_path: Path, mixed: Any, runs: int
) -> None:
    folder, store, reader = mixed

    def halt(done: int, of: int) -> None:
        if done == runs:
            raise Halt

    with Journal.open(folder / JOURNAL) as journal:
        with pytest.raises(Halt):
            blame_failures(journal, store, reader, halt)
        before = {name: journal.records(name) for name in journal.runs()}
        blame_failures(journal, store, reader)
        after = {name: journal.records(name) for name in journal.runs()}
        found = blames(journal)
    assert all(after[name][: len(records)] == records for name, records in before.items())
    kept = [name for name in before if "~" in name]
    assert kept
    assert all(after[name] == before[name] for name in kept)
    cases = [case(drug) for drug in DRUGS]
    arms = [CONDITIONS["closed_book"], CONDITIONS["clean"], LOOP, arm("unseen", retriever="unseeing")]
    ask(tmp_path / "whole", store, cases, arms, reader)
    assert blamed(tmp_path / "whole", store, reader) == found


def test_an_inquiry_that_breaks_leaves_no_half_of_itself_and_those_before_it_stand(
    tmp_path: Path, store: EvidenceStore
) -> None:
    store.ingest([advice("apixaban", "B"), advice("heparin", "B")])
    cases, reader = [case("apixaban"), case("heparin")], WardReader(misread="C")
    for folder in ("whole", "parts"):
        ask(tmp_path / folder, store, cases, [arm()], reader)
    whole = blamed(tmp_path / "whole", store, reader)

    class Brittle(list[str]):
        def append(self, call: str) -> None:
            super().append(call)
            if self.count("choose q-heparin") == 3:  # two fresh re-runs, then a replay
                raise Halt

    with Journal.open(tmp_path / "parts" / JOURNAL) as journal:
        with pytest.raises(Halt):
            blame_failures(journal, store, WardReader(misread="C", calls=Brittle()))
        done = {name: journal.records(name) for name in journal.runs() if "~" in name}
        assert done
        assert all(records[-1].type == "run.end" for records in done.values())
        assert {one.case for one in blames(journal)} == {"q-apixaban"}
        blame_failures(journal, store, reader)
        assert all(journal.records(name) == records for name, records in done.items())
        assert blames(journal) == whole
        assert verify_journal(journal).sound


def test_without_labels_a_failure_is_blamed_for_being_wrong_only(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    asked = case("apixaban", labels={})
    assert [b.outcome for b in blame(tmp_path / "x", store, WardReader(misread="C"), asked=asked)] == ["wrong"]


def test_a_run_that_has_not_ended_is_not_blamed(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    reader = WardReader(misread="C", faints="q-apixaban")
    assert len(ask(tmp_path / "x", store, [case("apixaban")], [arm()], reader)) == 1
    with Journal.open(tmp_path / "x" / JOURNAL) as journal:
        (trace,) = traces(journal)
        assert attribute(trace, store, reader) == []
