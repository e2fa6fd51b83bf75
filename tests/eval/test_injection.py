"""Injected faults break what they say and nothing else; a plan is resumed, and a bad one is one line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ward import DRUGS, advice, case
from world import WordVectors

from evitrail.agent.model import CheckedAnswers, Choice, Critique, Synthesis
from evitrail.eval.dataset.case import load
from evitrail.eval.demo import DEMO_CASES
from evitrail.eval.injection.operators import OPERATORS
from evitrail.eval.injection.plan import DEMO_PLAN, Data, InjectionPlan, read_injection_plan
from evitrail.eval.injection.run_injection import Injecting, run_injection
from evitrail.eval.injection.store_faults import added_ref, contested, faulted
from evitrail.eval.injection.trial import Bench, Material, Trial
from evitrail.eval.log.runs import JOURNAL
from evitrail.evidence_store import InputError, read_evidence
from evitrail.evidence_store.demo import DEMO_EVIDENCE
from evitrail.retrieval.base import Retrieved
from evitrail.traces.journal.journal import Journal
from evitrail.traces.trace import Trace

CASES = [one for one in load(DEMO_CASES) if one.id.startswith("acute")][:8]
NAMED = {ref.partition("@")[0] for one in CASES for ref in (*one.clean_evidence, *one.conflict_evidence)}
EVIDENCE = [one for one in read_evidence(DEMO_EVIDENCE) if one.id in NAMED or one.id.startswith("a")][:60]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    held = {item.ref for item in EVIDENCE}
    cases = tuple(one for one in CASES if held.issuperset(one.clean_evidence))
    assert len(cases) >= 5
    material = Material("few", cases, tuple(EVIDENCE), tmp_path_factory.mktemp("few"), WordVectors())
    made = Bench(material, candidates=8, admitted=3)
    yield made
    made.close()


def outputs(bench: Bench, operator: str, run: str, kind: str) -> tuple[Any, Any]:
    """What the last step of a kind came to, with the fault and without."""
    types: dict[str, Any] = {
        "Critique": Critique,
        "Synthesis": Synthesis,
        "Choice": Choice,
        "Retrieved": Retrieved,
        "Checked": CheckedAnswers,
    }
    found: list[Any] = []
    one = OPERATORS[operator]
    for folder in (bench.folder(one, "table"), bench.clean(one.base, "table", bench.readers()["table"]).folder):
        with Journal.open(folder / JOURNAL) as journal:
            step = Trace(journal, run).last(kind)
            assert step is not None
            found.append(journal.get(step.output, types[step.output_type]))
    return found[0], found[1]


def trials(bench: Bench, operator: str) -> list[Trial]:
    found = bench.trials(OPERATORS[operator], "table", bench.readers()["table"])
    return [trial for trial in found if trial.sort != "masked"]


def test_an_omission_leaves_out_what_decides_and_the_hits_are_as_before(bench: Bench) -> None:
    found = trials(bench, "synthesise Y1")
    assert found
    for trial in found:
        decides = next(one for one in CASES if one.id == trial.case).clean_evidence
        injected, clean = outputs(bench, trial.operator, trial.run, "synthesise")
        assert {claim.evidence for claim in clean.claims} & set(decides)
        assert not {claim.evidence for claim in injected.claims} & set(decides)
        hits = outputs(bench, trial.operator, trial.run, "retrieve")
        assert hits[0] == hits[1]
        assert trial.blame is not None
        assert (trial.blame.roles[:1], trial.blame.fault_code) == (("synthesise",), "Y1")
        assert trial.guesses["contracts only"] == trial.guesses["coverage rules"] == ("synthesise",)


def test_another_letter_is_chosen_from_the_same_claims_with_a_reason_like_any_other(bench: Bench) -> None:
    for trial in trials(bench, "choose C1"):
        said, before = outputs(bench, trial.operator, trial.run, "synthesise")
        assert said == before
        injected, clean = outputs(bench, trial.operator, trial.run, "choose")
        assert injected.option != clean.option
        assert injected.reason == clean.reason == "the surest evidence"
        assert (trial.injected, trial.failed) == (trial.clean, True)


def test_a_search_past_the_cut_off_serves_all_but_what_decides(bench: Bench) -> None:
    for trial in trials(bench, "retrieve cuts off"):
        decides = next(one for one in CASES if one.id == trial.case).clean_evidence
        injected, clean = outputs(bench, trial.operator, trial.run, "retrieve")
        assert {hit.passage.ref for hit in clean.hits} & set(decides)
        assert not {hit.passage.ref for hit in injected.hits} & set(decides)


def test_an_invented_claim_quotes_what_another_questions_run_quoted(bench: Bench) -> None:
    for trial in trials(bench, "synthesise Y3"):
        injected, clean = outputs(bench, trial.operator, trial.run, "synthesise")
        (made,) = set(injected.claims) - set(clean.claims)
        quotes = bench.clean("gated", "table", bench.readers()["table"]).donors.quotes
        assert any(made.quote in quotes[other] for other in quotes if other != trial.case)


def test_only_runs_that_pass_without_the_fault_are_tried_and_a_placebo_is_no_fault(bench: Bench) -> None:
    passed = bench.clean("gated", "table", bench.readers()["table"]).passed
    found = trials(bench, "placebo, last two hits swapped")
    assert {trial.case for trial in found} <= passed
    assert [trial for trial in found if trial.blame is not None and trial.blame.culprit] == []


def test_a_version_that_is_added_does_not_say_so() -> None:
    one = CASES[0]
    for fault in ("S4", "S5"):
        (added,) = {item.ref for item in faulted(fault, [one], EVIDENCE)} - {item.ref for item in EVIDENCE}
        assert added == added_ref(one)
        assert "inject" not in added
    weaker = next(item for item in contested([one], EVIDENCE) if item.ref == added_ref(one, "weaker"))
    assert weaker.grade is not None
    assert weaker.grade.certainty == "low"


def planned(folder: Path, **changes: Any) -> InjectionPlan:
    """A plan of two small cells."""
    cases, evidence = folder / "cases.jsonl", folder / "evidence.jsonl"
    cases.write_text("".join(f"{case(drug).model_dump_json()}\n" for drug in DRUGS[:4]), "utf-8")
    evidence.write_text("".join(f"{advice(drug, 'B').model_dump_json()}\n" for drug in DRUGS), "utf-8")
    data = Data(name="ward", benchmark=str(cases), evidence=str(evidence))
    given: dict[str, Any] = {"readers": ("table",), "admitted": 2, "operators": ("choose C1", "store S1")}
    return InjectionPlan(data=(data,), **given | changes)


def test_a_cell_that_is_done_is_not_done_again_and_one_that_is_missing_is(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    told: list[Injecting] = []
    first = run_injection(plan, tmp_path / "out", told.append, embedder=WordVectors())
    assert [trial.blame.roles[:1] for trial in first.trials if trial.blame] == [("store",)] * 2 + [("choose",)] * 2
    assert told[-1] == (2, 2)
    cells = sorted((tmp_path / "out" / "cells").iterdir())
    assert [cell.name for cell in cells] == ["ward.choose-C1.table.json", "ward.store-S1.table.json"]
    before = {cell.name: cell.stat().st_mtime_ns for cell in cells}
    cells[0].unlink()
    again = run_injection(plan, tmp_path / "out", embedder=WordVectors())
    assert [trial.model_dump() for trial in again.trials] == [trial.model_dump() for trial in first.trials]
    assert cells[0].stat().st_mtime_ns != before[cells[0].name]
    assert cells[1].stat().st_mtime_ns == before[cells[1].name]
    told_rows = json.loads((tmp_path / "out" / "table.json").read_text("utf-8"))
    assert told_rows == again.as_json()
    with pytest.raises(InputError, match="holds the results of another plan"):
        run_injection(plan.model_copy(update={"seed": 1}), tmp_path / "out", embedder=WordVectors())


def test_data_sets_are_done_by_processes_and_what_is_wrong_with_one_ends_all(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.jsonl").write_text("{", "utf-8")
    files = {name: str(tmp_path / f"{name}.jsonl") for name in ("one", "two")}
    data = tuple(Data(name=name, benchmark=file, evidence=file) for name, file in files.items())
    with pytest.raises(InputError, match=r"(one|two)\.jsonl:1: expected one JSON object, got broken JSON"):
        run_injection(InjectionPlan(data=data), tmp_path / "out")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("readers = ['gpt']", "expected readers among extractive, table, got 'gpt'"),
        ("admited = 3", "unknown key 'admited'"),
        ("admitted = 0", "key 'admitted': expected"),
        ("operators = ['stoer']", "expected a part of one of store S1"),
        ("judge = 'gpt'", "expected a language model"),
        ("data = []", "at least one"),
        ("[[data]]\nname='d'\nbenchmark='nowhere'\nevidence='nowhere'", "data 'd': benchmark: expected a file"),
        ("candidates = ", "expected TOML"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(text, "utf-8")
    with pytest.raises(InputError) as error:
        read_injection_plan(plan)
    assert len(str(error.value).splitlines()) == 1
    assert said in str(error.value)


def test_the_plan_that_is_shipped_uses_every_fault_on_the_demonstration() -> None:
    plan = read_injection_plan(DEMO_PLAN)
    assert [one.name for one in plan.chosen] == list(OPERATORS)
    assert [one.name for one in plan.data] == ["demo"]
