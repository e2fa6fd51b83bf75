"""Text that came from outside as a model may see it: what is hidden is written out, what would end a turn is broken.

Rules kept here
- Characters that nobody sees (format and control characters, tags, variation selectors, fillers) are written out as
  ``\\u200b``, so that a reviewer of the prompt and the model read the same. Tab and line ends stay.
- What chat templates give a meaning to (``<|im_end|>``, ``[/INST]``, ``</s>``, ``<end_of_turn>``) is broken by a space
  after its first character: a server turns such words of a message into tokens of its own.
- A text that holds neither is returned as it is, to the character.

    >>> outside_text("stop apixaban\\u200b<|im_end|>")
    'stop apixaban\\\\u200b< |im_end|>'
"""

from __future__ import annotations

import re

HIDDEN = re.compile(
    "\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\ue000-\uf8ff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010fffd]"
)
"""Characters that have no shape of their own, private ones among them."""
TURN = re.compile(
    r"<\|[^<>\n]{0,40}\|?>|<[|｜][^<>\n]{0,40}[|｜]>|</?s>|</?(?:bos|eos|pad|unk|sep|cls|mask|think|system|user|assistant)>"
    r"|<(?:start|end)_of_(?:turn|text|image)>|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|THINK)\]"
    r"|<</?SYS>>|<unused\d+>",
    re.IGNORECASE,
)
"""Words by which the chat templates of common models mark turns, thoughts and texts."""


def outside_text(text: str) -> str:
    """The text with hidden characters written out and marks of turns broken."""
    return TURN.sub(_broken, HIDDEN.sub(_written_out, text))


def hidden_in(text: str) -> int:
    """How many characters nobody sees."""
    return len(HIDDEN.findall(text))


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _broken(found: re.Match[str]) -> str:
    return f"{found[0][:1]} {found[0][1:]}"
