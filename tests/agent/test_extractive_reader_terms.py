"""The reader's parts: sentences with offsets, numbers as numbers, words with their polarity."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evitrail.agent.reader.extractive.quantities import numerals, quantities
from evitrail.agent.reader.sentences import sentences
from evitrail.agent.reader.terms import terms


@given(st.text(max_size=200))
def test_sentences_are_slices_in_order_and_leave_out_only_space(text: str) -> None:
    found = sentences(text)
    end, left = 0, ""
    for sentence in found:
        assert sentence.text == text[sentence.start : sentence.end] == sentence.text.strip()
        assert sentence.start >= end
        left += text[end : sentence.start]
        end = sentence.end
    assert not (left + text[end:]).strip()


def test_an_abbreviation_a_decimal_and_an_initial_do_not_end_a_sentence() -> None:
    text = "Give 0.9 mg/kg, e.g. Alteplase. Dr. A. Smith agrees; others do not.\nNext."
    assert [s.text for s in sentences(text)] == [
        "Give 0.9 mg/kg, e.g. Alteplase.",
        "Dr. A. Smith agrees;",
        "others do not.",
        "Next.",
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("6 mm", "0.6 cm"),
        ("6-12 months", "6 to 12 months"),
        ("two years", "24 months"),
        ("≥ 50 years", "50 years or older"),
        ("1,000 mg", "1 g"),
        ("every 12 months", "annually"),
        ("130 mmHg", "130 mm Hg"),
    ],
)
def test_one_quantity_written_in_two_ways_is_equal(one: str, other: str) -> None:
    assert quantities(one)[0].equals(quantities(other)[0])


@pytest.mark.parametrize(("one", "other"), [("6 mm", "6 cm"), ("6 months", "8 months"), ("6 mm", "at least 6 mm")])
def test_different_quantities_are_not(one: str, other: str) -> None:
    assert not quantities(one)[0].equals(quantities(other)[0])


@pytest.mark.parametrize(
    ("condition", "patient", "met"),
    [
        ("adults aged 45 to 75 years", "a 45-year-old man", True),
        ("adults aged 50 years or older", "a 45-year-old man", False),
        ("nodules below 6 mm", "a 6 mm nodule", False),
        ("nodules of at most 6 mm", "a 0.6 cm nodule", True),
        ("an eGFR below 30", "an eGFR of 41", False),
        ("a BMI of 30 or more", "a BMI of 32", True),
    ],
)
def test_a_patients_number_meets_a_condition_or_does_not(condition: str, patient: str, met: bool) -> None:
    [needed], [own] = quantities(condition), quantities(patient)
    assert needed.comparable(own)
    assert needed.holds(own) is met


def test_an_age_is_not_compared_with_an_interval_between_visits() -> None:
    assert not quantities("every 2 to 3 years")[0].comparable(quantities("a 45-year-old woman")[0])


def test_a_denial_reaches_to_the_end_of_its_clause() -> None:
    assert terms("Do not give antibiotics; follow with CT.").denied == terms("give antibiotics").words
    assert terms("Observation instead of surgery, then CT").denied == terms("surgery").words


def test_a_plural_and_a_hyphen_do_not_make_another_word() -> None:
    assert terms("nodules").words == terms("nodule").words
    assert terms("5-HT4 agonists").words == terms("5HT4 agonist").words


def test_a_numeral_is_one_however_it_is_written() -> None:
    assert numerals("1,000 mg") == numerals("1000 mg") == numerals("1000.0 mg")
    assert numerals("two of 10.5 mm") == {"2", "10.5"}
    assert numerals("version 2.3.1") == numerals("2.3")
    assert not numerals("someone often")
