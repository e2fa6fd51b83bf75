"""Tokens counted by a tokenizer that is not the model's own: cl100k_base, where a server does not tell its own.

Rules kept here
- No text is refused, and what reads like a special token is text like any other.
- Nothing is fetched: llama-index brings the tokenizer's file along.

    cut("Aspirin lowers the risk of stroke.", 4) == Cut("Aspirin lowers", 4, 9)

The only file that imports tiktoken. How far its counts are from the model's own is not known: leave room.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evitrail.agent.llm.base import Cut, LLMError

NAME = "cl100k_base"
KEPT_IN = "TIKTOKEN_CACHE_DIR"
_reading = threading.Lock()


def cut(text: str, tokens: int) -> Cut:
    """See ``Measured.cut``."""
    ids = _encoding().encode_ordinary(text)
    if len(ids) <= tokens:
        return Cut(text, len(ids), len(ids))
    return Cut(beginning(_encoding().decode(ids[:tokens]), text), tokens, len(ids))


def beginning(decoded: str, text: str) -> str:
    """Decoded tokens without the half character that the last of them may end in."""
    while decoded.endswith("\ufffd") and not text.startswith(decoded):
        decoded = decoded[:-1]
    return decoded


def _encoding() -> Any:
    with _reading:  # one thread at a time may point at the file
        return _loaded_encoding()


@cache
def _loaded_encoding() -> Any:
    try:
        import tiktoken
    except ImportError as error:
        raise LLMError("counting tokens needs tiktoken; run `pip install tiktoken`") from error
    before = os.environ.get(KEPT_IN)
    llama = find_spec("llama_index.core")  # found, not imported: that takes a second
    if before is None and llama is not None and llama.origin is not None:
        os.environ[KEPT_IN] = str(Path(llama.origin).parent / "_static" / "tiktoken_cache")
    try:
        return tiktoken.get_encoding(NAME)
    except OSError as error:
        said = f"expected the file of {NAME}, got {type(error).__name__}"
        raise LLMError(f"{said}; run `pip install llama-index-core`, which brings it") from error
    finally:
        if before is None:
            os.environ.pop(KEPT_IN, None)
