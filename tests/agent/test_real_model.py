"""A model that makes sense finds in the evidence what decides, unless it cannot see it. Its letters are no better.

SmolLM2-135M-Instruct, on questions of the demonstration. How likely it finds the text of an option is what tells of
meaning; the letters that it gives come as by chance. The numbers are of float32 on a CPU, where nothing is random.
"""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from smollm import MODEL

from evitrail.agent.influence.measure import Asking, measured
from evitrail.agent.llm import LLM, Completion, Message, Prompt
from evitrail.agent.llm.in_process.transformers import TransformersLLM
from evitrail.agent.llm.server.openai import OpenAILLM
from evitrail.agent.model import Ballots, Choice, Context, ContextPassage, ModelAnswer
from evitrail.agent.reader import DirectReader
from evitrail.agent.reader.checking.judge import JudgeChecker
from evitrail.eval.dataset.case import Case, load
from evitrail.eval.demo import DEMO_CASES
from evitrail.evidence_store import read_evidence
from evitrail.evidence_store.demo import DEMO_EVIDENCE

CASES = load(DEMO_CASES)
TEXTS = {each.ref: each.text for each in read_evidence(DEMO_EVIDENCE)}
ASKED = CASES[::7]
"""Twenty questions, from every area."""
RIGHT = 10
"""Of these, at least so many are answered by what the evidence adds: 13 were, and five would be by chance."""
TWO = (CASES[0], CASES[63])
"""Two questions whose answer rests on one passage."""
OTHER = CASES[50].clean_evidence[0]
"""A passage that says nothing about either."""


@pytest.fixture(scope="module")
def llm(smollm: Path) -> TransformersLLM:
    return TransformersLLM(str(smollm))


def evidence(case: Case) -> str:
    return "\n\n".join(TEXTS[ref] for ref in case.clean_evidence)


def likelihoods(llm: LLM, case: Case, context: str = "") -> dict[str, float]:
    """The logarithm of each letter's share, by how likely the text of its option is."""
    asked = Prompt(
        messages=(Message(role="user", content=f"{context}\n\n{case.stem}".strip()),),
        choices=tuple(case.options.values()),
        logprobs=len(case.options),
    )
    told = llm.complete(asked).tokens[0][0].likeliest
    return {letter: told[text] for letter, text in case.options.items()}


def likeliest(shares: dict[str, float]) -> str:
    return max(shares, key=lambda letter: shares[letter])


def context_of(case: Case) -> Context:
    """The passage of another question, and then the one that decides."""
    served, text = [], ""
    for ref in (OTHER, case.clean_evidence[0]):
        text += "\n\n---\n\n" if text else ""
        served.append(ContextPassage(passage=f"{ref}#0", start=len(text), end=len(text) + len(TEXTS[ref])))
        text += TEXTS[ref]
    return Context(text=text, passages=tuple(served))


def test_what_the_evidence_adds_to_an_options_likelihood_finds_the_answer_more_often_than_chance(
    llm: TransformersLLM,
) -> None:
    found = []
    for case in ASKED:
        with_it, without = likelihoods(llm, case, evidence(case)), likelihoods(llm, case)
        found.append(likeliest({letter: with_it[letter] - without[letter] for letter in case.options}) == case.answer)
    assert sum(found) >= RIGHT


def test_the_right_option_is_less_likely_once_the_deciding_passage_is_hidden_and_not_once_another_is(
    llm: TransformersLLM,
) -> None:
    for case in TWO:
        context = context_of(case)
        other, deciding = (
            likelihoods(llm.blind(0, (served.start, served.end)), case, context.text)[case.answer]
            for served in context.passages
        )
        assert other - deciding > 5  # 22.9 and 12.0 were measured


def test_the_influence_of_each_passage_on_the_letter_is_measured_and_is_small(llm: TransformersLLM) -> None:
    """The letter hardly rests on the evidence: that is what makes this model's letters good for tests of flukes."""
    case = TWO[0]
    reader = DirectReader(llm, held=True)
    asking = Asking(llm, lambda text: reader.asked(case.question, text), context_of(case), case.options)
    found = measured(asking, case.answer, "masked")
    assert [each.passage for each in found.passages] == [served.passage for served in context_of(case).passages]
    for each in found.passages:
        assert each.delta is not None
        assert 0 < abs(each.delta) < 1
        assert each.flips is False


def test_it_says_a_sentence_about_what_it_is_asked_and_the_same_one_again(llm: TransformersLLM) -> None:
    asked = Prompt(messages=(Message(role="user", content="What is the capital of France?"),), max_tokens=16)
    said = llm.complete(asked)
    assert "Paris" in said.texts[0]
    assert llm.complete(asked) == said


def test_a_judge_that_answers_in_prose_confirms_no_letter(llm: TransformersLLM) -> None:
    words = "It can be taken today, since swabs count from then on."
    choice = Choice(
        option=None,
        logits={},
        claims=(),
        reason="a parser finds no letter",
        ballots=Ballots(votes=(), temperature=1.0, seed=0),
        said=ModelAnswer(greedy=words, drawn=()),
    )
    verdict = JudgeChecker(llm, max_tokens=24).check(TWO[0].question, choice).greedy
    assert (verdict.confirmed, verdict.clear) == (None, None)
    assert "the judge was asked twice and could not be understood" in verdict.reason


def test_a_vllm_server_gives_the_same_answers_and_shares_as_the_model_in_this_process(
    llm: TransformersLLM, smollm_server: str
) -> None:
    served = OpenAILLM(MODEL, smollm_server)
    paris = Prompt(messages=(Message(role="user", content="What is the capital of France?"),), max_tokens=8)
    assert served.complete(paris).texts == llm.complete(paris).texts
    for case in TWO:
        asked = DirectReader(llm, held=True).asked(case.question, evidence(case))
        here, there = llm.complete(asked), served.complete(asked)
        assert here.texts == there.texts
        assert letters(there) == pytest.approx(letters(here), abs=1e-3)


def letters(said: Completion) -> dict[str, float]:
    return {letter: math.exp(logprob) for letter, logprob in said.tokens[0][0].likeliest.items()}
