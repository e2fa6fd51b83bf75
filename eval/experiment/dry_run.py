"""A run in which no model is asked: everything else is done for real, and each call is noted instead of made.

Rules kept here
- Searches, gates and prompts are the real ones. Nothing is kept of the run, unless it is given a journal in memory.
- On the shortest way every reply can be read at once: the letter that was asked for, or where JSON is wanted an object
  that says "adequate" and claims nothing. So each is asked once.
- On the longest way no reply can be read: whoever asks asks again, evidence is never adequate, all samples differ, and
  a judge is asked about each. No run asks more, except where a model's own queries find more passages to read
  (``passages_more``), or a server draws fewer answers a request than it was asked for.

    run = Rehearsal(longest=True)
    answer(config, snapshot, reader, run)
    run.calls
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from evitrail.agent.llm.base import Completion, Prompt
from evitrail.retrieval.base import Retrieved
from evitrail.traces.record import Record
from evitrail.traces.run.live import Run
from evitrail.traces.run.step_key import Paths, Task

T = TypeVar("T", bound=Record)

READABLE = '{"query": "", "reason": "", "adequate": true, "claims": []}'
READ = "read"
"""The kind of step that reads one passage."""


class PlannedCall(NamedTuple):
    """A model that would be asked, and what."""

    llm: Any
    prompt: Prompt


class Rehearsal:
    """Keeps ``Run``; what models would have been asked is in ``calls``, in order."""

    def __init__(self, letter: str = "A", *, longest: bool = False, into: Run | None = None) -> None:
        self.calls: list[PlannedCall] = []
        self._letter = letter
        self._longest = longest
        self._into = into
        self._paths = Paths()
        self._passages = {"found": 0, READ: 0}

    @property
    def paths(self) -> Paths:
        """See ``Run.paths``."""
        return self._into.paths if self._into else self._paths

    @property
    def passages_more(self) -> int:
        """How many passages more may be read, where searches find no passage twice."""
        found, read = self._passages.values()
        return max(0, found - read) if read else 0

    def step(self, task: Task[T]) -> T:
        """See ``Run.step``; a call to a model is not made."""
        prompt = task.inputs.get("prompt")
        if issubclass(task.returns, Completion) and isinstance(prompt, Prompt):
            self.calls.append(PlannedCall(task.by, prompt))
            said = task.returns.model_validate(self._stand_in_reply(prompt).model_dump())
            task = replace(task, call=lambda: said)
        output = self._done(task)
        if isinstance(output, Retrieved):
            self._passages["found"] += len(output.hits)
        self._passages[READ] += task.kind == READ
        return output

    def _done(self, task: Task[T]) -> T:
        if self._into:
            return self._into.step(task)
        with self._paths.within(self._paths.take(task)):
            return task.call()

    def _stand_in_reply(self, prompt: Prompt) -> Completion:
        if self._longest:
            texts = tuple(f"nothing that can be read, {len(self.calls)}.{number}" for number in range(prompt.n))
        elif prompt.form is not None or any("JSON" in message.content for message in prompt.messages):
            texts = (READABLE,) * prompt.n
        else:
            known = not prompt.choices or self._letter in prompt.choices
            texts = (self._letter if known else str((prompt.choices or ("",))[0]),) * prompt.n
        return Completion(texts=texts, finish_reasons=("stop",) * prompt.n, model="nobody")
