"""The leak test: can an injected step be told from a clean one by its wording alone?

Rules kept here
- A classifier sees the words of the step and nothing else: no letters chosen, no numbers of a claim, no other step. It
  is a multinomial naive Bayes on words, which finds any word that a fault always brings along.
- It is trained and tested on questions that different evidence decides (cross-validation, five folds), on as many
  injected steps as clean ones, so chance is one half.
- A fault *leaks* where it is told from clean more than ten points above chance, and chance is outside the interval. A
  reader of the log could then name the step for a wrong reason, and a judge's score on it means little.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evitrail.eval.injection.trial import Trial
from evitrail.eval.metrics.stats import wilson
from evitrail.traces.record import Record

FOLDS = 5
ALLOWED = 0.10
"""How far above chance a classifier may be."""
LEAST = 5
"""Lineages of evidence below which nothing is said."""
CHANCE = 0.5
WORD = re.compile(r"[a-z]+|\d+")

Verdict = Literal["leaks", "does not leak", "undecided"]


class Pair(NamedTuple):
    """The words of one step with a fault, and of the same step without."""

    about: str
    """The lineage of the evidence that decides its question."""
    injected: str
    clean: str


class Leak(Record):
    """How well the injected steps of one operator are told from clean ones by their words."""

    operator: str
    lineages: int
    """Lineages of evidence that decide its questions."""
    excess: float
    """Accuracy less one half."""
    lo: float
    hi: float
    """Its 95 % interval, after Wilson."""
    verdict: Verdict
    """Undecided where the interval reaches above what is allowed, or there is too little."""


def leaks(trials: Iterable[Trial]) -> list[Leak]:
    """One row for each single fault, in the order of the trials."""
    pairs: dict[str, list[Pair]] = {}
    for trial in trials:
        if trial.sort == "single" and trial.failed:
            pairs.setdefault(trial.operator, []).append(Pair(trial.about or trial.case, trial.injected, trial.clean))
    return [leak(operator, found) for operator, found in pairs.items()]


def leak(operator: str, pairs: Sequence[Pair]) -> Leak:
    """How well a classifier tells these pairs apart."""
    lineages = sorted({pair.about for pair in pairs})
    right, n = _correct(pairs, lineages) if len(lineages) >= 2 else (0.5 * 2 * len(pairs), 2 * len(pairs))
    interval = wilson(right, n)
    excess, lo, hi = (round(value - CHANCE, 6) for value in (right / n, interval.lo, interval.hi))
    return Leak(
        operator=operator,
        lineages=len(lineages),
        excess=excess,
        lo=lo,
        hi=hi,
        verdict=_verdict(len(lineages), excess, lo, hi),
    )


def _verdict(lineages: int, excess: float, lo: float, hi: float) -> Verdict:
    if lineages < LEAST:
        return "undecided"
    if excess > ALLOWED and lo > 0:
        return "leaks"
    return "does not leak" if hi <= ALLOWED or excess <= 0 else "undecided"


def _correct(pairs: Sequence[Pair], lineages: Sequence[str]) -> tuple[float, int]:
    """How many texts are told rightly, each by a classifier that never saw its evidence; a tie is half."""
    right = 0.0
    for fold in range(min(FOLDS, len(lineages))):
        held = set(lineages[fold :: min(FOLDS, len(lineages))])
        train = [pair for pair in pairs if pair.about not in held]
        classify = NaiveBayes.trained([pair.injected for pair in train], [pair.clean for pair in train])
        for pair in pairs:
            if pair.about in held:
                right += _points(classify.odds(pair.injected)) + _points(-classify.odds(pair.clean))
    return right, 2 * len(pairs)


def _points(odds: float) -> float:
    return 0.5 if abs(odds) < 1e-9 else float(odds > 0)


class NaiveBayes(NamedTuple):
    """A multinomial naive Bayes on words, each counted as often as it stands, with one added to each count."""

    places: dict[str, int]
    weights: NDArray[np.float64]
    """By word, the logarithm of how much likelier it is in an injected text."""

    @classmethod
    def trained(cls, injected: Sequence[str], clean: Sequence[str]) -> NaiveBayes:
        """Trained on as many texts of each sort."""
        words = sorted({word for text in (*injected, *clean) for word in words_of(text)})
        places = {word: place for place, word in enumerate(words)}
        counts = np.ones((2, max(len(words), 1)))
        for row, texts in enumerate((injected, clean)):
            for text in texts:
                for word in words_of(text):
                    counts[row, places[word]] += 1
        shares = np.log(counts / counts.sum(axis=1, keepdims=True))
        return cls(places, shares[0] - shares[1])

    def odds(self, text: str) -> float:
        """The logarithm of the odds that a text is an injected one; words never seen say nothing."""
        known = [self.places[word] for word in words_of(text) if word in self.places]
        return float(self.weights[known].sum()) if known else 0.0


def words_of(text: str) -> list[str]:
    """The words and numbers of a text, in lower case; an empty text is a word of its own."""
    return WORD.findall(text.lower()) or ["(nothing)"]
