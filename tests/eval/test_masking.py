"""A masked text names nobody that the patterns know, stays as it is when masked again, and where that fails, fails."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ward import case

from evitrail.eval.dataset.case import Case
from evitrail.eval.dataset.identifiers import KINDS, TOKEN, Identifiers, read_names
from evitrail.eval.dataset.masking import Mask, Unmasked, mask_named, masked

DAYS = st.dates(date(1900, 1, 1), date(2029, 12, 31))
SPELLINGS = (
    "%Y-%m-%d", "%Y/%m/%d", "%d/%m/%Y", "%m/%d/%y", "%d.%m.%Y", "%d-%m-%Y", "%d %B %Y", "%d %b %Y", "%B %d, %Y",
    "%dth of %B, %Y", "%d-%b-%y", "%B %Y", "%b %d", "%Y%m%d", "%m/%Y", "%d%b%Y",
)  # fmt: skip
LISTED = ("Jane Doe", "O'Brien", "José Álvarez")
PEOPLE = (
    "Mr Smith", "Dr. Jane Doe", "Mrs van der Berg", "Prof. J. K. O'Neil", "Ms Smith-Jones", "jane  DOE",
    "Jose\u0301 A\u0301lvarez",
)  # fmt: skip
NUMBERS = (
    "MRN 4471882", "MRN: 00-44-71", "medical record number A12345", "patient ID: 8812", "NHS number 943 476 5919",
    "+44 20 7946 0958", "(555) 123-4567", "020 7946 0958", "tel. 12345678", "a.b+c@clinic.example.org", "123-45-6789",
    "SSN 123456789", "AB 12 34 56 C", "SW1A 1AA", "MA 02115", "K1A 0B6", "zip 90210",
)  # fmt: skip
AGES = ("aged 93", "a 101-year-old man", "90 y/o", "92 years of age", "ninety-three years old", "age: 99")
CLINICAL = (
    "Group 2 may receive 10 mg; BP 120/80, INR 2.5, SpO2 95%, HbA1c 48 mmol/mol, platelets 150000.",
    "T2N1M0 on MR angiography of the head; grade 3; B12 5 MG; a 45-year-old with MS since 1998.",
    "See aspirin-primary-prevention@2016; 90 years of data; creatinine 1.2, 2.5-3.5 cm, 0.5-1 mg.",
)
KNOWN = st.sampled_from((*PEOPLE, *NUMBERS, *AGES)) | st.builds(date.strftime, DAYS, st.sampled_from(SPELLINGS))
TEXTS = st.lists(
    KNOWN | st.text(max_size=12) | st.sampled_from((" ", "[NAME]", "[", "]", "-", "MRN", "Mr", "9", "aged"))
)
MASK = Identifiers(LISTED)
SECRET = "Zorblatt"


class Raising:
    def mask(self, text: str) -> str:
        raise RuntimeError(text)


class Halfway:
    """Takes one name out, and leaves the next."""

    def mask(self, text: str) -> str:
        return text.replace(SECRET, "", 1)


class Silent:
    def mask(self, text: str) -> Any:
        return None


class Shouting:
    def __init__(self, mark: str, times: int = 1) -> None:
        self.mark, self.times = mark, times

    def mask(self, text: str) -> str:
        return self.mark * self.times


@given(TEXTS)
def test_a_masked_text_masked_again_is_unchanged_and_no_pattern_finds_anything_in_it(parts: list[str]) -> None:
    done = MASK.mask("".join(parts))
    assert MASK.mask(done) == done
    for piece in TOKEN.split(done)[::2]:
        for pattern in (pattern for patterns in KINDS.values() for pattern in patterns):
            assert not re.search(pattern, piece), (pattern, piece)


def test_of_an_address_that_a_name_runs_into_nothing_is_left() -> None:
    assert MASK.mask("Mr Smitha.b+c@clinic.example.org") == "[NAME].[EMAIL]"


@given(DAYS, st.sampled_from(SPELLINGS))
def test_a_date_in_any_spelling_becomes_a_token(day: date, spelling: str) -> None:
    assert MASK.mask(f"seen on {day.strftime(spelling)}, well") == "seen on [DATE], well"


@pytest.mark.parametrize("text", PEOPLE)
def test_a_person_becomes_a_token(text: str) -> None:
    assert MASK.mask(f"on call, {text}, was told") == "on call, [NAME], was told"


@pytest.mark.parametrize("text", [*NUMBERS, *AGES])
def test_a_number_that_names_somebody_becomes_a_token(text: str) -> None:
    done = MASK.mask(f"seen; {text}; home")
    assert re.fullmatch(r"seen; (a )?\[(MRN|PHONE|EMAIL|SSN|POSTCODE|AGE OVER 89)\]( man)?; home", done), done


@pytest.mark.parametrize("text", CLINICAL)
def test_clinical_text_that_names_nobody_stays_as_it_is(text: str) -> None:
    assert MASK.mask(text) == text


def test_what_is_left_of_a_sentence_can_still_be_read() -> None:
    text = "Mr Smith's mother, aged 93 (MRN 4471882), was seen by Dr. Jane Doe on 3 March 1961."
    assert MASK.mask(text) == "[NAME]'s mother, [AGE OVER 89] ([MRN]), was seen by [NAME] on [DATE]."


def test_a_name_of_the_list_is_found_without_a_title_and_only_as_a_whole_word() -> None:
    assert Identifiers(("Doe",)).mask("Doe, DOE and Does; McDoe") == "[NAME], [NAME] and Does; McDoe"
    assert Identifiers().mask("Doe") == "Doe"
    assert "Doe" not in repr(Identifiers(("Doe",)))


def test_a_list_of_names_is_read_and_one_that_is_none_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("Jane  Doe\n\nO'Brien\n", encoding="utf-8")
    assert read_names(path) == ("Jane Doe", "O'Brien")
    for text, says in (
        (b"Doe\nA\n", ":2: expected a name of two letters or more"),
        (b"\n", "found none"),
        (b"\xff", "UTF-8"),
    ):
        path.write_bytes(text)
        with pytest.raises(ValueError, match=says) as refused:
            read_names(path)
        assert str(refused.value).startswith(str(path))
        assert "\n" not in str(refused.value)


def planted(**changes: Any) -> Case:
    sensitive = ("stem", "options", "gold_rationale", "meta")
    words = {"stem": "Mr Smith came", "gold_rationale": "Mr Smith"}
    return case("apixaban", **{**words, "meta": {"seen": ["Mr Smith", 7]}, "sensitive": sensitive, **changes})


def test_only_the_sensitive_fields_are_masked() -> None:
    whole = masked(planted(options={"A": "tell Mr Smith", "B": "wait"}, labels={}), MASK)
    assert (whole.stem, whole.options["A"], whole.gold_rationale) == ("[NAME] came", "tell [NAME]", "[NAME]")
    assert whole.meta == {"seen": ["[NAME]", 7]}
    assert masked(planted(sensitive=("meta",)), MASK).stem == "Mr Smith came"
    assert masked(planted(sensitive=()), Raising()).stem == "Mr Smith came"
    assert masked(planted(), None) == planted()


@pytest.mark.parametrize(
    ("mask", "says"),
    [
        (Raising(), "the mask raised RuntimeError"),
        (Silent(), "expected a text of the mask, got a NoneType"),
        (Halfway(), "something it looks for is still there after masking"),
    ],
)
@pytest.mark.parametrize("field", ["stem", "gold_rationale"])
def test_a_case_that_cannot_be_masked_is_refused_in_one_line_that_does_not_quote_it(
    mask: Mask, says: str, field: str
) -> None:
    with pytest.raises(Unmasked) as refused:
        masked(planted(**{field: f"{SECRET} and {SECRET}", "sensitive": (field,)}), mask)
    said = str(refused.value)
    assert said == f"case 'q-apixaban': {field!r} could not be masked: {says}; it is not asked"
    assert refused.value.__suppress_context__
    assert SECRET not in said


@pytest.mark.parametrize(
    ("changes", "mask", "says"),
    [
        ({"options": {"A": "on 12/03/1961", "B": "on 13/03/1961"}, "labels": {}}, MASK, "leaves two options alike"),
        ({"meta": {"stale_option": "C"}}, Shouting("X"), "takes away letters that 'meta' names"),
    ],
)
def test_a_case_that_masking_would_spoil_is_refused(changes: dict[str, Any], mask: Mask, says: str) -> None:
    with pytest.raises(Unmasked, match=says):
        masked(planted(**changes), mask)


def test_a_mask_is_named_and_none_must_be_said() -> None:
    assert mask_named("none") is None
    assert mask_named("default") == Identifiers()
    outside = mask_named(f"{__name__}:Shouting('#', times=2)", allow_code=True)
    assert outside is not None
    assert outside.mask("Mr Smith") == "##"


def names(path: Path) -> Path:
    path.write_text("Jane Doe\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda here: mask_named("defualt"), "expected default, none or package.module:Class"),
        (lambda here: mask_named("os:getcwd()"), "is code that would be run; give --allow-code"),
        (lambda here: mask_named("os:getcwd(len('a'))", allow_code=True), "expected plain values in the brackets"),
        (lambda here: mask_named("os:getcwd(", allow_code=True), "expected default, none or package.module:Class"),
        (lambda here: mask_named("no.such:Mask", allow_code=True), "could not be made: ModuleNotFoundError"),
        (lambda here: mask_named("os:getcwd()", allow_code=True), r"expected a method mask\(text\), it has none"),
        (lambda here: mask_named("none", names(here)), "only the default mask takes a list of names"),
    ],
)
def test_a_mask_that_cannot_be_had_is_refused_in_one_line(
    tmp_path: Path, call: Callable[[Path], object], says: str
) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        call(tmp_path / "names.txt")
    assert "\n" not in str(refused.value)


def test_the_default_mask_takes_a_list_of_names(tmp_path: Path) -> None:
    listed = mask_named("default", names(tmp_path / "names.txt"))
    assert listed is not None
    assert listed.mask("Jane Doe") == "[NAME]"
