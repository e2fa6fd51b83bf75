"""What a model said in words, exported: the published form, field by field, and the same outcomes on the way back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field
from ward import advice, arm, ask, case, opened

from evitrail.agent.llm import ScriptedLLM
from evitrail.agent.model import Decoding
from evitrail.agent.reader.checking.judge import JudgeChecker
from evitrail.agent.reader.direct import DirectReader
from evitrail.eval.log.runs import outcomes
from evitrail.eval.plan.condition import condition
from evitrail.eval.plan.readers import Readers
from evitrail.eval.rerun.recheck import recheck
from evitrail.eval.safe_scale import Sources, export_experiment, read_dataset, read_judged
from evitrail.evidence_store import EvidenceStore
from evitrail.traces.journal.folder import Journals

Letter = Literal["A", "B", "C", "D", "E"]
Reasoning = Annotated[str, Field(max_length=2_000)]


class Published(BaseModel):
    """A record of a published file: these fields, of these types, and no others."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Checked(Published):
    """Section 1.7, ``checked_answer``; what is optional there may be left out, and is never null."""

    clear_selection: Literal["yes", "no"] | None
    reasoning: Reasoning
    confirmed_answer: Letter | None
    checker_input_tokens: int = 0
    checker_output_tokens: int = 0
    skipped: Literal["single_letter", "null_raw"] = "null_raw"
    guard_override: Literal["letter_not_in_raw"] = "letter_not_in_raw"
    parse_error: str = ""
    raw_reply: Annotated[str, Field(max_length=500)] = ""
    error: Annotated[str, Field(max_length=300)] = ""


class Greedy(Published):
    """Section 1.6, ``greedy``."""

    raw_output: str | None
    parsed_answer: Letter | None
    input_tokens: int
    output_tokens: int
    elapsed_s: float
    error: str | None
    correct: bool


class Stochastic(Published):
    """Section 1.6, ``stochastic``."""

    raw_outputs: list[str]
    parsed_answers: list[Letter | None]
    majority_vote: Letter | None
    vote_counts: dict[Letter, int]
    input_tokens: int
    elapsed_s: float
    error: str | None
    majority_correct: bool


class CheckedGreedy(Greedy):
    checked_answer: Checked


class CheckedStochastic(Stochastic):
    checked_answers: list[Checked]


class Arm(Published):
    greedy: Greedy
    stochastic: Stochastic
    total_elapsed_s: float


class CheckedArm(Arm):
    greedy: CheckedGreedy
    stochastic: CheckedStochastic


class Phase3(Published):
    """A line of ``risk_radiorag.jsonl``."""

    question_id: Annotated[str, Field(pattern=r"^risk_radiorag_\d+$")]
    dataset: str
    correct_answer: Letter
    model: str
    conditions: dict[str, Arm]


class Phase4(Phase3):
    """A line of ``risk_radiorag_checked.jsonl``."""

    conditions: dict[str, CheckedArm]  # type: ignore[assignment]


class Mismatch(Published):
    """A line of ``mismatches.jsonl``."""

    model: str
    question_id: str
    condition: str
    sample: Annotated[str, Field(pattern=r"^(greedy|stochastic\[\d+\])$")]
    correct_answer: Letter
    parsed_answer: Letter | None
    confirmed_answer: Letter | None
    clear_selection: Literal["yes", "no"] | None
    reason: Literal["no_answer", "disagreement"]
    checker_reasoning: str | None
    checker_error: str | None
    raw_output_preview: Annotated[str, Field(max_length=600)]


SPOKEN: tuple[tuple[str, Any], ...] = (
    ("takes apixaban", ("I think it must be B", "Answer: B", "A stroke is likely", "B")),
    ("takes heparin", ("B", "Answer: C", "It is D", "It is D")),
)
JUDGING = (
    ("must be B", '{"clear_selection": "yes", "reasoning": "it says so", "confirmed_answer": "B"}'),
    ("Answer: B", '{"clear_selection": "yes", "reasoning": "it says so", "confirmed_answer": "B"}'),
    ("Answer: C", '{"clear_selection": "yes", "reasoning": "persuaded", "confirmed_answer": "A"}'),
    ("It is D", "Surely D."),
    (".", '{"clear_selection": "no", "reasoning": "no letter", "confirmed_answer": null}'),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EvidenceStore]:
    with opened(tmp_path) as store:
        store.ingest([advice("apixaban", "B"), advice("heparin", "B")])
        yield store


