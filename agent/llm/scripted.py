r"""A language model that says what it was told to say: for tests, for examples, and for breaking things on purpose.

Rules kept here
- The first pattern found in the prompt gives the reply; ``\1`` in a reply stands for what the pattern's first
  group found, so that one line of script can answer about any passage. Two backslashes stay two, as JSON has them.
- A reply of several texts is drawn from in turn, one for each sample.
- Its name holds a digest of its script: another script is another model. What it was asked, and where it slips,
  is no part of the name.
- It ignores ``choices``, as a server may, and counts words for tokens. Given a ``window`` it refuses what is longer.

    llm = ScriptedLLM(((r"advice is option (\w)", r'{"option": "\1"}'), ("Choose", ("A", "A", "B"))), name="ward")
    llm.asked        # every prompt it was called with
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice

from evitrail.agent.llm.base import Completion, Cut, DoesNotFit, Prompt
from evitrail.traces.record import sha256

Reply = str | tuple[str, ...]


@dataclass(frozen=True, repr=False)
class ScriptedLLM:
    """Answers by its script; raises ``LookupError`` where the script has no answer."""

    script: Sequence[tuple[str, Reply]] = ()
    """Pattern and reply, in the order they are tried."""
    name: str = "script"
    window: int | None = None
    """Words that it holds, prompt and answer together; None holds any number."""
    slips: Mapping[int, Reply | Exception] = field(default_factory=dict, compare=False)
    """What it says instead, or raises, the n-th time it is asked, though nothing in the prompt calls for it."""
    asked: list[Prompt] = field(default_factory=list, compare=False)
    """Every prompt it was called with."""

    @property
    def deterministic(self) -> bool:
        return not self.slips

    def complete(self, prompt: Prompt) -> Completion:
        """The scripted texts, cut where they have more words than ``max_tokens``."""
        self.asked.append(prompt)
        said = "\n\n".join(message.content for message in prompt.messages)
        if self.window is not None and len(said.split()) + (prompt.max_tokens or 0) > self.window:
            raise DoesNotFit(f"{self!r}: expected at most {self.window} words, got {len(said.split())}")
        texts = tuple(islice(cycle(self._replies(said)), prompt.n))
        kept = tuple(_cut(text, prompt.max_tokens) for text in texts)
        return Completion(
            texts=kept,
            finish_reasons=tuple(
                "stop" if text == whole else "length" for text, whole in zip(kept, texts, strict=True)
            ),
            prompt_tokens=len(said.split()),
            completion_tokens=sum(len(text.split()) for text in kept),
            model=self.name,
        )

    def cut(self, text: str, tokens: int) -> Cut:
        """See ``Measured.cut``."""
        kept = _cut(text, tokens)
        return Cut(kept, len(kept.split()), len(text.split()))

    def _replies(self, said: str) -> tuple[str, ...]:
        slip = self.slips.get(len(self.asked))
        if isinstance(slip, Exception):
            raise slip
        if slip is not None:
            return (slip,) if isinstance(slip, str) else slip
        for pattern, reply in self.script:
            if found := re.search(pattern, said, re.DOTALL):
                return tuple(_filled(text, found) for text in ((reply,) if isinstance(reply, str) else reply))
        raise LookupError(f"{self!r} has no reply to a prompt that ends {said[-80:]!r}; add a pattern to its script")

    def __repr__(self) -> str:
        script = json.dumps([[pattern, reply] for pattern, reply in self.script])
        return f"ScriptedLLM('{self.name}@{sha256(script.encode())[7:15]}')"


def _filled(reply: str, found: re.Match[str]) -> str:
    r"""The reply with what was found in place of ``\1``; a pair of backslashes, one in JSON, is left as it is."""
    return re.sub(r"\\(\\|\d)", lambda mark: mark[0] if mark[1] == "\\" else found[int(mark[1])] or "", reply)


def _cut(text: str, words: int | None) -> str:
    if words is None:
        return text
    if words == 0:
        return ""
    kept = list(islice(re.finditer(r"\S+", text), words + 1))
    return text[: kept[words - 1].end()] if len(kept) > words else text
