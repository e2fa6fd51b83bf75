"""A passage's stance is read from words: which way it goes, and what it denies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import evitrail.retrieval.stance
from evitrail.retrieval.stance import VERDICTS, claimed, features, stance_of

CLAIM = "Aspirin lowers the risk of stroke."
TITLE = "Aspirin and the risk of stroke"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("In adults, aspirin lowers the risk of stroke.", "for"),
        ("Aspirin reduced the risk of stroke by a fifth.", "for"),
        ("In adults, aspirin raises the risk of stroke.", "against"),
        ("Aspirin had no effect on the risk of stroke.", "against"),
    ],
)
def test_plain_sentences_are_read_as_they_say(text: str, verdict: str) -> None:
    assert stance_of(CLAIM, TITLE, text).verdict == verdict


def test_another_subject_is_not_about_the_claim() -> None:
    assert stance_of(CLAIM, "Insulin and glucose", "Insulin reduces glucose in diabetes.").verdict == "not_about"


def test_a_claim_and_its_opposite_are_read_apart() -> None:
    text = "Aspirin lowers the risk of stroke."
    assert (
        stance_of("Aspirin raises the risk of stroke.", TITLE, text).verdict,
        stance_of(CLAIM, TITLE, text).verdict,
    ) == (
        "against",
        "for",
    )


@given(claim=st.text(max_size=60), title=st.text(max_size=30), text=st.text(max_size=120))
def test_any_text_gets_one_stance_and_always_the_same(claim: str, title: str, text: str) -> None:
    found = stance_of(claim, title, text)
    stance_of.cache_clear()
    assert stance_of(claim, title, text) == found
    assert found.verdict in VERDICTS
    assert 1 / len(VERDICTS) - 1e-6 <= found.share <= 1


@pytest.mark.parametrize(
    ("query", "claim"),
    [
        ("Does aspirin lower the risk of stroke?", "Does aspirin lower the risk of stroke"),
        ("He is 61. Is aspirin advised? Yes, daily", "Is aspirin advised"),
        ("aspirin and stroke", "aspirin and stroke"),
        ("Which drug lowers the risk?", None),
        ("He is 61. What should he be told?", None),
        ("In which order are they given?", None),
        ("", None),
    ],
)
def test_a_question_claims_what_yes_would_mean_and_an_open_one_nothing(query: str, claim: str | None) -> None:
    assert claimed(query) == claim


def test_the_weights_have_one_for_every_feature_and_say_how_they_were_made() -> None:
    fitted = json.loads(Path(evitrail.retrieval.stance.__file__).with_name("stance.json").read_text("utf-8"))
    assert fitted["made_by"].startswith("python bench/stance.py ")
    assert fitted["weights"].keys() == set(VERDICTS)
    for weights in fitted["weights"].values():
        assert weights.keys() == {"start", *features(CLAIM, TITLE, CLAIM)}
