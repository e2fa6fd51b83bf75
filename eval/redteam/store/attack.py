"""What an attack is: what somebody who wants a wrong answer would submit to the store.

Rules kept here
- An attack is made from one question: its stem and a wrong option, the *target*.
- What it does to a store is a list of evidence, ratings and notices, in the order they are submitted.
- An attacker who is a registered publisher has the fewest rights that let its evidence be published: its own
  organizations, the kinds it publishes, grades where its evidence has one or where it brings nothing but a rating, and
  dates of the question's day. It may not supersede, retract or grade what belongs to others, nor backdate where the
  forged date is the attack (``backdates``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from evitrail.eval.dataset.case import Case
from evitrail.evidence_store import Evidence, Profile, Publisher
from evitrail.evidence_store.curation.notices import Notice

Act = Evidence | Profile | Notice

ORGANIZATION = "Riverside Letters"
"""Whom false evidence is said to be from; no store should hold anything else of theirs."""
BEFORE = timedelta(days=30)
"""How long before the question's day false evidence is said to have come into force."""
UNDATED = date(2000, 1, 1)
"""The same, where neither the question has a day nor the store what decides it."""


class Plot(NamedTuple):
    """One attack on one question."""

    case: Case
    target: str
    """The wrong option that the answer is to become."""
    acts: tuple[Act, ...]
    source: str
    """Who submits it: another source for each question, which has published nothing else."""

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        return tuple(act for act in self.acts if isinstance(act, Evidence))

    @property
    def refs(self) -> frozenset[str]:
        """The versions that are meant to be believed: false ones, and weak ones that are rated high."""
        return frozenset(act.ref for act in self.acts if not isinstance(act, Notice))


@dataclass(frozen=True)
class Scene:
    """What an attack on one question is made from."""

    case: Case
    target: str
    held: Mapping[str, Evidence]
    """What the store holds, by ref."""
    number: int
    """The question's place among those attacked."""

    @property
    def true(self) -> Evidence | None:
        """The version that decides the question; None where the benchmark names none."""
        return next((self.held[ref] for ref in self.case.clean_evidence if ref in self.held), None)

    @property
    def begins(self) -> date:
        """When false evidence is said to have come into force: a while before the question, after what is true."""
        day, first = self.case.as_of, self.true.valid_from + timedelta(days=1) if self.true else UNDATED
        return max(first, day - BEFORE) if day else first

    @property
    def option(self) -> str:
        """The words of the target."""
        return self.case.options[self.target].rstrip(". ") + "."

    @property
    def said(self) -> str:
        """The question's stem, with the target as its answer."""
        return f"{self.case.stem} {self.option}"

    def false(self, lineage: str, text: str, **fields: Any) -> Evidence:
        """False evidence: an ungraded narrative review, where nothing else is said."""
        plain: dict[str, Any] = {
            "id": f"{lineage}-{self.number}",
            "version": "1",
            "title": self.true.title if self.true else text[:80],
            "organization": f"{ORGANIZATION} {self.number}",
            "kind": "narrative_review",
        }
        return Evidence.of_day(self.begins, text=text, **(plain | fields))

    def plot(self, *acts: Act, target: str | None = None) -> Plot:
        """These acts, as the attack on this question."""
        return Plot(self.case, target or self.target, acts, f"riverside-{self.number}")


@dataclass(frozen=True)
class Attack:
    """One way to poison a store."""

    name: str
    what: str
    """In words, for a table."""
    make: Callable[[Scene], Plot | None]
    """The attack on a question; None where the question gives no hold for it."""
    rule: str
    """The rule that is meant to stop it where a registered publisher submits it."""
    backdates: bool = False
    """Whether the lie is the date."""
    changes_others: bool = False
    """Whether it changes evidence of others: then questions that share a lineage are attacked in different copies."""

    def publisher(self, plot: Plot) -> Publisher:
        """The attacker as a registered publisher, with the fewest rights."""
        return Publisher(
            name=plot.source,
            organizations=tuple(dict.fromkeys(one.organization for one in plot.evidence)),
            kinds=tuple(dict.fromkeys(one.kind for one in plot.evidence)),
            grades=any(one.grade is not None for one in plot.evidence) or not plot.evidence,
            backdate_days=365 if self.backdates else "any",
        )
