"""A run in which no model is asked: everything else is done for real, and each call is noted instead of made.

Rules kept here
- Searches, gates and prompts are the real ones. Nothing is recorded.
- In place of a model something answers that every reader here can read at once: the first choice where the prompt
  names choices, where it asks for JSON an object that says "adequate" and claims nothing, else the letter A. So a
  reader that asks once is told exactly; one whose next prompt depends on the answer before is followed on its shortest
  way, and what it asks a second time, or in further rounds, is not foreseen.

    run = Rehearsal()
    answer(config, snapshot, reader, run)
    run.calls
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

from evitrail.agent.llm.base import Completion, Prompt
from evitrail.traces.record import Record
from evitrail.traces.run.step_key import Paths, Task

T = TypeVar("T", bound=Record)

READABLE = '{"query": "", "reason": "", "adequate": true, "claims": []}'


class PlannedCall(NamedTuple):
    """A model that would be asked, and what."""

    llm: Any
    prompt: Prompt


class Rehearsal:
    """Keeps ``Run``; what models would have been asked is in ``calls``, in order."""

    def __init__(self) -> None:
        self.calls: list[PlannedCall] = []
        self.paths = Paths()

    def step(self, task: Task[T]) -> T:
        """See ``Run.step``; a call to a model is not made."""
        path, prompt = self.paths.take(task), task.inputs.get("prompt")
        if issubclass(task.returns, Completion) and isinstance(prompt, Prompt):
            self.calls.append(PlannedCall(task.by, prompt))
            return task.returns.model_validate(_stand_in_reply(prompt).model_dump())
        with self.paths.within(path):
            return task.call()


def _stand_in_reply(prompt: Prompt) -> Completion:
    if prompt.choices:
        text = prompt.choices[0]
    elif prompt.form is not None or any("JSON" in message.content for message in prompt.messages):
        text = READABLE
    else:
        text = "A"
    return Completion(texts=(text,) * prompt.n, finish_reasons=("stop",) * prompt.n, model="nobody")
