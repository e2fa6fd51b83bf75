"""Near copies are found by the words that texts share in order, among however many others."""

from __future__ import annotations

import random

import pytest

from evitrail.evidence_store.quarantine.near_copies import NEAR, groups, held_share, may_be_near, similarity, sketch

WORDS = [f"word{number}" for number in range(2000)]


def text(dice: random.Random, words: int = 120) -> str:
    return " ".join(dice.choices(WORDS, k=words))


def changed(text: str, dice: random.Random, words: int) -> str:
    """The text with some words exchanged."""
    there = text.split()
    for place in dice.sample(range(len(there)), words):
        there[place] = dice.choice(WORDS)
    return " ".join(there)


def test_planted_copies_are_found_among_many_and_nothing_else_is() -> None:
    dice = random.Random(7)
    texts = {f"other-{number}": text(dice) for number in range(800)}
    for family in range(10):
        first = text(dice)
        texts |= {f"copy-{family}-{number}": changed(first, dice, number // 2) for number in range(6)}
    found = [group for group in groups(texts) if len(group) > 1]
    assert sorted(map(sorted, found)) == [[f"copy-{family}-{number}" for number in range(6)] for family in range(10)]


@pytest.mark.parametrize("seed", range(20))
def test_whatever_may_be_near_a_new_text_is_looked_at(seed: int) -> None:
    dice = random.Random(seed)
    first = text(dice)
    texts = {f"{words}": changed(first, dice, words) for words in range(0, 60, 4)}
    near = {name for name, one in texts.items() if similarity(one, first) >= NEAR}
    assert near <= may_be_near(texts.items(), [first]).keys()
    assert len(near) > 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Give APIXABAN, not aspirin; to adults!", "give apixaban not aspirin to adults"),
        ("Aspirin.", "aspirin"),
        ("", "…"),
    ],
)
def test_case_and_marks_make_no_difference(one: str, other: str) -> None:
    assert similarity(one, other) == 1


def test_a_question_is_known_by_part_of_it_and_a_short_one_by_nothing() -> None:
    dice = random.Random(3)
    question = text(dice, 80)
    half = " ".join([text(dice, 50), *question.split()[:60], text(dice, 50)])
    assert held_share(half, [sketch(question)]) > 0.5
    assert held_share(text(dice), [sketch(question)]) == 0
    assert held_share("Which drug?", [sketch("Which drug?")]) == 0
    assert len(sketch(question)) == 32
