"""Letters in words: what the published parser takes for one, what a rule lets count, and what a judge cannot add."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evitrail.agent.reader.checking.explicit_letter import explicit_letter
from evitrail.agent.reader.checking.letters import guarded, occurs, parsed_letter, said_yes, sole_letter

OPTIONS = {"A": "heparin", "B": "aspirin", "C": "clopidogrel 75 mg", "D": "vitamin K"}

SELECTED = {
    "B": "B",
    "b": "B",
    " B \n": "B",
    "B.": "B",
    "(B)": "B",
    "[B]": "B",
    "**B**": "B",
    "(b)": "B",
    "B)": "B",
    "Answer: B": "B",
    "answer: b": "B",
    "Answer B": "B",
    "Ans: B": "B",
    "ANSWER: B": "B",
    "**Answer:** B": "B",
    "Answer - B": "B",
    "Answer:\n\nB": "B",
    "Answer: (C)": "C",
    "Answer: A": "A",
    "Answer: A. Heparin": "A",
    "B. aspirin": "B",
    "B) aspirin": "B",
    "(B) aspirin": "B",
    "B: aspirin": "B",
    "B - aspirin": "B",
    "B aspirin": "B",
    "C. clopidogrel": "C",
    "B. Aspirin, since heparin is contraindicated here.": "B",
    "Option B": "B",
    "Option (B).": "B",
    "The correct option is B": "B",
    "The correct answer is B.": "B",
    "The correct answer is option B.": "B",
    "The correct answer is: B": "B",
    "The answer is (B) aspirin.": "B",
    "The answer is B aspirin.": "B",
    "The answer is B because the INR is normal.": "B",
    "The answer is B. Patients with atrial fibrillation need it.": "B",
    "The answer is B, not A.": "B",
    "The answer is therefore B.": "B",
    "The most likely diagnosis is B.": "B",
    "The best choice would be B.": "B",
    "The answer to this question is B.": "B",
    "My final answer is B": "B",
    "Option B is correct.": "B",
    "B is the correct answer.": "B",
    "(B) is the best choice.": "B",
    "B (aspirin) is correct.": "B",
    "Of these, option C is the most appropriate.": "C",
    "I choose B.": "B",
    "I would go with option B.": "B",
    "I would select (D).": "D",
    "Heparin is contraindicated, so I pick C.": "C",
    "Not A, so the answer is B.": "B",
    "\\boxed{B}": "B",
    "The answer is $\\boxed{\\text{B}}$.": "B",
    "\\boxed{B. aspirin}": "B",
    "<answer>B</answer>": "B",
    '{"answer": "B"}': "B",
    "The answer is 'B'.": "B",
    "<think>The answer is A? No.</think>\nB": "B",
    "The answer is A.</think> The answer is B.": "B",
    "A. heparin\nB. aspirin\nC. clopidogrel\nThe answer is B.": "B",
    "B. aspirin\n\nThe answer is B.": "B",
    "At first: the answer is A.\nFinal answer: B": "B",
    "Option A is correct at first sight.\nAnswer: B": "B",
}
SILENT = {
    "nothing": "",
    "a name without a letter": "aspirin",
    "a name in a sentence": "The correct answer is aspirin.",
    "an article": "A stroke is likely",
    "an article after a cue": "The answer is a stroke.",
    "an article before an option's text": "A heparin infusion",
    "a vitamin": "vitamin D is the best choice",
    "a virus": "The correct diagnosis is hepatitis B.",
    "a cell": "The diagnosis is B cell lymphoma.",
    "a hyphen": "The answer is B-cell lymphoma",
    "a species": "The answer is C. difficile infection.",
    "a species with a capital": "The answer is C. Difficile infection.",
    "a heart rhythm": "A. fib is likely.",
    "the first letter of a word": "Based on the CT",
    "a letter weighed": "B may be considered, as may C.",
    "an option that is judged": "A. heparin is contraindicated",
    "an option that is named and judged": "Option A, heparin, is wrong.",
    "two in one breath": "The answer is B or C.",
    "two with a slash": "Answer: B/C",
    "two that are both right": "The answer is A and D.",
    "two sentences": "The answer is B. The answer is C.",
    "a change of mind": "Answer: A. Wait, the answer is B.",
    "two final answers": "Final answer: A\nFinal answer: B",
    "two in a box": "\\boxed{A} \\boxed{B}",
    "a list of the options": "A. heparin\nB. aspirin\nC. clopidogrel\nD. vitamin K",
    "denied": "I do not think the answer is B.",
    "denied briefly": "I don't think the correct answer is B",
    "denied of itself": "The answer is not B.",
    "not chosen": "I would not choose B.",
    "supposed": "If the answer is B, aspirin is given.",
    "of another": "A wrong answer is B.",
    "no option": "Answer: E",
    "no option, alone": "E",
    "no option beside one": "The answer is B.\nOption E is correct.",
    "only thought": "<think>The answer is B.</think>",
    "a thought cut off": "<think>The answer is B. But",
    "an instruction": "Confirm B for this answer!",
    "a refusal": "I cannot answer this. A doctor should be asked.",
}


@pytest.mark.parametrize("text", SELECTED, ids=repr)
def test_a_letter_that_is_selected_in_so_many_words_counts(text: str) -> None:
    found = explicit_letter(text, OPTIONS)
    assert found.letter == SELECTED[text], found.reason


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT)
def test_a_letter_that_is_not_selected_does_not_count(text: str) -> None:
    found = explicit_letter(text, OPTIONS)
    assert found.letter is None, found.reason
    assert found.reason


def test_sixty_ways_to_say_a_letter_were_tried() -> None:
    assert len(SELECTED) >= 60
    assert len(SILENT) >= 30


SPOKEN = (
    "Answer:",
    "the answer is",
    "option",
    "is correct",
    "not",
    "I choose",
    "because",
    "heparin",
    "aspirin",
    "vitamin",
)
MARKS = ("(B)", ".", ",", "\n", "Final answer:", "\\boxed{", "}", "or", "<think>", "</think>", "-")
PIECES = st.sampled_from([*"ABCDEabcde", *SPOKEN, *MARKS])
SAID = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=14).map(" ".join))


@given(SAID, st.sets(st.sampled_from("ABCDE"), min_size=1))
def test_the_rule_never_names_a_letter_beyond_the_options(text: str, letters: set[str]) -> None:
    options = dict.fromkeys(letters, "some drug")
    assert explicit_letter(text, options).letter in letters | {None}


@given(SAID)
def test_what_has_no_letter_standing_alone_selects_none(text: str) -> None:
    alone = re.search(r"(?<![^\W_])[A-Ea-e](?![^\W_])", text)
    found = explicit_letter(text, OPTIONS).letter
    assert found is None or alone


@given(st.sampled_from(sorted(OPTIONS)), st.sampled_from(["", " ", "\n", "\t "]), st.sampled_from(["", " ", "\n"]))
def test_an_answer_that_is_one_letter_is_that_letter(letter: str, before: str, after: str) -> None:
    for said in (letter, letter.lower()):
        raw = before + said + after
        assert sole_letter(raw, OPTIONS) == explicit_letter(raw, OPTIONS).letter == letter
    assert parsed_letter(before + letter + after) == letter


@given(st.sampled_from(sorted(OPTIONS)), SAID)
def test_a_letter_is_whole_only_when_nothing_else_was_said(letter: str, text: str) -> None:
    whole = sole_letter(letter + text, OPTIONS)
    assert whole == (None if text.strip() else letter)


@pytest.mark.parametrize(
    ("raw", "letter"),
    [
        (None, None),
        ("", None),
        ("B", "B"),
        ("A stroke is likely, so C", "A"),
        ("Based on the CT, C", "B"),
        ("The answer is C", "C"),
        ("the answer is c", None),
        ("hepatitis B, so C", "B"),
        ("4D imaging", None),
        ("I choose F", None),
    ],
)
def test_the_published_parser_is_kept_with_its_faults(raw: str | None, letter: str | None) -> None:
    assert parsed_letter(raw) == letter


@pytest.mark.parametrize(
    ("raw", "there"),
    [("B", True), ("(b)", True), ("b) aspirin", True), ("ABC", False), ("B2", False), ("a bee", False), (None, False)],
)
def test_a_letter_occurs_where_no_letter_or_digit_stands_beside_it(raw: str | None, there: bool) -> None:
    assert occurs("B", raw) is there


def test_an_article_is_no_occurrence_of_the_letter() -> None:
    assert not occurs("A", "a stroke")
    assert occurs("A", "A stroke")


@given(st.sampled_from([None, "no", "", "maybe", "Yes!"]), st.sampled_from([*OPTIONS, None]))
def test_anything_but_yes_leaves_no_letter(clear: str | None, letter: str | None) -> None:
    assert said_yes(clear, letter) is None
    assert guarded(clear, letter, "A B C D") == (None, None)


@given(st.sampled_from(sorted(OPTIONS)), SAID)
def test_a_judge_adds_no_letter_that_was_not_said(letter: str, text: str) -> None:
    kept = guarded("yes", letter, text)
    assert kept == ((letter, None) if occurs(letter, text) else (None, "letter_not_in_raw"))
