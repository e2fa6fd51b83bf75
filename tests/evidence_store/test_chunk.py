"""A cut text loses nothing and knows where each passage stands."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from evitrail.evidence_store.index.chunk import Sentences

SMALL = Sentences(size=12, overlap=4)
TEXTS = st.lists(
    st.sampled_from(["Aspirin", "lowers", "risk.", "No!", "e.g.", "β", "5.2", "\n\n\n", "  ", ",", "stroke?", "a"]),
    max_size=80,
).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(text=TEXTS)
def test_passages_run_forward_and_leave_only_blanks_uncovered(text: str) -> None:
    spans = SMALL.cut(text)
    covered = {n for start, end in spans for n in range(start, end)}
    assert all(text[n].isspace() for n in range(len(text)) if n not in covered)
    assert list(spans) == sorted(spans)
    assert len(spans) == 1 or all(len(text[start:end].split()) <= 12 for start, end in spans)


@settings(max_examples=30, deadline=None)
@given(times=st.integers(30, 200), unit=st.sampled_from(["abc. ", "a a. ", "x\n\n\n", "No. No! "]))
def test_a_text_that_repeats_itself_is_covered_too(times: int, unit: str) -> None:
    text = unit * times
    spans = SMALL.cut(text)
    assert spans[0].start == 0
    assert spans[-1].end == len(text.rstrip())
    assert all(later.start <= len(text[: earlier.end]) + 3 for earlier, later in pairwise(spans))


def test_a_short_text_is_one_passage_with_its_blanks() -> None:
    assert Sentences().cut("  Aspirin lowers risk. \n") == ((0, 24),)


def test_a_chunker_prints_as_what_it_does() -> None:
    assert repr(Sentences()) == "Sentences(size=300, overlap=50)"
