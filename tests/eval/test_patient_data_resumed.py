"""A resumed experiment asks a patient's case as it was recorded, whatever the mask finds by now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ward import WardReader, advice, ask, case, opened

from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import JOURNAL, traces
from evitrail.eval.plan.condition import CONDITIONS
from evitrail.evidence_store import EvidenceStore
from evitrail.traces import Journal

STEM = "Zorblattine"
PATIENT = case("apixaban", stem=f"{STEM} takes apixaban. What is the advice for {STEM}?", sensitive=("stem",))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EvidenceStore]:
    with opened(tmp_path) as store:
        store.ingest([advice("apixaban", "B")])
        yield store


@dataclass(frozen=True)
class Blot:
    """Takes the marker out of a text; what stands for it differs from version to version."""

    mark: str

    def mask(self, text: str) -> str:
        return text.replace(STEM, self.mark)


def test_a_resumed_experiment_asks_a_patients_case_as_it_was_recorded_though_the_mask_finds_more_by_now(
    store: EvidenceStore, tmp_path: Path
) -> None:
    standard, gated = CONDITIONS["standard"], CONDITIONS["gated"]
    assert ask(tmp_path, store, [PATIENT], [standard], WardReader(), mask=Blot("[A]")) == []
    assert ask(tmp_path, store, [PATIENT], [standard, gated], WardReader(), mask=Blot("[B]")) == []
    with Journal.open(tmp_path / JOURNAL) as journal:
        stems = {trace.run: trace.config(RunConfig).case.stem for trace in traces(journal)}
    assert len(stems) == 2
    assert set(stems.values()) == {PATIENT.stem.replace(STEM, "[A]")}


def test_an_interrupted_run_of_a_patients_case_is_finished_under_another_version_of_the_mask(
    store: EvidenceStore, tmp_path: Path
) -> None:
    standard = [CONDITIONS["standard"]]
    failed = ask(tmp_path, store, [PATIENT], standard, WardReader(faints=PATIENT.id), mask=Blot("[A]"))
    assert [failure.run for failure in failed] == ["standard.q-apixaban"]
    assert ask(tmp_path, store, [PATIENT], standard, WardReader(), mask=Blot("[B]")) == []
