"""What of a request one server takes, and by which names; learnt from what it refuses.

Rules kept here
- A request is first sent as a prompt spells it. What the server refuses by name is sent by another name where there is
  one (``max_completion_tokens`` for ``max_tokens``), else left out; so is it in every later request to that server.
- What is left out is the server's own choice: its temperature, one answer a request, no seed. What holds a model to an
  answer's form is checked in the answer anyway.
- Each is told once, in one line, and stands in the record of each call that it changed (``Completion.sent_as``).

    taken = Parameters().without("max_tokens").without("temperature")
    taken.spelled({"max_tokens": 10, "temperature": 0.0}) == {"max_completion_tokens": 10}

OpenAI's reasoning models refuse ``max_tokens``, any temperature but their own and, some of them, several answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

OTHERWISE = {"max_tokens": "max_completion_tokens"}
"""The other name of a parameter, where servers differ in what they call it."""
TOGETHER = {"logprobs": ("logprobs", "top_logprobs"), "top_logprobs": ("logprobs", "top_logprobs")}
"""Parameters that mean nothing without each other."""


@dataclass(frozen=True)
class Parameters:
    """How one server wants its requests."""

    sent_as: Mapping[str, str | None] = field(default_factory=dict)
    """By the name it has in a request: the name it is sent by, None where it is left out."""

    def spelled(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A request's body as this server takes it."""
        named = ((self.sent_as.get(name, name), value) for name, value in body.items())
        return {name: value for name, value in named if name is not None}

    def without(self, refused: str) -> Parameters:
        """The same without what the server refused, or with another name for it."""
        other = OTHERWISE.get(refused)
        ours = next((name for name, sent in self.sent_as.items() if sent == refused), None)
        if other is not None and refused not in self.sent_as:
            changed: dict[str, str | None] = {refused: other}
        else:
            changed = dict.fromkeys((ours,) if ours else TOGETHER.get(refused, (refused,)))
        return Parameters({**self.sent_as, **changed})

    def changed(self, body: Mapping[str, Any]) -> dict[str, str | None]:
        """What of this body is sent by another name, or not."""
        return {name: sent for name, sent in self.sent_as.items() if name in body}
