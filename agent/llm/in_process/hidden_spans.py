"""A model that cannot look at some spans of its prompt: how much did it rest on those?

Rules kept here
- No later token attends to a token that shows any of a span; what stands before and within it is read as ever.
  Positions stay as they were, so nothing moves: only what the span says is gone.
- The mask is additive and of the model's own float type. A boolean one, which ``sdpa`` takes, is wrong under ``eager``
  without an error.
- Where attention is asked for and none is told (``sdpa`` tells none), that is an error, never an empty answer.
- A model whose layers do not all look at all that came before is refused where that matters: the mask would be theirs.

    blind = TransformersLLM("tiny").blind(0, (120, 480))       # characters of the first message
    blind.complete(prompt)        # a prompt with choices
    blind.attended(prompt)        # 0.0, under attention="eager"

The mask has a number for each pair of tokens: 4,000 tokens take 64 MB, 30,000 take 3.6 GB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from evitrail.agent.llm.base import Completion, LLMError, Prompt
from evitrail.agent.llm.in_process.tokens import Tokens

FULL, SLIDING = "full_attention", "sliding_attention"


class Sighted(Protocol):
    """A model whose layers are at hand: ``TransformersLLM``."""

    @property
    def deterministic(self) -> bool: ...

    @property
    def tokens(self) -> Tokens: ...

    def chosen(self, prompt: Prompt, ids: Sequence[int], hidden: list[tuple[int, int]] | None = None) -> Completion:
        """One of the prompt's choices, some tokens hidden from it."""
        ...

    def forward(self, rows: list[list[int]], hidden: list[tuple[int, int]] | None = None, **more: Any) -> Any:
        """One pass, no later token attending to a hidden one."""
        ...


@dataclass(frozen=True, repr=False)
class Blind:
    """An LLM of its own: its name says what is hidden from which model."""

    llm: Sighted
    message: int
    """Which of the prompt's messages."""
    spans: tuple[tuple[int, int], ...]
    """Character offsets within it, half open."""

    @property
    def deterministic(self) -> bool:
        return self.llm.deterministic

    def complete(self, prompt: Prompt) -> Completion:
        """One of the prompt's choices; raises ``LLMError`` where it has none."""
        if prompt.choices is None:
            raise LLMError(f"expected a prompt with choices for {self!r}, got none; it does not write")
        return self.llm.chosen(prompt, self.llm.tokens.encode(prompt), self._hidden(prompt))

    def attended(self, prompt: Prompt, *, hidden: bool = True) -> float:
        """The most that any later token attends to a span, over all layers and heads: a share of 1.

        0.0 where they are hidden; ``hidden=False`` tells what it is else. Raises ``LLMError`` where attention is
        not told.
        """
        spans, ids = self._hidden(prompt), self.llm.tokens.encode(prompt)
        told = self.llm.forward([ids], spans if hidden else None, attentions=True).attentions
        if not told or told[0] is None:
            raise LLMError(f"expected {self.llm!r} to tell where it looked, got nothing; give it attention='eager'")
        later = [layer[0, :, last:, first:last].sum(-1) for layer in told for first, last in spans]
        return max((float(mass.max()) for mass in later if mass.numel()), default=0.0)

    def _hidden(self, prompt: Prompt) -> list[tuple[int, int]]:
        return [self.llm.tokens.token_span(prompt, self.message, start, end) for start, end in self.spans]

    def __repr__(self) -> str:
        said = ",".join(f"{start}-{end}" for start, end in self.spans)
        return f"{self.llm!r} blind to {self.message}:{said}"


def mask(config: Any, length: int, hidden: Sequence[tuple[int, int]], dtype: torch.dtype) -> torch.Tensor:
    """What each of ``length`` tokens cannot look at, (1, 1, length, length): 0, or the least float."""
    if not _looks_back(config, length):
        raise LLMError(
            f"expected a model that looks at all of {length} tokens in every layer, got a {config.model_type};"
            " leave passages out of the prompt instead"
        )
    least = torch.finfo(dtype).min
    causal = torch.full((length, length), least, dtype=dtype).triu(1)
    for first, last in hidden:
        causal[last:, first:last] = least
    return causal[None, None]


def _looks_back(config: Any, length: int) -> bool:
    layers = set(getattr(config, "layer_types", None) or {FULL})
    window = getattr(config, "sliding_window", None)
    slides = SLIDING in layers or FULL not in layers or getattr(config, "layer_types", None) is None
    return layers <= {FULL, SLIDING} and not (slides and window is not None and length > window)
