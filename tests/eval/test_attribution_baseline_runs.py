"""A failed run is compared with the baseline's run of the same case, or the reason is given why it is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from comparing import Comparing, comparing
from ward import WardReader, advice, arm, ask, case

from evitrail.eval.attribution.baseline.baseline import compare_with_baseline
from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.input_text import InputError


@pytest.fixture
def ward(tmp_path: Path, store: EvidenceStore) -> Iterator[Comparing]:
    with comparing(tmp_path, store) as ward:
        yield ward


def test_a_case_that_was_changed_between_the_two_is_not_compared(ward: Comparing) -> None:
    ward.store.ingest([advice("apixaban", "B")])
    ours = ward.run("x", cases=[case("apixaban", answer="D")])
    found = ward.one(ours, ward.run("y", arm(k=1)))
    assert (found.verdict, found.sentence) == (
        "not compared",
        "not compared: the case differs in the baseline (answer)",
    )


def test_a_baseline_that_asked_other_cases_is_refused(ward: Comparing) -> None:
    ward.store.ingest([advice(drug, "B") for drug in ("apixaban", "heparin")])
    ours = ward.run("x", reader=WardReader(misread="C"))
    with pytest.raises(InputError, match=r"expected runs of the cases q-apixaban, found q-heparin; give a folder"):
        compare_with_baseline(ours, ward.run("y", cases=[case("heparin")]))


def test_a_baseline_that_lacks_a_failed_case_is_refused(ward: Comparing) -> None:
    ward.store.ingest([advice(drug, "B") for drug in ("apixaban", "heparin")])
    ours = ward.run("x", reader=WardReader(misread="C"), cases=[case("apixaban"), case("heparin")])
    with pytest.raises(InputError, match=r"every failed case, q-heparin of 2 are missing"):
        compare_with_baseline(ours, ward.run("y"))


def test_a_baseline_of_several_other_conditions_is_refused(ward: Comparing) -> None:
    ward.store.ingest([advice("apixaban", "B")])
    ours = ward.run("x", arm("word"), reader=WardReader(misread="C"))
    with pytest.raises(InputError, match=r"the condition 'word', found many, words; did you mean 'words'\?"):
        compare_with_baseline(ours, ward.run("y", arm("words"), arm("many", k=5)))


def test_a_run_that_the_baseline_did_not_finish_is_not_compared(ward: Comparing) -> None:
    ward.store.ingest([advice("apixaban", "B")])
    ours = ward.run("x", reader=WardReader(misread="C"))
    assert len(ask(ward.folder / "y", ward.store, [case("apixaban")], [arm()], WardReader(faints="q-apixaban"))) == 1
    found = ward.one(ours, ward.side("y", WardReader()))
    assert found.sentence == "not compared: the baseline's run was not finished"
