"""What each sentence has to say about each option, as numbers with names.

Rules kept here
- Only what tells the options apart counts: a term that every option shares weighs nothing, and a term the
  stem already holds weighs half. These weights come from the question and the hits at hand, from nothing else.
- This module offers terms; which of them count is for the weights to say, and the shipped weights name six.
- ``overlap`` counts words and numerals as they are written. The terms of "words" count words only, and only where
  option and sentence agree in polarity; those of "numbers" compare quantities, in their dimension.
- One call to ``embed`` serves the whole question; without an embedder those columns are zero.
- The reader and the script that fits its weights both call ``features``: there is no second implementation.
- They follow from the texts alone, so those of the last few readings are kept: an attribution reads the same passages
  for the same question many times.

Two tables come out: ``options`` (option x sentence x OPTION_TERMS), what a sentence shares with an option, and
``relevance`` (sentence x RELEVANCE_TERMS), how far the sentence speaks of this patient and question at all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from math import log
from typing import NamedTuple, TypeVar

import numpy as np

from evitrail.agent.model import Question
from evitrail.agent.reader.extractive.conditions import applies, clauses, matched, mismatched, telling
from evitrail.agent.reader.extractive.embedding_similarity import Array, Meanings, asked, meanings
from evitrail.agent.reader.extractive.embedding_similarity import Embed as Embed
from evitrail.agent.reader.extractive.overlap import matrix, presence, shared, shares, vocabulary
from evitrail.agent.reader.extractive.quantities import Quantity, quantities
from evitrail.agent.reader.extractive.tokens import tokens
from evitrail.agent.reader.sentences import Sentence, sentences
from evitrail.agent.reader.terms import Terms, terms
from evitrail.evidence_store.model import Passage, indexed_text

T = TypeVar("T")

KEPT = 64
"""Readings whose features are kept."""
PASSAGES = 8192
"""Passages whose lines are kept."""

OPTION_TERMS = (
    "overlap",
    "overlap_found",
    "words",
    "words_found",
    "pairs",
    "pieces",
    "verbatim",
    "numbers",
    "other_number",
    "denied",
    "embedding",
    "statement",
    "words_if_exception",
    "embedding_if_exception",
    "embedding_if_parallel",
    "words_that_apply",
    "words_that_exclude",
    "denied_by_both",
    "denied_by_one",
)
RELEVANCE_TERMS = (
    "stem_words",
    "stem_words_best",
    "stem_embedding",
    "stem_embedding_best",
    "passage_words",
    "passage_embedding",
    "applies",
    "excludes",
)

EXCEPTION = re.compile(r"\b(?:except|not|least|false|incorrect|untrue|never|exclude[ds]?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence, with its terms."""

    sentence: Sentence
    terms: Terms
    numbers: tuple[Quantity, ...]
    tokens: frozenset[str]
    """Its words and numerals."""
    lowered: str
    """As it is written, in lower case."""


@dataclass(frozen=True)
class Features:
    """The two tables of one question, and what is needed to put them into words."""

    letters: tuple[str, ...]
    lines: tuple[Line, ...]
    places: tuple[int, ...]
    """For each line, the number of the passage that it stands in."""
    options: Array
    relevance: Array
    weights: tuple[dict[str, float], ...]
    """For each option, its distinguishing words and their weights."""
    tokens: tuple[dict[str, float], ...]
    """For each option, its distinguishing words and numerals and their weights."""
    numbers: tuple[tuple[Quantity, ...], ...]
    """For each option, the quantities that are not in every option."""
    denied: tuple[frozenset[str], ...]
    """For each option, the words it denies itself."""

    def opposed(self, option: int, line: int) -> dict[str, float]:
        """The option's words that the sentence denies and the option does not, or the reverse."""
        said = self.lines[line].terms
        denied = said.denied ^ self.denied[option]
        return {w: v for w, v in self.weights[option].items() if w in said.words and w in denied}


class Reading(NamedTuple):
    """All that features follow from."""

    stem: str
    options: tuple[tuple[str, str], ...]
    """Letters with their texts, by letter."""
    passages: tuple[tuple[str, str], ...]
    """Titles with texts."""
    embed: Embed | None


