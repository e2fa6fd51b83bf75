"""What was measured of each passage: how likely the chosen option is with it, and without it.

Rules kept here
- All log-probabilities are natural, and among the question's letters where the model can be held to them.
- What the model did not tell is None: without log-probabilities, only whether the answer flips is known.
- The model is asked with everything in the same way as without a passage, so a flip is against that answer. It may be
  another than the option chosen, which came of an answer in the model's own words.
"""

from __future__ import annotations

from typing import Literal

from evitrail.traces.record import Record

Way = Literal["leave_one_out", "masked"]
"""How a passage is taken away: left out of the text, or hidden from the model's attention where it stands."""


class PassageInfluence(Record):
    """What one passage did for the chosen option."""

    passage: str
    """Passage id, ``id@version#part``."""
    chosen_logprob: float | None
    """Log-probability of the chosen option, with everything."""
    without: float | None
    """The same without this passage, wherever it stands."""
    delta: float | None
    """The former less the latter: above 0, the passage speaks for the option."""
    option_without: str | None
    """The letter the model answers with without it; None where it is no letter."""
    flips: bool | None
    """Whether that is another answer than with everything; None where either is no letter."""


class Influence(Record, stored_as="Influence"):
    """What each passage of a context did for the option that was chosen."""

    method: Way
    option: str
    """The one that was chosen."""
    answered: str | None
    """The letter the model answers with when it is asked for one with everything; None where that is no letter."""
    passages: tuple[PassageInfluence, ...]
    """In the order they stand in, each once."""