@pytest.fixture
def spoken(tmp_path: Path, store: EvidenceStore) -> Path:
    """Two questions answered in words under two conditions, and exported; a judge confirmed them."""
    talker, judge = ScriptedLLM(SPOKEN, name="org/Talker-4B"), ScriptedLLM(JUDGING, name="judge")
    reader, arms = DirectReader(talker, checker=JudgeChecker(judge)), [arm("standard"), condition("zero_shot")]
    asked = [case("apixaban"), case("heparin")]
    assert ask(tmp_path / "run", store, asked, arms, reader, decoding=Decoding(samples=4)) == []
    with Journals.open(tmp_path / "run") as journal:
        assert export_experiment(journal, tmp_path / "published").models == ("Talker-4B",)
    return tmp_path / "published"


def lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def test_every_line_is_what_the_published_files_hold_field_for_field(spoken: Path) -> None:
    plain = [Phase3.model_validate_json(line) for line in lines(spoken / "results/Talker-4B/risk_radiorag.jsonl")]
    judged = [
        Phase4.model_validate_json(line) for line in lines(spoken / "judged/Talker-4B/risk_radiorag_checked.jsonl")
    ]
    for records in (plain, judged):
        assert [record.question_id for record in records] == ["risk_radiorag_1", "risk_radiorag_2"]
        assert {*records[0].conditions} == {"zero_shot", "top_10"}
    rows = [Mismatch.model_validate_json(line) for line in lines(spoken / "judged/Talker-4B/mismatches.jsonl")]
    assert [row.sample for row in rows[:2]] == ["stochastic[1]", "stochastic[2]"]
    assert [row.reason for row in rows[:2]] == ["disagreement", "no_answer"]
    assert len(rows) == 2 * (2 + 3)
    assert {row.condition for row in rows} == {"zero_shot", "top_10"}


def test_words_letters_tokens_and_seconds_are_those_of_the_recorded_calls(spoken: Path) -> None:
    first = Phase4.model_validate_json(lines(spoken / "judged/Talker-4B/risk_radiorag_checked.jsonl")[0])
    arm = first.conditions["zero_shot"]
    assert arm.greedy.raw_output == "I think it must be B"
    assert (arm.greedy.parsed_answer, arm.greedy.correct, arm.greedy.output_tokens) == ("B", True, 6)
    assert arm.stochastic.raw_outputs == list(SPOKEN[0][1])
    assert arm.stochastic.parsed_answers == ["B", "A", "A", "B"]  # to the parser "Answer" begins with A
    assert (arm.stochastic.majority_vote, arm.stochastic.majority_correct) == ("A", False)
    assert arm.stochastic.vote_counts == {"A": 2, "B": 2, "C": 0, "D": 0, "E": 0}
    assert [one.confirmed_answer for one in arm.stochastic.checked_answers] == ["B", "B", None, "B"]
    assert arm.greedy.input_tokens > 20
    assert 0 <= arm.greedy.elapsed_s <= arm.total_elapsed_s


def test_verdicts_say_what_was_skipped_overridden_or_not_understood_and_what_they_cost(spoken: Path) -> None:
    second = Phase4.model_validate_json(lines(spoken / "judged/Talker-4B/risk_radiorag_checked.jsonl")[1])
    arm = second.conditions["zero_shot"]
    told = [one.model_dump(exclude_unset=True) for one in (arm.greedy.checked_answer, *arm.stochastic.checked_answers)]
    assert told[0]["skipped"] == told[1]["skipped"] == "single_letter"
    assert told[2]["guard_override"] == "letter_not_in_raw"
    assert (told[2]["clear_selection"], told[2]["confirmed_answer"]) == ("yes", None)
    assert told[2]["checker_output_tokens"] > 0
    assert told[3]["raw_reply"] == "Surely D."
    assert "asked twice" in told[3]["parse_error"]
    assert set(told[0]) == {"clear_selection", "reasoning", "confirmed_answer", "skipped"}
    rows = [Mismatch.model_validate_json(line) for line in lines(spoken / "judged/Talker-4B/mismatches.jsonl")]
    assert rows[-1].checker_error == told[3]["parse_error"]