def features(question: Question, passages: Sequence[Passage], embed: Embed | None) -> Features:
    """Read every sentence of ``passages`` against the stem and every option. The tables are not to be written to."""
    told = tuple((passage.header.title, passage.text) for passage in passages)
    reading = Reading(question.stem, tuple(sorted(question.options.items())), told, embed)
    return (_kept if _is_hashable(embed) else _features)(reading)


def _is_hashable(embed: Embed | None) -> bool:
    """Whether readings with this embedder can be told apart; a method is as hashable as what it belongs to."""
    try:
        hash(embed)
    except TypeError:
        return False
    return True


def _features(reading: Reading) -> Features:
    letters, texts = tuple(letter for letter, _ in reading.options), [text for _, text in reading.options]
    passages, embed = reading.passages, reading.embed
    of_passages = [_lines(text) for _, text in passages]
    lines = tuple(line for own in of_passages for line in own)
    places = tuple(i for i, own in enumerate(of_passages) for _ in own)
    stem, option_terms = terms(reading.stem), [terms(t) for t in texts]
    spread = Counter(chain.from_iterable(line.terms.words for line in lines))
    weights = _distinguishing([t.words for t in option_terms], stem.words, spread)
    token_spread = Counter(chain.from_iterable(line.tokens for line in lines))
    option_tokens = _distinguishing([tokens(t) for t in texts], tokens(reading.stem), token_spread)
    pairs = _distinguishing([t.pairs for t in option_terms], frozenset(), {})
    pieces = _distinguishing([t.pieces for t in option_terms], stem.pieces, {})
    numbers = telling([quantities(t) for t in texts])

    table = np.zeros((len(letters), len(lines), len(OPTION_TERMS)))
    relevance = np.zeros((len(lines), len(RELEVANCE_TERMS)))
    if lines:
        wholes = [indexed_text(title, text) for title, text in passages]
        meaning = meanings(reading.stem, texts, [line.sentence.text for line in lines], wholes, embed)
        patient = tuple(q for q in quantities(reading.stem) if q.is_point)
        exception = float(bool(EXCEPTION.search(asked(reading.stem))))
        fill = dict(zip(OPTION_TERMS, np.moveaxis(table, 2, 0), strict=True))
        _fill_overlap(fill, option_tokens, lines)
        _fill_words(fill, weights, option_terms, lines)
        fill["pairs"][:] = shares(pairs, [line.terms.pairs for line in lines])
        fill["pieces"][:] = shares(pieces, [line.terms.pieces for line in lines])
        fill["verbatim"][:] = [_holding(lines, text) for text in texts]
        counted = [s for s, line in enumerate(lines) if line.numbers]
        for o, own in enumerate(numbers):
            if own:
                fill["numbers"][o, counted] = [matched(own, lines[s].numbers) for s in counted]
                fill["other_number"][o, counted] = [mismatched(own, lines[s].numbers) for s in counted]
        fill["embedding"][:] = meaning.option
        fill["statement"][:] = meaning.statement
        fill["words_if_exception"][:] = exception * fill["words"]
        fill["embedding_if_exception"][:] = exception * meaning.option
        fill["embedding_if_parallel"][:] = _alikeness(option_terms) * meaning.option
        conditions = [clauses(line.sentence.text, patient) for line in lines]
        fill["words_that_apply"][:] = shares(weights, [applying for applying, _ in conditions])
        fill["words_that_exclude"][:] = shares(weights, [excluding for _, excluding in conditions])
        relevance = _relevance([title for title, _ in passages], lines, places, stem, patient, spread, meaning)
    for kept in (table, relevance):
        kept.setflags(write=False)
    denied = tuple(t.denied for t in option_terms)
    return Features(letters, lines, places, table, relevance, weights, option_tokens, numbers, denied)


_kept = lru_cache(maxsize=KEPT)(_features)


@lru_cache(maxsize=PASSAGES)
def _lines(text: str) -> tuple[Line, ...]:
    """The sentences of a passage, with their terms."""
    return tuple(Line(s, terms(s.text), quantities(s.text), tokens(s.text), s.text.lower()) for s in sentences(text))


