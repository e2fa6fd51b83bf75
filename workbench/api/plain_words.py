"""Words that somebody typed and that stay on record, on one line.

plain_words("reason", said.reason)
"""

from __future__ import annotations


def plain_words(what: str, text: str) -> str:
    """The words on one line, without what a terminal obeys; raises ``ValueError`` where there are none."""
    plain = " ".join(text.split())
    if not plain or not plain.isprintable():
        got = "nothing" if not plain else "control characters"
        raise ValueError(f"{what}: expected words, which stay on record, got {got}")
    return plain
