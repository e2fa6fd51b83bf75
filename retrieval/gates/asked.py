"""What a query asks, and which answers it offers.

Rules kept here
- A query that offers answers has the question in its first line and one answer in each line after it
  (``agent/steps/aim.py`` writes it so). A query of one line offers none.
- What is asked goes up to the last question mark of the first line. A line without one asks nothing: it is a search for
  words, which every good passage repeats.

    >>> asked_of("Which drug is advised?\\nAspirin\\nWarfarin")
    'Which drug is advised?'
    >>> offered_in("Which drug is advised?\\nAspirin\\nWarfarin")
    ('Aspirin', 'Warfarin')
"""

from __future__ import annotations


def asked_of(query: str) -> str:
    """The question; empty where nothing is asked."""
    before, mark, _ = query.partition("\n")[0].rpartition("?")
    return before + mark


def offered_in(query: str) -> tuple[str, ...]:
    """The answers that are offered, in order."""
    return tuple(line for line in query.split("\n")[1:] if line.strip())
