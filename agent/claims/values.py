"""The claims of an answer in free text, the evidence that bears on each, and what a judge says of it.

Rules kept here
- A claim of an answer is a stretch of its text, with offsets: ``claim.text == answer[claim.start:claim.end]``. It is
  not a ``Claim`` of a synthesis, which quotes evidence.
- Four verdicts, and no fifth: *supported* by evidence in force on the day; *outdated*, supported only by evidence that
  was not; *contradicted* by evidence in force; *unsupported* by anything that was served or that a search of the store
  finds.
- Whether a claim is *grounded* is another question: does something that was served say it? Where nobody recorded what
  was served, that is None.
- These verdicts are evitrail's own; SaFE-Scale (arXiv 2605.04039) has no answers in free text.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from evitrail.evidence_store.model import Passage, Status
from evitrail.traces.record import Record

ClaimVerdict = Literal["supported", "outdated", "contradicted", "unsupported"]
VERDICTS: tuple[ClaimVerdict, ...] = ("supported", "outdated", "contradicted", "unsupported")
"""In the order that tables show them."""


class AnswerClaim(Record, stored_as="AnswerClaim"):
    """One statement of an answer, and where it stands in it."""

    text: str
    start: int = Field(ge=0)
    end: int


class ReadLine(Record):
    """One sentence of a passage, and how near it is to the claim in meaning."""

    start: int = Field(ge=0)
    """Character offsets within the passage's text."""
    end: int
    similarity: float
    """Cosine of the store's embedding model."""


class BearingPassage(Record):
    """A passage that may bear on a claim."""

    passage: Passage
    status: Status
    """What its version was worth on the day of the question."""
    served: bool | None
    """Whether it was among the evidence that the answer was given from; None where nobody recorded that."""
    relevance: float
    """How near it is, under its title, to what was asked: cosine of the store's embedding model."""
    lines: tuple[ReadLine, ...]

    @property
    def in_force(self) -> bool:
        """Whether its version was in force on the day."""
        return self.status == "current"


class ClaimEvidence(Record, stored_as="ClaimEvidence"):
    """All that a judge sees of the evidence: what was served, and what a search of the store finds for the claim."""

    passages: tuple[BearingPassage, ...]
    """By passage id."""


class ClaimSource(Record):
    """A stretch of a passage that says what a claim says, or otherwise."""

    stance: Literal["supports", "contradicts"]
    evidence: str
    """The evidence version, ``id@version``."""
    passage: str
    start: int = Field(ge=0)
    """Character offsets within the passage's text."""
    end: int
    quote: str
    status: Status
    served: bool | None
    strength: float
    """How much of the claim it says, by the rule; 1 would be all of it."""


class JudgedClaim(Record, stored_as="JudgedClaim"):
    """One claim of an answer with its verdict, and the passages that it is tied to."""

    claim: AnswerClaim
    verdict: ClaimVerdict | None
    """None where the judge could not be understood."""
    reason: str
    sources: tuple[ClaimSource, ...]
    """The strongest first; empty where nothing bears on it closely enough."""
    grounded: bool | None
    """Whether something that was served supports it; None where nobody recorded what was served."""
    by: str
    """Who judged: the rule, or a model by its name."""
