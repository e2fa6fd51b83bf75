"""Who asks: the person whose token or cookie the request that is being answered carries, as the guard found it.

Rules kept here
- It is set by the guard alone, for each request anew; what a request says of itself elsewhere is not taken.
- Empty where nobody is known by name: on a server without tokens, or with one token for everybody.

    signed_in()    # "d.larsen"
"""

from __future__ import annotations

from contextvars import ContextVar

SIGNED_IN: ContextVar[str] = ContextVar("SIGNED_IN", default="")


def signed_in() -> str:
    """The person's name, or empty."""
    return SIGNED_IN.get()
