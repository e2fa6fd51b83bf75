"""Who is recorded as the author of a write: the person who is signed in, or the name that was declared.

Rules kept here
- Where people sign in, the name is that of their token. Another name beside it is refused, not corrected: whoever sent
  it means somebody else.
- Otherwise the name is recorded as it was typed, and nobody checks it.

    author("", signed_in="d.larsen")    # Author(name="d.larsen", authenticated=True)
"""

from __future__ import annotations

from typing import NamedTuple

from evitrail.evidence_store.curation.workflow import folded_name
from evitrail.workbench.api.plain_words import plain_words


class Author(NamedTuple):
    """Who writes."""

    name: str
    authenticated: bool
    """Whether the name is that of a token; otherwise it is declared."""


def author(declared: str, *, signed_in: str) -> Author:
    """The author of a write; raises ``ValueError`` for no name, or for another than that of whoever is signed in."""
    if not signed_in:
        return Author(plain_words("by", declared), authenticated=False)
    if declared.strip() and folded_name(declared) != folded_name(signed_in):
        raise ValueError(
            f"by: expected {signed_in!r}, who is signed in, or no name, got {plain_words('by', declared)!r}; "
            "a name is that of one's token here"
        )
    return Author(signed_in, authenticated=True)
