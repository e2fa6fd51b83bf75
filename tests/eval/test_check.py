"""Words that are checked again: what counts then, what stays on record, and that nobody is asked twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ward import DRUGS, WardReader, advice, arm, ask, blamed, case, opened

from evitrail.agent.llm import ScriptedLLM, Unreachable
from evitrail.agent.llm.named import LLMS
from evitrail.agent.model import Answer, CheckedAnswers, Decoding
from evitrail.agent.reader.direct import DirectReader
from evitrail.eval.experiment.sweep import Halted
from evitrail.eval.log.mismatches import SHOWN, Mismatch, mismatches, preview
from evitrail.eval.log.runs import JOURNAL, outcomes
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.outcomes_file import read_outcomes
from evitrail.eval.report.results import write_results
from evitrail.eval.rerun.recheck import Rechecked, recheck
from evitrail.evidence_store import EvidenceStore
from evitrail.traces.audit.integrity import verify_journal
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.journal import Journal
from evitrail.traces.trace import Trace

ARMS = [arm()]
ASKED = ("apixaban", "heparin", "insulin")
NO = '{"clear_selection": "no", "reasoning": "a name only", "confirmed_answer": null}'


def yes(letter: str) -> str:
    return f'{{"clear_selection": "yes", "reasoning": "it says so", "confirmed_answer": "{letter}"}}'


SPOKEN: tuple[tuple[str, Any], ...] = (
    ("takes apixaban", ("It must be B then", "Answer: B", "A stroke is likely")),
    ("takes heparin", ("Answer: C", "B", "B")),
    (".", ("A word of advice", "None of them")),
)
LENIENT = (("It must be B then", yes("B")), ("Answer: C", NO), ("answer ", NO))


class Words:
    """Three questions answered in words, and judges that can be named."""

    def __init__(self, folder: Path, store: EvidenceStore, judges: dict[str, ScriptedLLM]) -> None:
        self.folder = folder
        self.store = store
        self.judges = judges
        self.reader = DirectReader(ScriptedLLM(SPOKEN, name="org/talker-4b"))
        cases = [case(drug) for drug in ASKED]
        assert ask(folder, store, cases, ARMS, self.reader, decoding=Decoding(samples=3)) == []

    def recheck(self, spec: str) -> Rechecked:
        return recheck(self.folder, self.store, self.reader, spec)

    def outcomes(self) -> dict[str, Outcome]:
        with Journals.open(self.folder) as journal:
            return {outcome.case.removeprefix("q-"): outcome for outcome in outcomes(journal)}

    def chosen(self) -> list[str | None]:
        return [outcome.chosen for outcome in self.outcomes().values()]

    def queue(self) -> list[Mismatch]:
        with Journals.open(self.folder) as journal:
            return mismatches(journal) or []


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Words]:
    judges = {
        "lenient": ScriptedLLM(LENIENT, name="lenient"),
        "stern": ScriptedLLM(((".", NO),), name="stern"),
    }
    monkeypatch.setitem(LLMS, "script", lambda name: judges[name])
    with opened(tmp_path) as store:
        store.ingest([advice(drug, "B") for drug in DRUGS])
        yield Words(tmp_path / "run", store, judges)


def test_the_rule_confirms_what_was_selected_and_the_queue_lists_the_rest(words: Words) -> None:
    assert words.chosen() == [None, "C", None]
    assert words.outcomes()["apixaban"].ballots == (None, "B", None)
    queue = [
        (row.question_id, row.sample, row.parsed_answer, row.confirmed_answer, row.reason) for row in words.queue()
    ]
    assert queue == [
        ("q-apixaban", "greedy", "B", None, "no_answer"),
        ("q-apixaban", "stochastic[0]", "B", None, "no_answer"),
        ("q-apixaban", "stochastic[1]", "A", "B", "disagreement"),  # to the parser, "Answer" begins with A
        ("q-apixaban", "stochastic[2]", "A", None, "no_answer"),
        ("q-heparin", "greedy", "A", "C", "disagreement"),
        ("q-heparin", "stochastic[0]", "A", "C", "disagreement"),
        ("q-insulin", "greedy", "A", None, "no_answer"),
        ("q-insulin", "stochastic[0]", "A", None, "no_answer"),
        ("q-insulin", "stochastic[1]", None, None, "no_answer"),
        ("q-insulin", "stochastic[2]", "A", None, "no_answer"),
    ]
    assert words.queue()[0].raw_output_preview == "It must be B then"


def test_from_then_on_the_latest_re_check_counts_and_the_earlier_stay_on_record(words: Words) -> None:
    before = words.outcomes()
    assert words.recheck("script:lenient").failures == ()
    assert words.chosen() == ["B", None, None]
    words.recheck("script:stern")
    assert words.chosen() == [None, None, None]
    words.recheck("script:lenient")  # what ended is not done again, and counts again
    assert words.chosen() == ["B", None, None]
    words.recheck("rule")
    assert words.outcomes() == before
    with Journals.open(words.folder) as journal:
        said = Trace(journal, "words.q-heparin").output(Answer)
        forks = [name for name in journal.runs() if name.startswith("words.q-heparin~check[1]:judge=")]
    assert said is not None
    assert said.option == "C"
    assert len(forks) == 3


def test_nothing_but_the_check_is_done_again_and_no_words_are_judged_twice(words: Words) -> None:
    talker = words.reader.llm
    assert isinstance(talker, ScriptedLLM)
    asked = len(talker.asked)
    words.recheck("script:lenient")
    judge = words.judges["lenient"]
    assert len(talker.asked) == asked
    assert len(judge.asked) == 3 + 1 + 2  # the texts of each question that are not one letter, each once
    words.recheck("script:lenient")
    assert len(judge.asked) == 6
    with Journals.open(words.folder) as journal:
        (fork,) = [name for name in journal.runs() if name.startswith("words.q-heparin~")]
        steps = Trace(journal, fork).activities
        assert [step.path for step in steps if not step.reused_from] == ["check[1]/model[greedy]", "check[1]"]
        checked = journal.get(steps[-1].output, CheckedAnswers)
    assert "JudgeChecker" in checked.by
    assert [verdict.skipped for verdict in checked.ballots] == [None, "single_letter", "single_letter"]


def test_a_judge_that_fails_leaves_the_run_as_it_was_and_is_asked_only_for_what_is_missing(words: Words) -> None:
    whole = words.judges["lenient"]
    words.judges["lenient"] = faulty = replace(whole, slips={2: ValueError("no such model")}, asked=[])
    done = words.recheck("script:lenient")
    assert len(done.failures) == 1
    assert "no such model" in done.failures[0].error
    failed = done.failures[0].run
    assert failed not in done.runs
    assert len(faulty.asked) > 2
    words.judges["lenient"] = again = replace(whole, slips={}, asked=[])
    assert words.recheck("script:lenient").failures == ()
    assert len(again.asked) == 6 - (len(faulty.asked) - 1)
    assert words.chosen() == ["B", None, None]


def test_a_judge_that_is_down_is_one_line_and_nothing_is_lost(words: Words) -> None:
    before = words.chosen()
    down = {n: Unreachable("nobody answers") for n in range(1, 40)}
    words.judges["lenient"] = replace(words.judges["lenient"], slips=down)
    with pytest.raises(Halted, match=r"nobody answers.*0 of 3 runs are done, run the same command") as told:
        words.recheck("script:lenient")
    assert "\n" not in str(told.value)
    assert words.chosen() == before


def test_results_count_what_the_re_check_confirmed(words: Words) -> None:
    write_results(words.folder)
    first = read_outcomes(words.folder / "outcomes.parquet")
    words.recheck("script:lenient")
    write_results(words.folder)
    again = read_outcomes(words.folder / "outcomes.parquet")
    assert [outcome.correct for outcome in first] == [False, False, False]
    assert [outcome.correct for outcome in again] == [True, False, False]
    assert [(one.run, one.reader) for one in first] == [(one.run, one.reader) for one in again]
    rows = [json.loads(line) for line in (words.folder / "mismatches.jsonl").read_text("utf-8").splitlines()]
    assert [Mismatch.model_validate(row) for row in rows] == words.queue()
    assert {row["checker_reasoning"] for row in rows} == {"a name only"}


def test_blame_of_an_answer_that_does_not_count_any_more_is_left_out(words: Words) -> None:
    def of() -> set[str]:
        return {blame.run.removeprefix("words.q-") for blame in blamed(words.folder, words.store, words.reader)}

    assert of() == {"apixaban", "heparin", "insulin"}
    words.recheck("script:stern")
    assert of() == {"apixaban", "insulin"}  # to abstain was wrong before, and is
    words.recheck("script:lenient")
    assert of() == {"insulin"}
    words.recheck("rule")
    assert of() == {"apixaban", "heparin", "insulin"}


def test_the_journal_stays_sound(words: Words) -> None:
    words.recheck("script:lenient")
    with Journal.open(words.folder / JOURNAL) as journal:
        assert verify_journal(journal).sound


def test_a_reader_that_names_its_option_has_nothing_to_be_checked(tmp_path: Path, words: Words) -> None:
    folder = tmp_path / "plain"
    assert ask(folder, words.store, [case("apixaban")], ARMS, WardReader()) == []
    with pytest.raises(ValueError, match="expected runs whose words were checked, found none"):
        recheck(folder, words.store, WardReader(), "rule")
    with Journals.open(folder) as journal:
        assert mismatches(journal) is None
    write_results(folder)
    assert not (folder / "mismatches.jsonl").exists()


@pytest.mark.parametrize("spec", ["rulez", "nobody:model", ""])
def test_a_judge_that_there_is_not_is_refused_in_a_line(words: Words, spec: str) -> None:
    with pytest.raises(ValueError, match="expected a judge as `rule` or a language model"):
        words.recheck(spec)


def test_the_words_of_a_patient_are_not_in_the_queue(tmp_path: Path, words: Words) -> None:
    folder = tmp_path / "patient"
    secret = case("apixaban", stem="Ms Mira Okonkwo takes apixaban. What is the advice?", sensitive=("stem",))
    assert ask(folder, words.store, [secret], ARMS, words.reader, decoding=Decoding(samples=3), mask=None) == []
    recheck(folder, words.store, words.reader, "script:stern")
    with Journals.open(folder) as journal:
        queue = mismatches(journal) or []
    assert queue
    assert {row.raw_output_preview for row in queue} == {row.checker_reasoning for row in queue} == {"patient data"}


@pytest.mark.parametrize("length", [0, 10, SHOWN, SHOWN + 1, 10_000])
def test_what_is_shown_of_the_words_is_head_and_tail(length: int) -> None:
    raw = "".join(chr(97 + i % 26) for i in range(length))
    shown = preview(raw)
    assert shown is not None
    assert len(shown) <= SHOWN
    assert (shown == raw) == (length <= SHOWN)
    assert raw.startswith(shown[:290])
    assert raw.endswith(shown[-290:])
