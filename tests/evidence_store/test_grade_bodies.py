"""Published bodies are read as they were judged, and from judgements alone it is told at which level they started."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from public_data import DATA, needs

from evitrail.evidence_store import InputError
from evitrail.evidence_store.formats.grade_bodies import PublishedBody, read_bodies
from evitrail.evidence_store.formats.grade_start import design_of
from evitrail.evidence_store.grading.assessment import overall

BODIES = DATA / "grade-bodies" / "bodies.jsonl"

NONE = {"rating": "Not serious", "reason": "None"}
FEW = {"rating": "Serious", "reason": "40 events"}
NO_CONTROLS = {"rating": "Serious", "reason": "Single arm comparison"}
LINE: dict[str, Any] = {
    "question": "Vaccine or none?",
    "literature": "4 RCTs",
    "outcome": "Infection",
    "importance": "Critical",
    "risk_of_bias": NONE,
    "inconsistency": {"rating": "Not assessed", "reason": "Only one study included"},
    "indirectness": NONE,
    "imprecision": FEW,
    "other": "None",
    "certainty": "Moderate",
}
OBSERVED = {"literature": "7 observational studies", "risk_of_bias": NO_CONTROLS, "imprecision": NONE}


def written(folder: Path, *changes: dict[str, Any] | str) -> Path:
    file = folder / "bodies.jsonl"
    file.write_text("\n".join(c if isinstance(c, str) else json.dumps({**LINE, **c}) for c in changes), "utf-8")
    return file


def read(folder: Path, *changes: dict[str, Any]) -> list[PublishedBody]:
    return read_bodies(written(folder, *changes))


def faults(folder: Path, *changes: dict[str, Any] | str) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        read_bodies(written(folder, *changes))
    return caught.value.faults


def test_judgements_are_read_with_their_reasons_and_what_was_not_assessed_stays_so(tmp_path: Path) -> None:
    [one] = read(tmp_path, {})
    assert one.verdict == "agrees"
    assert one.assessment.sum_in_words() == "high - 1 (imprecision) = moderate"
    assert one.assessment.imprecision.reason == "40 events"
    inconsistency = one.assessment.inconsistency
    assert (inconsistency.levels, inconsistency.reason) == (None, "Only one study included")
    assert one.assessment.indirectness.levels == 0
    assert overall([one.signed()]).certainty == "moderate"


@pytest.mark.parametrize(
    ("literature", "design"),
    [
        ("Five RCTs and two observational", "mixed"),
        ("22 studies including RCTs and observational", "mixed"),
        ("One RCT", "randomized"),
        ("3 randomised controlled trials", "randomized"),
        ("1 observational study", "observational"),
        ("2 non-randomised controlled trials", "observational"),
        ("2 cohorts and a nonrandomized trial", "observational"),
        ("Expert opinion", "expert"),
        ("9 articles", None),
        (None, None),
    ],
)
def test_the_design_is_the_one_that_the_text_names(literature: str | None, design: str | None) -> None:
    assert design_of(literature) == design


def test_observational_studies_start_low_unless_their_raters_charge_the_lack_of_randomisation(tmp_path: Path) -> None:
    blinding = {"rating": "Serious", "reason": "No blinding"}
    adjusted = {"rating": "Not serious", "reason": "Confounding was adjusted for"}
    for uncharged in (blinding, adjusted):
        [plain] = read(tmp_path, {**OBSERVED, "risk_of_bias": uncharged})
        assert (plain.assessment.start, plain.assessment.start_reason) == ("low", None)
    [charged] = read(tmp_path, OBSERVED)
    assert charged.assessment.start == "high"
    assert "in 1 of 1 bodies" in (charged.assessment.start_reason or "")


def test_raters_have_one_way_for_all_their_bodies(tmp_path: Path) -> None:
    clean = {**OBSERVED, "risk_of_bias": NONE}
    assert {one.assessment.start for one in read(tmp_path, OBSERVED, OBSERVED, clean)} == {"high"}
    assert {one.assessment.start for one in read(tmp_path, OBSERVED, clean)} == {"low"}


def test_the_start_does_not_look_at_what_was_published(tmp_path: Path) -> None:
    lines = [OBSERVED, {}, {"literature": "2 RCTs and 1 observational study"}, {"literature": None}]
    seen = {
        tuple(one.assessment.start for one in read(tmp_path, *({**line, "certainty": level} for line in lines)))
        for level in ("High", "Moderate", "Low", "Very low")
    }
    assert seen == {("high", "high", "high", "high")}


def test_a_design_that_nobody_named_gives_no_start_where_designs_differ_in_it(tmp_path: Path) -> None:
    [unnamed] = read(tmp_path, {"literature": None})
    assert (unnamed.verdict, unnamed.assessment.computed) == ("unknown", None)
    unnamed, _ = read(tmp_path, {"literature": None}, OBSERVED)
    assert (unnamed.verdict, unnamed.assessment.study_design) == ("agrees", None)
    assert (unnamed.assessment.start_reason or "").startswith("no design is stated; every design starts high")


@pytest.mark.parametrize(
    ("other", "moved"),
    [
        ("Very strong association", {"large_effect": 2}),
        ("strong association, dose-response gradient", {"large_effect": 1, "dose_response": 1}),
        ("Publication bias strongly suspected", {"publication_bias": -1}),
        ("none", {}),
    ],
)
def test_what_else_counted_is_read_in_gradepros_words(tmp_path: Path, other: str, moved: dict[str, int]) -> None:
    [one] = read(tmp_path, {"imprecision": NONE, "other": other})
    assert one.assessment.moves == moved


def test_a_certainty_that_does_not_add_up_is_found_and_is_not_signed_without_a_reason(tmp_path: Path) -> None:
    wrong, excused = read(tmp_path, {"certainty": "High"}, {"certainty": "High", "override_reason": "the panel's vote"})
    assert (wrong.verdict, excused.verdict) == ("differs", "overridden")
    with pytest.raises(ValueError, match="'high' was published"):
        wrong.signed()
    assert excused.signed().certainty == "high"


def test_all_faults_of_a_file_are_named_with_their_lines(tmp_path: Path) -> None:
    grave = {"rating": "Serious", "reason": "None"}
    file = tmp_path / "bodies.jsonl"
    [rating, level] = faults(tmp_path, {}, {"indirectness": {"rating": "Bad"}, "certainty": "Sure"})
    assert rating.startswith(f"{file}:2: key 'indirectness.rating': expected 'not_assessed'")
    assert level.startswith(f"{file}:2: key 'certainty': expected 'very_low'")
    [reason, other] = faults(tmp_path, {"indirectness": grave}, {}, {"other": "Halo"})
    assert reason == f"{file}:1: key 'indirectness': 'serious' needs a reason, got 'None'"
    assert other.startswith(f"{file}:3: key 'other': expected 'None' or of 'very strong association'")
    assert faults(tmp_path, "") == (f"{file}: expected at least one body of evidence, got none",)


@needs(BODIES)
def test_at_least_98_per_cent_of_the_published_certainties_are_reproduced() -> None:
    bodies = read_bodies(BODIES)
    agree = [body for body in bodies if body.verdict == "agrees"]
    assert len(bodies) > 100
    assert len(agree) >= 0.98 * len(bodies)
    assert all(body.signed().certainty == body.body.certainty for body in agree)
