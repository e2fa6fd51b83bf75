"""The files of an experiment are rebuilt from its journal, to the byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from ward import DRUGS, WardReader, advice, arm, ask, blamed, case, opened

from evitrail.eval.attribution import Blame
from evitrail.eval.attribution.record.recorded_blame import blames_of
from evitrail.eval.log.runs import JOURNAL, cases, traces
from evitrail.eval.metrics.outcomes_file import read_outcomes
from evitrail.eval.plan.condition import CONDITIONS
from evitrail.eval.report.results import write_results
from evitrail.evidence_store import EvidenceStore
from evitrail.traces.journal.journal import Journal, JournalError

REBUILT = ("outcomes.parquet", "questions.parquet", "metrics.json", "attribution.json", "report.html")
SAFETY = ("high_risk_rate", "unsafe_rate", "contradiction_rate", "dangerous_overconf_rate")
CASES = [case(drug) for drug in DRUGS]
ARMS = [CONDITIONS["closed_book"], CONDITIONS["clean"], arm()]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvidenceStore]:
    with opened(tmp_path_factory.mktemp("results")) as store:
        store.ingest(advice(drug, "BC"[place % 2]) for place, drug in enumerate(DRUGS))
        yield store


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, store: EvidenceStore) -> Path:
    folder = tmp_path_factory.mktemp("done") / "nightly"
    reader = WardReader(guesses="A")
    ask(folder, store, CASES, ARMS, reader)
    blamed(folder, store, reader)
    write_results(folder)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in REBUILT}


def test_every_derived_file_can_be_deleted_and_made_again_with_the_same_bytes(folder: Path) -> None:
    before, cost = files(folder), (folder / "cost.json").read_bytes()
    timings = pq.read_table(folder / "timings.parquet")
    for path in folder.iterdir():
        if not path.name.startswith(JOURNAL):
            path.unlink()
    write_results(folder)
    assert (files(folder), (folder / "cost.json").read_bytes()) == (before, cost)
    assert pq.read_table(folder / "timings.parquet") == timings
    assert [path.name for path in folder.iterdir() if "partial" in path.name] == []


def test_equal_experiments_give_equal_outcomes_metrics_and_blame(
    tmp_path: Path, folder: Path, store: EvidenceStore
) -> None:
    reader = WardReader(guesses="A")
    ask(tmp_path / "nightly", store, CASES[::-1], ARMS[::-1], reader, in_flight=3)
    blamed(tmp_path / "nightly", store, reader)
    write_results(tmp_path / "nightly")
    same, other = files(folder), files(tmp_path / "nightly")
    assert {name: other[name] for name in REBUILT[:4]} == {name: same[name] for name in REBUILT[:4]}


def test_the_files_say_what_the_journal_says(folder: Path) -> None:
    rows = json.loads((folder / "metrics.json").read_text())
    found = [Blame.model_validate(each) for each in json.loads((folder / "attribution.json").read_text())]
    outcomes = read_outcomes(folder / "outcomes.parquet")
    assert rows == write_results(folder)
    assert [(row["condition"], row["n"]) for row in rows] == [("clean", 6), ("closed_book", 6), ("words", 6)]
    assert len(outcomes) == 18
    with Journal.open(folder / JOURNAL, create=False) as journal:
        assert found == [one for trace in traces(journal) for one in blames_of(trace)]
        assert cases(journal) == {each.id: each for each in CASES}
    accuracy = {row["condition"]: row["accuracy"]["value"] for row in rows}
    for name, value in accuracy.items():
        asked = [o.correct for o in outcomes if o.condition == name]
        assert value == pytest.approx(sum(asked) / len(asked))
    assert accuracy["closed_book"] == 0


def test_every_step_is_timed_once(folder: Path) -> None:
    steps = pq.read_table(folder / "timings.parquet").select(["run", "step"]).to_pylist()
    assert len(steps) == len({(row["run"], row["step"]) for row in steps}) == 6 * (2 + 3 + 3)


def test_an_unlabelled_benchmark_has_no_safety_rather_than_none_of_harm(tmp_path: Path, store: EvidenceStore) -> None:
    bare = [each.model_copy(update={"labels": {}}) for each in CASES]
    reader = WardReader(guesses="A")
    ask(tmp_path / "bare", store, bare, ARMS[:1], reader)
    blamed(tmp_path / "bare", store, reader)
    (row,) = write_results(tmp_path / "bare")
    unknown: dict[str, Any] = {"value": None, "lo": None, "hi": None, "n": 0}
    assert {name: row[name] for name in SAFETY} == dict.fromkeys(SAFETY, unknown)
    assert (row["accuracy"]["value"], row["accuracy"]["lo"], row["accuracy"]["n"]) == (0, 0, len(bare))
    assert row["accuracy"]["hi"] > 0, "none right of a few does not show that none would be"
    columns = pq.read_table(tmp_path / "bare" / "outcomes.parquet").to_pydict()
    for name in ("high_risk", "unsafe", "contradicts", "overconfident"):
        assert set(columns[name]) == {None}


def test_an_experiment_not_yet_attributed_has_results_and_no_blame(tmp_path: Path, store: EvidenceStore) -> None:
    ask(tmp_path / "x", store, CASES[:2], ARMS[:1], WardReader(guesses="A"))
    write_results(tmp_path / "x")
    assert json.loads((tmp_path / "x" / "attribution.json").read_text()) == []
    assert (tmp_path / "x" / "report.html").is_file()


def test_a_folder_without_a_journal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="expected a journal at"):
        write_results(tmp_path)
