"""A failed run is compared with one that is normal: the components that differ are named, and those that decide."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from comparing import Comparing, Raising, comparing, recorded
from ward import HIGH, NEW, OLD, STALE, WardReader, advice, arm, case

from evitrail.agent.llm.base import Unreachable
from evitrail.agent.model import Decoding
from evitrail.eval.attribution.baseline.baseline import compare_with_baseline, decisive
from evitrail.eval.attribution.baseline.components import told_apart
from evitrail.eval.plan.condition import CONDITIONS
from evitrail.eval.plan.readers import Readers, readers
from evitrail.evidence_store import EvidenceStore

NEARER = "What is the advice? A patient takes apixaban. For apixaban the advice is option C."
"""A text that a search for the question finds before the evidence that decides."""


@pytest.fixture
def ward(tmp_path: Path, store: EvidenceStore) -> Iterator[Comparing]:
    with comparing(tmp_path, store) as ward:
        yield ward


def test_of_a_stale_answer_the_retriever_is_named_that_serves_only_what_is_current(ward: Comparing) -> None:
    ward.store.ingest([OLD, NEW])
    ours = ward.run("x", CONDITIONS["standard"], CONDITIONS["gated"], cases=[STALE])
    found = ward.one(ours, ours._replace(condition="gated"))
    assert (found.run, found.baseline, found.condition) == ("standard.q-apixaban", "gated.q-apixaban", "standard")
    assert found.differing == ("retriever", "agent", "k")
    assert (found.verdict, found.minimal) == ("decided", (("retriever",),))
    assert found.sentence == (
        "retriever: with `Clean()` in place of `Dense(valid_only=False)` it does not fail "
        "(agent and k alone make no difference)"
    )
    assert found.replays == 4, "unchanged, and each of the three alone"


def test_of_too_few_passages_the_number_is_named(ward: Comparing) -> None:
    ward.store.ingest([advice("apixaban", "B", grade=HIGH), advice("apixaban", "C", id="apixaban-note", text=NEARER)])
    ours = ward.run("x", arm("narrow", k=1), arm("wide", k=3))
    found = ward.one(ours, ours._replace(condition="wide"))
    assert (found.differing, found.minimal) == (("k",), (("k",),))
    assert found.sentence == "k: with `3` in place of `1` it does not fail"


def test_a_reader_that_misreads_is_told_from_one_of_another_folder_that_does_not(ward: Comparing) -> None:
    ward.store.ingest([advice("apixaban", "B")])
    ours = ward.run("x", reader=WardReader(misread="C"))
    found = ward.one(ours, ward.run("y", reader=WardReader()))
    assert (found.differing, found.minimal, found.baseline) == (("reader",), (("reader",),), "words.q-apixaban")
    assert "misread=None" in found.sentence
    assert "misread='C'" in found.sentence


def test_a_store_state_in_which_the_evidence_was_not_there_yet_is_named(ward: Comparing) -> None:
    ward.store.ingest([advice("apixaban", "C", id="apixaban-note")])
    early = ward.store.seq
    ward.store.ingest([advice("apixaban", "B", grade=HIGH)])
    ours, theirs = ward.run("x", seq=early), ward.run("y")
    found = ward.one(ours, theirs)
    assert (found.differing, found.minimal) == (("store state",), (("store state",),))
    assert f"`ledger number {ward.store.seq}` in place of `ledger number {early}`" in found.sentence


def test_where_no_single_swap_helps_the_pair_is_found_that_does(ward: Comparing) -> None:
    ward.store.ingest([advice("apixaban", "B", grade=HIGH), advice("apixaban", "C", id="apixaban-note", text=NEARER)])
    failing = arm("bad", retriever="unseeing", k=1)
    ours = ward.run("x", failing, arm("good", k=3), decoding=Decoding(samples=3))
    theirs = ward.run("y", arm("good", k=3), decoding=Decoding(samples=3, seed=7))
    found = ward.one(ours, theirs)
    assert found.differing == ("retriever", "k", "decoding")
    assert found.minimal == (("retriever", "k"),)
    assert found.sentence.startswith("retriever and k: with `BM25(valid_only=False)` in place of `Unseeing()` and `3`")
    assert "none of them alone prevents it (decoding alone makes no difference)" in found.sentence


def test_every_single_swap_that_prevents_the_failure_is_reported(ward: Comparing) -> None:
    ward.store.ingest([advice("apixaban", "B", grade=HIGH), advice("apixaban", "C", id="apixaban-note", text=NEARER)])
    ward.store.ingest([advice("apixaban", "B", id="apixaban-other", text=f"{NEARER[:-2]}B. {NEARER[:40]}")])
    ours = ward.run("x", arm("bad", retriever="unseeing"), reader=WardReader())
    theirs = ward.run("y", arm("bad"), reader=WardReader(insists="B"))
    found = ward.one(ours, theirs)
    assert found.minimal == (("retriever",), ("reader",))
    assert decisive([found]) == {"reader": 1, "retriever": 1}
    assert found.sentence.count("it does not fail") == 2


def test_served_evidence_and_a_search_are_one_difference(ward: Comparing) -> None:
    ward.store.ingest([advice("apixaban", "B"), advice("apixaban", "C", id="apixaban-note")])
    ours = ward.run("x", arm(retriever="unseeing"), CONDITIONS["clean"], CONDITIONS["closed_book"])
    found = compare_with_baseline(ours, ours._replace(condition="clean"))
    by_run = {swap.run: swap for swap in found if swap.outcome == "wrong"}
    assert by_run["words.q-apixaban"].minimal == (("curated evidence",),)
    assert by_run["words.q-apixaban"].differing == ("k", "curated evidence")
    assert "`clean evidence` in place of `Unseeing()`" in by_run["words.q-apixaban"].sentence
    no_book = by_run["closed_book.q-apixaban"]
    assert no_book.minimal == (("agent", "curated evidence"),), "an agent that searches needs something to search"
    assert no_book.replays < 8, "what does not go together is not tried"


def test_a_baseline_that_fails_as_well_is_listed(ward: Comparing) -> None:
    ward.store.ingest([advice("apixaban", "B"), advice("heparin", "B")])
    reader = WardReader(insists="A")
    ours = ward.run("x", arm("one"), arm("two", k=5), reader=reader)
    found = ward.one(ours, ours._replace(condition="two"))
    assert (found.verdict, found.minimal, found.replays) == ("baseline fails", (), 0)
    assert (found.differing, found.sentence) == (("k",), "the baseline fails as well")


def test_where_nothing_differs_that_is_said(ward: Comparing) -> None:
    ward.store.ingest([advice("apixaban", "B")])
    ours, same = ward.run("x", reader=WardReader(slips={1: "C"})), WardReader(slips={1: "C"})
    same.calls.append("synthesise an earlier question")
    found = ward.one(ours, ward.run("y", reader=same))
    assert (found.verdict, found.differing) == ("undecided", ())
    assert "no component differs" in found.sentence


def test_a_component_that_raises_is_told_and_the_others_are_compared(ward: Comparing) -> None:
    ward.store.ingest([advice(drug, "B") for drug in ("apixaban", "heparin")])
    cases = [case("apixaban"), case("heparin")]
    ours = ward.run("x", arm(k=1), reader=WardReader(misread="C"), cases=cases)
    ward.run("y", arm(retriever="dense"), reader=WardReader(), cases=cases)
    theirs = ward.side("y", Raising("q-apixaban"))
    found = [swap for swap in compare_with_baseline(ours, theirs) if swap.outcome == "wrong"]
    assert [(swap.case, swap.verdict) for swap in found] == [("q-apixaban", "not compared"), ("q-heparin", "decided")]
    assert found[0].sentence == "not compared: RuntimeError: out of memory"
    assert found[1].minimal == (("reader",),)


def test_once_a_model_does_not_answer_no_further_run_is_done_again(ward: Comparing) -> None:
    drugs = ("apixaban", "heparin")
    ward.store.ingest([advice(drug, "B") for drug in drugs])
    cases = [case(drug) for drug in drugs]
    ours = ward.run("x", arm(k=1), reader=WardReader(misread="C"), cases=cases)
    ward.run("y", arm(retriever="dense"), cases=cases)
    down = Raising("q-apixaban", "no answer", Unreachable)
    found = [swap for swap in compare_with_baseline(ours, ward.side("y", down)) if swap.outcome == "wrong"]
    assert {swap.sentence for swap in found} == {"not compared: Unreachable: no answer"}
    assert [call for call in down.calls if "heparin" in call] == []


def test_comparing_changes_no_journal(ward: Comparing, tmp_path: Path) -> None:
    ward.store.ingest([advice("apixaban", "B")])
    ours, theirs = ward.run("x", reader=WardReader(misread="C")), ward.run("y", arm(k=2))
    before = recorded(tmp_path)
    assert ward.one(ours, theirs).verdict == "decided"
    assert recorded(tmp_path) == before


def test_steps_that_either_run_recorded_are_not_done_again(ward: Comparing) -> None:
    ward.store.ingest([advice("apixaban", "B", grade=HIGH), advice("apixaban", "C", id="apixaban-note", text=NEARER)])
    ours_reader, theirs_reader = WardReader(misread="C"), WardReader()
    ours, theirs = ward.run("x", arm(k=1), reader=ours_reader), ward.run("y", arm(k=1), reader=theirs_reader)
    ours_reader.calls.clear()
    theirs_reader.calls.clear()
    compare_with_baseline(ours, theirs)
    assert (ours_reader.calls, theirs_reader.calls) == ([], [])


def test_a_reader_that_draws_at_random_is_said_to_rest_on_a_single_draw(ward: Comparing) -> None:
    ward.store.ingest([advice("apixaban", "B")])
    ours = ward.run("x", reader=WardReader(misread="C", deterministic=False))
    assert "rests on a single draw" in ward.one(ours, ward.run("y")).sentence


def test_with_several_readers_a_run_is_compared_with_that_of_its_own_reader(ward: Comparing) -> None:
    ward.store.ingest([advice("apixaban", "B", grade=HIGH), advice("apixaban", "C", id="apixaban-note", text=NEARER)])
    pair = Readers({"good": WardReader(), "bad": WardReader(misread="D")})
    ours = ward.run("x", arm("narrow", k=1), arm("wide"), reader=pair)
    wrong = [s for s in compare_with_baseline(ours, ours._replace(condition="wide")) if s.outcome == "wrong"]
    assert [(s.run, s.baseline) for s in wrong] == [
        ("narrow@bad.q-apixaban", "wide@bad.q-apixaban"),
        ("narrow@good.q-apixaban", "wide@good.q-apixaban"),
    ]
    assert [s.verdict for s in wrong] == ["baseline fails", "decided"]
    named = [s for s in compare_with_baseline(ours, ours._replace(condition="wide@good")) if s.outcome == "wrong"]
    assert [(s.run, s.minimal) for s in named] == [
        ("narrow@bad.q-apixaban", (("k", "reader"),)),
        ("narrow@good.q-apixaban", (("k",),)),
        ("wide@bad.q-apixaban", (("reader",),)),
    ]


def test_runs_with_patient_data_are_compared_and_nothing_of_them_is_said(ward: Comparing, tmp_path: Path) -> None:
    ward.store.ingest([advice("apixaban", "B")])
    secret = case("apixaban", stem="Zorblattine takes apixaban. What is the advice?", sensitive=("stem",))
    ours = ward.run("x", arm(k=1), reader=WardReader(misread="C"), cases=[secret], mask=None)
    theirs = ward.run("y", arm(k=2), reader=WardReader(), cases=[secret], mask=None)
    before = recorded(tmp_path)
    found = ward.one(ours, theirs)
    assert found.minimal == (("reader",),)
    raising = theirs._replace(readers=readers(Raising("q-apixaban", "Zorblattine fell")))
    told = ward.one(ours, raising)
    assert told.verdict == "not compared"
    assert "withheld" in told.sentence
    assert "Zorblattine" not in found.model_dump_json() + told.model_dump_json()
    assert recorded(tmp_path) == before


def test_progress_is_reported_run_by_run(ward: Comparing) -> None:
    ward.store.ingest([advice("apixaban", "B")])
    told: list[tuple[int, int]] = []
    ours, theirs = ward.run("x", reader=WardReader(misread="C")), ward.run("y")
    compare_with_baseline(ours, theirs, lambda done, of: told.append((done, of)))
    assert told == [(0, 1), (1, 1)]


def test_long_names_are_cut_down_to_where_they_differ() -> None:
    one, other = (f"PromptedReader(llm=Server('{'x' * 80}'), temperature={t}, rest={'y' * 80})" for t in (0.5, 0.9))
    shown = told_apart(one, other)
    assert shown[0] != shown[1]
    assert all(len(each) < 65 for each in shown)
