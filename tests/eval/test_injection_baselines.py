"""What simpler methods say of a failed run, and whether an injected step gives itself away by its words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ward import DRUGS, Unseeing, WardReader, advice, arm, ask, case, opened

from evitrail.agent.llm.scripted import ScriptedLLM
from evitrail.eval.attribution.attribute import attribute, evidence_named
from evitrail.eval.injection import baselines, judges
from evitrail.eval.injection.leak import Pair, leak
from evitrail.eval.log.runs import JOURNAL, traces
from evitrail.eval.plan.readers import readers
from evitrail.evidence_store import EvidenceStore
from evitrail.retrieval import RETRIEVERS
from evitrail.traces.journal.journal import Journal


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EvidenceStore]:
    monkeypatch.setitem(RETRIEVERS, "unseeing", Unseeing())
    with opened(tmp_path) as store:
        yield store


def failing(folder: Path, store: EvidenceStore, reader: Any, **changes: Any) -> baselines.FailedRun:
    """One case asked and failed, as baselines see it."""
    condition = changes.pop("condition", arm())
    assert ask(folder, store, [changes.pop("asked", case("apixaban"))], [condition], reader) == []
    journal = Journal.open(folder / JOURNAL)
    (run,) = (trace.run for trace in traces(journal))
    vouched = evidence_named(journal)
    blame = next(one for one in attribute(journal, run, store, reader) if one.outcome == "wrong")
    return baselines.failed_run(journal, run, store, readers(reader), vouched, "wrong", blame)


def test_coverage_rules_look_where_the_deciding_evidence_is_lost(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B"), *(advice(drug, "B") for drug in DRUGS[1:])])
    blind, misled = WardReader(blind=True), WardReader(insists="C")
    said = [baselines.guesses(failing(tmp_path / name, store, one)) for name, one in (("1", blind), ("2", misled))]
    assert [one["coverage rules"] for one in said] == [("synthesise",), ("choose",)]
    assert [one["contracts only"] for one in said] == [("synthesise",), ("choose",)]
    assert [one["value oracle"] for one in said] == [("synthesise",), ("choose",)]
    assert {(one["first step"], one["last step"]) for one in said} == {(("retrieve",), ("choose",))}
    assert {one["resampling"] for one in said} == {()}, "a deterministic run comes out as recorded"
    absent = failing(tmp_path / "3", store, WardReader(), asked=case("aspirin", clean_evidence=("aspirin@1",)))
    assert baselines.coverage_rules(absent) == ("store",)


def test_resampling_names_the_step_whose_fresh_draw_passes(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    slips = WardReader(slips={1: "C"}, deterministic=False)
    run = failing(tmp_path / "1", store, slips)
    assert not run.deterministic
    assert baselines.resampling(run) == ("synthesise",)


def test_a_judge_is_asked_in_three_ways_and_names_steps_as_the_log_does(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    scene = failing(tmp_path / "1", store, WardReader(misread="C")).scene
    llm = ScriptedLLM(
        (
            ("ends with the step synthesise", "Yes."),
            ("ends with the step", "No."),
            (r"second part, choose\[1\]\?", "first"),
            ("first part", "second"),
            ("Name the one step", "The step synthesise[1]."),
        )
    )
    said = judges.judged(llm, scene)
    assert set(said.values()) == {("synthesise",)}
    assert all("The right answer is B" in prompt.messages[1].content for prompt in llm.asked)
    silent = ScriptedLLM(((".", "I cannot tell."),))
    assert set(judges.judged(silent, scene).values()) == {()}


def test_the_leak_test_finds_a_word_that_a_fault_brings_along_and_passes_an_exchange_of_words() -> None:
    words = ("stroke dose weight", "bleeding risk age", "renal clearance drug", "fever culture swab")
    told = [words[n % 4] + f" case {n}" for n in range(40)]
    marked = [Pair(f"c{n}", f"{text} definitely", text) for n, text in enumerate(told)]
    swapped = [Pair(f"c{n}", told[(n + 1) % 40], text) for n, text in enumerate(told)]
    found, clean = leak("marked", marked), leak("swapped", swapped)
    assert (found.verdict, found.lineages) == ("leaks", 40)
    assert found.lo > 0.1
    assert clean.verdict != "leaks"
    assert clean.excess <= 0.1
    assert leak("few", marked[:3]).verdict == "undecided"
    same = leak("same", [Pair(f"c{n}", "one", "one") for n in range(40)])
    assert same.excess == 0.0
