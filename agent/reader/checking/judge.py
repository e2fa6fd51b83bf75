"""A judge: a language model that confirms which option an answer in words selects.

Rules kept here
- It sees the question, the parser's guess and the words, fenced; never the right answer. What is longer than 24,000
  characters is shown without its middle.
- It says "yes" or "no" before it says a letter, at temperature 0, in JSON. Anything but "yes" leaves no letter, and
  so does a letter that does not occur in the words (``letters.py``): it may be persuaded, but not of what is not there.
- It is not asked where one letter or nothing was said, nor twice about the same words.
- Each call is a step of the run, by the name of the answer it is about (``greedy``, ``3``): what was judged is not
  judged again when a run is taken up.
- What it says and nobody can read, twice, is a verdict without a letter. A judge that does not answer is an error.

    JudgeChecker(llm).check(question, choice, run).ballots[2].confirmed

After phase 4 of SaFE-Scale (section 2.6 of its specification); the words of the prompt are ours.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from string import Template
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator

from evitrail.agent.llm.availability import AsksModel
from evitrail.agent.llm.base import LLM, DoesNotFit, LLMError, Message, Prompt, Text, Unreachable, recorded
from evitrail.agent.model import CheckedAnswers, Choice, LetterVerdict, Question
from evitrail.agent.reader.checking.checker import Checker, RuleChecker, Words, each_checked
from evitrail.agent.reader.checking.letters import guarded
from evitrail.agent.reader.prompting.fence import Fence, question_text
from evitrail.agent.reader.prompting.json_reply import as_json, ask
from evitrail.agent.reader.prompting.templates import FOLDER, halves
from evitrail.traces.known_secrets import masked
from evitrail.traces.record import sha256
from evitrail.traces.run.live import Run

LONGEST = 24_000
"""Characters of an answer that the judge is shown; of a longer one half of that from either end."""
REASONING = 2_000
"""Characters that are kept of what it gives as its reason."""


def _plainly(value: object) -> str:
    """Yes, ``true`` and "yes" are one."""
    return {True: "yes", False: "no"}.get(value, "") if isinstance(value, bool) else str(value).strip().casefold()


class Judgement(BaseModel):
    """What the judge answers with."""

    clear_selection: Annotated[str, BeforeValidator(_plainly)]
    reasoning: Text = ""
    confirmed_answer: Text | None = None


def checker_named(spec: str, key_env: Sequence[str] = ()) -> Checker:
    """Who confirms letters: ``rule``, or a language model by its name; raises ``ValueError`` for what is neither."""
    from evitrail.agent.llm.named import LLMS, is_llm, llm_named

    if spec == "rule":
        return RuleChecker()
    if not isinstance(spec, str) or not is_llm(spec):
        known = ", ".join(f"{kind}:…" for kind in LLMS)
        raise ValueError(f"expected a judge as `rule` or a language model, one of {known}, got {masked(str(spec))!r}")
    return JudgeChecker(llm_named(spec, key_env))


def judge_prompt() -> str:
    """The words that come with evitrail: the system message, a line ``---``, the user's."""
    return (FOLDER / "judge.md").read_text(encoding="utf-8")


@dataclass(frozen=True, repr=False)
class JudgeChecker(AsksModel):
    """Confirms by a model; its repr names the model and every word it is prompted with."""

    llm: LLM
    prompt: str = field(default_factory=judge_prompt)
    max_tokens: int = 384

    @property
    def deterministic(self) -> bool:
        return self.llm.deterministic

    def check(self, question: Question, choice: Choice, run: Run | None = None) -> CheckedAnswers:
        """See ``Checker.check``; raises ``Unreachable`` where the judge does not answer."""
        return each_checked(question, choice, partial(self._judged, question, run), by=repr(self))

    def _judged(self, question: Question, run: Run | None, words: Words) -> LetterVerdict:
        raw = words.raw or ""
        llm = self.llm if run is None else recorded(self.llm, run, words.label)
        try:
            heard = ask(llm, self._asked(question, raw, words.parsed), as_json(Judgement))
        except DoesNotFit as error:  # of the judge, not of the model that answered: the question is not skipped for it
            raise LLMError(f"the judge cannot hold {words.label}: {error}") from error
        except Unreachable as error:
            raise Unreachable(f"the judge could not be asked about {words.label}: {error}") from error
        said = heard.value
        if said is None:
            reason = heard.fault.replace("the model", "the judge")
            return LetterVerdict(parsed=words.parsed, confirmed=None, clear=None, reason=reason)
        letter = _letter(said.confirmed_answer, question)
        kept = guarded(said.clear_selection, letter, raw)
        return LetterVerdict(
            parsed=words.parsed,
            confirmed=kept.letter,
            clear="yes" if said.clear_selection == "yes" else "no" if said.clear_selection == "no" else None,
            reason=" ".join(said.reasoning.split())[:REASONING] or "the judge gave no reason",
            override=kept.override,
        )

    def _asked(self, question: Question, raw: str, guess: str | None) -> Prompt:
        asked, half = question_text(question), LONGEST // 2
        shown = [raw] if len(raw) <= LONGEST else [raw[:half], raw[-half:]]
        fence = Fence.around(asked, raw)
        blocks = {
            "mark": fence.mark,
            "question": fence.put("question", asked),
            "guess": guess or "none",
            "cut": "" if len(shown) == 1 else ", its beginning and its end",
            "answer": "\n\n".join(fence.put("answer", part) for part in shown),
        }
        above, line, below = halves(self.prompt)
        system, user = (Template(each).substitute(blocks).strip() for each in ((above, below) if line else ("", above)))
        turns = (Message(role="system", content=system),) if system else ()
        return Prompt(
            messages=(*turns, Message(role="user", content=user)), max_tokens=self.max_tokens, form=form(question)
        )

    def __repr__(self) -> str:
        digest = sha256(json.dumps([self.prompt, self.max_tokens]).encode())[7:15]
        return f"JudgeChecker(llm={self.llm!r}, prompt='judge@{digest}')"


def form(question: Question) -> dict[str, Any]:
    """The JSON Schema of a judgement, in the order it is to be said: first whether there is a letter, last which."""
    return {
        "type": "object",
        "properties": {
            "clear_selection": {"type": "string", "enum": ["yes", "no"]},
            "reasoning": {"type": "string"},
            "confirmed_answer": {"type": ["string", "null"], "enum": [*sorted(question.options), None]},
        },
        "required": ["clear_selection", "reasoning", "confirmed_answer"],
        "additionalProperties": False,
    }


def _letter(said: str | None, question: Question) -> str | None:
    """The option that was meant; None for what is none."""
    bare = (said or "").strip(" ().[]\"'*`").casefold()
    return next((letter for letter in question.options if letter.casefold() == bare), None)
