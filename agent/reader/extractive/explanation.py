"""The terms of a claim in words: what a person reads in the trace.

Rules kept here
- At most six terms, the weightiest first, ties by text; each carries its part of the claim's strength.
- A word or number stands as the sentence writes it: "50 to 80 years", "routine"; a denied word is "not: routine",
  another number than the option's "other number: 6 mm".
- What spelling shares is laid on the words that are shared; what meaning shares is called "embedding".
"""

from __future__ import annotations

from collections.abc import Callable

from evitrail.agent.model import Term
from evitrail.agent.reader.extractive.embedding_similarity import Array
from evitrail.agent.reader.extractive.features import Features
from evitrail.agent.reader.extractive.option_terms import OPTION_TERMS
from evitrail.agent.reader.extractive.quantities import Quantity, numerals
from evitrail.agent.reader.terms import first_spellings

LIMIT = 6
OVERLAP = ("overlap", "overlap_found")
SPELLING = ("words", "words_found", "pairs", "pieces", "verbatim", "words_if_exception")
MEANING = ("embedding", "statement", "embedding_if_exception", "embedding_if_parallel")


def explanation_terms(seen: Features, option: int, line: int, shares: Array, digits: int) -> tuple[Term, ...]:
    """The terms of one sentence for one option, from what each feature adds to the strength."""
    by = dict(zip(OPTION_TERMS, shares.tolist(), strict=True))
    parts: tuple[tuple[float, Callable[[], dict[str, float]]], ...] = (
        (sum(by[name] for name in OVERLAP), lambda: _held(seen, option, line)),
        (sum(by[name] for name in SPELLING), lambda: _agreeing(seen, option, line) or {"alike in spelling": 1.0}),
        (by["denied"], lambda: _reversed(seen, option, line)),
        (by["numbers"], lambda: dict.fromkeys(_states(seen, option, line, same=True), 1.0)),
        (
            by["other_number"],
            lambda: {f"other number: {text}": 1.0 for text in _states(seen, option, line, same=False)},
        ),
        (by["words_that_apply"], lambda: {"holds for this patient": 1.0}),
        (by["words_that_exclude"], lambda: {"excludes this patient": 1.0}),
        (by["denied_by_both"], lambda: {"both deny": 1.0}),
        (by["denied_by_one"], lambda: {"only one denies": 1.0}),
        (sum(by[name] for name in MEANING), lambda: {"embedding": 1.0}),
    )
    found: dict[str, float] = {}
    for share, said in parts:
        if share:
            of = said()
            whole = sum(of.values())
            for text, v in of.items():
                found[text] = found.get(text, 0.0) + share * v / whole
    weightiest = sorted(found.items(), key=lambda item: (-abs(round(item[1], digits)), item[0]))[:LIMIT]
    return tuple(Term(text=text, weight=round(weight, digits)) for text, weight in weightiest)


def _held(seen: Features, option: int, line: int) -> dict[str, float]:
    """The option's words and numerals that the sentence holds, as it writes them, with their weights."""
    said = seen.lines[line]
    written = {**_numerals(said.numbers), **first_spellings(said.sentence.text)}
    held: dict[str, float] = {}
    for token, weight in seen.tokens[option].items():
        if token in said.tokens:
            text = written.get(token, token)
            held[text] = held.get(text, 0.0) + weight
    return held


def _agreeing(seen: Features, option: int, line: int) -> dict[str, float]:
    """The option's words that the sentence says as the option does."""
    said, opposed = seen.lines[line], seen.opposed(option, line)
    spelt = first_spellings(said.sentence.text)
    own = seen.weights[option].items()
    return {spelt[word]: weight for word, weight in own if word in said.terms.words and word not in opposed}


def _reversed(seen: Features, option: int, line: int) -> dict[str, float]:
    """The option's words of which the sentence says the reverse."""
    spelt = first_spellings(seen.lines[line].sentence.text)
    return {f"not: {spelt[word]}": weight for word, weight in seen.opposed(option, line).items()}


def _numerals(said: tuple[Quantity, ...]) -> dict[str, str]:
    """Each numeral of a sentence, and the quantity it stands in: "12" is of "6 to 12 months"."""
    return {token: quantity.text for quantity in reversed(said) for token in numerals(quantity.text)}


def _states(seen: Features, option: int, line: int, *, same: bool) -> list[str]:
    """The sentence's quantities that equal, or differ in value from, one of the option's."""
    own = seen.numbers[option]
    near = [r for r in seen.lines[line].numbers if any(q.dimension == r.dimension for q in own)]
    return [r.text for r in near if any(q.equals(r) for q in own) == same]
