"""What the store holds: evidence in versions, how sure we are of it, and passages cut from it.

Rules kept here
- One ``Evidence`` is one version of one lineage, named ``id@version``; its text never changes.
- Valid time is half-open: ``valid_from`` is the first day it holds, ``valid_to`` the first day it
  no longer does; ``None`` means it still holds.
- A passage keeps its offsets: ``passage.text == evidence.text[passage.start:passage.end]``.
- An unknown grade is ``None``, never "very low".

The GRADE arithmetic is in ``grade.py``; what was known on a given day in ``snapshot.py``.
"""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from evitrail.evidence_store.grading.grade import Grade
from evitrail.traces.record import Record, content_id

BY_ID = "served-by-id"
"""The topic of what was written for one question: it is served by its id, and no search finds it."""

Kind = Literal[
    "guideline",
    "systematic_review",
    "randomized_trial",
    "observational_study",
    "case_report",
    "expert_opinion",
    "narrative_review",
    "preprint",
]

Status = Literal["current", "superseded", "not_yet", "expired", "retracted", "withdrawn"]
"""What a version is worth on a day; ``Snapshot.status`` says it."""

INCLUDED = r"^(doi:10\.\d{4,9}/\S+|pmid:\d{1,8}|[a-z0-9]+(-[a-z0-9]+)*(@[^@#\s]+)?)$"


class Header(Record, stored_as="Header"):
    """Everything about one version of a piece of evidence, except its text."""

    id: str = Field(min_length=1, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    """The lineage: the same for every version, in kebab-case."""
    version: str = Field(min_length=1, pattern=r"^[^@#\s]+$")
    title: str
    organization: str
    kind: Kind
    url: str | None
    published: date
    valid_from: date
    valid_to: date | None
    supersedes: str | None
    """The version this one replaces, as ``id@version``."""
    retracted: bool
    grade: Grade | None
    topics: tuple[str, ...] = ()
    population: str = ""
    concern: bool = False
    """Whether its publisher expressed concern about it."""
    doi: str | None = Field(default=None, pattern=r"^10\.\d{4,9}/\S+$")
    """Lower case, without an address before it."""
    pmid: str | None = Field(default=None, pattern=r"^\d{1,8}$")
    jurisdiction: tuple[Annotated[str, Field(pattern="^[A-Z]{2}$")], ...] = ()
    """Countries it is meant for (ISO 3166-1, two letters; ``EU`` too); empty, it is meant for all."""
    includes: tuple[Annotated[str, Field(pattern=INCLUDED)], ...] = ()
    """What it rests on: lineages or versions of the store, or ``doi:…`` and ``pmid:…``; of a review, its studies."""
    waiver: str | None = None
    """Why it may rest on something that was retracted all the same."""
    searched: date | None = None
    """The day up to which its literature search went."""
    review_due: date | None = None
    """The day by which its publisher meant to look at it again."""

    @property
    def ref(self) -> str:
        """The name people use: ``id@version``."""
        return f"{self.id}@{self.version}"

    def holds_on(self, day: date) -> bool:
        """Whether this version was in force on that day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    @field_validator("version", "supersedes")
    @classmethod
    def _spelt_once(cls, name: str | None) -> str | None:
        """Names are compared letter by letter, and the ledger keeps one spelling of each letter."""
        return name and unicodedata.normalize("NFC", name)

    @model_validator(mode="after")
    def _dates_run_forward(self) -> Header:
        if self.valid_to is not None and self.valid_from >= self.valid_to:
            raise ValueError(
                f"valid_from must be before valid_to, got {self.valid_from} and {self.valid_to}; "
                "valid_to is the first day the version no longer holds"
            )
        return self


class Evidence(Header, stored_as="Evidence"):
    """One version of a guideline, review, study or opinion, as its curator entered it."""

    text: str = Field(min_length=1)

    def header(self) -> Header:
        """The same version without its text, small enough to travel with every passage."""
        return Header(**{name: getattr(self, name) for name in Header.model_fields})

    def whole(self) -> Passage:
        """All of its text as one passage."""
        return Passage(
            header=self.header(),
            evidence_id=evidence_id(self),
            part=0,
            start=0,
            end=len(self.text),
            text=self.text,
        )

    @classmethod
    def of_day(cls, day: date, **fields: Any) -> Evidence:
        """A version of which only these fields are known: published and in force from that day on, ungraded."""
        unknown = {"url": None, "valid_to": None, "supersedes": None, "retracted": False, "grade": None}
        return cls.model_validate({"published": day, "valid_from": day, **unknown, **fields})


class Passage(Record, stored_as="Passage"):
    """A stretch of one evidence version's text: the smallest thing a retriever returns."""

    header: Header
    """The version this was cut from, as the snapshot knew it."""
    evidence_id: str
    """``content_id`` of the whole evidence version."""
    part: int = Field(ge=0)
    start: int = Field(ge=0)
    end: int
    text: str

    @property
    def id(self) -> str:
        """``id@version#part``, the tie-breaker of every ranking."""
        return f"{self.header.ref}#{self.part}"

    @property
    def ref(self) -> str:
        return self.header.ref


def indexed_text(title: str, text: str) -> str:
    """What of a passage is searched, and compared in meaning: its words under its title."""
    return f"{title}. {text}"


def evidence_id(evidence: Evidence) -> str:
    """The content name of one evidence version; any change of text, date or grade changes it."""
    return content_id(evidence)


class Stats(Record):
    """How large a store is, and what it searches with."""

    versions: int
    lineages: int
    retracted: int
    events: int
    passages: int
    engine: str
    search: str
    """``exact``, or the numbers of an approximate search."""
    model: str
    head: str
    """The ledger's last hash; keep it elsewhere to notice a cut ledger."""
