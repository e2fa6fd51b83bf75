"""Does a passage speak for what is claimed, against it, or not about it?

Rules kept here
- Read from words alone: what is shared, which way it goes, what is denied. No model, no clock.
- A few features, each of them checkable by eye, and a weight for each (``stance.json``, fitted by ``bench/stance.py``
  on SciFact's train claims). Nothing in either knows medicine.
- A question claims what it would be to answer it with yes; one that opens with "which" or "how" claims nothing.
- It is often wrong, above all on what speaks against: good enough for a remark, never for a drop.

    stance("Aspirin lowers the risk of stroke.", passage).verdict      # for, against, not_about
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from math import exp
from pathlib import Path
from typing import Literal, NamedTuple

from evitrail.evidence_store.model import Passage
from evitrail.retrieval.content import content

Verdict = Literal["not_about", "for", "against"]
VERDICTS: tuple[Verdict, ...] = ("not_about", "for", "against")
"""Of equal ones the first is taken."""
BEST = 3
"""How many sentences of a passage are read for their direction: those that share most with the claim."""
OPEN = re.compile(
    r"(?:in |on |at |for |to |from |under |after |by )?(?:which|what|how|when|where|who|whom|whose|why)\b"
)
SENTENCE = re.compile(r"(?<=[.!?;])\s+")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
UP = """
    increas* rais* high higher elevat* greater more enhanc* promot* induc* improv* upregulat* up-regulat* stimulat*
    activat* accelerat* exacerbat* worsen* longer gain* better facilitat* positive* effective recommend*
    indicated preferred
"""
DOWN = """
    decreas* reduc* low lower* less fewer inhibit* prevent* suppress* impair* block* downregulat* down-regulat*
    diminish* attenuat* protect* limit* declin* loss shorter poor* worse imped* negative* ineffective lack* deficien*
    contraindicated avoid* discourag*
"""
UNCHANGED = "similar* unchanged independent_of unrelated irrespective"
NO = "difference effect association change benefit evidence impact role relation* influence"
"""What, when there is none of it, leaves things as they are; and what does so when it is not done."""
NOT = "associat* affect* differ* chang* improv* reduc* increas* influenc* alter* significant*"
DENIED = "not no without never neither nor fail* cannot absence lack* unable unlikely rather_than instead"


class Stance(NamedTuple):
    """How a passage stands to a claim, and how much of the weight is on that."""

    verdict: Verdict
    share: float


class Direction(NamedTuple):
    """Which way a sentence goes."""

    sign: int
    same: bool
    denied: bool


def claimed(query: str) -> str | None:
    """What a query claims; None where it asks openly."""
    asked, mark, _ = query.rpartition("?")
    last = re.split(r"(?<=[.!?])\s+", (asked if mark else query).strip())[-1]
    return last if last and not OPEN.match(last.lower()) else None


def stance(claim: str, passage: Passage) -> Stance:
    """How a passage stands to a claim."""
    return stance_of(claim, passage.header.title, passage.text)


@lru_cache(maxsize=4096)
def stance_of(claim: str, title: str, text: str) -> Stance:
    """The same of a title and a text."""
    seen = features(claim, title, text)
    weights = _weights()
    sums = {v: weights[v]["start"] + sum(weights[v][name] * value for name, value in seen.items()) for v in VERDICTS}
    odds = {verdict: exp(value - max(sums.values())) for verdict, value in sums.items()}
    verdict = max(VERDICTS, key=lambda each: round(odds[each], 9))
    return Stance(verdict, round(odds[verdict] / sum(odds.values()), 6))


def denials(text: str) -> int:
    """How many words of a text deny."""
    return len(_DENIED.findall(text.lower()))


def features(claim: str, title: str, text: str) -> dict[str, float]:
    """What there is to weigh, by name; the claim's words are counted once each."""
    words = content(claim)
    whole = max(len(words), 1)
    lines = [line for line in SENTENCE.split(text) if line]
    shares = [len(content(line) & words) / whole for line in lines] or [0.0]
    best = sorted(range(len(lines)), key=lambda i: (-shares[i], i))[:BEST]
    there = content(title).union(*map(content, lines))
    own, numbers = _direction(claim), set(NUMBER.findall(claim))
    found = dict.fromkeys(("agrees", "opposes", "one_denies", "one_unchanged", "both_unchanged"), 0.0)
    for i in best:
        line, weight = _direction(lines[i]), shares[i] ** 2
        found["agrees"] += weight * (own.sign * line.sign > 0)
        found["opposes"] += weight * (own.sign * line.sign < 0)
        found["one_denies"] += weight * (own.denied != line.denied)
        found["one_unchanged"] += weight * (own.same != line.same)
        found["both_unchanged"] += weight * (own.same and line.same)
    return found | {
        "shared": len(there & words) / whole,
        "shared_title": len(content(title) & words) / whole,
        "shared_best": max(shares),
        "shared_few": sum(shares[i] for i in best) / max(len(best), 1),
        "title_agrees": len(content(title) & words) / whole * own.sign * _direction(title).sign,
        "missing": float(len(words - there)),
        "numbers": sum(n in text for n in numbers) / len(numbers) if numbers else 0.5,
    }


def _any(words: str) -> str:
    """A pattern for any of these words; a star stands for an ending, a low line for a space."""
    return "(?:" + "|".join(words.split()).replace("*", r"\w*").replace("_", " ") + ")"


_UP, _DOWN, _DENIED = (re.compile(rf"\b{_any(words)}\b") for words in (UP, DOWN, DENIED))
_SAME = re.compile(rf"\b(?:no (?:\w+ ){{0,2}}{_any(NO)}|not (?:\w+ )?{_any(NOT)}|{_any(UNCHANGED)})\b")


@lru_cache(maxsize=16_384)
def _direction(line: str) -> Direction:
    rest, same = _SAME.subn(" ", line.lower())
    up, down = len(_UP.findall(rest)), len(_DOWN.findall(rest))
    return Direction((up > down) - (up < down), same > 0, bool(_DENIED.search(rest)))


@cache
def _weights() -> Mapping[str, Mapping[str, float]]:
    """By verdict, the weight of each feature, and ``start``, which is always added."""
    fitted = json.loads(Path(__file__).with_name("stance.json").read_text("utf-8"))
    return {str(verdict): dict(weights) for verdict, weights in fitted["weights"].items()}
