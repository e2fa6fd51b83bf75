"""A rating stays in its system's own code, and a hint from it names the table it came from."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from evitrail.evidence_store.grading.native_grade import CODES, USPSTF_LEAST_CERTAINTY, HintTable, Rating, System

EVERY = [(system, edition, code) for system in CODES for edition in CODES[system] for code in CODES[system][edition]]


@pytest.mark.parametrize(("system", "edition", "code"), EVERY)
def test_every_code_comes_back_from_json_as_it_was_written(system: System, edition: str, code: str) -> None:
    rating = Rating(system=system, edition=edition, code=code)
    assert Rating.model_validate_json(rating.model_dump_json()) == rating
    assert rating.code == code


@pytest.mark.parametrize(
    ("system", "edition", "code", "allowed"),
    [
        ("uspstf", "2012", "E", "A, B, C, D, I"),
        ("sort", "2004", "D", "A, B, C, 1, 2, 3"),
        ("oxford_cebm", "2011", "1a", "1, 2, 3, 4, 5"),
        ("acr_appropriateness", "2021", "10", "1, 2, 3, 4, 5, 6, 7, 8, 9, 5 (disagreement)"),
    ],
)
def test_a_bad_code_is_refused_naming_those_there_are(system: System, edition: str, code: str, allowed: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Rating(system=system, edition=edition, code=code)
    assert f"code of {system} {edition}: expected one of {allowed}, got {code!r}" in str(caught.value)


def test_a_level_of_2009_is_no_level_of_2011_and_an_edition_has_to_exist() -> None:
    assert Rating(system="oxford_cebm", edition="2009", code="1a").code == "1a"
    with pytest.raises(ValidationError, match="edition of oxford_cebm: expected one of 2009, 2011, got '2010'"):
        Rating(system="oxford_cebm", edition="2010", code="1")


def test_a_hint_names_its_table_and_leaves_the_code_alone() -> None:
    rating = Rating(system="uspstf", edition="2012", code="I")
    hint = rating.hint(USPSTF_LEAST_CERTAINTY)
    assert hint is not None
    assert (hint.certainty, hint.table, hint.version) == ("low", "uspstf-least-certainty", "1")
    assert rating == Rating(system="uspstf", edition="2012", code="I")


def test_a_table_says_nothing_of_another_edition_nor_of_a_code_it_lacks() -> None:
    assert Rating(system="uspstf", edition="2007", code="A").hint(USPSTF_LEAST_CERTAINTY) is None
    table = HintTable(id="sort-a", version="1", system="sort", edition="2004", hints={"A": "high"})
    assert Rating(system="sort", edition="2004", code="B").hint(table) is None
    with pytest.raises(ValidationError, match="code of sort 2004"):
        HintTable(id="sort-a", version="2", system="sort", edition="2004", hints={"E": "high"})
