"""What a metric may read of a run: its outcome, its case, its answer and what it cost; and the metrics that read it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from desk import evitrail
from hypothesis import given
from hypothesis import strategies as st
from ward import advice, arm, ask, case, opened

from evitrail.agent.llm import ScriptedLLM
from evitrail.agent.model import Answer, Decoding
from evitrail.agent.reader.checking.judge import JudgeChecker
from evitrail.agent.reader.direct import DirectReader
from evitrail.eval.dataset.case import COVER, Case
from evitrail.eval.log.runs import cases, outcomes
from evitrail.eval.log.scored_runs import scored_runs
from evitrail.eval.log.served import served
from evitrail.eval.metrics import COST, METRICS, WEIGHTED, Metric, Scored
from evitrail.eval.metrics.base import mean, median
from evitrail.eval.metrics.prices import Price, TokenUsage
from evitrail.eval.metrics.table import cost_rows, metric_rows
from evitrail.eval.plan.plan import Plan, read_plan
from evitrail.eval.report.results import write_results
from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.input_text import InputError
from evitrail.traces.journal.folder import Journals
from evitrail.traces.trace import Trace

RATIONALE = "apixaban lowers the risk"
CASES = [
    case("apixaban", gold_rationale=RATIONALE),
    case("heparin", clean_evidence=()),
    case("insulin", sensitive=("stem", "gold_rationale"), gold_rationale="born 3 May 1950"),
]
TALK = (("takes apixaban", ("Answer: B", "B")), ("takes heparin", "C"), (".", "Answer: B"))
JUDGE = '{"clear_selection": "yes", "reasoning": "it says so", "confirmed_answer": "B"}'
PLAN: dict[str, Any] = {
    "benchmark": "b",
    "store": "s",
    "conditions": ("standard",),
    "reader": "openai:o/talker@http://h",
}


class CountingJournal:
    """A journal that counts how often a run's records are read."""

    def __init__(self, journal: Journals) -> None:
        self.journal = journal
        self.reads: Counter[str] = Counter()

    def records(self, run: str) -> Any:
        self.reads[run] += 1
        return self.journal.records(run)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.journal, name)


def asked(folder: Path, store: EvidenceStore) -> Path:
    """An experiment of three cases, read and judged by scripted models."""
    reader = DirectReader(
        ScriptedLLM(TALK, name="org/talker"), checker=JudgeChecker(ScriptedLLM(((".", JUDGE),), name="judge"))
    )
    assert ask(folder, store, CASES, [arm()], reader, decoding=Decoding(samples=2)) == []
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("scored")
    with opened(where) as store:
        store.ingest([advice(each.id.removeprefix("q-"), "B") for each in CASES])
        asked(where / "again", store)
        return asked(where / "run", store)


@pytest.fixture
def journal(folder: Path) -> Iterator[Any]:
    with Journals.open(folder) as opened_:
        yield CountingJournal(opened_)


def runs_of(journal: Any, **plan: Any) -> dict[str, Scored]:
    """The scored runs by drug."""
    shown = {key: each.covered for key, each in cases(journal).items()}
    found = scored_runs(outcomes(journal), journal, shown, Plan(**PLAN | plan) if plan else None)
    journal.reads.clear()
    return {run.outcome.case.removeprefix("q-"): run for run in found}


def test_a_run_shows_its_case_its_answer_and_the_models_own_text(journal: Any) -> None:
    run = runs_of(journal)["apixaban"]
    assert (run.case, run.raw_output) == (CASES[0], "Answer: B")
    assert isinstance(run.answer, Answer)
    assert (run.answer.option, run.answer.reason) == ("B", "it says so")


def test_texts_of_a_sensitive_case_are_withheld(journal: Any) -> None:
    run = runs_of(journal)["insulin"]
    assert run.case is not None
    assert run.answer is not None
    assert (run.case.stem, run.case.gold_rationale, run.answer.reason) == (COVER, COVER, COVER)
    assert (run.raw_output, run.answer.option) == (None, "B")


def test_tokens_are_those_of_the_answer_and_its_samples_and_not_of_the_judge(journal: Any) -> None:
    run = runs_of(journal)["heparin"]
    # One word is the greedy answer and one each sample; what the judge read and wrote would be many more.
    assert run.tokens.completion == 3
    assert run.tokens.prompt is not None
    assert run.tokens.prompt > 0
    assert run.milliseconds is not None
    assert run.milliseconds > 0


