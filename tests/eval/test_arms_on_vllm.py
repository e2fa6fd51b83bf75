"""Every condition is answered by a real vLLM server, through the command line: greedy and sampled, held to letters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from evitrail.agent.llm.base import Completion
from evitrail.agent.model import Answer, Choice, Context, Synthesis
from evitrail.agent.reader.prompting.context import GENERATION, MARGIN, QUESTION, RULE
from evitrail.eval.dataset.case import Case, load
from evitrail.eval.demo import DEMO_CASES
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.plan.condition import CONDITIONS
from evitrail.evidence_store import read_evidence
from evitrail.evidence_store.demo import DEMO_EVIDENCE
from evitrail.traces.journal.folder import Journals
from evitrail.traces.run.activity import Activity
from evitrail.traces.trace import Trace
from evitrail.workbench.cli.app import run_command

CASES = 20
ARMS = tuple(CONDITIONS)


def evitrail(*arguments: object) -> None:
    assert run_command([str(each) for each in arguments]) == 0


def write(path: Path, rows: Sequence[Any]) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, llm_server: str) -> Path:
    """Twenty questions of the demonstration, over the evidence they rest on, under every condition."""
    folder = tmp_path_factory.mktemp("arms")
    cases = load(DEMO_CASES)[:CASES]
    evidence = [each for each in read_evidence(DEMO_EVIDENCE) if each.id in _lineages(cases)]
    given = write(folder / "evidence.jsonl", [each.model_dump(mode="json") for each in evidence])
    plain = write(folder / "plain.jsonl", [case.model_dump(mode="json") for case in cases])
    store = ("--store", folder / "store")
    evitrail("store", "ingest", given, *store)
    evitrail(
        "run", "--benchmark", plain, *store, "--conditions", "per_option", "--no-attribute", "--out", folder / "live"
    )
    evitrail("freeze", folder / "live", "--out", folder / "frozen")
    evitrail("store", "ingest", folder / "frozen" / "evidence.jsonl", *store)
    evitrail(
        *("run", "--benchmark", folder / "frozen" / "benchmark.jsonl", *store, "--conditions", ",".join(ARMS)),
        *("--reader", f"openai:tiny@{llm_server}", "--prompts", "published", "--constrain", "--max-tokens", 24),
        *("--no-attribute", "--out", folder / "run"),
    )  # fmt: skip
    return folder / "run"


def _lineages(cases: Sequence[Case]) -> set[str]:
    refs = {ref for case in cases for ref in (*case.clean_evidence, *case.conflict_evidence, *case.outdated_evidence)}
    return {ref.partition("@")[0] for ref in refs}


@pytest.fixture(scope="module")
def runs(asked: Path) -> dict[tuple[str, str], Trace]:
    """By condition and case."""
    traces = [Trace(Journals.open(asked), name) for name in Journals.open(asked).runs()]
    configs = {trace.run: trace.config(RunConfig) for trace in traces if trace.records[0].body.get("config_type")}
    ours = [trace for trace in traces if trace.run in configs]
    return {(configs[one.run].condition.name, configs[one.run].case.id): one for one in ours}


def step(trace: Trace, kind: str) -> Activity:
    found = trace.last(kind)
    assert found is not None
    return found


def context(trace: Trace) -> Context:
    said = trace.journal.get(step(trace, "synthesise").output, Synthesis).context
    assert said is not None
    return said


def calls(trace: Trace) -> dict[str, Completion]:
    """What the server said to the choice, by the last part of its path."""
    done = [a for a in trace.activities if a.path.startswith("choose[1]/")]
    return {a.path.partition("/")[2]: trace.journal.get(a.output, Completion) for a in done}


def test_every_arm_answers_every_case_and_none_is_left_out(runs: dict[tuple[str, str], Trace]) -> None:
    assert {arm for arm, _ in runs} == set(ARMS)
    assert len(runs) == CASES * len(ARMS)
    for trace in runs.values():
        said = trace.output(Answer)
        assert said is not None
        assert said.skipped is None
        assert (len(said.ballots.votes), said.option is not None) == (20, True)


def test_each_choice_is_one_greedy_request_and_one_for_all_samples_held_to_the_letters(
    runs: dict[tuple[str, str], Trace],
) -> None:
    for trace in runs.values():
        options = trace.config(RunConfig).case.options
        said = calls(trace)
        assert set(said) == {"model[1]", "model[ballots]"}
        assert len(said["model[ballots]"].texts) == 20
        assert {text for one in said.values() for text in one.texts} <= options.keys()


def test_how_likely_each_letter_was_is_read_and_the_greedy_one_is_the_likeliest(
    runs: dict[tuple[str, str], Trace],
) -> None:
    for trace in runs.values():
        choice = trace.journal.get(step(trace, "choose").output, Choice)
        assert choice.shares is not None
        assert sum(choice.shares.values()) == pytest.approx(1, abs=1e-5)
        assert choice.option == max(choice.shares, key=lambda letter: choice.shares[letter])  # type: ignore[index]


def test_more_passages_begin_as_fewer_do_and_the_control_is_as_long_as_ten(
    runs: dict[tuple[str, str], Trace],
) -> None:
    for case in {case for _, case in runs}:
        one, five, ten = (context(runs[arm, case]).text for arm in ("top_1", "top_5", "standard"))
        assert five.startswith(one + RULE)
        assert ten.startswith(five + RULE)
        padded = runs["padded_top_1", case]
        assert context(padded).text.startswith(one + RULE + one)
        greedy = {arm: calls(runs[arm, case])["model[1]"].prompt_tokens or 0 for arm in ("standard", "padded_top_1")}
        assert greedy["padded_top_1"] == pytest.approx(greedy["standard"], abs=2)


def test_the_same_report_is_put_before_the_model_word_for_word(runs: dict[tuple[str, str], Trace], asked: Path) -> None:
    for case in {case for _, case in runs}:
        trace = runs["deep_research", case]
        assert context(trace).passages[0].evidence.startswith("report-")
        assert context(trace).text.startswith("Option A: ")


def test_long_contexts_are_counted_in_the_models_own_tokens(runs: dict[tuple[str, str], Trace]) -> None:
    window = 131_072
    budgets = {"context_32k": 30_000, "context_100k": 96_000, "max_context": window - QUESTION - GENERATION - MARGIN}
    for case in {case for _, case in runs}:
        for arm, budget in budgets.items():
            told = context(runs[arm, case]).tokens
            assert told is not None
            assert 0 < told <= budget
            assert told < (calls(runs[arm, case])["model[1]"].prompt_tokens or 0)


def test_the_results_have_a_row_for_every_arm_and_the_journal_is_sound(asked: Path) -> None:
    rows = json.loads((asked / "metrics.json").read_text(encoding="utf-8"))
    assert {row["condition"]: row["n"] for row in rows} == dict.fromkeys(ARMS, CASES)
    evitrail("trace", "verify", asked)
