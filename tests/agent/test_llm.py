"""A model call is a step: asked once, recorded whole, and from then on remembered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from evitrail.agent.llm import Completion, Message, Prompt, ScriptedLLM, recorded
from evitrail.traces import Journal, Live, Record, Trace, Verify, canonical_json, content_id, recorded_work

SCRIPT = (("stroke", "aspirin"), (r"dose of (\w+)", r'{"drug": "\1"}'), ("draw", ("A", "B", "B")))


class Config(Record, stored_as="Config"):
    name: str = "any"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db") as opened:
        yield opened


@pytest.fixture
def llm() -> ScriptedLLM:
    return ScriptedLLM(SCRIPT)


def prompt(said: str, **decoding: object) -> Prompt:
    return Prompt.model_validate({"messages": (Message(role="user", content=said),), **decoding})


def begun(journal: Journal, name: str = "run", of: str | None = None) -> Live:
    return Live.begin(journal, name, Config(), parent=of, memory=recorded_work(journal, of) if of else None)


def test_a_call_is_recorded_with_its_messages_parameters_tokens_and_raw_text(
    journal: Journal, llm: ScriptedLLM
) -> None:
    asked = prompt("draw one", n=4, temperature=0.7, seed=3, max_tokens=9, choices=("A", "B"))
    said = recorded(llm, begun(journal)).complete(asked)
    (call,) = Trace(journal, "run").activities
    assert (call.path, call.kind, call.effect, call.by) == ("model[1]", "model", "reads_external", repr(llm))
    assert [(given.role, given.type) for given in call.inputs] == [("prompt", "Prompt")]
    assert journal.get(call.inputs[0].id, Prompt) == asked
    assert journal.get(call.output, Completion) == said
    assert said == Completion(
        texts=("A", "B", "B", "A"),
        finish_reasons=("stop",) * 4,
        prompt_tokens=2,
        completion_tokens=4,
        model="script",
    )


def test_a_resumed_run_a_fork_and_a_verification_ask_nothing_again(journal: Journal, llm: ScriptedLLM) -> None:
    prompts = [prompt("stroke"), prompt("dose of statin"), prompt("stroke")]
    said = [recorded(llm, begun(journal)).complete(each) for each in prompts[:1]]
    resumed = recorded(llm, begun(journal))
    said = [resumed.complete(each) for each in prompts]
    assert [p.messages[0].content for p in llm.asked] == ["stroke", "dose of statin", "stroke"]
    fork = recorded(llm, begun(journal, "fork", of="run"))
    assert [fork.complete(each) for each in prompts] == said
    verify = Verify(journal, "run")
    again = recorded(llm, verify)
    assert [again.complete(each) for each in prompts] == said
    assert {checked.verdict for checked in verify.finish()} == {"reused"}
    assert len(llm.asked) == 3


@pytest.mark.parametrize(
    "change", [{"n": 2}, {"temperature": 0.5}, {"seed": 1}, {"max_tokens": 5}, {"choices": ("A",)}]
)
def test_a_prompt_that_differs_in_anything_is_another_call(
    journal: Journal, llm: ScriptedLLM, change: dict[str, object]
) -> None:
    recorded(llm, begun(journal)).complete(prompt("draw"))
    recorded(llm, begun(journal, "fork", of="run")).complete(prompt("draw", **change))
    assert len(llm.asked) == 2


def test_a_recorded_model_has_the_name_of_the_model_and_its_calls_may_be_labelled(
    journal: Journal, llm: ScriptedLLM
) -> None:
    run = begun(journal)
    assert repr(recorded(llm, run)) == repr(llm)
    assert recorded(llm, run).deterministic
    recorded(llm, run, "ballots").complete(prompt("draw"))
    assert [activity.path for activity in Trace(journal, "run").activities] == ["model[ballots]"]


def test_a_call_that_fails_is_told_and_made_again_when_the_run_is_taken_up(journal: Journal, llm: ScriptedLLM) -> None:
    unreachable = ScriptedLLM(SCRIPT, slips={1: ConnectionError("nobody answers")})
    with pytest.raises(ConnectionError):
        recorded(unreachable, begun(journal)).complete(prompt("stroke"))
    (failed,) = Trace(journal, "run").of_type("activity.error")
    assert (failed.body["path"], failed.body["error"]) == ("model[1]", "ConnectionError: nobody answers")
    assert recorded(llm, begun(journal)).complete(prompt("stroke")).texts == ("aspirin",)


def test_a_reply_may_speak_of_what_its_pattern_found(llm: ScriptedLLM) -> None:
    assert llm.complete(prompt("the dose of statin?")).texts == ('{"drug": "statin"}',)


def test_a_backslash_that_json_escapes_stands_for_itself() -> None:
    said = json.dumps({"drug": r"statin \1"})
    assert ScriptedLLM((("dose", said),)).complete(prompt("the dose?")).texts == (said,)


def test_the_first_pattern_that_is_found_answers(llm: ScriptedLLM) -> None:
    assert llm.complete(prompt("the dose of aspirin after stroke?")).texts == ("aspirin",)


def test_a_prompt_outside_the_script_says_what_to_add(llm: ScriptedLLM) -> None:
    with pytest.raises(LookupError, match=r"no reply to a prompt that ends 'falls\?'; add a pattern"):
        llm.complete(prompt("falls?"))


def test_a_scripted_model_is_named_by_its_script_and_not_by_what_it_was_asked(llm: ScriptedLLM) -> None:
    fresh = ScriptedLLM(SCRIPT)
    llm.complete(prompt("stroke"))
    assert (repr(llm), llm) == (repr(fresh), fresh)
    others = [ScriptedLLM(SCRIPT[:2]), ScriptedLLM(SCRIPT, name="other"), ScriptedLLM((*SCRIPT[:2], ("draw", "A")))]
    assert len({repr(llm), *map(repr, others)}) == 4


def test_a_model_told_to_slip_does_so_under_its_own_name_and_admits_it(llm: ScriptedLLM) -> None:
    slipping = ScriptedLLM(SCRIPT, slips={2: "warfarin"})
    said = [slipping.complete(prompt("stroke")).texts[0] for _ in range(3)]
    assert said == ["aspirin", "warfarin", "aspirin"]
    assert repr(slipping) == repr(llm)
    assert (llm.deterministic, slipping.deterministic) == (True, False)


@pytest.mark.parametrize(("most", "text", "ended"), [(2, "one  two", "length"), (3, "one  two three ", "stop")])
def test_a_text_longer_than_allowed_is_cut_and_says_so(most: int, text: str, ended: str) -> None:
    said = ScriptedLLM((("count", "one  two three "),)).complete(prompt("count", max_tokens=most))
    assert (said.texts, said.finish_reasons, said.completion_tokens) == ((text,), (ended,), most)


def test_every_text_of_a_completion_says_why_it_ended() -> None:
    with pytest.raises(ValidationError, match="a finish reason for each of 2 texts"):
        Completion(texts=("A", "B"), finish_reasons=("stop",), model="any")


@example("half a character: \ud83d")
@given(st.text(st.characters(exclude_categories=())))
def test_whatever_a_model_says_can_be_stored_and_comes_back(text: str) -> None:
    said = Completion(texts=(text,), finish_reasons=(None,), model="any")
    back = Completion.model_validate_json(canonical_json(said))
    assert content_id(back) == content_id(said)
    if text.isascii():
        assert back.texts == (text,)
