"""Words as numbers, with the weights that BM25 gives them (Robertson and Zaragoza 2009).

Rules kept here
- A passage's words are weighted when it is indexed: how often each occurs, and how long the passage is. A query's words
  are weighted when it is asked: the rarer a word in the store, the more it weighs (IDF). An engine only multiplies and
  adds.
- How rare a word is, is counted over the versions published by the snapshot's event, in force or not
  (``read_model/word_counts.py``). What is recorded later moves no earlier score, and a passage scores the same whether
  or not a search asks for what is in force.
- Weights are whole numbers of small fractions, so small that no sum of them is rounded: a score is the same to the last
  bit in whatever order an engine adds, and in every engine.

    words = query_words("aspirin after stroke")
    weighted(words, {words[0]: 12}, total=300).values       # the rarer, the heavier
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache

from evitrail.evidence_store.index.base import Sparse
from evitrail.evidence_store.index.edge_filter import qe

BM25 = "bm25(k=1.2, b=0.75, avg_len=256, english; idf of published versions)"
_K = 1.2
_OF_PASSAGES = 256
"""A passage's weights are whole numbers of this part of one."""
_HEAVIEST = math.ceil((_K + 1) * _OF_PASSAGES)
"""No word of a passage weighs more of these parts."""
_FINEST = 1024
"""The finest part of one that a query's weights are whole numbers of."""
_EXACT = 2**24
"""Whole numbers below this are added without rounding, in the engines' numbers of 32 bits."""


def document_terms(text: str) -> Sparse:
    """The weighted words of a passage."""
    vector = _bm25().embed_document(text)
    return Sparse(list(vector.indices), [max(1, round(w * _OF_PASSAGES)) / _OF_PASSAGES for w in vector.values])


def document_words(text: str) -> list[int]:
    """The words of a text, each once."""
    return list(_bm25().embed_document(text).indices)


def query_words(text: str) -> list[int]:
    """The words of a query, each once; stop words are none."""
    return list(_bm25().embed_query(text).indices)


def weighted(words: Sequence[int], counts: Mapping[int, int], total: int) -> Sparse:
    """A query's words, each weighing ``ln(1 + (total - n + 0.5) / (n + 0.5))``; ``counts`` has the ``n`` of each."""
    idf = [math.log(1 + (total - n + 0.5) / (n + 0.5)) for n in (counts.get(word, 0) for word in words)]
    parts = _FINEST
    while sum(weights := [max(1, round(weight * parts)) for weight in idf]) * _HEAVIEST >= _EXACT and parts > 1:
        parts //= 2
    return Sparse(list(words), [weight / parts for weight in weights])


@cache
def _bm25() -> qe.Bm25:
    # The average length is fixed: one taken from the store would move every score as the store grows.
    return qe.Bm25(qe.Bm25Config(k=_K, b=0.75, avg_len=256, language="english"))
