"""What an answer says after a letter counts: more letters, denials and conditions leave no letter, reasons leave it."""

from __future__ import annotations

import pytest

from evitrail.agent.reader.checking.explicit_letter import explicit_letter

OPTIONS = {"A": "Low-dose aspirin", "B": "Apixaban", "C": "No treatment", "D": "A vitamin K antagonist"}

NONE = [
    # several letters in one breath
    "Answer: A, B and C",
    "Answer: A, B, and C",
    "The answer is A, B and D.",
    "I would choose A, C and D",
    "Answer: A, B, C",
    "Answer: A B C",
    "Answer: A/B/C",
    "Answer: A and/or B",
    "Answer: A; B",
    "Answer: A. B.",
    "Answer: A-C",
    "Answer: A–C",
    "Answer: A through C",
    "Answer: A as well as B",
    "Answer: A together with B",
    "Answer: (A), (B) and (C)",
    "Answer: **A**, **B**",
    "Answer: Option A and Option B",
    "\\boxed{A, B}",
    "Final answer: A, B",
    "Answer:\n- A\n- B",
    "Answer: A\nB",
    "A. Low-dose aspirin and B. Apixaban",
    "Answer: A、B",
    "Answer: A，B",
    "Answer：A 和 B",
    "Respuesta: A y B",
    # one or the other
    "Answer: A, or B if the kidneys fail",
    "Answer: A (or B)",
    "Answer: A, alternatively B",
    "Answer: A, possibly B",
    "The answer is A, maybe B.",
    "Answer: A, but B is also acceptable",
    "The answer is (A), but (B) is an alternative.",
    "Answer: A\nor B in pregnancy",
    "I would choose A, then B",
    "Answer: either A or B",
    "Antwort: A oder B",
    # a condition
    "Answer: A if the kidneys work",
    "Answer: A, unless the patient bleeds",
    "Answer: A (if tolerated)",
    "Answer: A only if the clearance allows",
    "Answer: A provided that nothing bleeds",
    "Answer: A, depending on the clearance",
    "Answer: A for the young; otherwise B",
    "Option A is correct, but only if nothing bleeds",
    "A. Low-dose aspirin, or B if that fails",
    # denied
    "Answer: A is incorrect",
    "Answer: A is incorrect; B",
    "Answer: A (Low-dose aspirin) is incorrect; B",
    "Answer: A (wrong)",
    "Answer: A - incorrect",
    "Answer: A, which is wrong? No: A is not right",
    "Answer: A isn't right",
    "Answer: A can't be given",
    "Answer: A was right once; B is now",
    "Answer: A has been excluded",
    "The answer is A, not recommended here.",
    # asked, or taken back
    "The answer is A?",
    "Answer: A? No. B.",
    "A is the answer? No, B is.",
    "The answer is A. No, wait.",
    "The answer is A. Actually, it depends.",
]
LETTER = {
    "The answer is B, not A.": "B",
    "The answer is B and not A.": "B",
    "Answer: B (not A)": "B",
    "Answer: B rather than A": "B",
    "Answer: B instead of A or C": "B",
    "I choose B over A.": "B",
    "The answer is B, although A is often used.": "B",
    "The answer is B, whereas A would help only if nothing else did.": "B",
    "Answer: B; A is wrong": "B",
    "Answer: B – A is contraindicated": "B",
    "Answer: B, A is unsafe": "B",
    "Answer: B. A is contraindicated.": "B",
    "Answer: B, because A and C are contraindicated": "B",
    "The answer is B as A, C and D are wrong.": "B",
    "The answer is B since, if she bleeds, A cannot be stopped.": "B",
    "The answer is B. If she were allergic, A would be right.": "B",
    "The answer is B. No other option fits.": "B",
    "The answer is B. A stroke of this kind needs it.": "B",
    "B is correct and A is wrong.": "B",
    "B is the best option among A, B, C and D.": "B",
    "Of A, B and C, the answer is B.": "B",
    "I would rule out A, C and D, so B is correct.": "B",
    "Answer: B, I think": "B",
    "Answer: B!": "B",
    "Answer: D (A vitamin K antagonist)": "D",
    "Answer: D. A vitamin K antagonist": "D",
    "Answer: B, hepatitis C being no obstacle": "B",
    "Answer: B, E. coli being rare": "B",
    "Answer: B, with C-reactive protein to follow": "B",
    "**Answer: B** - Apixaban": "B",
    "Answer：（B）": "B",
    "答案：B": "B",
    "Answer: «B»": "B",
    "Antwort: B": "B",
    "La réponse est B.": "B",
    "Respuesta: (B)": "B",
    "Answer: A, B and C.\nFinal answer: B": "B",
    "Answer: A if stable.\nFinal answer: B": "B",
}


@pytest.mark.parametrize("text", NONE, ids=repr)
def test_more_letters_a_condition_or_a_denial_leave_no_letter(text: str) -> None:
    found = explicit_letter(text, OPTIONS)
    assert found.letter is None
    assert found.reason


@pytest.mark.parametrize("text", LETTER, ids=repr)
def test_what_is_set_aside_or_given_as_a_reason_leaves_the_letter(text: str) -> None:
    found = explicit_letter(text, OPTIONS)
    assert found.letter == LETTER[text], found.reason
