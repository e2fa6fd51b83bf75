"""A language model as judge of a failed run, asked in three ways: the whole log, step by step, or by halves.

Rules kept here
- The ways are those of Who&When (2505.00212); the prompts are our own words. The right answer is given, steps are named
  as they are recorded.
- A judge reads the log only. It sees no store, and nothing is done again.
- What it says is a guess among kinds of steps; an answer that names none is an abstention.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from evitrail.agent.llm.base import LLM, Message, Prompt
from evitrail.eval.attribution.scene.players import kind_of
from evitrail.eval.attribution.scene.scene import Scene
from evitrail.eval.injection.step_text import log_text

Kinds = tuple[str, ...]
SYSTEM = (
    "You review the log of an agent that answers clinical questions from evidence. It answered wrongly. Find the step "
    "whose mistake decided that: had this step done its work rightly, the answer would have been right."
)
WHOLE = "Name the one step that is to blame. Reply with its name as it stands in the log, and nothing else."
ONE = "The log ends with the step {step}. Did this very step make the mistake that decided? Reply yes or no."
HALF = "Is the step to blame among the first part, {first}, or among the second part, {second}? Reply first or second."


class Line(NamedTuple):
    """One step of a log."""

    step: str
    """Its path, as ``retrieve[2]``."""
    text: str


def all_at_once(llm: LLM, scene: Scene) -> Kinds:
    """The whole log is shown, and one step asked for."""
    lines = log_of(scene)
    said = _asked(llm, scene, lines, WHOLE)
    named = [line.step for line in lines if re.search(rf"(?<![\w]){re.escape(line.step)}", said)]
    kinds = named or [line.step for line in lines if re.search(rf"\b{kind_of(line.step)}\b", said, re.IGNORECASE)]
    return (kind_of(kinds[0]),) if kinds else ()


def step_by_step(llm: LLM, scene: Scene) -> Kinds:
    """The log is shown up to each step in turn; the first step that is called a mistake is named."""
    lines = log_of(scene)
    for upto, line in enumerate(lines, start=1):
        if _asked(llm, scene, lines[:upto], ONE.format(step=line.step)).strip().lower().startswith("yes"):
            return (kind_of(line.step),)
    return ()


def binary_search(llm: LLM, scene: Scene) -> Kinds:
    """The log is halved until one step is left."""
    lines = log_of(scene)
    while len(lines) > 1:
        half = (len(lines) + 1) // 2
        first, second = lines[:half], lines[half:]
        names = {"first": _names(first), "second": _names(second)}
        said = _asked(llm, scene, lines, HALF.format(**names)).strip().lower()
        if not said.startswith(("first", "second")):
            return ()
        lines = first if said.startswith("first") else second
    return tuple(kind_of(line.step) for line in lines)


JUDGES: Mapping[str, Callable[[LLM, Scene], Kinds]] = {
    "judge, all at once": all_at_once,
    "judge, step by step": step_by_step,
    "judge, binary search": binary_search,
}


def judged(llm: LLM, scene: Scene) -> dict[str, Kinds]:
    """What the judge says in each of the three ways."""
    return {name: judge(llm, scene) for name, judge in JUDGES.items()}


def log_of(scene: Scene) -> list[Line]:
    """The steps of a run as a judge reads them."""
    return [Line(step.path, log_text(scene.trace, step)) for step in scene.steps]


def _asked(llm: LLM, scene: Scene, lines: Sequence[Line], wanted: str) -> str:
    case = scene.config.case
    options = "\n".join(f"{letter}. {text}" for letter, text in sorted(case.options.items()))
    log = "\n\n".join(f"[{line.step}]\n{line.text}" for line in lines)
    asked = f"Question: {case.stem}\n{options}\nThe right answer is {case.answer}.\n\nLog:\n{log}\n\n{wanted}"
    messages = (Message(role="system", content=SYSTEM), Message(role="user", content=asked))
    return llm.complete(Prompt(messages=messages, max_tokens=64)).texts[0]


def _names(lines: Sequence[Line]) -> str:
    return ", ".join(line.step for line in lines)
