"""The runs that a query asks for, and of how many it cannot be told.

Rules kept here
- Everything is told from columns, so 100,000 runs are filtered without a journal. Only the words of claims and passages
  are read from it, of the runs that the rest of the query leaves open.
- A word that is no flag is searched in questions and names (``free_words.py``). Where it looks like a flag or a field,
  a note says so: a misspelt flag should not pass for a text that nothing holds.

    selection = select(parse("high_risk cites:superseded"), Columns.of(Path("my-run")))
    selection.runs, selection.unknown
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from evitrail.eval.query.columns import Columns
from evitrail.eval.query.fields import FIELDS, matched
from evitrail.eval.query.flags import FLAGS
from evitrail.eval.query.free_words import free_words
from evitrail.eval.query.recorded_words import Progress, Recorded
from evitrail.eval.query.tree import Both, Not, Tree, Where, Word
from evitrail.eval.query.truth import Truth
from evitrail.evidence_store.did_you_mean import nearest

RECORDED: tuple[Recorded, ...] = get_args(Recorded)


@dataclass(frozen=True)
class Selection:
    """What a query came to."""

    runs: NDArray[np.int64]
    """The places of the runs, in the order of the file: by name."""
    total: int
    unknown: int
    """Runs of which it cannot be told whether they are meant."""
    notes: tuple[str, ...]


def select(query: Tree, columns: Columns, progress: Progress = lambda done, of: None) -> Selection:
    """The runs of which the query is true; raises ``QueryError`` for a field or value that there is not."""
    found = truth(query, columns)
    terms = list(_terms(query))
    for what in RECORDED:
        if any(isinstance(term, Where) and term.name == what for term in terms):
            columns.read_words(what, np.flatnonzero(found.unknown), progress)
            found = truth(query, columns)
    return Selection(
        runs=np.flatnonzero(found.true),
        total=columns.n,
        unknown=int(found.unknown.sum()),
        notes=tuple(_notes(terms, columns)),
    )


def truth(query: Tree, columns: Columns) -> Truth:
    """What the query says of each run."""
    if isinstance(query, Word):
        if not query.quoted and query.text in FLAGS:
            return FLAGS[query.text].truth(columns)
        return free_words(query.text, columns)
    if isinstance(query, Where):
        return matched(query, columns)
    if isinstance(query, Not):
        return ~truth(query.term, columns)
    terms = (truth(term, columns) for term in query.terms)
    if isinstance(query, Both):
        return reduce(Truth.__and__, terms, Truth.known(np.ones(columns.n)))
    return reduce(Truth.__or__, terms, Truth.known(np.zeros(columns.n)))


def _notes(terms: Iterable[Word | Where], columns: Columns) -> Iterator[str]:
    for word in terms:
        name = word.name if isinstance(word, Where) else "" if word.quoted else word.text
        if name in FLAGS and FLAGS[name].is_absent(columns):
            yield f"query, character {word.at}: {FLAGS[name].elsewhere}"
        if isinstance(word, Where) or word.quoted or word.text in FLAGS:
            continue
        if meant := nearest(word.text, [*FLAGS, *FIELDS]):
            yield f"query, character {word.at}: {word.text!r} is searched in questions and names{meant}"


def _terms(query: Tree) -> Iterator[Word | Where]:
    if isinstance(query, (Word, Where)):
        yield query
    elif isinstance(query, Not):
        yield from _terms(query.term)
    else:
        for term in query.terms:
            yield from _terms(term)
