"""A store with hundreds of events in which one for each of twenty drugs is bad: whoever looks for them can be judged.

Each drug has good advice (B) and a letter that is less sure and says C. Its bad event is of one of five kinds, done by
one of four authors, with harmless events about the same drug before it and after it, and others' in between.

    planted = Planted(store)
    planted.grow()
    planted.numbers["poison0"], planted.author["poison0"]
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from ward import HIGH, LOW, advice, arm, case
from world import World

from evitrail.eval.dataset.case import Case
from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.curation.profile import Profile
from evitrail.evidence_store.curation.relations import Supersession
from evitrail.evidence_store.grading.assessment import Assessment, Judgement
from evitrail.evidence_store.grading.grade import Certainty, Grade

MODERATE = Grade(certainty="moderate", study_design="randomized", downgrades={"imprecision": -1})
KINDS = ("regrade", "false supersession", "missing supersession", "poison", "false retraction")
EACH = 4
"""Planted events of each kind."""
AUTHORS = ("anna", "ben", "clara", "dora")
GATED, WORDS = arm("gates", retriever="clean", k=5), arm("words")
YEARS = 40


@dataclass
class Planted:
    """A store in which one event for each drug is bad, the numbers of these, and who is to be named for what."""

    store: EvidenceStore
    dice: random.Random = field(default_factory=lambda: random.Random(11))
    numbers: dict[str, range] = field(default_factory=dict)
    """For each drug, the numbers of the events of the bad decision."""
    author: dict[str, str] = field(default_factory=dict)
    reason: dict[str, str | None] = field(default_factory=dict)

    def grow(self) -> None:
        """Everything happens, each drug's acts in their order, the drugs and the rest of the world mixed."""
        world = World(self.store, seed=3)
        waiting: list[list[Callable[[], object]]] = [self.acts(drug, kind) for drug, kind in PLANTED.items()]
        waiting += [[lambda: world.live(years=1)] * YEARS]
        while waiting := [acts for acts in waiting if acts]:
            self.dice.choices(waiting, [len(acts) for acts in waiting])[0].pop(0)()

    def acts(self, drug: str, kind: str) -> list[Callable[[], object]]:
        """What is done about one drug: its evidence, harmless things, the bad event, harmless things again."""
        old = advice(drug, "C", id=f"{drug}-old", grade=HIGH)
        gold = advice(
            drug, "B", grade=MODERATE, valid_from=date(2018, 1, 1) if kind == "missing supersession" else OPEN
        )
        letter = advice(drug, "C", id=f"{drug}-letter", grade=LOW)
        first = [lambda: self.store.ingest([letter])]
        first.insert(0, lambda: self.store.ingest([old if kind == "missing supersession" else gold]))
        harmless: list[Callable[[], object]] = [
            lambda: self.rated(f"{drug}-letter@1", "low", "reviewed, as before"),
            lambda: self.store.ingest([advice(drug, "C", id=f"{drug}-box", text=f"Keep {drug} in its box.")]),
            lambda: self.rated(f"{drug}-letter@1", "low", "reviewed again, as before"),
            lambda: self.store.ingest([advice(drug, "C", id=f"{drug}-price", text=f"The price of {drug} rose.")]),
        ]
        self.dice.shuffle(harmless)
        bad = {
            "regrade": lambda: self.rated(f"{drug}@1", "very_low", "panel of May"),
            "false supersession": lambda: self.store.supersede(
                Supersession(
                    kind="replaces", old=(f"{drug}@1",), new=(f"{drug}-letter@1",), effective=LATER, note="merged"
                )
            ),
            "missing supersession": lambda: self.store.ingest([gold]),
            "poison": lambda: self.store.ingest([advice(drug, "C", id=f"{drug}-bulletin", grade=HIGH)]),
            "false retraction": lambda: self.store.retract(f"{drug}@1", "mistaken for another paper"),
        }[kind]
        place = self.dice.randint(0, len(harmless))
        return [*first, *harmless[:place], lambda: self.plant(drug, kind, bad), *harmless[place:]]

    def plant(self, drug: str, kind: str, bad: Callable[[], object]) -> None:
        """Do the bad thing as one of the authors, and keep its numbers."""
        before, self.store.actor = self.store.seq, self.dice.choice(AUTHORS)
        bad()
        self.numbers[drug], self.author[drug] = range(before + 1, self.store.seq + 1), self.store.actor
        self.reason[drug] = REASONS[kind]
        self.store.actor = "evitrail"

    def rated(self, ref: str, certainty: Certainty, reason: str) -> None:
        rate(self.store, ref, certainty, reason)


def rate(store: EvidenceStore, ref: str, certainty: Certainty, reason: str) -> int:
    """Raters say that a version is of this certainty."""
    levels = {"very_low": 3, "low": 2, "moderate": 1, "high": 0}[certainty]
    outcome = Assessment(
        outcome="death",
        importance="critical",
        study_design="randomized",
        risk_of_bias=Judgement(levels=levels, reason="open label"),
        certainty=certainty,
    )
    return store.assess([Profile(ref=ref, assessments=(outcome,), reason=reason)])


OPEN, LATER = date(2015, 1, 1), date(2019, 1, 1)
REASONS = {
    "regrade": "panel of May",
    "false supersession": "merged",
    "missing supersession": None,
    "poison": None,
    "false retraction": "mistaken for another paper",
}
PLANTED = {f"{kind.replace(' ', '')}{n}": kind for kind in KINDS for n in range(EACH)}
"""The kind of bad event for each drug."""


def asked(drug: str) -> Case:
    """The question about a planted drug."""
    outdated = (f"{drug}-old@1",) if PLANTED[drug] == "missing supersession" else ()
    return case(drug, outdated_evidence=outdated, meta={"stale_option": "C"} if outdated else {})
