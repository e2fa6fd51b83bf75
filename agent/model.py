"""What an agent is asked, what it gathers on the way, and what it says.

Rules kept here
- Everything is a frozen ``Record``; a step takes a ``State`` and returns a new one.
- A claim points into the text it rests on: passage id and character offsets.
- A choice names the claims it used; ``option=None`` is an abstention with its reason, not an error.
- Ballots are the sampled answers of one choice; ``None`` among them is an abstention.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from evidence_store.grade import Certainty
from retrieval.base import Hit, Retrieved
from traces.record import Record


class Question(Record):
    """A single-choice clinical question, asked as of one day."""

    id: str
    stem: str
    options: dict[str, str]
    as_of: date | None = None


class Query(Record):
    """What the agent decided to search for, and why."""

    text: str
    reason: str


class Asked(Record):
    """The queries that were asked before, in order."""

    queries: tuple[str, ...]


class Critique(Record):
    """Whether the evidence at hand suffices to choose, and what it lacks."""

    adequate: bool
    reason: str
    weak_options: tuple[str, ...] = ()
    """Options the evidence says nothing about."""


class Term(Record):
    """One thing in a sentence that spoke for or against an option."""

    text: str
    weight: float
    """Its contribution to the claim's strength; negative speaks against."""


class Claim(Record):
    """One sentence of evidence, read as speaking for or against one option."""

    option: str
    stance: Literal["supports", "refutes"]
    strength: float = Field(ge=0)
    quote: str
    passage: str
    """Passage id, ``id@version#part``."""
    start: int = Field(ge=0)
    """Character offsets of the quote within the passage's text."""
    end: int
    certainty: Certainty | None = None
    """GRADE certainty of the evidence quoted; None is unrated."""
    terms: tuple[Term, ...] = ()

    @property
    def evidence(self) -> str:
        """The evidence version quoted, ``id@version``."""
        return self.passage.partition("#")[0]


class Synthesis(Record):
    """What the evidence says about each option."""

    claims: tuple[Claim, ...]
    note: str
    """In words: what was read, or why nothing could be."""


class Ballots(Record):
    """The answers drawn from one choice; a vote of ``None`` abstains."""

    votes: tuple[str | None, ...]
    temperature: float
    seed: int


class Choice(Record):
    """The option chosen, the numbers behind it, and the claims it used."""

    option: str | None
    """``None`` abstains."""
    logits: dict[str, float]
    claims: tuple[str, ...]
    """``content_id`` of each claim used."""
    reason: str
    ballots: Ballots


class Decoding(Record):
    """How answers are drawn: one greedy choice, and ``samples`` at ``temperature``."""

    samples: int = Field(default=20, ge=0)
    temperature: float = Field(default=0.7, gt=0)
    seed: int = 0


class State(Record):
    """What the agent knows so far; each step returns a new one."""

    question: Question
    query: Query | None = None
    retrieved: tuple[Retrieved, ...] = ()
    critique: Critique | None = None
    synthesis: Synthesis | None = None
    choice: Choice | None = None

    @property
    def hits(self) -> tuple[Hit, ...]:
        """All passages found so far, each once: the best rank of any round first, then the earlier round."""
        rounds = ((hit.rank, number, hit) for number, found in enumerate(self.retrieved) for hit in found.hits)
        once: dict[str, Hit] = {}
        for _, _, hit in sorted(rounds, key=lambda item: item[:2]):
            once.setdefault(hit.passage.id, hit)
        return tuple(once.values())


class Citation(Record):
    """A verbatim quote, and where it stands."""

    evidence: str
    passage: str
    start: int
    end: int
    quote: str


class Answer(Record):
    """What the agent said: an option or an abstention, its ballots and what it cites."""

    question: str
    option: str | None
    reason: str
    ballots: Ballots
    citations: tuple[Citation, ...]
    rests_on: tuple[str, ...] = ()
    """Evidence versions of every claim the choice used, those that spoke against it too."""
