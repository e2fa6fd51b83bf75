"""What attribution leaves behind: every failure answered for, every replay stored, nothing done twice or by half."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ward import (
    DRUGS,
    LOOP,
    WardReader,
    advice,
    arm,
    ask,
    blame,
    blamed,
    case,
)

from evitrail.agent.model import Answer
from evitrail.eval.attribution import ABSTENTIONS, FAILS, Blame, attribute
from evitrail.eval.attribution.blame_record import blame_failures, blames
from evitrail.eval.attribution.counterfactual import Mended
from evitrail.eval.log.runs import JOURNAL, outcomes, traces
from evitrail.eval.plan.condition import CONDITIONS
from evitrail.evidence_store import EvidenceStore
from evitrail.traces.audit.integrity import verify_journal
from evitrail.traces.journal.journal import Journal
from evitrail.traces.trace import Trace


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
        assert attribute(journal, trace.run, store, reader) == []
