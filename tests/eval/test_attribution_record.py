"""What attribution leaves behind: every failure answered for, every replay stored, nothing done twice or by half."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import ward
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

import evitrail.eval
from evitrail.agent.model import Answer
from evitrail.eval.attribution import ABSTENTIONS, FAILS, Blame
from evitrail.eval.attribution.attribute import attribute
from evitrail.eval.attribution.blame_record import blame_failures, blames, not_attributed
from evitrail.eval.attribution.replays.mended import Mended
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
            assert len(one.replay_ids) >= 2 ** len(one.phi) - 1
            assert one.replays - len(one.replay_ids) in (0, one.fresh), "all but proofs of determinism are stored"
            for name in one.replay_ids:
                replay = Trace(journal, name)
                assert (replay.parent, replay.config(Mended).of) == (one.run, one.run)
                assert replay.output(Answer) is not None
        assert verify_journal(journal).sound


def test_shares_sum_to_the_failure_or_to_nothing_where_mending_all_who_were_played_fails_again(mixed: Any) -> None:
    named = [one for one in blamed(*mixed) if one.culprit and one.tier == "T1"]
    assert named
    for one in named:
        whole = 1.0 if one.minimal_repair_sets and min(one.sufficiency.values()) >= 0 else 0.0
        assert sum(share.value for share in one.phi.values()) == pytest.approx(whole, abs=1e-5)


def test_every_interval_lies_within_zero_and_one_and_ends_after_it_begins(mixed: Any) -> None:
    for one in blamed(*mixed):
        assert all(0 <= share.lo <= share.hi <= 1 for share in one.phi.values())


def test_a_replay_does_only_what_neither_the_run_nor_another_replay_of_it_did(mixed: Any) -> None:
    folder, store, reader = mixed
    found = blamed(folder, store, reader)
    with Journal.open(folder / JOURNAL, create=False) as journal:
        for run, names in {one.run: one.replay_ids for one in found}.items():
            replays = [replay for name in names if reusing((replay := Trace(journal, name)).config(Mended))]
            steps = [step for replay in replays for step in replay.activities]
            done = [step.key for step in steps if step.reused_from is None]
            assert len(done) == len(set(done))
            assert not set(done) & {step.key for step in Trace(journal, run).activities}
            assert len(done) < len(steps)


def reusing(what: Mended) -> bool:
    """Whether a replay may reuse all that was done with the recorded seed."""
    return not what.replicate and not any(name.startswith(("fresh", "again")) for name in what.edited)


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


class Brittle(list[str]):
    """Acts of reading, one of which goes wrong: the fourth choice for heparin, in a replay, after three proofs."""

    def __init__(self, raises: BaseException) -> None:
        super().__init__()
        self.raises = raises

    def append(self, call: str) -> None:
        super().append(call)
        if call == "choose q-heparin" and self.count(call) == 4:
            raise self.raises


@pytest.fixture
def pair(tmp_path: Path, store: EvidenceStore) -> EvidenceStore:
    """The same two failures twice, in ``whole`` and ``parts``."""
    store.ingest([advice("apixaban", "B"), advice("heparin", "B"), advice("insulin", "B")])
    cases = [case("apixaban"), case("heparin"), case("insulin")]
    for folder in ("whole", "parts"):
        ask(tmp_path / folder, store, cases, [arm()], WardReader(misread="C"))
    return store


def test_an_inquiry_that_is_ended_leaves_no_half_of_itself_and_those_before_it_stand(
    tmp_path: Path, pair: EvidenceStore
) -> None:
    whole = blamed(tmp_path / "whole", pair, WardReader(misread="C"))
    with Journal.open(tmp_path / "parts" / JOURNAL) as journal:
        with pytest.raises(KeyboardInterrupt):
            blame_failures(journal, pair, WardReader(misread="C", calls=Brittle(KeyboardInterrupt())))
        done = {name: journal.records(name) for name in journal.runs() if "~" in name}
        assert done
        assert all(records[-1].type == "run.end" for records in done.values())
        assert {one.case for one in blames(journal)} == {"q-apixaban"}
        blame_failures(journal, pair, WardReader(misread="C"))
        assert all(journal.records(name) == records for name, records in done.items())
        assert blames(journal) == whole
        assert verify_journal(journal).sound


def test_a_run_whose_attribution_raises_is_told_the_pass_goes_on_and_the_next_one_tries_it_again(
    tmp_path: Path, pair: EvidenceStore
) -> None:
    whole = blamed(tmp_path / "whole", pair, WardReader(misread="C"))
    with Journal.open(tmp_path / "parts" / JOURNAL) as journal:
        blame_failures(journal, pair, WardReader(misread="C", calls=Brittle(RuntimeError("no ink"))))
        assert not_attributed(journal) == {"words.q-heparin": "RuntimeError: no ink"}
        assert {one.case for one in blames(journal)} == {"q-apixaban", "q-insulin"}
        assert verify_journal(journal).sound
        blame_failures(journal, pair, WardReader(misread="C"))
        assert not_attributed(journal) == {}
        assert blames(journal) == whole
        assert verify_journal(journal).sound


def test_of_patient_data_only_the_kind_of_error_is_told(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("heparin", "B")])
    asked = case("heparin", sensitive=("stem",))
    ask(tmp_path / "x", store, [asked], [arm()], WardReader(misread="C"))
    with Journal.open(tmp_path / "x" / JOURNAL) as journal:
        blame_failures(journal, store, WardReader(misread="C", calls=Brittle(RuntimeError(asked.stem))))
        assert not_attributed(journal) == {"words.q-heparin": "RuntimeError"}


def test_a_disk_that_is_full_ends_the_pass(tmp_path: Path, pair: EvidenceStore) -> None:
    with Journal.open(tmp_path / "parts" / JOURNAL) as journal:
        with pytest.raises(OSError, match="no space"):
            blame_failures(journal, pair, WardReader(misread="C", calls=Brittle(OSError("no space"))))
        assert not_attributed(journal) == {}


LATER = """
import sys
from pathlib import Path
from ward import Unseeing, WardReader, WordVectors, blamed, clock
from evitrail.evidence_store import EvidenceStore
from evitrail.retrieval import RETRIEVERS

RETRIEVERS["unseeing"] = Unseeing()
with EvidenceStore.open(Path(sys.argv[1]), embedder=WordVectors(), clock=clock) as store:
    for one in blamed(Path(sys.argv[2]), store, WardReader(guesses="A")):
        print(one.model_dump_json())
"""
"""Attributes an experiment that ``mixed`` is a copy of."""


def test_attribution_at_once_and_in_a_later_process_are_equal_byte_for_byte(tmp_path: Path, mixed: Any) -> None:
    folder, store, reader = mixed
    later = tmp_path / "later"
    shutil.copytree(folder, later)
    at_once = blamed(folder, store, reader)
    store.close()
    roots = [str(Path(ward.__file__).parent), str(Path(evitrail.eval.__file__).parents[2])]
    said = subprocess.run(
        [sys.executable, "-c", LATER, str(tmp_path / "store"), str(later)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(roots)},
    )
    assert said.stdout.splitlines() == [one.model_dump_json() for one in at_once]


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