def test_the_journal_is_read_once_for_each_run_and_only_for_metrics_that_need_it(journal: Any) -> None:
    runs = list(runs_of(journal).values())
    metric_rows(runs, replicates=5)
    assert journal.reads == {}
    for _ in range(2):
        cost_rows(runs, replicates=5)
        assert set(journal.reads.values()) == {1}


@pytest.mark.parametrize("name", ["openai:o/talker@http://h", "talker", "org/talker"])
def test_a_price_is_found_by_the_readers_name_its_label_or_the_models_own_name(journal: Any, name: str) -> None:
    run = runs_of(journal, prices={name: Price(prompt=2.0, completion=10.0)})["heparin"]
    assert run.tokens.prompt is not None
    assert run.money == pytest.approx((2.0 * run.tokens.prompt + 10.0 * 3) / 1e6)


def test_what_has_no_price_has_no_cost(journal: Any) -> None:
    free = Price(prompt=0, completion=0)
    for plan in ({}, {"prices": {"another": free}}):
        assert {run.money for run in runs_of(journal, **plan).values()} == {None}
    assert {run.money for run in runs_of(journal, prices={"talker": free}).values()} == {0}


def test_prices_stand_in_a_plan_as_a_table(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    said = 'benchmark = "b"\nstore = "s"\nconditions = ["standard"]\n[prices."gpt-4o"]\nprompt = 2.5\ncompletion = '
    plan.write_text(f"{said}10\n", "utf-8")
    assert read_plan(plan).prices == {"gpt-4o": Price(prompt=2.5, completion=10.0)}
    plan.write_text(f"{said}-1\n", "utf-8")
    with pytest.raises(InputError, match="prices"):
        read_plan(plan)


def test_a_table_of_prices_gives_the_cost_without_a_change_of_the_plan(folder: Path, tmp_path: Path) -> None:
    write_results(folder)
    prices = tmp_path / "prices.toml"
    prices.write_text('[prices."org/talker"]\nprompt = 2\ncompletion = 10\n', "utf-8")
    before = (folder / "cost.json").read_text("utf-8")
    found = evitrail("statistics", folder, "--prices", prices, "--json").json
    with Journals.open(folder) as opened_:
        runs = runs_of(CountingJournal(opened_), prices={"org/talker": Price(prompt=2, completion=10)})
        expected = np.mean([run.money or 0.0 for run in runs.values()])
    assert (found["cost"][0]["money"]["value"], found["without_price"]) == (pytest.approx(expected), [])
    assert (folder / "cost.json").read_text("utf-8") == before
    stated = evitrail("statistics", folder, "--json").json["cost"]
    assert stated == json.loads(before)
    assert "money" in evitrail("statistics", folder, "--prices", prices).out


def test_what_the_searches_served_is_measured_by_the_evidence_that_each_case_names(folder: Path) -> None:
    write_results(folder)
    (row,) = evitrail("statistics", folder, "--json").json["retrieval"]
    with Journals.open(folder) as opened_:
        found = {one.case: served(Trace(opened_, one.run)) or () for one in outcomes(opened_)}
    clean = {each.id: each.clean_evidence for each in CASES if each.clean_evidence}
    assert len(clean) == 2, "one of the cases names none"
    gains = {
        case: [1 / np.log2(place + 2) * (ref in clean[case]) for place, ref in enumerate(found[case])] for case in clean
    }
    ideal = {case: sum(1 / np.log2(place + 2) for place in range(len(refs))) for case, refs in clean.items()}
    assert row["nDCG@10"]["value"] == pytest.approx(np.mean([sum(gains[case][:10]) / ideal[case] for case in clean]))
    recalls = [len(set(found[case][:10]).intersection(refs)) / len(refs) for case, refs in clean.items()]
    assert row["R@10"]["value"] == pytest.approx(np.mean(recalls))
    assert (row["nDCG@10"]["n"], row["n"]) == (2, 3)
    assert row["outdated_exposure"]["value"] is None, "no case names outdated evidence"


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        (
            '[prices."org/talkr"]\nprompt = 2\ncompletion = 10\n',
            "key 'prices.org/talkr': expected a model or reader of this experiment among org/talker, "
            "got 'org/talkr'; did you mean 'org/talker'?",
        ),
        ('[prices."org/talker"]\nprompt = -2\ncompletion = 10\n', "key 'prices.org/talker.prompt': expected"),
        ('[prices."org/talker"]\nprompt = 2\n', "key 'prices.org/talker.completion' is missing"),
        ('["org/talker"]\nprompt = 2\n', "key "),
        ("[prices]\n", "key 'prices': expected"),
    ],
)
def test_a_price_that_cannot_be_meant_is_one_line(folder: Path, tmp_path: Path, table: str, fault: str) -> None:
    write_results(folder)
    prices = tmp_path / "prices.toml"
    prices.write_text(table, "utf-8")
    said = evitrail("statistics", folder, "--prices", prices)
    assert (said.code, said.out) == (2, "")
    assert said.faults[0].startswith(f"{prices}: {fault}"), said.err


