"""What went wrong, in one line, wherever it is told."""

from __future__ import annotations


def one_line(said: object) -> str:
    """An error's words, or any text, without the breaks and the indents that it may have."""
    return " ".join(str(said).split())
