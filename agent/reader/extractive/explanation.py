"""The terms of a claim in words: what a person reads in the trace.

Rules kept here
- At most six terms, the weightiest first, ties by text; each carries its part of the claim's strength.
- A word or number stands as the sentence writes it: "50 to 80 years", "routine"; a denied word is "not: routine",
  another number than the option's "other number: 6 mm".
- What spelling shares is laid on the words that are shared; what meaning shares is called "embedding".
"""

from __future__ import annotations

from evitrail.agent.model import Term
from evitrail.agent.reader.extractive.embedding_similarity import Array
from evitrail.agent.reader.extractive.features import OPTION_TERMS, Features
from evitrail.agent.reader.extractive.quantities import Quantity, numerals
from evitrail.agent.reader.terms import first_spellings

LIMIT = 6
OVERLAP = ("overlap", "overlap_found")
SPELLING = ("words", "words_found", "pairs", "pieces", "verbatim", "words_if_exception")
MEANING = ("embedding", "statement", "embedding_if_exception", "embedding_if_parallel")


def explanation_terms(seen: Features, option: int, line: int, shares: Array, digits: int) -> tuple[Term, ...]:
    """The terms of one sentence for one option, from what each feature adds to the strength."""
    by = dict(zip(OPTION_TERMS, shares.tolist(), strict=True))
    said, numbers = seen.lines[line], seen.numbers[option]
    weights, opposed = seen.weights[option], seen.opposed(option, line)
    spelt = first_spellings(said.sentence.text)
    agreeing = {spelt[w]: v for w, v in weights.items() if w in said.terms.words and w not in opposed}
    written = {**_numerals(said.numbers), **spelt}
    held: dict[str, float] = {}
    for token, weight in seen.tokens[option].items():
        if token in said.tokens:
            text = written.get(token, token)
            held[text] = held.get(text, 0.0) + weight
    parts = (
        (held, sum(by[name] for name in OVERLAP)),
        (agreeing or {"alike in spelling": 1.0}, sum(by[name] for name in SPELLING)),
        ({f"not: {spelt[w]}": weights[w] for w in opposed}, by["denied"]),
        (dict.fromkeys(_states(said.numbers, numbers, same=True), 1.0), by["numbers"]),
        ({f"other number: {t}": 1.0 for t in _states(said.numbers, numbers, same=False)}, by["other_number"]),
        ({"holds for this patient": 1.0}, by["words_that_apply"]),
        ({"excludes this patient": 1.0}, by["words_that_exclude"]),
        ({"both deny": 1.0}, by["denied_by_both"]),
        ({"only one denies": 1.0}, by["denied_by_one"]),
        ({"embedding": 1.0}, sum(by[name] for name in MEANING)),
    )
    found: dict[str, float] = {}
    for of, share in parts:
        if share:
            whole = sum(of.values())
            for text, v in of.items():
                found[text] = found.get(text, 0.0) + share * v / whole
    weightiest = sorted(found.items(), key=lambda item: (-abs(round(item[1], digits)), item[0]))[:LIMIT]
    return tuple(Term(text=text, weight=round(weight, digits)) for text, weight in weightiest)


def _numerals(said: tuple[Quantity, ...]) -> dict[str, str]:
    """Each numeral of a sentence, and the quantity it stands in: "12" is of "6 to 12 months"."""
    return {token: quantity.text for quantity in reversed(said) for token in numerals(quantity.text)}


def _states(said: tuple[Quantity, ...], own: tuple[Quantity, ...], *, same: bool) -> list[str]:
    """The sentence's quantities that equal, or differ in value from, one of the option's."""
    if not own:
        return []
    near = [r for r in said if any(q.dimension == r.dimension for q in own)]
    return [r.text for r in near if any(q.equals(r) for q in own) == same]
