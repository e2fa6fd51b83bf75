"""Mechanism oracles: for each step, the best output it could have given *the inputs it actually got*.

Rules kept here (attribution.md, sections 2.2 and 0.5)
- An oracle repairs one mechanism and leaves its inputs alone. Pasting the gold answer downstream would
  also cure an upstream fault and so blame the wrong step.
- Oracles read labels, never texts: which evidence version speaks for which option, what was in force on
  the day, how it is graded. None of them knows the answer of a question it has no evidence for.
- An oracle is an ordinary retriever or reader, so a counterfactual is an ordinary run.

Where evidence carries no label an oracle says so by abstaining; the game then finds it incomplete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from evitrail.agent.model import Ballots, Choice, Claim, Critique, Decoding, Query, Question, Synthesis
from evitrail.eval.dataset.case import Case
from evitrail.evidence_store.grading.grade import LEVELS, Certainty, rank
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval.base import Hit, Retrieved, Retriever
from evitrail.traces.record import content_id

Role = Literal["store", "retrieve", "critique", "requery", "synthesise", "choose"]
ROLES: tuple[Role, ...] = ("store", "retrieve", "critique", "requery", "synthesise", "choose")
"""In causal order."""


def mended_store(snapshot: Snapshot) -> Snapshot:
    """The store as its curator would have it that day: nothing superseded, expired, retracted or not yet out."""
    return snapshot.without(sorted(ref for ref in snapshot.headers if snapshot.status(ref) != "current"))


@dataclass(frozen=True)
class OracleRetriever:
    """The best list of the same length: labelled support first, then what was found and is in force."""

    inner: Retriever
    gold: tuple[str, ...]

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``."""
        held = [passage for ref in self.gold if ref in snapshot.headers for passage in snapshot.passages(ref)]
        found = [hit.passage for hit in self.inner.search(query, snapshot, k).hits]
        rest = [p for p in found if p.ref not in self.gold and snapshot.status(p.ref) == "current"]
        passages = (held + rest)[:k]
        hits = tuple(
            Hit(passage=p, score=1 / place, rank=place, why="labelled support" if p.ref in self.gold else "as found")
            for place, p in enumerate(passages, start=1)
        )
        return Retrieved(query=query, hits=hits)


@dataclass(frozen=True)
class OracleReader:
    """Reads labels instead of texts; each method is the oracle of one role."""

    case: str
    gold: tuple[str, ...]
    supports: tuple[tuple[str, str], ...]
    """(evidence version, option it speaks for)."""
    titles: tuple[str, ...]
    graded: tuple[tuple[str, str, Certainty | None], ...] = ()
    """(evidence version, option it speaks for, its certainty)."""

    @classmethod
    def of(cls, case: Case, snapshot: Snapshot) -> OracleReader:
        """The oracle for one case on one snapshot."""
        supports = {ref: option for ref, option in case.supported_by().items() if ref in snapshot.headers}
        gold = tuple(ref for ref in case.clean_evidence if ref in snapshot.headers)
        return cls(
            case=case.id,
            gold=gold,
            supports=tuple(sorted(supports.items())),
            titles=tuple(snapshot.headers[ref].title for ref in gold),
            graded=tuple((ref, supports[ref], _certainty(snapshot, ref)) for ref in sorted(supports)),
        )

    def __repr__(self) -> str:
        return f"OracleReader(case={self.case!r})"

    @property
    def deterministic(self) -> bool:
        return True

    def plan(self, question: Question, critique: Critique | None, asked: Sequence[str]) -> Query:
        """The title of the evidence that decides, through the real index."""
        fresh = [title for title in self.titles if title not in asked]
        return Query(text=fresh[0] if fresh else question.stem, reason="title of the labelled evidence")

    def appraise(self, question: Question, hits: Sequence[Hit]) -> Critique:
        """Adequate exactly when labelled support is among the hits."""
        held = any(hit.passage.ref in self.gold for hit in hits)
        return Critique(adequate=held, reason="labelled support is there" if held else "no labelled support")

    def synthesise(self, question: Question, hits: Sequence[Hit]) -> Synthesis:
        """Per labelled hit, that it supports its option, as strongly as it is graded.

        Whether a hit was in force is the retrieval's to repair: served side by side, an old and a new
        version of equal certainty leave even this oracle torn.
        """
        supports = dict(self.supports)
        claims = tuple(_claim(hit, supports[hit.passage.ref]) for hit in hits if hit.passage.ref in supports)
        return Synthesis(claims=claims, note="from labels" if claims else "insufficient: no labelled evidence")

    def choose(self, question: Question, synthesis: Synthesis, decoding: Decoding) -> Choice:
        """The option with most support weighted by certainty; abstains when there is none, or a tie.

        Of a context that was put before a model as it is, each labelled version in it counts once.
        """
        totals = dict.fromkeys(sorted(question.options), 0.0)
        if synthesis.context and not synthesis.claims:
            served = {one.evidence for one in synthesis.context.passages}
            for ref, letter, certainty in self.graded:
                if ref in served:
                    totals[letter] += _weight(certainty)
        for claim in synthesis.claims:
            sign = 1 if claim.stance == "supports" else -1
            totals[claim.option] += sign * claim.strength * _weight(claim.certainty)
        best = max(totals.values())
        leaders = [option for option, total in totals.items() if total == best]
        option = leaders[0] if best > 0 and len(leaders) == 1 else None
        return Choice(
            option=option,
            logits={letter: round(total, 6) for letter, total in totals.items()},
            claims=tuple(content_id(claim) for claim in synthesis.claims if claim.option == option),
            reason="most support by certainty" if option else "no option is supported above the others",
            ballots=Ballots(votes=(option,) * decoding.samples, temperature=decoding.temperature, seed=decoding.seed),
        )


def _claim(hit: Hit, option: str) -> Claim:
    grade = hit.passage.header.grade
    return Claim(
        option=option,
        stance="supports",
        strength=(rank(grade) + 1) / 5,
        quote=hit.passage.text,
        passage=hit.passage.id,
        start=0,
        end=len(hit.passage.text),
        certainty=grade.certainty if grade else None,
    )


def _certainty(snapshot: Snapshot, ref: str) -> Certainty | None:
    grade = snapshot.headers[ref].grade
    return grade.certainty if grade else None


def _weight(certainty: Certainty | None) -> float:
    """High 1, moderate 0.8, low 0.6, very low 0.4, unrated 0.2: an order, not a measurement."""
    return (1 if certainty is None else LEVELS.index(certainty) + 2) / 5
