"""The demonstration that ships holds what the README promises of it, and its two halves agree."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest
from ward import opened

from evitrail.eval.dataset.case import Case, check, load
from evitrail.eval.demo import DEMO_CASES
from evitrail.evidence_store import EvidenceStore, read_evidence
from evitrail.evidence_store.demo import DEMO_EVIDENCE
from evitrail.evidence_store.model import Evidence

CASES = load(DEMO_CASES)
EVIDENCE = read_evidence(DEMO_EVIDENCE)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvidenceStore]:
    with opened(tmp_path_factory.mktemp("demo")) as store:
        store.ingest(EVIDENCE)
        yield store


def lineage(ref: str) -> str:
    return ref.partition("@")[0]


def lineages() -> dict[str, list[Evidence]]:
    found: dict[str, list[Evidence]] = defaultdict(list)
    for item in EVIDENCE:
        found[item.id].append(item)
    return found


def referred(*keys: str) -> set[str]:
    return {ref for case in CASES for key in keys for ref in getattr(case, key)}


def test_every_reference_and_date_of_the_benchmark_stands_against_the_store(store: EvidenceStore) -> None:
    check(CASES, store.snapshot())
    assert store.verify() == []


def test_clean_evidence_counts_on_the_day_of_its_case(store: EvidenceStore) -> None:
    for case in CASES:
        snapshot = store.snapshot(as_of=case.as_of)
        assert {snapshot.status(ref) for ref in case.clean_evidence} == {"current"}, case.id
        assert "current" not in {snapshot.status(ref) for ref in case.outdated_evidence}, case.id


def test_there_are_80_cases_each_with_its_day_its_labels_its_reason_and_its_evidence() -> None:
    assert len(CASES) >= 80
    for case in CASES:
        assert case.as_of, case.id
        assert case.gold_rationale, case.id
        assert case.labels, case.id
        assert case.clean_evidence, case.id


def test_no_answer_is_labelled_harmful() -> None:
    marked = [case.id for case in CASES if any(case.labels[case.answer].model_dump().values())]
    assert marked == []


def test_there_are_60_guideline_lineages_and_30_with_a_superseded_version() -> None:
    assert len({item.id for item in EVIDENCE if item.kind == "guideline"}) >= 60
    assert sum(len(versions) > 1 for versions in lineages().values()) >= 30
    assert sum(item.supersedes is not None for item in EVIDENCE) >= 30


def test_there_are_20_current_sources_of_low_certainty_that_contradict(store: EvidenceStore) -> None:
    newest = store.snapshot()
    against = {
        ref
        for ref in referred("conflict_evidence") - referred("clean_evidence")
        if newest.status(ref) == "current" and (grade := newest.headers[ref].grade)
        if grade.certainty in ("low", "very_low")
    }
    assert len(against) >= 20


def test_there_are_50_distractors_that_no_case_refers_to() -> None:
    asked = {lineage(ref) for ref in referred("clean_evidence", "conflict_evidence", "outdated_evidence")}
    assert sum(item.id not in asked for item in EVIDENCE) >= 50


def test_each_letter_is_the_answer_in_a_fifth_to_three_tenths_of_the_cases() -> None:
    shares = {letter: n / len(CASES) for letter, n in Counter(case.answer for case in CASES).items()}
    assert set(shares) == set("ABCD")
    assert all(0.2 <= share <= 0.3 for share in shares.values()), shares


@pytest.mark.parametrize("extreme", [max, min])
def test_the_length_of_an_option_does_not_give_the_answer_away(extreme: object) -> None:
    def stands_out(case: Case) -> bool:
        lengths = {letter: len(text) for letter, text in case.options.items()}
        assert callable(extreme)
        return bool(lengths[case.answer] == extreme(lengths.values()))

    assert sum(map(stands_out, CASES)) <= 0.4 * len(CASES)


def test_a_case_on_a_lineage_with_several_versions_has_an_outdated_option() -> None:
    several = {name for name, versions in lineages().items() if len(versions) > 1}
    on_those = [case for case in CASES if several & set(map(lineage, case.clean_evidence))]
    assert len(on_those) >= 30
    for case in on_those:
        assert case.outdated_evidence, case.id
        assert case.stale_option not in (None, case.answer), case.id


def test_conflicting_evidence_speaks_for_a_wrong_option() -> None:
    for case in CASES:
        if set(case.conflict_evidence) - set(case.clean_evidence):
            assert case.conflict_option not in (None, case.answer), case.id


def test_25_cases_are_decided_by_a_date_or_a_number() -> None:
    assert sum(case.meta.get("decided_by") in ("date", "number") for case in CASES) >= 25


def test_a_third_of_the_cases_is_to_fit_on_and_shares_no_deciding_lineage_with_the_rest() -> None:
    split = Counter(case.meta.get("split") for case in CASES)
    assert set(split) == {"fit", "test"}
    assert split["fit"] / len(CASES) == pytest.approx(1 / 3, abs=0.02)
    fit, test = (
        {lineage(ref) for case in CASES if case.meta["split"] == half for ref in case.clean_evidence}
        for half in ("fit", "test")
    )
    assert fit & test == set()


def test_each_demonstration_case_survives_the_way_through_json() -> None:
    assert [Case.model_validate_json(case.model_dump_json()) for case in CASES] == CASES