def test_what_was_exported_comes_back_as_equal_outcomes(tmp_path: Path, spoken: Path) -> None:
    with Journals.open(tmp_path / "run") as journal:
        ours = outcomes(journal)
    back = read_judged(
        spoken / "judged", read_dataset(Sources(spoken / "datasets" / "risk_radiorag_full_merged.json"))
    ).outcomes
    elsewhere = {"run", "case", "condition", "reader", "snapshot", "stale", "cited"}
    keys = {"closed_book": "zero_shot", "standard": "top_10"}
    numbers = {"q-apixaban": "risk_radiorag_1", "q-heparin": "risk_radiorag_2"}
    told = {(keys[one.condition], numbers[one.case]): one.model_dump(exclude=elsewhere) for one in ours}
    assert {(one.condition, one.case): one.model_dump(exclude=elsewhere) for one in back} == told


def test_a_re_check_is_what_is_exported(tmp_path: Path, spoken: Path, store: EvidenceStore) -> None:
    reader = DirectReader(
        ScriptedLLM(SPOKEN, name="org/Talker-4B"), checker=JudgeChecker(ScriptedLLM(JUDGING, "judge"))
    )
    assert recheck(tmp_path / "run", store, reader, "rule").failures == ()
    with Journals.open(tmp_path / "run") as journal:
        export_experiment(journal, tmp_path / "again")
    first, again = (
        Phase4.model_validate_json(lines(folder / "judged/Talker-4B/risk_radiorag_checked.jsonl")[1])
        for folder in (spoken, tmp_path / "again")
    )
    said = first.conditions["top_10"].stochastic, again.conditions["top_10"].stochastic
    assert said[0].raw_outputs == said[1].raw_outputs
    assert [one.confirmed_answer for one in said[0].checked_answers] == ["B", None, None, None]
    assert [one.confirmed_answer for one in said[1].checked_answers] == ["B", "C", None, None]


def test_of_a_patients_case_neither_words_nor_reasons_are_told(tmp_path: Path, store: EvidenceStore) -> None:
    secret = case("apixaban", stem="Ms Mira Okonkwo takes apixaban. What is the advice?", sensitive=("stem",))
    reader = DirectReader(ScriptedLLM(((".", "For Ms Okonkwo it must be B"),), name="talker"))
    assert ask(tmp_path / "run", store, [secret], [arm()], reader, decoding=Decoding(samples=2), mask=None) == []
    with Journals.open(tmp_path / "run") as journal:
        export_experiment(journal, tmp_path / "published")
    texts = [path.read_text("utf-8") for path in (tmp_path / "published").rglob("*.json*")]
    assert not [text for text in texts if "Okonkwo" in text or "so many words" in text]
    (record,) = map(json.loads, lines(tmp_path / "published/judged/talker/risk_radiorag_checked.jsonl"))
    assert record["conditions"]["words"]["greedy"]["raw_output"] is None
    assert record["conditions"]["words"]["stochastic"]["raw_outputs"] == [None, None]


def test_readers_of_one_model_have_folders_of_their_own(tmp_path: Path, store: EvidenceStore) -> None:
    talker = ScriptedLLM(SPOKEN, name="org/Talker-4B")
    both = Readers({"rule": DirectReader(talker), "long": DirectReader(talker, max_tokens=50)})
    assert ask(tmp_path / "run", store, [case("apixaban")], [arm()], both, decoding=Decoding(samples=1)) == []  # type: ignore[arg-type]
    with Journals.open(tmp_path / "run") as journal:
        models = export_experiment(journal, tmp_path / "published").models
    assert len(set(models)) == 2
    named = json.loads((tmp_path / "published" / "names.json").read_text("utf-8"))["models"]
    assert set(named) == set(models)
