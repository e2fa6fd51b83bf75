"""A benchmark is read whole or refused with one line a fault, and is proven against the store it refers to."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ward import advice, case, opened

from evitrail.eval.dataset.case import Case, check, load
from evitrail.evidence_store import EvidenceStore, InputError

LINE = json.loads(case("apixaban").model_dump_json())


def written(folder: Path, *lines: Any) -> Path:
    path = folder / "benchmark.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in LINE.items() if name != key}


FLAGGED = {"high_risk": True}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"id": "q1",', "expected one JSON object, got broken JSON at column 13"),
        ("[1, 2]", "expected one JSON object, got a list"),
        ('{"id": "q1", "id": "q2"}', "key 'id' stands twice"),
        (LINE | {"asnwer": "B"}, "unknown key 'asnwer'; expected one of id, stem, options, answer"),
        (without("stem"), "key 'stem' is missing"),
        (LINE | {"as_of": "last May"}, "key 'as_of': "),
        (LINE | {"answer": "E"}, "key 'answer': expected one of the options ['A', 'B', 'C', 'D'], got 'E'"),
        (LINE | {"options": {"B": "only one"}}, "expected two or more options named by capital letters, got ['B']"),
        (LINE | {"options": {"a": "x", "B": "y"}}, "expected two or more options named by capital letters"),
        (LINE | {"labels": LINE["labels"] | {"E": FLAGGED}}, "key 'labels.E': expected one of the options"),
        (LINE | {"labels": {"A": FLAGGED}}, "key 'labels': expected every option or none, ['B', 'C', 'D'] are missing"),
        (LINE | {"labels": LINE["labels"] | {"A": {"deadly": True}}}, "unknown key 'labels.A.deadly'"),
        (LINE | {"meta": {"stale_option": "E"}}, "key 'meta.stale_option': expected one of the options"),
        (LINE | {"meta": {"conflict_option": "F"}}, "key 'meta.conflict_option': expected one of the options"),
    ],
)
def test_a_broken_line_is_refused_in_one_line_that_says_where(tmp_path: Path, line: Any, says: str) -> None:
    path = written(tmp_path, LINE | {"id": "sound"}, "", line)
    with pytest.raises(InputError) as refused:
        load(path)
    (fault,) = refused.value.faults
    assert fault.startswith(f"{path}:3: {says}")
    assert "\n" not in fault


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, LINE | {"answer": "E"}, LINE, without("options"))
    with pytest.raises(InputError) as refused:
        load(path)
    assert [fault.split(": ")[0] for fault in refused.value.faults] == [f"{path}:1", f"{path}:3"]


def test_a_case_that_stands_twice_is_refused_with_both_places(tmp_path: Path) -> None:
    path = written(tmp_path, LINE, LINE | {"id": "q2"}, LINE)
    with pytest.raises(InputError) as refused:
        load(path)
    assert refused.value.faults == (f"{path}:3: case 'q-apixaban' stands already at {path}:1",)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_text("\n\n"), "expected at least one case, found none"),
        (lambda path: path.mkdir(), "expected *.jsonl files in this folder, found none"),
        (lambda path: None, "expected a JSON lines file or a folder of them, found neither"),
        (lambda path: path.write_bytes(b'{"id": "\xff"}'), "expected UTF-8, got another encoding at byte 8"),
    ],
)
def test_a_benchmark_without_cases_is_refused_in_one_line(tmp_path: Path, make: Any, says: str) -> None:
    path = tmp_path / "benchmark.jsonl"
    make(path)
    with pytest.raises(InputError) as refused:
        load(path)
    assert refused.value.faults == (f"{path}: {says}",)


def test_a_folder_is_read_file_by_file_in_name_order(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.jsonl").write_text(case("heparin", id=name).model_dump_json(), encoding="utf-8")
    assert [found.id for found in load(tmp_path)] == ["a", "b"]


def test_a_case_survives_the_way_through_json(tmp_path: Path) -> None:
    full = case("apixaban", gold_rationale="B – it is so.", meta={"split": "fit", "stale_option": "C", "sources": [1]})
    bare = case("heparin", labels={}, as_of=None)
    assert load(written(tmp_path, full.model_dump_json(), bare.model_dump_json())) == [full, bare]


def test_optional_keys_may_be_left_out(tmp_path: Path) -> None:
    line = {key: value for key, value in LINE.items() if key not in ("as_of", "gold_rationale", "meta")}
    (found,) = load(written(tmp_path, line))
    assert (found.as_of, found.gold_rationale, found.meta) == (None, None, {})


def test_the_question_holds_nothing_of_the_key() -> None:
    asked = case("apixaban", gold_rationale="because", meta={"stale_option": "C"}).question
    assert set(asked.model_dump()) == {"id", "stem", "options", "as_of"}


def test_evidence_speaks_for_the_option_it_is_labelled_with_and_clean_evidence_for_the_answer() -> None:
    found = case(
        "apixaban",
        conflict_evidence=("apixaban@1", "letter@1"),
        outdated_evidence=("apixaban@0",),
        meta={"stale_option": "C", "conflict_option": "D"},
    )
    assert found.supported_by() == {"apixaban@1": "B", "letter@1": "D", "apixaban@0": "C"}
    assert found.model_copy(update={"meta": {}}).supported_by() == {"apixaban@1": "B"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EvidenceStore]:
    with opened(tmp_path) as store:
        store.ingest([advice("apixaban", "C", "0", valid_to=date(2018, 1, 1)), advice("heparin", "B")])
        store.ingest([advice("apixaban", "B", valid_from=date(2018, 1, 1), supersedes="apixaban@0")])
        yield store


def test_a_benchmark_whose_evidence_is_there_and_was_in_force_passes(store: EvidenceStore) -> None:
    check([case("apixaban", outdated_evidence=("apixaban@0",)), case("heparin", as_of=None)], store.snapshot())


@pytest.mark.parametrize("key", ["clean_evidence", "conflict_evidence", "outdated_evidence"])
def test_a_reference_the_store_does_not_hold_is_a_fault(store: EvidenceStore, key: str) -> None:
    with pytest.raises(InputError) as refused:
        check([case("apixaban", **{key: ("aspirin@7",)})], store.snapshot())
    said = f"case 'q-apixaban': {key} names 'aspirin@7', which the store does not hold; ingest it first"
    assert refused.value.faults == (said,)


def test_clean_evidence_of_another_day_is_a_fault(store: EvidenceStore) -> None:
    early = case("apixaban", as_of=date(2017, 12, 31))
    with pytest.raises(InputError, match="clean evidence 'apixaban@1' was not in force on 2017-12-31"):
        check([early], store.snapshot())


def test_outdated_evidence_that_was_in_force_is_a_fault(store: EvidenceStore) -> None:
    early = case("apixaban", as_of=date(2017, 12, 31), clean_evidence=(), outdated_evidence=("apixaban@0",))
    with pytest.raises(InputError, match="outdated evidence 'apixaban@0' was in force on 2017-12-31"):
        check([early], store.snapshot())


def test_every_fault_of_every_case_is_told(store: EvidenceStore) -> None:
    cases = [case("apixaban", id=name, clean_evidence=("x@1", "y@1")) for name in ("q1", "q2")]
    with pytest.raises(InputError) as refused:
        check(cases, store.snapshot())
    assert len(refused.value.faults) == 4


def test_a_case_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Case.model_validate(LINE).answer = "C"
