"""What an agent is asked, what it gathers on the way, and what it says.

Rules kept here
- Everything is a frozen ``Record``; a step takes a ``State`` and returns a new one.
- A claim points into the text it rests on: passage id and character offsets.
- A choice names the claims it used; ``option=None`` is an abstention with its reason, not an error.
- Ballots are the sampled answers of one choice; ``None`` among them is an abstention.
- Where a model answers in words, the words are kept (``Choice.said``), and which letter they name is confirmed in
  a step of its own (``CheckedAnswers``).
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from evitrail.agent.claims.values import JudgedClaim
from evitrail.agent.influence.values import Influence
from evitrail.agent.llm.base import Text
from evitrail.evidence_store.grading.grade import Certainty
from evitrail.retrieval.base import Hit, Retrieved
from evitrail.traces.record import Grown, Record


class Question(Record, stored_as="Question"):
    """A single-choice clinical question, asked as of one day; one without options asks for an answer in free text."""

    id: str
    stem: str
    options: dict[str, str]
    as_of: date | None = None

    @property
    def is_open(self) -> bool:
        """Whether it asks for an answer in free text."""
        return not self.options


class Query(Record, stored_as="Query"):
    """What the agent decided to search for, and why."""

    text: str
    reason: str


class AskedQueries(Record, stored_as="Asked"):
    """The queries that were asked before, in order."""

    queries: tuple[str, ...]


class Kept(Record, stored_as="Kept"):
    """The passages that an agent still has before it after several searches."""

    passages: tuple[str, ...]
    """Their ids; what is not named is forgotten."""


class Critique(Record, stored_as="Critique"):
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


class Claim(Record, stored_as="Claim"):
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


class ContextPassage(Record):
    """A passage as it stands in a context."""

    passage: str
    """Passage id, ``id@version#part``."""
    start: int = Field(ge=0)
    """Character offsets within the context."""
    end: int

    @property
    def evidence(self) -> str:
        """The evidence version it is of, ``id@version``."""
        return self.passage.partition("#")[0]


class Context(Record):
    """Passages put before a model as they are, for a reader that makes no claims of them."""

    text: str
    passages: tuple[ContextPassage, ...]
    """In the order they stand in; what was cut away is not among them."""
    tokens: int | None = None
    """As the model's tokenizer counts them; None where nobody counted."""
    cut: bool = False
    """Whether some of it was left away because it was too long."""


class Synthesis(Record, stored_as="Synthesis"):
    """What the evidence says about each option."""

    claims: tuple[Claim, ...]
    note: str
    """In words: what was read, or why nothing could be."""
    context: Context | None = None
    """What is put before the model instead of claims."""


class Ballots(Record):
    """The answers drawn from one choice; a vote of ``None`` abstains."""

    votes: tuple[str | None, ...]
    temperature: float
    seed: int


class ModelAnswer(Grown):
    """What a model answered, in its own words; None where it answered nothing."""

    later = frozenset({"cut_off"})

    greedy: Text | None = None
    drawn: tuple[Text | None, ...] = ()
    """One for each ballot."""
    cut_off: tuple[str, ...] = ()
    """Whose tokens ran out before it had said anything: ``greedy``, or the number of a sample from 1 on."""


class Choice(Record, stored_as="Choice"):
    """The option chosen, the numbers behind it, and the claims it used."""

    option: str | None
    """``None`` abstains."""
    logits: dict[str, float]
    claims: tuple[str, ...]
    """``content_id`` of each claim used."""
    reason: str
    ballots: Ballots
    said: ModelAnswer | None = None
    """The words that option and ballots were read from; None where they were not read from words."""
    shares: dict[str, float] | None = None
    """The model's own probability of each letter, where it told; they sum to 1."""


class LetterVerdict(Record):
    """Which option an answer in words names, if it names one."""

    parsed: str | None
    """The letter a parser finds in it."""
    confirmed: str | None
    """The letter it selects explicitly: this one counts."""
    clear: Literal["yes", "no"] | None
    """Whether it selects one; None where there was nothing to judge."""
    reason: str
    skipped: Literal["single_letter", "null_raw"] | None = None
    """Why nobody had to judge it."""
    override: Literal["letter_not_in_raw"] | None = None
    """Why the judge's letter does not count."""


class CheckedAnswers(Record, stored_as="Checked"):
    """What the answers of a choice were confirmed to say."""

    greedy: LetterVerdict
    ballots: tuple[LetterVerdict, ...]
    by: str
    """Who confirmed them: the rule, or a judge by its name."""


class Decoding(Record, stored_as="Decoding"):
    """How answers are drawn: one greedy choice, and ``samples`` at ``temperature``."""

    samples: int = Field(default=20, ge=0)
    temperature: float = Field(default=0.7, gt=0)
    seed: int = 0


class Citation(Record):
    """A verbatim quote, and where it stands."""

    evidence: str
    passage: str
    start: int
    end: int
    quote: str


class WrittenAnswer(Record, stored_as="WrittenAnswer"):
    """An answer in free text, before anybody judges what it claims."""

    text: Text
    note: str
    """In words: how it was written, or why there is none."""
    citations: tuple[Citation, ...] = ()
    """What it quotes, where its reader says so."""


class State(Record):
    """What the agent knows so far; each step returns a new one."""

    question: Question
    query: Query | None = None
    retrieved: tuple[Retrieved, ...] = ()
    critique: Critique | None = None
    synthesis: Synthesis | None = None
    choice: Choice | None = None
    written: WrittenAnswer | None = None
    judged: tuple[JudgedClaim, ...] = ()
    checked: CheckedAnswers | None = None
    influence: Influence | None = None

    @property
    def hits(self) -> tuple[Hit, ...]:
        """All passages found so far, each once: the best rank of any round first, then the earlier round."""
        rounds = ((hit.rank, number, hit) for number, found in enumerate(self.retrieved) for hit in found.hits)
        once: dict[str, Hit] = {}
        for _, _, hit in sorted(rounds, key=lambda item: item[:2]):
            once.setdefault(hit.passage.id, hit)
        return tuple(once.values())


class Answer(Record, stored_as="Answer"):
    """What the agent said: an option or an abstention, its ballots and what it cites."""

    question: str
    option: str | None
    reason: str
    ballots: Ballots
    citations: tuple[Citation, ...]
    rests_on: tuple[str, ...] = ()
    """Evidence versions of every claim the choice used, those that spoke against it too, or of the context it saw."""
    skipped: str | None = None
    """Why the question was not answered: its evidence does not fit the model. It counts nowhere, least of all as
    wrong."""


class OpenAnswer(Record, stored_as="OpenAnswer"):
    """What the agent said to a question without options, and what a judge says of each claim in it."""

    question: str
    text: Text
    note: str
    citations: tuple[Citation, ...]
    claims: tuple[JudgedClaim, ...]
    skipped: str | None = None
    """Why the question was not answered; it counts nowhere."""
