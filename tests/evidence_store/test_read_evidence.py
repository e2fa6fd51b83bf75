"""Every fault of an evidence file is named with file, line and remedy, and nothing of it is taken in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evitrail.evidence_store import InputError, read_evidence

LINE: dict[str, Any] = {
    "id": "aspirin-stroke",
    "version": "2016",
    "title": "Aspirin",
    "text": "Aspirin lowers the risk of stroke.",
    "organization": "Example Society",
    "kind": "guideline",
    "url": None,
    "published": "2016-04-12",
    "valid_from": "2016-04-12",
    "valid_to": None,
    "supersedes": None,
    "retracted": False,
    "grade": {
        "certainty": "moderate",
        "strength": "strong",
        "study_design": "randomized",
        "downgrades": {"imprecision": -1},
        "upgrades": {},
    },
    "topics": ["stroke"],
    "population": "adults",
}
LATER = {"version": "2022", "valid_from": "2022-04-26", "supersedes": "aspirin-stroke@2016"}


def written(folder: Path, *changes: dict[str, Any] | str, name: str = "evidence.jsonl") -> Path:
    file = folder / name
    lines = [change if isinstance(change, str) else json.dumps({**LINE, **change}) for change in changes]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def faults(folder: Path, *changes: dict[str, Any] | str) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        read_evidence(written(folder, *changes))
    assert all("\n" not in fault for fault in caught.value.faults)
    return caught.value.faults


def test_a_sound_file_is_read_in_its_own_order(tmp_path: Path) -> None:
    assert [item.ref for item in read_evidence(written(tmp_path, LATER, {}))] == [
        "aspirin-stroke@2022",
        "aspirin-stroke@2016",
    ]


def test_a_folder_is_all_its_files_in_name_order_as_one_set(tmp_path: Path) -> None:
    written(tmp_path, {}, name="b.jsonl")
    written(tmp_path, LATER, name="a.jsonl")
    assert [item.version for item in read_evidence(tmp_path)] == ["2022", "2016"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"grade": {**LINE["grade"], "mood": "sunny"}}, "unknown key 'grade.mood'"),
        ({"kind": "rumour"}, "'rumour'"),
        ({"id": "Not Kebab"}, "'Not Kebab'"),
        ({"valid_from": "yesterday"}, "'yesterday'"),
        ({"valid_to": "2016-04-12"}, "valid_from must be before valid_to"),
        ({"text": ""}, "'text'"),
        ({"grade": {**LINE["grade"], "certainty": "high"}}, "high - 1 (imprecision) = moderate"),
        ({"grade": {**LINE["grade"], "downgrades": {"imprecision": -4}}}, "-4"),
        (
            {"supersedes": "aspirin-stroke@1999"},
            "supersedes 'aspirin-stroke@1999', which is neither given nor in the store",
        ),
        ({"supersedes": "aspirin-stroke@2016"}, "supersedes itself"),
        ('{"id": "aspirin-stroke",', "broken JSON"),
        ("[1, 2]", "a list"),
        ('{"id": "a", "id": "b"}', "stands twice"),
    ],
)
def test_a_fault_names_its_file_its_line_and_what_was_got(
    tmp_path: Path, change: dict[str, Any] | str, said: str
) -> None:
    sound = {"id": "other"}
    [fault] = faults(tmp_path, sound, change)
    assert fault.startswith(f"{tmp_path / 'evidence.jsonl'}:2: ")
    assert said in fault


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    without_title = json.dumps({key: value for key, value in LINE.items() if key != "title"})
    assert faults(tmp_path, without_title) == (f"{tmp_path / 'evidence.jsonl'}:1: key 'title' is missing",)


def test_a_certainty_that_does_not_add_up_is_taken_with_a_reason(tmp_path: Path) -> None:
    grade = {**LINE["grade"], "certainty": "high", "override_reason": "panel judged the imprecision minor"}
    [item] = read_evidence(written(tmp_path, {"grade": grade}))
    assert item.grade is not None
    assert item.grade.certainty == "high"


def test_one_name_twice_is_refused_at_the_second(tmp_path: Path) -> None:
    [fault] = faults(tmp_path, {}, {"text": "Other."})
    assert fault.startswith(f"{tmp_path / 'evidence.jsonl'}:2: 'aspirin-stroke@2016' stands twice")
    assert "evidence.jsonl:1" in fault


def test_a_circle_of_supersession_is_refused_wherever_it_is_entered(tmp_path: Path) -> None:
    first = {"supersedes": "aspirin-stroke@2022"}
    found = faults(tmp_path, first, LATER)
    assert len(found) == 2
    assert all("supersedes itself" in fault for fault in found)


def test_a_version_may_not_outlive_its_successors_beginning(tmp_path: Path) -> None:
    [fault] = faults(tmp_path, {"valid_to": "2023-01-01"}, LATER)
    assert "expected to end by 2022-04-26" in fault
    assert "got 2023-01-01" in fault


def test_a_version_must_begin_before_its_successor(tmp_path: Path) -> None:
    [fault] = faults(tmp_path, {"valid_from": "2022-04-26"}, LATER)
    assert "expected to begin before 2022-04-26" in fault


def test_a_predecessor_may_be_in_the_store_already(tmp_path: Path) -> None:
    [old] = read_evidence(written(tmp_path, {}))
    [new] = read_evidence(written(tmp_path, LATER), known={old.ref: old.header()})
    assert new.supersedes == old.ref


def test_all_faults_are_collected_and_the_first_are_shown(tmp_path: Path) -> None:
    found = faults(tmp_path, *({"id": f"e-{n}", "mood": n} for n in range(30)))
    assert len(found) == 30
    assert str(InputError(found)).startswith(found[0])
    assert len(str(InputError(found)).splitlines()) < 15


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_a_file_without_evidence_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError, match="at least one version of evidence"):
        read_evidence(written(tmp_path, content))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        read_evidence(tmp_path / "nowhere.jsonl")
