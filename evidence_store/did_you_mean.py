"""The end of an error line about an unknown name: which known name was probably meant.

Rules kept here
- At most one name is suggested, and none where nothing is close. Upper and lower case count as alike.
- Every "did you mean" of the project comes from here, so all read alike.

    raise ValueError(f"expected one of {', '.join(known)}, got {name!r}{nearest(name, known)}")

    >>> nearest("hibrid", ["dense", "hybrid"])
    "; did you mean 'hybrid'?"
    >>> nearest("BM52", ["bm25", "dense"])
    "; did you mean 'bm25'?"
    >>> nearest("sparse-graph", ["dense", "hybrid"])
    ''
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str:
    """``; did you mean 'hybrid'?``, or nothing where no known name is close."""
    by_lower = {each.lower(): each for each in known}
    close = get_close_matches(name.lower(), by_lower, n=1)
    return f"; did you mean {by_lower[close[0]]!r}?" if close else ""
