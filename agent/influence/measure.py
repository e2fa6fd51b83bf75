"""The influence of each passage on the chosen option: the model is asked again as if the passage were not there.

Rules kept here
- Two ways, of one form: a question and a passage give a model and what to ask it. ``leave_one_out`` asks any model with
  the passage and one separator cut out, so that what stood after it moves up. ``masked`` hides the passage where it
  stands from a model that can be blinded (``hf:``): nothing moves, but its length still shows.
- Each asking is greedy, wants a letter and its log-probability, and is a step of the run by the passage's name: it is
  made once, and reused.
- A passage that stands in the context twice is taken away everywhere.

    asking = Asking(llm, prompt=lambda text: reader.asked(question, text), context=context, options=question.options)
    measured(asking, option="B", way="leave_one_out", run=run).passages[0].delta

Not told: what passages do together. Two that say the same have no influence each, since the other still says it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

from evitrail.agent.influence.values import Influence, PassageInfluence, Way
from evitrail.agent.llm.base import LLM, Completion, LLMError, Prompt, recorded
from evitrail.agent.model import Context
from evitrail.agent.reader.prompting.json_reply import as_letter
from evitrail.traces.run.live import Run

DIGITS = 6
LIKELIEST = 20
"""As many as a prompt may ask for: more than a question has letters."""


@runtime_checkable
class Blindable(Protocol):
    """An LLM from which parts of a message can be hidden."""

    def blind(self, message: int, *spans: tuple[int, int]) -> LLM:
        """The same model, to which these characters of one of the prompt's messages do not exist."""
        ...


@dataclass(frozen=True)
class Asking:
    """A question as it is put to a model together with a context."""

    llm: LLM
    prompt: Callable[[str], Prompt]
    """From the context's text to what is sent."""
    context: Context
    options: Mapping[str, str]

    def asked(self, text: str) -> Prompt:
        """What is sent, as it is sent to measure: for a letter, likeliest first."""
        wanted = {"n": 1, "temperature": 0.0, "seed": None, "form": None, "logprobs": LIKELIEST}
        return self.prompt(text).model_copy(update={"choices": tuple(sorted(self.options)), **wanted})

    def spans(self, passage: str) -> list[tuple[int, int]]:
        """Where a passage stands in the context, in order."""
        return sorted((one.start, one.end) for one in self.context.passages if one.passage == passage)


class MeasuredAnswer(NamedTuple):
    """What of an answer counts here."""

    letter: str | None
    logprob: float | None


def measured(asking: Asking, option: str, way: Way, run: Run | None = None) -> Influence:
    """What each passage does for ``option``; raises ``LLMError`` where the way is not open to the model."""

    def hear(llm: LLM, prompt: Prompt, label: str) -> MeasuredAnswer:
        return measured_answer(
            (llm if run is None else recorded(llm, run, label)).complete(prompt), option, asking.options
        )

    whole = hear(asking.llm, asking.asked(asking.context.text), "everything")
    passages = dict.fromkeys(served.passage for served in asking.context.passages)
    without = {passage: hear(*WAYS[way](asking, passage), f"without {passage}") for passage in passages}
    return Influence(
        method=way,
        option=option,
        answered=whole.letter,
        passages=tuple(_compared(passage, whole, rest) for passage, rest in without.items()),
    )


def leave_one_out(asking: Asking, passage: str) -> tuple[LLM, Prompt]:
    """The same model, and a context without the passage."""
    kept, at = "", 0
    for start, end in sorted(_with_separator(asking, span) for span in asking.spans(passage)):
        kept, at = kept + asking.context.text[at:start], max(at, end)
    return asking.llm, asking.asked(kept + asking.context.text[at:])


def masked(asking: Asking, passage: str) -> tuple[LLM, Prompt]:
    """The same context, and a model that cannot look at the passage; raises ``LLMError`` where it can always look."""
    if not isinstance(asking.llm, Blindable):
        raise LLMError(f"expected a model that can be blinded, as hf:…, got {asking.llm!r}; leave passages out instead")
    prompt, text = asking.asked(asking.context.text), asking.context.text.strip()
    places = [n for n, said in enumerate(prompt.messages) for _ in range(said.content.count(text))]
    if not text or len(places) != 1:
        times = len(places) if text else 0
        raise LLMError(f"expected the context once in the prompt, got it {times} times; leave passages out instead")
    lead = len(asking.context.text) - len(asking.context.text.lstrip())
    at = prompt.messages[places[0]].content.index(text) - lead
    return asking.llm.blind(places[0], *((at + start, at + end) for start, end in asking.spans(passage))), prompt


WAYS: dict[Way, Callable[[Asking, str], tuple[LLM, Prompt]]] = {"leave_one_out": leave_one_out, "masked": masked}
"""How a passage is taken away: whom to ask what instead."""


def measured_answer(said: Completion, option: str, options: Mapping[str, str]) -> MeasuredAnswer:
    """The letter of the first answer, and how likely ``option`` was at the first token that is one of the letters."""
    try:
        letter = as_letter(options)(said.texts[0] if said.texts else "")
    except ValueError:
        letter = None
    told = next((token for token in (said.tokens or ((),))[0] if token.text.strip() in options), None)
    if told is None:
        return MeasuredAnswer(letter, None)
    likely = {told.text.strip(): told.logprob}
    for text, logprob in told.likeliest.items():
        likely.setdefault(text.strip(), logprob)
    return MeasuredAnswer(letter, likely.get(option))


def _compared(passage: str, whole: MeasuredAnswer, rest: MeasuredAnswer) -> PassageInfluence:
    told = None if whole.logprob is None or rest.logprob is None else whole.logprob - rest.logprob
    return PassageInfluence(
        passage=passage,
        chosen_logprob=_rounded(whole.logprob),
        without=_rounded(rest.logprob),
        delta=_rounded(told),
        option_without=rest.letter,
        flips=None if whole.letter is None or rest.letter is None else whole.letter != rest.letter,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def _with_separator(asking: Asking, span: tuple[int, int]) -> tuple[int, int]:
    """The span, and what parts it from its neighbour: the one after it, or else before it. Words are no separator."""
    start, end = span
    text, others = asking.context.text, asking.context.passages
    after = min((one.start for one in others if one.start >= end), default=None)
    if after is not None and not re.search(r"\w", text[end:after]):
        return start, after
    before = max((one.end for one in others if one.end <= start), default=None)
    if before is not None and not re.search(r"\w", text[before:start]):
        return before, end
    return span