def _fill_overlap(fill: Mapping[str, Array], weights: Sequence[Mapping[str, float]], lines: Sequence[Line]) -> None:
    """The share of each option's words and numerals that a sentence holds, and their sum on a logarithmic scale."""
    known = vocabulary(weights)
    weighed, held = matrix(weights, known), presence([line.tokens for line in lines], known)
    fill["overlap"][:] = shared(weighed, held)
    fill["overlap_found"][:] = np.log1p(weighed @ held.T)


def _fill_words(
    fill: Mapping[str, Array], weights: Sequence[Mapping[str, float]], options: Sequence[Terms], lines: Sequence[Line]
) -> None:
    """The columns about words in common, which count for an option only where both affirm or both deny them."""
    words = vocabulary(weights)
    weighed = matrix(weights, words)
    said = presence([line.terms.words for line in lines], words)
    denied = presence([line.terms.denied for line in lines], words)
    sentence_denies = np.array([bool(line.terms.denied) for line in lines])
    for o, option in enumerate(options):
        opposed = said & (denied ^ presence([option.denied], words))
        own = weighed[o : o + 1]
        fill["words"][o] = shared(own, said & ~opposed)[0]
        fill["words_found"][o] = np.log1p((own @ (said & ~opposed).T)[0])
        fill["denied"][o] = shared(own, opposed)[0]
        fill["denied_by_both"][o] = fill["words"][o] * (sentence_denies & bool(option.denied))
        fill["denied_by_one"][o] = fill["words"][o] * (sentence_denies ^ bool(option.denied))


def _relevance(
    titles: Sequence[str],
    lines: Sequence[Line],
    places: Sequence[int],
    stem: Terms,
    patient: Sequence[Quantity],
    spread: Counter[str],
    meaning: Meanings,
) -> Array:
    similar = meaning.stem
    rarity = [{w: log((len(lines) + 1) / (spread[w] + 0.5)) + 0.5 for w in sorted(stem.words)}]
    words = vocabulary(rarity)
    of = np.array(places)
    titled = presence([terms(title).words for title in titles], words)
    said = presence([line.terms.words for line in lines], words)
    held = titled.copy()
    np.logical_or.at(held, of, said)
    cover = shared(matrix(rarity, words), said | titled[of])[0]
    whole = shared(matrix(rarity, words), held)[0]
    fits = np.array([applies(patient, line.numbers) for line in lines])
    return np.column_stack(
        [
            cover,
            cover - cover.max(),
            similar,
            similar - similar.max(),
            whole[of] - whole.max(),
            meaning.passage[of] - meaning.passage.max(),
            fits > 0,
            fits < 0,
        ]
    ).astype(np.float64)


def _distinguishing(
    options: Sequence[frozenset[T]], known: frozenset[T], spread: Mapping[T, int]
) -> tuple[dict[T, float], ...]:
    """Each option's terms, weighted by how few options share them (idf over the options)."""
    shared = Counter(t for option in options for t in option)
    weight = {
        t: log(len(options) / n) * (0.5 if t in known else 1.0) / (1 + log(max(spread.get(t, 0), 1)))
        for t, n in shared.items()
        if n < len(options)
    }
    return tuple({t: weight[t] for t in sorted(option, key=str) if t in weight} for option in options)


def _alikeness(options: Sequence[Terms]) -> float:
    """How alike the options are worded: mean share of words two options have in common."""
    pairs = [(a.words, b.words) for i, a in enumerate(options) for b in options[:i] if a.words | b.words]
    return sum(len(a & b) / len(a | b) for a, b in pairs) / len(pairs) if pairs else 0.0


def _holding(lines: Sequence[Line], option: str) -> list[bool]:
    """Which of the sentences hold the option word for word."""
    whole = option.strip().rstrip(".").lower()
    alone = re.compile(rf"(?<!\w){re.escape(whole)}(?!\w)")
    return [whole in line.lowered and alone.search(line.lowered) is not None for line in lines]
