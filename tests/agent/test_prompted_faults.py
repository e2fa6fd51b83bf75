"""What a model says that cannot be read is asked for once more, and then it is an outcome with a reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel
from ward import advice, case, opened

from evitrail.agent import AGENTS, Choice, Claim, Critique, Decoding, Query, Synthesis, Tools
from evitrail.agent.llm import Completion, Message, Prompt, ScriptedLLM
from evitrail.agent.reader import PromptedReader
from evitrail.agent.reader.prompting.json_reply import as_json, as_letter, ask
from evitrail.agent.reader.prompting.templates import Prompts, load
from evitrail.agent.tools import ROUNDS
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval import BM25, Fixed
from evitrail.traces import Journal, Live, Record, Trace, Verify, canonical_json

QUESTION = case("apixaban").question
OPTIONS = {"A": "insulin", "B": "aspirin, once a day", "C": "nothing"}
MISSING = Critique(adequate=False, reason="nothing found")
ACTS = ("plan", "appraise", "synthesise", "choose")
TWICE = "the model was asked twice and could not be understood: "


class Dose(BaseModel):
    drug: str
    milligrams: float


class Config(Record, stored_as="Config"):
    name: str = "any"


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    with opened(tmp_path_factory.mktemp("faults")) as store:
        store.ingest([advice("apixaban", "B"), advice("heparin", "A")])
        yield store.snapshot()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db") as opened:
        yield opened


def says(*replies: str) -> ScriptedLLM:
    """A model that says these one after another, and the last ever after."""
    return ScriptedLLM((("", replies[-1]),), slips=dict(enumerate(replies[:-1], start=1)))


def prompt(said: str = "How much?") -> Prompt:
    return Prompt(messages=(Message(role="user", content=said),))


def read(act: str, reader: PromptedReader, snapshot: Snapshot) -> Query | Critique | Synthesis | Choice:
    """One act of reading, whatever the model says."""
    hits = Fixed(("apixaban@1",)).search("any", snapshot, 5).hits
    if act == "plan":
        return reader.plan(QUESTION, MISSING, (QUESTION.stem,))
    if act == "appraise":
        return reader.appraise(QUESTION, hits)
    if act == "synthesise":
        return reader.synthesise(QUESTION, hits)
    return reader.choose(QUESTION, Synthesis(claims=(), note=""), Decoding(samples=2))


def test_a_model_that_never_answers_ends_in_an_abstention_with_every_fault_recorded(
    journal: Journal, snapshot: Snapshot
) -> None:
    llm, agent = says("I cannot help with that."), AGENTS["agentic"]
    tools = Tools(
        Live.begin(journal, "run", Config()), snapshot, PromptedReader(llm), BM25(), decoding=Decoding(samples=3)
    )
    answer = agent.answer(QUESTION, tools)
    assert (answer.option, answer.citations, answer.ballots.votes) == (None, (), (None,) * 3)
    assert answer.reason.startswith(f"{TWICE}expected one of the letters A, B, C, D and nothing else")
    steps = {activity.path: activity for activity in Trace(journal, "run").activities}
    assert "choose[1]/model[2]" in steps
    assert "choose[1]/model[3]" not in steps
    verdicts = [journal.get(steps[f"critique[{n}]"].output, Critique) for n in range(1, ROUNDS + 1)]
    assert {(verdict.adequate, verdict.reason.startswith(TWICE)) for verdict in verdicts} == {(False, True)}
    synthesis = journal.get(steps["synthesise[1]"].output, Synthesis)
    assert (synthesis.claims, synthesis.note.count(TWICE)) == ((), 2)
    queries = [journal.get(steps[f"requery[{n}]"].output, Query) for n in (1, 2)]
    assert len({QUESTION.stem, *(query.text for query in queries)}) == ROUNDS
    assert all(TWICE in query.reason for query in queries)
    asked = len(llm.asked)
    verify = Verify(journal, "run")
    assert agent.answer(QUESTION, replace(tools, run=verify)) == answer
    assert len(llm.asked) == asked
    assert {checked.verdict for checked in verify.finish()} == {"reused", "recomputed-same"}


def test_an_answer_that_cannot_be_read_is_asked_for_once_more_with_the_fault_named() -> None:
    llm = says('{"drug": "alteplase", "milligrams": "a lot"}', '{"drug": "alteplase", "milligrams": 90}')
    heard = ask(llm, prompt(), as_json(Dose))
    assert heard.value == Dose(drug="alteplase", milligrams=90)
    first, second = llm.asked
    assert second.messages[:2] == (*first.messages, Message(role="assistant", content=llm.slips[1]))
    assert "milligrams: Input should be a valid number" in second.messages[2].content
    assert "a lot" not in second.messages[2].content


def test_an_answer_that_was_cut_says_so() -> None:
    heard = ask(
        says('{"drug": "alteplase", "milligrams": 90 }'), prompt().model_copy(update={"max_tokens": 2}), as_json(Dose)
    )
    assert heard.value is None
    assert heard.fault.startswith(f"{TWICE}expected a JSON object with the keys drug, milligrams, got none")
    assert heard.fault.endswith("it was cut at the most tokens it may have")


@pytest.mark.parametrize(
    "text",
    [
        '{"drug": "b", "milligrams": 2}',
        'Let me see {that}.\n```json\n{"drug": "b", "milligrams": "2"}\n```\nI hope this helps.',
        'First {"drug": "a", "milligrams": 1}, or rather {"drug": "b", "milligrams": 2, "sure": true}. {}',
    ],
)
def test_the_last_object_that_fits_is_meant_wherever_it_stands(text: str) -> None:
    assert as_json(Dose)(text) == Dose(drug="b", milligrams=2)


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"drug": "b"}', '{"drug": "b", "milligrams": ', '{"a":' * 100_000])
def test_what_is_no_such_object_is_a_fault(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a JSON object|milligrams: Field required"):
        as_json(Dose)(text)


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        *((text, "B") for text in ("B", " b.", "(B)", "**B**", "Answer: B", "The answer is B", '{"answer": "B"}')),
        *((text, "B") for text in ("B. aspirin, once a day", "Option B: Aspirin once a day\n", "final answer: **B**")),
        *((text, None) for text in ("", "E", "A or B", "Because", "B. insulin", "A patient needs B", "aspirin", "BB")),
    ],
)
def test_a_letter_counts_only_where_it_is_the_whole_answer(text: str, letter: str | None) -> None:
    read = as_letter(OPTIONS)
    if letter:
        assert read(text) == letter
    else:
        with pytest.raises(ValueError, match="one of the letters A, B, C and nothing else"):
            read(text)


def test_a_model_that_asks_again_what_was_asked_gets_a_query_of_ours() -> None:
    reader = PromptedReader(says(json.dumps({"query": f" {QUESTION.stem} ", "reason": "why not"})))
    query = reader.plan(QUESTION, MISSING, (QUESTION.stem,))
    assert query.text != QUESTION.stem
    assert query.reason.endswith("the model gave no query that was not asked before")


def test_without_passages_no_model_is_asked() -> None:
    reader = PromptedReader(llm := says("anything"))
    assert reader.synthesise(QUESTION, ()).note == "no passages were found, so nothing could be read"
    assert (reader.appraise(QUESTION, ()).adequate, llm.asked) == (False, [])


def test_ballots_that_were_not_given_are_abstentions() -> None:
    class Short(ScriptedLLM):
        """A server that draws one sample, however many it is asked for."""

        def complete(self, prompt: Prompt) -> Completion:
            return super().complete(prompt.model_copy(update={"n": 1}))

    choice = PromptedReader(Short((("", "B"),))).choose(QUESTION, Synthesis(claims=(), note=""), Decoding(samples=3))
    assert (choice.option, choice.ballots.votes) == ("B", ("B", None, None))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("query", "reason", "adequate", "weak_options", "claims", "option", "stance", "quote")),
            inner,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("act", ACTS)
@given(body=JSON, before=st.text(max_size=5))
@example(body=r"\1", before="")
def test_whatever_a_model_says_every_act_has_an_outcome_that_can_be_stored(
    act: str, snapshot: Snapshot, body: Any, before: str
) -> None:
    outcome = read(act, PromptedReader(says(before.replace("\\", "") + json.dumps(body))), snapshot)
    stored = canonical_json(outcome).encode()
    assert type(outcome).model_validate_json(stored) == outcome
    if isinstance(outcome, Synthesis):
        assert all(
            isinstance(claim, Claim) and claim.quote in "For apixaban the advice is option B."
            for claim in outcome.claims
        )


@pytest.mark.parametrize("act", ACTS)
def test_half_a_character_that_no_file_can_hold_is_a_fault(act: str, snapshot: Snapshot) -> None:
    half = "\ud83d"
    claims = [{"option": half, "stance": "supports", "quote": "the advice"}]
    body = {"query": half, "reason": half, "adequate": True, "claims": claims}
    outcome = read(act, PromptedReader(says(json.dumps(body))), snapshot)
    assert TWICE in canonical_json(outcome).encode().decode()


def test_a_set_of_prompts_is_a_folder_of_four_files(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    for act in ACTS:
        (folder / f"{act}.md").write_text("$question for $$5\n$evidence" if act in ACTS[1:3] else "$question $claims")
    (folder / "plan.md").write_text("Search.\n---\n$question")
    prompts = load(str(folder))
    assert prompts.id.startswith("mine@")
    assert prompts.messages("plan", mark="0", question="Q") == (
        Message(role="system", content="Search."),
        Message(role="user", content="Q"),
    )
    assert prompts.messages("appraise", mark="0", question="$evidence", evidence="E") == (
        Message(role="user", content="$evidence for $5\nE"),
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("no question here $claims", r"choose: expected the placeholder \$question, got none"),
        ("$question $claims $evidence", r"choose: expected only \$claims, \$mark, \$question, got \$evidence"),
        ("$question $claims at 5$", r"choose: expected \$name or \$\$ after every dollar sign"),
    ],
)
def test_a_prompt_that_could_not_be_filled_is_refused_in_one_line(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=rf"^prompts 'default': {fault}[^\n]*$"):
        load().but(choose=text)


def test_a_set_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError,
        match=r"expected prompts by name \(default, published\), .* a folder with plan.md, .*plan.md is not there",
    ):
        load(str(tmp_path))
    assert isinstance(load(), Prompts)
