"""What a model thought aloud and what it said are told apart, by its family's own markers."""

from __future__ import annotations

import pytest

from evitrail.agent.llm.reasoning import SplitReply, families, family_of, said_from, split_reply

ANALYSIS = "<|channel|>analysis<|message|>Bleeding?<|end|><|start|>assistant<|channel|>final<|message|>"

WRITTEN = [
    ("Qwen/Qwen3-4B", "<think>\nBleeding?\n</think>\n\nB"),
    ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "Bleeding?\n</think>\n\nB"),
    ("openai/gpt-oss-20b", f"{ANALYSIS}B<|return|>"),
    ("openai/GPT-OSS-120B", "analysisBleeding?assistantfinalB"),
    ("google/gemma-4-27b-it", "<|channel>thought\nBleeding?<channel|>B<turn|>"),
    ("google/medgemma-4b-it", "<unused94>thought\nBleeding?<unused95>B"),
    ("mistralai/Magistral-Small-2507", "[THINK]Bleeding?[/THINK]B"),
    ("ibm-granite/granite-3.2-8b-instruct", "Here is my thought process: Bleeding? Here is my response: B"),
    ("ByteDance-Seed/Seed-OSS-36B-Instruct", "<seed:think>Bleeding?</seed:think>B"),
    ("CohereLabs/command-a-reasoning-08-2025", "<|START_THINKING|>Bleeding?<|END_THINKING|>B"),
    ("a-ward-of-our-own", "<think>Bleeding?</think>B"),
]


@pytest.mark.parametrize(("model", "raw"), WRITTEN)
def test_every_familys_thoughts_are_told_apart(model: str, raw: str) -> None:
    assert split_reply(raw, model) == SplitReply("B", "Bleeding?")
    assert raw[said_from(raw, model)] == "B"


def test_every_family_that_is_known_is_tried_above() -> None:
    assert {family_of(model) for model, _ in WRITTEN} == set(families())


@pytest.mark.parametrize("model", sorted({model for model, _ in WRITTEN}))
@pytest.mark.parametrize("raw", ["B", "", " B\n", "The final analysis: B", "Think: B"])
def test_an_answer_without_a_thought_is_left_as_it_is(model: str, raw: str) -> None:
    assert split_reply(raw, model) == SplitReply(raw, None)
    assert said_from(raw, model) == 0


def test_a_thought_that_was_cut_short_is_no_answer_and_one_that_was_not_is_read_as_it_stands() -> None:
    raw = "<think>It could be A, or"
    assert split_reply(raw, "Qwen/Qwen3-4B", cut=True) == SplitReply("", "It could be A, or")
    assert split_reply(raw, "Qwen/Qwen3-4B") == SplitReply(raw, None)
    assert split_reply("It could be A, or", "Qwen/Qwen3-4B", cut=True) == SplitReply("It could be A, or", None)
    assert split_reply("It could be A, or", "Qwen/QwQ-32B", cut=True) == SplitReply("", "It could be A, or")


def test_the_last_thought_ends_where_the_answer_begins() -> None:
    raw = "<think>A?</think>A, no: <think>B!</think>B"
    assert split_reply(raw, "Qwen/Qwen3-4B") == SplitReply("B", "A?</think>A, no: <think>B!")


def test_a_thought_may_be_followed_by_nothing() -> None:
    assert split_reply("<think>Bleeding?</think>", "Qwen/Qwen3-4B") == SplitReply("", "Bleeding?")