def test_outcomes_alone_give_every_metric_of_outcomes_and_nothing_else(journal: Any) -> None:
    whole, bare = (metric_rows(runs, replicates=20) for runs in (runs_of(journal).values(), outcomes(journal)))
    unknown = {"value": None, "lo": None, "hi": None, "n": 0}
    assert [{**row, "citation_recall": unknown} for row in whole] == bare
    (cost,) = cost_rows(outcomes(journal), replicates=5)
    assert [cost[name] for name in COST] == [unknown] * len(COST)


def test_cost_is_a_file_of_its_own_in_which_only_latency_differs_between_equal_experiments(folder: Path) -> None:
    written = []
    for each in (folder, folder.parent / "again"):
        write_results(each)
        written.append(json.loads((each / "cost.json").read_text("utf-8")))
    (one,), (other,) = written
    assert list(one) == ["condition", "reader", "snapshot", "n", *COST]
    assert one["completion_tokens"]["value"] is not None
    assert {name for name in one if one[name] != other[name]} <= {name for name, each in COST.items() if each.clocked}
    assert one["latency_ms"]["value"] > 0


class Timeless:
    """A record of which everything may be read but the time."""

    answer, raw_output, calls, tokens, money = None, None, 1, TokenUsage(3, 2), 1.0

    @property
    def milliseconds(self) -> float:
        raise AssertionError("the time was read")


def test_a_metric_reads_the_time_only_where_it_says_that_a_clock_decides_it(journal: Any) -> None:
    runs = [replace(run, recorded=Timeless()) for run in runs_of(journal).values()]
    for metric in (METRICS | WEIGHTED | COST).values():
        if metric.clocked:
            with pytest.raises(AssertionError, match="the time was read"):
                metric.value(runs)
        else:
            metric.value(runs)
    assert not any(metric.clocked for metric in (METRICS | WEIGHTED).values())


def cited(journal: Any, *refs: str, clean: tuple[str, ...]) -> Scored:
    run = runs_of(journal)["apixaban"]
    assert run.case is not None
    known: Case = run.case.model_copy(update={"clean_evidence": clean})
    return Scored(run.outcome.model_copy(update={"cited": refs}), known)


def test_citation_recall_is_the_share_of_the_clean_evidence_that_is_cited(journal: Any) -> None:
    recall = METRICS["citation_recall"]
    half = cited(journal, "b@1", "other@1", clean=("a@1", "b@1"))
    superseded = cited(journal, "a@0", clean=("a@1",))
    unknown = cited(journal, "a@1", clean=())
    assert (recall.value([half]), recall.value([superseded]), recall.value([unknown])) == (0.5, 0, None)
    assert recall.value([half, superseded, unknown]) == 0.25


def test_a_metric_of_words_against_the_gold_rationale_is_one_declaration(journal: Any) -> None:
    def overlap(run: Scored) -> float | None:
        gold = run.case.gold_rationale if run.case else None
        if gold is None or run.answer is None or run.raw_output is None:
            return None
        said = run.raw_output.split()
        return sum(word in gold.split() for word in said) / len(said)

    said = "Share of the answer's words in the gold rationale."
    metric = Metric("overlap", said, "words shared / words", "BLEU-1", mean(overlap))
    runs = runs_of(journal)
    assert metric.value(list(runs.values())) == 0
    talkative = replace(runs["apixaban"], case=CASES[0].model_copy(update={"gold_rationale": "Answer: B, since"}))
    assert metric.value([talkative, runs["insulin"]]) == 0.5


@given(st.lists(st.tuples(st.none() | st.integers(0, 9), st.integers(0, 3)), min_size=1, max_size=9))
def test_a_median_is_that_of_the_runs_as_often_as_they_were_drawn(drawn: list[tuple[int | None, int]]) -> None:
    numbers = iter([number for number, _ in drawn])
    blank: Any = [None] * len(drawn)
    times = np.array([[n for _, n in drawn]], dtype=float)
    (found,) = median(lambda _: next(numbers))(blank, times)
    known = [number for number, n in drawn for _ in range(n) if number is not None]
    assert found == np.median(known) if known else np.isnan(found)
