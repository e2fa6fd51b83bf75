"""A ward to test in: questions about a few drugs, one line of advice for each, and a reader that errs on request.

Advice reads "For apixaban the advice is option B."; ``WardReader`` finds such sentences, weighs them by certainty
and abstains on a tie. What it does wrong is named by its arguments, so a test knows by construction which step
of a run was at fault.

    store = opened(tmp_path)
    store.ingest([advice("apixaban", "B")])
    ask(folder, store, [case("apixaban")], [condition()], WardReader(misread="C"))
    blamed(folder, store, WardReader(misread="C"))
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from world import WordVectors, clock, evidence

from evitrail.agent.model import Ballots, Choice, Claim, Critique, Decoding, Query, Question, Synthesis
from evitrail.agent.reader.base import Reader
from evitrail.eval.attribution import Blame
from evitrail.eval.attribution.blame_record import blame_failures, blames
from evitrail.eval.dataset.case import Case
from evitrail.eval.dataset.labels import Flags
from evitrail.eval.experiment.experiment import Experiment, Failure
from evitrail.eval.log.runs import JOURNAL
from evitrail.eval.plan.condition import Condition
from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.grading.grade import Grade, rank
from evitrail.evidence_store.model import Evidence
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval import BM25
from evitrail.retrieval.base import Hit, Retrieved
from evitrail.traces.journal.journal import Journal
from evitrail.traces.record import content_id

DRUGS = ("apixaban", "heparin", "insulin", "metformin", "ramipril", "warfarin")
LABELS = {
    "A": Flags(high_risk=True, unsafe=True),
    "B": Flags(),
    "C": Flags(high_risk=True, contradicts=True),
    "D": Flags(),
}
HIGH = Grade(certainty="high", study_design="randomized")
LOW = Grade(certainty="low", study_design="observational")


def advice(drug: str, letter: str, version: str = "1", *, id: str = "", **fields: Any) -> Evidence:
    """One version of the advice on a drug."""
    given = {"title": f"Advice on {drug}", "text": f"For {drug} the advice is option {letter}.", **fields}
    return evidence(id or drug, version, **given)


def case(drug: str, **changes: Any) -> Case:
    """The question about a drug; the answer is B and the advice for it ``drug@1``."""
    given: dict[str, Any] = {
        "id": f"q-{drug}",
        "stem": f"A patient takes {drug}. What is the advice?",
        "options": {letter: f"option {letter}" for letter in "ABCD"},
        "answer": "B",
        "labels": LABELS,
        "subspecialty": "internal medicine",
        "question_type": "therapy",
        "clean_evidence": (f"{drug}@1",),
        "conflict_evidence": (),
        "outdated_evidence": (),
        "as_of": date(2020, 1, 1),
    }
    return Case(**given | changes)


def arm(name: str = "words", **changes: Any) -> Condition:
    """A condition that searches by words, once."""
    return Condition(**{"name": name, "agent": "single_pass", "retriever": "bm25", "k": 3} | changes)


def opened(folder: Path) -> EvidenceStore:
    """The store in this folder, made where there is none."""
    return EvidenceStore.open(folder / "store", create=True, embedder=WordVectors(), clock=clock)


def ask(
    folder: Path, store: EvidenceStore, cases: Sequence[Case], arms: Sequence[Condition], reader: Reader, **options: Any
) -> list[Failure]:
    """Run the experiment."""
    return Experiment(cases, arms, store, reader, **options).run(folder)


def blamed(folder: Path, store: EvidenceStore, reader: Reader) -> list[Blame]:
    """Attribute every failure of the experiment."""
    with Journal.open(folder / JOURNAL) as journal:
        blame_failures(journal, store, reader)
        return blames(journal)


@dataclass(frozen=True)
class WardReader:
    """Reads the advice on the drug that is asked about, except for what it is told to do wrong."""

    misread: str | None = None
    """What it reads all advice as."""
    blind: bool = False
    """Whether it finds no advice anywhere."""
    insists: str | None = None
    """What it chooses whatever was read."""
    guesses: str | None = None
    """What it chooses when nothing was read."""
    accepts: bool | None = None
    """Its verdict on all evidence."""
    query: str | None = None
    """What it searches for in every later round."""
    slips: Mapping[int, str] = field(default_factory=dict)
    """What it reads all advice as, the n-th time it reads."""
    slip_rate: float = 0.0
    """How often it reads all advice as C."""
    deterministic: bool = True
    faints: str | None = field(default=None, repr=False)
    """The question it cannot choose for."""
    dice: random.Random = field(default_factory=lambda: random.Random(1), repr=False, compare=False)
    calls: list[str] = field(default_factory=list, repr=False, compare=False)
    """Every act of reading there was."""

    def plan(self, question: Question, critique: Critique | None, asked: Sequence[str]) -> Query:
        self.calls.append(f"plan {question.id}")
        return Query(text=self.query or f"{question.stem} ({len(asked) + 1})", reason="as told")

    def appraise(self, question: Question, hits: Sequence[Hit]) -> Critique:
        self.calls.append(f"appraise {question.id}")
        seen = any(advised(question, hit) for hit in hits)
        return Critique(adequate=seen if self.accepts is None else self.accepts, reason="as told")

    def synthesise(self, question: Question, hits: Sequence[Hit]) -> Synthesis:
        self.calls.append(f"synthesise {question.id}")
        slip = self.slips.get(sum(call.startswith("synthesise") for call in self.calls))
        if self.slip_rate and self.dice.random() < self.slip_rate:
            slip = "C"
        read = [(hit, advised(question, hit)) for hit in hits]
        claims = tuple(claim(hit, slip or self.misread or letter) for hit, letter in read if letter and not self.blind)
        return Synthesis(claims=claims, note=f"{len(claims)} lines of advice")

    def choose(self, question: Question, synthesis: Synthesis, decoding: Decoding) -> Choice:
        self.calls.append(f"choose {question.id}")
        if question.id == self.faints:
            raise RuntimeError("out of memory")
        totals = dict.fromkeys(sorted(question.options), 0.0)
        for said in synthesis.claims:
            totals[said.option] += said.strength
        best = [letter for letter, total in totals.items() if total == max(totals.values())]
        option = self.insists or (best[0] if len(best) == 1 else self.guesses)
        draw = random.Random(f"{decoding.seed} {question.id}")
        votes = tuple(option if draw.random() < 0.8 else draw.choice("ABCD") for _ in range(decoding.samples))
        return Choice(
            option=option,
            logits=totals,
            claims=tuple(content_id(said) for said in synthesis.claims if said.option == option),
            reason="as told",
            ballots=Ballots(votes=votes, temperature=decoding.temperature, seed=decoding.seed),
        )


def advised(question: Question, hit: Hit) -> str | None:
    """The option this passage advises for the drug that is asked about."""
    found = re.search(r"For (\w+) the advice is option ([A-D])", hit.passage.text)
    return found[2] if found and found[1] in question.stem else None


def claim(hit: Hit, option: str) -> Claim:
    """The whole passage, read as speaking for an option as strongly as it is graded."""
    grade, text = hit.passage.header.grade, hit.passage.text
    return Claim(
        option=option,
        stance="supports",
        strength=1 + rank(grade),
        quote=text,
        passage=hit.passage.id,
        start=0,
        end=len(text),
        certainty=grade.certainty if grade else None,
    )


OLD = advice("apixaban", "C", "0", grade=HIGH, valid_to=date(2018, 1, 1))
NEW = advice("apixaban", "B", "1", grade=LOW, valid_from=date(2018, 1, 1), supersedes="apixaban@0")
STALE = case("apixaban", outdated_evidence=("apixaban@0",), meta={"stale_option": "C"})
LOOP = arm("loop", agent="agentic")


class Unseeing:
    """A retriever that finds whatever BM25 finds but what decides."""

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        kept = [hit for hit in BM25().search(query, snapshot, k).hits if "note" in hit.passage.ref]
        return Retrieved(query=query, hits=tuple(h.model_copy(update={"rank": n}) for n, h in enumerate(kept, 1)))

    def __repr__(self) -> str:
        return "Unseeing()"


def blame(folder: Path, store: EvidenceStore, reader: Any, *, asked: Any = None, condition: Any = None) -> list[Blame]:
    """Ask one case in one condition, and blame."""
    assert ask(folder, store, [asked or case("apixaban")], [condition or arm()], reader) == []
    return blamed(folder, store, reader)


def wrong(found: list[Blame]) -> Blame:
    (one,) = (each for each in found if each.outcome == "wrong")
    return one


@contextmanager
def misread(folder: Path) -> Iterator[Journal]:
    """The journal of an agent that searched twice, was wrong, and was blamed after counterfactuals."""
    store, reader = opened(folder), WardReader(accepts=False, misread="C")
    store.ingest([OLD, NEW])
    assert ask(folder, store, [STALE], [LOOP], reader) == []
    assert blamed(folder, store, reader)
    with Journal.open(folder / "journal.db", create=False) as journal:
        yield journal
