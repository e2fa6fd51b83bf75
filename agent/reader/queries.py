"""What to search for: the stem first, then what was asked with the terms that tell weak options apart.

Rules kept here
- The first query is the question's text alone, as in the paper; options never steer the first search.
- A later query is never one that was asked before. When every focused query was asked, options are taken
  one by one, and at last the stem is narrowed word by word, so that a next query always exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evitrail.agent.model import Query, Question
from evitrail.agent.reader.sentences import sentences
from evitrail.agent.reader.terms import FUNCTION_WORDS


def whole_stem(question: Question) -> Query:
    """The first query."""
    return Query(text=question.stem, reason="the question's text, without its options")


def focused(question: Question, weak: Sequence[str], asked: Sequence[str]) -> Query:
    """The first query about the weak options (all, when none is) that was not asked yet."""
    return next(query for query in _candidates(question, weak) if query.text not in asked)


def _candidates(question: Question, weak: Sequence[str]) -> Iterator[Query]:
    letters = [letter for letter in sorted(question.options) if letter in weak] or sorted(question.options)
    parts = sentences(question.stem)
    last = parts[-1].text if parts else question.stem
    words = {letter: _telling(question, letter) for letter in sorted(question.options)}
    together = " ".join(dict.fromkeys(w for letter in letters for w in words[letter]))
    about = f"options {', '.join(letters)}" if len(letters) < len(words) else "the options"
    yield Query(text=f"{last} {together}".strip(), reason=f"what is asked, with the terms that tell {about} apart")
    for letter in (*letters, *(other for other in words if other not in letters)):
        text = f"{last} {' '.join(words[letter])}".strip()
        yield Query(text=text, reason=f"what is asked, with the terms of option {letter}")
    yield whole_stem(question)
    rest = question.stem.split()
    while rest := rest[1:]:
        yield Query(text=" ".join(rest), reason="the end of the question, its beginning left out")
    n = 2
    while True:
        yield Query(text=" ".join([question.stem] * n), reason="every other query was asked")
        n += 1


def _telling(question: Question, letter: str) -> list[str]:
    """The option's words that at least one other option lacks, in their order."""
    others = [set(_content_words(text)) for other, text in question.options.items() if other != letter]
    return [
        w for w in _content_words(question.options[letter]) if not others or not all(w in other for other in others)
    ]


def _content_words(text: str) -> list[str]:
    words = (word.strip(".,;:()[]\"'?!") for word in text.lower().split())
    return [word for word in words if word and word not in FUNCTION_WORDS]
