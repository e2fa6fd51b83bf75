"""Runs of a model that makes sense: what it cannot do is an outcome with its reason, and its luck is told as luck.

SmolLM2-135M-Instruct, on questions of the demonstration. It writes prose where a form is asked for and gives letters
as by chance, which is what a reader must live with, and what a fluke is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from scipy.optimize import brentq
from smollm import MODEL, Unseeded
from ward import advice, arm, ask, opened
from ward import case as asked_about

from evitrail.agent.llm import LLM, Completion, Prompt
from evitrail.agent.llm.in_process.transformers import TransformersLLM
from evitrail.agent.llm.server.openai import OpenAILLM
from evitrail.agent.model import Answer, Choice, Critique, Decoding, Synthesis
from evitrail.agent.reader import DirectReader, PromptedReader, Reader
from evitrail.agent.tools import ROUNDS
from evitrail.eval.attribution.attribute import attribute
from evitrail.eval.dataset.case import Case, load
from evitrail.eval.demo import DEMO_CASES
from evitrail.eval.log.runs import JOURNAL
from evitrail.eval.log.runs import traces as recorded
from evitrail.eval.plan.condition import CONDITIONS, Condition
from evitrail.eval.rerun.fork import answer_again, fork, forking
from evitrail.evidence_store import EvidenceStore, read_evidence
from evitrail.evidence_store.demo import DEMO_EVIDENCE
from evitrail.traces import Journal, Trace, Verify

ASKED = load(DEMO_CASES)[::60]
"""Three questions, one of each area."""
CLEAN, CLOSED_BOOK = CONDITIONS["clean"], CONDITIONS["closed_book"]
LOOP = Condition(name="loop", agent="agentic", retriever="bm25", k=1)
BRIEF = 24
"""Tokens of an answer: enough to see that it is no JSON."""


@dataclass(frozen=True, repr=False)
class Counted:
    """The model, and what it said."""

    llm: LLM
    said: list[str] = field(default_factory=list, compare=False)
    deterministic: bool = True

    def complete(self, prompt: Prompt) -> Completion:
        done = self.llm.complete(prompt)
        self.said.extend(done.texts)
        return done

    def __repr__(self) -> str:
        return repr(self.llm)


@pytest.fixture(scope="module")
def llm(smollm: Path) -> TransformersLLM:
    return TransformersLLM(str(smollm))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvidenceStore]:
    """The evidence on which the questions rest."""
    refs = {ref for case in ASKED for ref in case.clean_evidence}
    with opened(tmp_path_factory.mktemp("real-model")) as store:
        store.ingest(
            [each.model_copy(update={"supersedes": None}) for each in read_evidence(DEMO_EVIDENCE) if each.ref in refs]
        )
        yield store


def traces(
    folder: Path, store: EvidenceStore, reader: Reader, cases: list[Case], condition: Condition, samples: int = 0
) -> list[Trace]:
    """The runs, all of which end."""
    decoding = Decoding(samples=samples, temperature=1.0, seed=0)
    assert ask(folder, store, cases, [condition], reader, decoding=decoding, in_flight=1) == []
    journal = Journal.open(folder / JOURNAL, create=False)
    return [Trace(journal, f"{condition.name}.{case.id}") for case in cases]


def said(trace: Trace) -> Answer:
    answer = trace.output(Answer)
    assert answer is not None
    return answer


def replies(trace: Trace) -> list[str]:
    """Every text of the model, in order."""
    calls = [step.output for step in trace.activities if step.kind == "model"]
    return [text for call in calls for text in trace.journal.get(call, Completion).texts]


def test_the_direct_reader_is_answered_in_words_of_the_options_and_takes_a_letter_only_where_they_fit_it(
    tmp_path: Path, store: EvidenceStore, llm: TransformersLLM
) -> None:
    """Asked about swabs, the model gives the letter of one option and then words of another."""
    options = []
    for trace, case in zip(traces(tmp_path, store, DirectReader(llm, max_tokens=32), ASKED, CLEAN), ASKED, strict=True):
        (reply,) = replies(trace)
        letter, words = reply[0], re.findall(r"\w+", reply[2:].lower())
        known = set(re.findall(r"\w+", " ".join([*case.options, *case.options.values()]).lower()))
        assert letter in case.options
        assert len(known.intersection(words)) > len(set(words)) / 2
        assert said(trace).option in (letter, None)
        assert said(trace).rests_on == case.clean_evidence
        options.append(said(trace).option)
    assert len(set(options)) == 2  # a letter, and none


def test_the_prompted_reader_takes_prose_for_no_claim_and_still_chooses(
    tmp_path: Path, store: EvidenceStore, llm: TransformersLLM
) -> None:
    for trace in traces(tmp_path, store, PromptedReader(llm, max_tokens=BRIEF), ASKED[:2], CLEAN):
        read = [trace.journal.get(step.output, Synthesis) for step in trace.activities if step.kind == "synthesise"]
        assert [each.claims for each in read] == [()]
        assert "the model was asked twice and could not be understood" in read[0].note
        assert said(trace).option in ASKED[0].options
        assert all(text.isascii() and " " in text for text in replies(trace)[:-1])


def test_the_critique_loop_ends_though_no_verdict_can_be_read_and_every_call_is_recorded(
    tmp_path: Path, store: EvidenceStore, llm: TransformersLLM
) -> None:
    counted = Counted(llm)
    (trace,) = traces(tmp_path, store, PromptedReader(counted, max_tokens=BRIEF), ASKED[:1], LOOP)
    kinds = [step.kind for step in trace.activities]
    assert (kinds.count("retrieve"), kinds.count("critique"), kinds.count("choose")) == (ROUNDS, ROUNDS, 1)
    verdicts = [trace.journal.get(step.output, Critique) for step in trace.activities if step.kind == "critique"]
    assert not any(each.adequate for each in verdicts)
    assert said(trace).option in ASKED[0].options
    assert replies(trace) == counted.said
    assert len(counted.said) > ROUNDS


def test_a_drawn_letter_is_another_with_another_seed_and_the_same_when_verified(
    tmp_path: Path, store: EvidenceStore, llm: TransformersLLM
) -> None:
    reader = DirectReader(llm, held=True)
    (trace,) = traces(tmp_path, store, reader, ASKED[:1], CLOSED_BOOK, samples=1)
    with Journal.open(tmp_path / JOURNAL) as journal:
        drawn = [fork(journal, forking(trace, None, {"seed": seed}), store, reader).answer for seed in range(1, 9)]
        assert len({each.ballots.votes for each in drawn}) > 1
        assert {each.option for each in drawn} == {said(trace).option}  # which is greedy, and so no matter of luck
        verify = Verify(journal, trace.run)
        assert answer_again(trace, verify, store, reader) == said(trace)
        assert {step.verdict for step in verify.finish()} <= {"reused", "recomputed-same"}


def test_a_question_that_is_asked_anew_without_a_seed_is_right_in_some_runs_and_wrong_in_others(
    tmp_path: Path, store: EvidenceStore, llm: TransformersLLM
) -> None:
    reader, (case, *_) = DirectReader(Unseeded(llm), held=True), ASKED
    runs = [traces(tmp_path / str(n), store, reader, [case], CLEAN) for n in range(8)]
    right = [said(trace).option == case.answer for (trace,) in runs]
    assert 0 < sum(right) < len(right)


def test_of_a_served_model_that_is_right_nine_times_in_ten_failures_are_told_as_luck(
    tmp_path: Path, smollm_server: str
) -> None:
    """The key is the letter that it finds likeliest, and the temperature one at which it says that in 90 %."""
    served, drug = OpenAILLM(MODEL, smollm_server), "apixaban"
    with opened(tmp_path) as store:
        store.ingest([advice(drug, "B")])
        (first,) = traces(tmp_path / "first", store, DirectReader(served, held=True), [asked_about(drug)], arm())
        choice = first.last("choose")
        assert choice is not None
        shares = first.journal.get(choice.output, Choice).logits
        key = max(shares, key=lambda letter: shares[letter])
        reader = DirectReader(Unseeded(served, temperature=temperature_for(0.9, key, shares)), held=True)
        cases = [asked_about(drug, id=f"q-{n}", answer=key, labels={}) for n in range(240)]
        assert ask(tmp_path / "x", store, cases, [arm()], reader, decoding=Decoding(samples=0), in_flight=16) == []
        with Journal.open(tmp_path / "x" / JOURNAL) as journal:
            failed = [trace.run for trace in recorded(journal) if said(trace).option != key]
            found = [one for run in failed[:15] for one in attribute(journal, run, store, reader)]
    assert len(found) >= 10
    assert sum((one.abstain_reason or "").startswith("U1") for one in found) >= 0.8 * len(found)
    assert {one.persistence for one in found} == {"flaky"}


def temperature_for(wanted: float, letter: str, shares: Mapping[str, float]) -> float:
    """At which the letter is drawn in this share of all draws; the shares are logarithms, at temperature 1."""

    def too_rare(temperature: float) -> float:
        others = sum(math.exp((share - shares[letter]) / temperature) for share in shares.values())
        return 1 / others - wanted

    return float(brentq(too_rare, 0.01, 1.0))
