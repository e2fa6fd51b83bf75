"""A question and the passages read for it, made ready to be compared: each part is worked out once, when it is needed.

Rules kept here
- Only what tells the options apart counts: a term that every option shares weighs nothing, and a term the
  stem already holds weighs half. These weights come from the question and the hits at hand, from nothing else.
- One call to ``embed`` serves the whole question, but for its options as statements.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from math import log
from typing import TypeVar

from evitrail.agent.reader.extractive.conditions import telling
from evitrail.agent.reader.extractive.embedding_similarity import Array, Embed, Meanings, meanings
from evitrail.agent.reader.extractive.lines import Line, lines_of
from evitrail.agent.reader.extractive.overlap import Presence, matrix, presence, vocabulary
from evitrail.agent.reader.extractive.quantities import Quantity, quantities
from evitrail.agent.reader.extractive.tokens import tokens
from evitrail.agent.reader.terms import Terms, terms
from evitrail.evidence_store.model import indexed_text

T = TypeVar("T")


@dataclass(frozen=True)
class Compared:
    """A question's options beside the sentences read for it; tables have a row for each option or line."""

    stem: str
    options: tuple[str, ...]
    passages: tuple[tuple[str, str], ...]
    """Titles with texts."""
    embed: Embed | None

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Every sentence, passage by passage."""
        return tuple(line for _, text in self.passages for line in lines_of(text))

    @cached_property
    def places(self) -> tuple[int, ...]:
        """For each line, the number of the passage that it stands in."""
        return tuple(place for place, (_, text) in enumerate(self.passages) for _ in lines_of(text))

    @cached_property
    def stem_terms(self) -> Terms:
        """The stem's words, pairs of words and pieces of words."""
        return terms(self.stem)

    @cached_property
    def option_terms(self) -> tuple[Terms, ...]:
        """The same of each option."""
        return tuple(terms(option) for option in self.options)

    @cached_property
    def patient(self) -> tuple[Quantity, ...]:
        """The numbers that the stem gives for this patient."""
        return tuple(q for q in quantities(self.stem) if q.is_point)

    @cached_property
    def spread(self) -> Counter[str]:
        """In how many lines each word of the question stands."""
        asked = self.stem_terms.words.union(*(option.words for option in self.option_terms))
        return Counter(chain.from_iterable(asked & line.terms.words for line in self.lines))

    @cached_property
    def words(self) -> tuple[dict[str, float], ...]:
        """For each option, its distinguishing words and their weights."""
        return distinguishing([option.words for option in self.option_terms], self.stem_terms.words, self.spread)

    @cached_property
    def tokens(self) -> tuple[dict[str, float], ...]:
        """For each option, its distinguishing words and numerals and their weights."""
        own = [tokens(option) for option in self.options]
        asked = frozenset[str]().union(*own)
        spread = Counter(chain.from_iterable(asked & line.tokens for line in self.lines))
        return distinguishing(own, tokens(self.stem), spread)

    @cached_property
    def numbers(self) -> tuple[tuple[Quantity, ...], ...]:
        """For each option, the quantities that are not in every option."""
        return telling([quantities(option) for option in self.options])

    @cached_property
    def meaning(self) -> Meanings:
        """How alike stem, options, lines and passages are in meaning."""
        wholes = [indexed_text(title, text) for title, text in self.passages]
        return meanings(self.stem, self.options, [line.sentence.text for line in self.lines], wholes, self.embed)

    @cached_property
    def weighed_tokens(self) -> tuple[Array, Presence]:
        """The weights of the options' words and numerals, and which line holds which."""
        known = vocabulary(self.tokens)
        return matrix(self.tokens, known), presence([line.tokens for line in self.lines], known)

    @cached_property
    def weighed_stem(self) -> tuple[Array, Presence, Presence]:
        """The weights of the stem's words, the rarer in the lines the more; which title holds which, and which line."""
        words = sorted(self.stem_terms.words)
        rarity = [{word: log((len(self.lines) + 1) / (self.spread[word] + 0.5)) + 0.5 for word in words}]
        titled = presence([terms(title).words for title, _ in self.passages], words)
        return matrix(rarity, words), titled, presence([line.terms.words for line in self.lines], words)

    @cached_property
    def agreed_words(self) -> tuple[tuple[Array, Presence, Presence], ...]:
        """For each option the weights of its words, where a line says them as it does, and where it says the reverse.

        Said as the option does is what both affirm or both deny.
        """
        known = vocabulary(self.words)
        said = presence([line.terms.words for line in self.lines], known)
        denied = presence([line.terms.denied for line in self.lines], known)
        own = [said & (denied ^ presence([option.denied], known)) for option in self.option_terms]
        return tuple(
            (row[None, :], said & ~opposed, opposed)
            for row, opposed in zip(matrix(self.words, known), own, strict=True)
        )


def distinguishing(
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
