"""``evitrail review-answers``: the queue of answers to look at, and another judge whose verdicts count from then on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from desk import BENCHMARK, CASES, Desk, evitrail, tree

from evitrail.agent.llm import ScriptedLLM, Unreachable
from evitrail.agent.llm.named import LLMS
from evitrail.agent.reader import READERS, DirectReader
from evitrail.eval.metrics.outcomes_file import read_outcomes

TALK = (("weeks", ("It must be B then", "B", "A stroke is likely")), (".", ("Answer: C", "C", "Answer: C")))
YES = '{"clear_selection": "yes", "reasoning": "it says so", "confirmed_answer": "B"}'
NO = '{"clear_selection": "no", "reasoning": "no letter", "confirmed_answer": null}'


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> ScriptedLLM:
    """A judge that can be named ``script:any``, and a reader ``talker`` that answers in words."""
    judge = ScriptedLLM((("must be B", YES), (".", NO)), name="judge")
    monkeypatch.setitem(LLMS, "script", lambda name: judge)
    monkeypatch.setitem(READERS, "talker", lambda embed: DirectReader(ScriptedLLM(TALK, name="talker")))
    return judge


@pytest.fixture
def spoken(desk: Desk, tmp_path: Path, judge: ScriptedLLM) -> Path:
    """An experiment whose two cases were answered in words."""
    folder = tmp_path / "spoken"
    plan = ("--benchmark", BENCHMARK, "--store", desk.store, "--only", ",".join(CASES), "--conditions", "closed_book")
    said = evitrail("run", *plan, "--samples", 3, "--reader", "talker", "--no-attribute", "--out", folder)
    assert (said.code, said.err) == (0, "")
    return folder


def test_the_queue_is_shown_and_nothing_is_written(spoken: Path) -> None:
    before = tree(spoken)
    said = evitrail("review-answers", spoken)
    assert (said.code, said.err) == (0, "")
    told = evitrail("review-answers", spoken, "--json").json
    assert tree(spoken) == before
    assert told["checked"] is True
    written = [json.loads(line) for line in (spoken / "mismatches.jsonl").read_text("utf-8").splitlines()]
    assert told["mismatches"] == written
    assert written
    assert f"{sum(row['reason'] == 'no_answer' for row in written)} answers: no letter was confirmed" in said.out
    for row in written:
        assert row["raw_output_preview"] in said.out


def test_another_judge_counts_from_then_on(spoken: Path, judge: ScriptedLLM) -> None:
    first = read_outcomes(spoken / "outcomes.parquet")
    said = evitrail("review-answers", spoken, "--judge", "script:any")
    assert (said.code, said.err) == (0, "")
    assert "2 runs judged by script:any" in said.out
    now = read_outcomes(spoken / "outcomes.parquet")
    assert [outcome.chosen for outcome in now] != [outcome.chosen for outcome in first]
    asked = len(judge.asked)
    assert asked > 0
    told = evitrail("review-answers", spoken, "--judge", "rule", "--json").json
    assert (told["judged"], told["unfinished"]) == (2, [])
    assert [(one["before"], one["now"]) for one in told["options"]] == [
        (was.chosen, then.chosen) for was, then in zip(now, first, strict=True) if was.chosen != then.chosen
    ]
    assert len(judge.asked) == asked
    assert read_outcomes(spoken / "outcomes.parquet") == first
    assert evitrail("trace", "verify", spoken).code == 0


def test_a_review_is_of_the_option_that_counted_and_counts_again_when_that_does(spoken: Path) -> None:
    first = {outcome.run: outcome for outcome in read_outcomes(spoken / "outcomes.parquet")}
    assert evitrail("review-answers", spoken, "--judge", "script:any").code == 0
    now = read_outcomes(spoken / "outcomes.parquet")
    (run,) = (one.run for one in now if one.chosen and not one.correct and one.chosen != first[one.run].chosen)
    words = ("unsafe", "unknown", "--by", "d.larsen", "--reason", "the key is old")
    assert evitrail("review", "label", spoken, run, *words).code == 0

    def standing() -> tuple[str, tuple[str, ...]]:
        (row,) = evitrail("review", "list", spoken, "--json").json
        found = read_outcomes(spoken / "outcomes.parquet")
        return row["standing"], next(one.relabelled for one in found if one.run == run)

    assert standing() == ("counts", ("unsafe",))
    assert evitrail("review-answers", spoken, "--judge", "rule").code == 0
    assert standing() == ("of another answer", ())
    assert evitrail("review-answers", spoken, "--judge", "script:any").code == 0
    assert standing() == ("counts", ("unsafe",))


def test_a_judge_that_fails_is_one_line_and_the_same_command_goes_on(
    spoken: Path, judge: ScriptedLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_outcomes(spoken / "outcomes.parquet")
    down = replace(judge, slips={n: Unreachable("nobody answers") for n in range(1, 20)}, asked=[])
    monkeypatch.setitem(LLMS, "script", lambda name: down)
    said = evitrail("review-answers", spoken, "--judge", "script:any")
    (fault,) = said.faults
    assert said.code == 1
    assert "nobody answers" in fault
    assert "run the same command to resume" in fault
    assert read_outcomes(spoken / "outcomes.parquet") == before
    monkeypatch.setitem(LLMS, "script", lambda name: judge)
    assert evitrail("review-answers", spoken, "--judge", "script:any").code == 0
    assert read_outcomes(spoken / "outcomes.parquet") != before


def test_a_judge_that_there_is_not_is_refused(spoken: Path) -> None:
    before = tree(spoken)
    said = evitrail("review-answers", spoken, "--judge", "openay:mistral@http://127.0.0.1:9")
    (fault,) = said.faults
    assert said.code == 2
    assert fault.startswith("expected a judge as `rule` or a language model, one of")
    assert tree(spoken) == before


def test_of_a_reader_that_names_its_option_there_is_nothing_to_check(desk: Desk) -> None:
    before = tree(desk.run)
    said = evitrail("review-answers", desk.run)
    assert (said.code, said.err) == (0, "")
    assert "no answer was given in words" in said.out
    assert evitrail("review-answers", desk.run, "--json").json == {
        "folder": str(desk.run),
        "checked": False,
        "mismatches": [],
    }
    refused = evitrail("review-answers", desk.run, "--judge", "rule")
    assert refused.code == 2
    assert "there is nothing to judge" in refused.faults[0]
    assert tree(desk.run) == before
