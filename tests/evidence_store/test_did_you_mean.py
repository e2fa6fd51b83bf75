"""An error line about an unknown name ends with the name that was probably meant."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evitrail.evidence_store import did_you_mean
from evitrail.evidence_store.did_you_mean import nearest

NAMES = ["bm25", "dense", "hybrid", "Withdrawn"]


def test_the_examples_of_the_file_hold() -> None:
    assert doctest.testmod(did_you_mean) == (0, 3)


@pytest.mark.parametrize(("name", "meant"), [("dence", "dense"), ("HYBRID", "hybrid"), ("withdrawn", "Withdrawn")])
def test_the_nearest_name_is_suggested_as_it_is_spelt_whatever_the_case(name: str, meant: str) -> None:
    assert nearest(name, NAMES) == f"; did you mean {meant!r}?"


def test_nothing_is_suggested_where_no_name_is_close_or_none_is_known() -> None:
    assert nearest("guidelines", NAMES) == nearest("dense", []) == nearest("", NAMES) == ""


@given(st.text(max_size=8), st.permutations(["rad-1", "RAD-1", "rad-2"]))
def test_the_order_of_the_known_names_decides_nothing(name: str, known: list[str]) -> None:
    assert nearest(name, known) == nearest(name, sorted(known))
