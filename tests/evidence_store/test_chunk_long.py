"""A long text is cut as a short one is: as llama-index would, whatever it consists of, and without a clock deciding."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from evitrail.evidence_store.index import sentence_starts
from evitrail.evidence_store.index.chunk import _TOKEN, Sentences

WORDS = "Aspirin lowers the risk of a first stroke and raises bleeding in adults over fifty who took it daily"
MARKS = (".", ".", "?", "!", ".)", '."', "...", ";", ", e.g.", " 5.2%.", " Dr.", ".\n", ".\n\n\n", ":", "。")


def prose(seed: int, sentences: int) -> str:
    """Sentences with marks of every kind; most of them are words."""
    drawn = random.Random(seed)
    return " ".join(
        " ".join(drawn.choices(WORDS.split(), k=drawn.randint(3, 40))).capitalize() + drawn.choice(MARKS)
        for _ in range(sentences)
    )


def as_llama_index_cuts(text: str, size: int, overlap: int) -> list[str]:
    node_parser = pytest.importorskip("llama_index.core.node_parser", reason="llama-index is not installed")
    splitter = node_parser.SentenceSplitter(chunk_size=size, chunk_overlap=overlap, tokenizer=_TOKEN.findall)
    return list(splitter.split_text(text))


@pytest.mark.parametrize(("size", "overlap"), [(300, 50), (40, 8), (12, 0)])
def test_a_text_is_cut_as_llama_index_cuts_it(size: int, overlap: int) -> None:
    for seed in range(8):
        text = prose(seed, 60)
        spans = Sentences(size, overlap).cut(text)
        assert [text[start:end] for start, end in spans] == as_llama_index_cuts(text, size, overlap)


def test_where_a_block_ends_does_not_show_in_the_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    text = prose(1, 200)
    whole = list(sentence_starts.sentence_starts(text))
    for block in (300, 1000, 4000):
        monkeypatch.setattr(sentence_starts, "BLOCK", block)
        assert list(sentence_starts.sentence_starts(text)) == whole


LONG = {
    "one word": "a",
    "words without an end": "word ",
    "marks only": ".",
    "a mark on each line": "x.\n",
    "marks with a bracket": "a!)",
    "blanks after a word": "a" + " " * 60,
    "numbers": "1.2 ",
    "no blanks": "治疗，",
}


@pytest.mark.parametrize("what", LONG)
def test_no_text_stops_the_chunker(what: str) -> None:
    text = (LONG[what] * 30_000)[:60_000]
    spans = Sentences().cut(text)
    assert spans[0].start == 0
    assert spans[-1].end == len(text.rstrip())
    assert all(not text[a.end : b.start].strip() and a.end < b.end for a, b in pairwise(spans))
