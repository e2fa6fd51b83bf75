"""Which lines of a text stand outside every fence of a prompt; found without the code that writes the fences.

Rules kept here
- The mark of a prompt's fences is the one that its system message names. A prompt that names none has no fences.
- A text escaped its fence if a line of it, as the model sees it, stands outside, and the plain prompt does not hold it
  there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from evitrail.agent.llm.base import LLM, Completion, Prompt
from evitrail.agent.reader.prompting.outside_text import outside_text

NAMED = re.compile(r"`\[KIND ([0-9a-f]+)\]`")
SHORT = 3
"""Characters up to which a line is too short to tell whose it is."""


class RecordingLLM:
    """A model that keeps the prompts it is asked."""

    def __init__(self, llm: LLM) -> None:
        self.llm = llm
        self.asked: list[Prompt] = []

    @property
    def deterministic(self) -> bool:
        """As the model says."""
        return self.llm.deterministic

    def complete(self, prompt: Prompt) -> Completion:
        """See ``LLM.complete``."""
        self.asked.append(prompt)
        return self.llm.complete(prompt)

    def __repr__(self) -> str:
        return repr(self.llm)


def whole_text(prompt: Prompt) -> str:
    """All messages of a prompt as one text, each under its role."""
    return "\n\n".join(f"({message.role})\n{message.content}" for message in prompt.messages)


def unfenced(prompt: Prompt) -> str | None:
    """The part of a prompt that stands in no fence; None where it has no fences."""
    text = whole_text(prompt)
    named = NAMED.search(text)
    if named is None:
        return None
    mark = re.escape(named[1])
    return re.sub(rf"^\[(\w+) {mark}\]\n.*?\n\[end of \1 {mark}\]$", "", text, flags=re.DOTALL | re.MULTILINE)


def escaped_lines(text: str, attacked: Sequence[Prompt], plain: Sequence[Prompt]) -> list[str] | None:
    """The lines of a text that stand outside every fence; None where the prompts have no fences."""
    bare = [unfenced(prompt) for prompt in attacked]
    if any(one is None for one in bare):
        return None
    usual = "\n".join(filter(None, map(unfenced, plain)))
    lines = {line.strip() for line in outside_text(text).splitlines() if len(line.strip()) > SHORT}
    return sorted(line for line in lines if line not in usual and any(line in (one or "") for one in bare))
