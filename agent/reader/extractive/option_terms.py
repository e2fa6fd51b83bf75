"""What a sentence has to say about an option: a table for each term, a row for each option, a column for each line.

Rules kept here
- ``overlap`` counts words and numerals as they are written. The terms of "words" count words only, and only where
  option and sentence agree in polarity; those of "numbers" compare quantities, in their dimension.
- A term is worked out when it is asked for, and only then: the shipped weights name four of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from evitrail.agent.reader.extractive.compared import Compared, distinguishing
from evitrail.agent.reader.extractive.conditions import clauses, matched, mismatched
from evitrail.agent.reader.extractive.embedding_similarity import Array, asked, stated
from evitrail.agent.reader.extractive.lines import Line
from evitrail.agent.reader.extractive.overlap import shared, shares
from evitrail.agent.reader.extractive.quantities import Quantity
from evitrail.agent.reader.terms import Terms

EXCEPTION = re.compile(r"\b(?:except|not|least|false|incorrect|untrue|never|exclude[ds]?)\b", re.IGNORECASE)


def overlap(of: Compared) -> Array:
    """The share of the option's words and numerals that the line holds."""
    return shared(*of.weighed_tokens)


def overlap_found(of: Compared) -> Array:
    """The weight of those that it holds, on a logarithmic scale."""
    weights, held = of.weighed_tokens
    found: Array = np.log1p(weights @ held.T)
    return found


def words(of: Compared) -> Array:
    """The share of the option's words that the line says as the option does."""
    return np.array([shared(own, agreed)[0] for own, agreed, _ in of.agreed_words])


def words_found(of: Compared) -> Array:
    """The weight of these, on a logarithmic scale."""
    return np.array([np.log1p((own @ agreed.T)[0]) for own, agreed, _ in of.agreed_words])


def pairs(of: Compared) -> Array:
    """The share of the option's pairs of neighbouring words that the line holds."""
    own = distinguishing([option.pairs for option in of.option_terms], frozenset(), {})
    return shares(own, [line.terms.pairs for line in of.lines])


def pieces(of: Compared) -> Array:
    """The share of its pieces of words."""
    own = distinguishing([option.pieces for option in of.option_terms], of.stem_terms.pieces, {})
    return shares(own, [line.terms.pieces for line in of.lines])


def verbatim(of: Compared) -> Array:
    """Whether the line holds the option word for word."""
    return np.array([_holding(of.lines, option) for option in of.options], dtype=np.float64)


def numbers(of: Compared) -> Array:
    """The share of the option's quantities that the line states."""
    return _of_numbers(matched, of)


def other_number(of: Compared) -> Array:
    """The share for which it states only other values in the same unit."""
    return _of_numbers(mismatched, of)


def denied(of: Compared) -> Array:
    """The share of the option's words of which the line says the reverse."""
    return np.array([shared(own, opposed)[0] for own, _, opposed in of.agreed_words])


def embedding(of: Compared) -> Array:
    """How alike option and line are in meaning, beyond the other options."""
    return of.meaning.option


def statement(of: Compared) -> Array:
    """The same of the option as an answer to what is asked."""
    return stated(of.stem, of.options, [line.sentence.text for line in of.lines], of.embed)


def words_if_exception(of: Compared) -> Array:
    """``words`` where the question asks for an exception."""
    return _exception(of) * words(of)


def embedding_if_exception(of: Compared) -> Array:
    """``embedding`` where it does."""
    return _exception(of) * embedding(of)


def embedding_if_parallel(of: Compared) -> Array:
    """``embedding`` the more, the more alike the options are worded."""
    return _alikeness(of.option_terms) * embedding(of)


def words_that_apply(of: Compared) -> Array:
    """The share of the option's words in clauses whose conditions the patient meets."""
    return shares(of.words, [clauses(line.sentence.text, of.patient)[0] for line in of.lines])


def words_that_exclude(of: Compared) -> Array:
    """The share in clauses whose conditions exclude the patient."""
    return shares(of.words, [clauses(line.sentence.text, of.patient)[1] for line in of.lines])


def denied_by_both(of: Compared) -> Array:
    """``words`` where option and line both deny something."""
    return words(of) * (_denying(of.option_terms)[:, None] & _denying([line.terms for line in of.lines]))


def denied_by_one(of: Compared) -> Array:
    """``words`` where only one of them does."""
    return words(of) * (_denying(of.option_terms)[:, None] ^ _denying([line.terms for line in of.lines]))


OPTION_TERMS: Mapping[str, Callable[[Compared], Array]] = {
    term.__name__: term
    for term in (
        overlap,
        overlap_found,
        words,
        words_found,
        pairs,
        pieces,
        verbatim,
        numbers,
        other_number,
        denied,
        embedding,
        statement,
        words_if_exception,
        embedding_if_exception,
        embedding_if_parallel,
        words_that_apply,
        words_that_exclude,
        denied_by_both,
        denied_by_one,
    )
}
"""Every term by its name."""


def _of_numbers(alike: Callable[[tuple[Quantity, ...], tuple[Quantity, ...]], float], of: Compared) -> Array:
    table = np.zeros((len(of.options), len(of.lines)))
    stating = [place for place, line in enumerate(of.lines) if line.numbers]
    for option, own in enumerate(of.numbers):
        if own:
            table[option, stating] = [alike(own, of.lines[place].numbers) for place in stating]
    return table


def _exception(of: Compared) -> float:
    return float(bool(EXCEPTION.search(asked(of.stem))))


def _alikeness(options: Sequence[Terms]) -> float:
    """How alike the options are worded: mean share of words two options have in common."""
    both = [(a.words, b.words) for i, a in enumerate(options) for b in options[:i] if a.words | b.words]
    return sum(len(a & b) / len(a | b) for a, b in both) / len(both) if both else 0.0


def _denying(texts: Sequence[Terms]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([bool(text.denied) for text in texts])


def _holding(lines: Sequence[Line], option: str) -> list[bool]:
    """Which of the sentences hold the option word for word."""
    whole = option.strip().rstrip(".").lower()
    alone = re.compile(rf"(?<!\w){re.escape(whole)}(?!\w)")
    return [whole in line.lowered and alone.search(line.lowered) is not None for line in lines]
