"""A plan goes in, its results come out: nothing is printed, and nothing is written before everything is proven."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from desk import BENCHMARK, CASES, demo_evidence, tree, write_lines

import evitrail.traces
from evitrail.eval.experiment.estimate import estimate
from evitrail.eval.experiment.events import Attributing, Embedding, Event, Excluded, Running
from evitrail.eval.log.runs import outcomes
from evitrail.eval.plan.plan import Plan, plan_in
from evitrail.eval.resolve import opened, resolve, summary
from evitrail.eval.run_plan import Results, results_in, run_plan
from evitrail.evidence_store import EvidenceStore, InputError, read_evidence
from evitrail.traces import Journals

ROOT = Path(evitrail.__file__).parents[1]
ASKED = ("closed_book", "standard", "padded_top_1")
QUIET = """
from pathlib import Path
from evitrail.eval.plan.plan import Plan
from evitrail.eval.run_plan import run_plan
plan = Plan(benchmark=Path({benchmark!r}), store=Path({store!r}), conditions=("standard",), only=({case!r},), samples=2)
assert run_plan(plan, {folder!r}).metrics[0]["n"] == 1
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store with the evidence of two cases."""
    folder = tmp_path_factory.mktemp("plans")
    file = write_lines(folder / "evidence.jsonl", demo_evidence(CASES))
    with EvidenceStore.open(folder / "store", create=True) as made:
        made.ingest(read_evidence(file))
    return folder / "store"


@pytest.fixture(scope="module")
def planned(store: Path) -> Callable[..., Plan]:
    """A plan on that store; keys may be given otherwise."""

    def plan(**keys: Any) -> Plan:
        return Plan(
            **{"benchmark": BENCHMARK, "store": store, "only": CASES, "samples": 2, "conditions": ASKED, **keys}
        )

    return plan


@pytest.fixture(scope="module")
def ran(planned: Callable[..., Plan], tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, list[Event]]:
    """The results of a plan, and what was heard on the way."""
    heard: list[Event] = []
    return run_plan(planned(), tmp_path_factory.mktemp("ran") / "run", on_event=heard.append), heard


def test_results_say_what_the_files_and_the_journal_of_the_folder_say(ran: tuple[Results, list[Event]]) -> None:
    results, _ = ran
    assert list(results.metrics) == json.loads((results.folder / "metrics.json").read_text("utf-8"))
    assert sorted(row["condition"] for row in results.metrics) == ["closed_book", "standard"]
    with Journals.open(results.folder) as journal:
        assert results.outcomes() == outcomes(journal)
    assert results.find("right OR -right") == [outcome.run for outcome in results.outcomes()]
    assert results.find("right") == [outcome.run for outcome in results.outcomes() if outcome.correct]
    blamed = {blame.run for blame in results.blames()}
    assert blamed
    assert blamed <= {outcome.run for outcome in results.outcomes()}
    assert results.report.read_text("utf-8").startswith("<!")
    assert (results.unfinished, results.skipped, results.redacted) == ((), {}, 0)


def test_a_run_is_read_by_its_name_and_one_that_is_not_there_is_refused_with_the_nearest(
    ran: tuple[Results, list[Event]],
) -> None:
    results, _ = ran
    with results.trace(f"standard.{CASES[0]}") as trace:
        assert [step.kind for step in trace.activities][-1] == "choose"
    with pytest.raises(ValueError, match=f"did you mean 'standard.{CASES[0]}'"), results.trace("standrd.acute-001"):
        pass


def test_a_listener_hears_what_is_excluded_and_how_far_each_part_is(ran: tuple[Results, list[Event]]) -> None:
    results, heard = ran
    assert {event.condition: event.reason for event in heard if isinstance(event, Excluded)} == results.excluded
    assert list(results.excluded) == ["padded_top_1"]
    for kind in (Embedding, Running, Attributing):
        told = [event for event in heard if isinstance(event, kind)]
        assert told[-1].done == told[-1].of > 0
        assert [event.done for event in told] == sorted(event.done for event in told)
    assert heard[-1] == Attributing(4, 4), "every run is looked through"
    kinds = [type(event) for event in heard]
    assert sorted(kinds, key=[Embedding, Excluded, Running, Attributing].index) == kinds


def test_a_plan_run_again_does_nothing_and_gives_the_same_results(
    ran: tuple[Results, list[Event]], planned: Callable[..., Plan]
) -> None:
    results, _ = ran
    before = tree(results.folder)
    assert run_plan(planned(), results.folder) == results
    assert run_plan(str(results.folder / "plan.toml"), str(results.folder)) == results, "a plan file will do"
    assert results_in(results.folder).metrics == results.metrics
    assert tree(results.folder) == before


def test_a_folder_with_another_plan_is_refused_before_any_work(
    ran: tuple[Results, list[Event]], planned: Callable[..., Plan]
) -> None:
    results, _ = ran
    before, heard = tree(results.folder), list[Event]()
    with pytest.raises(InputError, match="holds an experiment with another plan"):
        run_plan(planned(seed=7), results.folder, on_event=heard.append)
    assert (tree(results.folder), heard) == (before, [])


def test_a_plan_takes_paths_and_texts_alike(store: Path) -> None:
    assert Plan(benchmark=BENCHMARK, store=store, conditions=["standard"]) == Plan(
        benchmark=str(BENCHMARK), store=str(store), conditions=("standard",)
    )


def test_the_plan_in_the_folder_has_paths_that_begin_there(
    planned: Callable[..., Plan], store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(store.parent)
    run_plan(planned(store="store", conditions=("closed_book",)), tmp_path / "run", attribute=False)
    kept = (tmp_path / "run" / "plan.toml").read_text("utf-8")
    assert f'store = "{os.path.relpath(store, tmp_path / "run")}"' in kept
    assert plan_in(tmp_path / "run").store == str(store)


FAULTS = {
    "a case there is not": ({"only": ("acute-9",)}, "got acute-9"),
    "a benchmark there is not": ({"benchmark": "nowhere"}, "nowhere"),
    "a reader there is not": ({"reader": "extractiv"}, "did you mean 'extractive'?"),
    "a store state there never was": ({"snapshots": ("r2030",)}, "r2030"),
    "a mask there is not": ({"mask": "nobody"}, "got 'nobody'"),
    "code that nobody allowed": ({"mask": "clinic.masks:Mask()"}, "give --allow-code"),
    "a retriever that nobody allowed": ({"retrievers": ("evitrail.retrieval.bm25:BM25()",)}, "give --allow-code"),
    "conditions that are all excluded": (
        {"conditions": ("padded_top_1",)},
        "every condition is excluded: padded_top_1",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_wrong_with_a_plan_is_one_input_error_and_nothing_is_written(
    planned: Callable[..., Plan], tmp_path: Path, name: str
) -> None:
    keys, says = FAULTS[name]
    heard: list[Event] = []
    with pytest.raises(InputError) as caught:
        run_plan(planned(**keys), tmp_path / "run", on_event=heard.append)
    assert says in str(caught.value)
    assert (list(tmp_path.iterdir()), heard) == ([], [])


def test_checking_estimating_and_running_are_three_calls_on_one_value(
    planned: Callable[..., Plan], tmp_path: Path
) -> None:
    with opened(planned()) as experiment:
        found = summary(experiment)
        rows = estimate(experiment, tmp_path / "run")
        assert (found.cases, list(found.conditions), list(found.excluded)) == (2, list(ASKED[:2]), [ASKED[2]])
        assert not (tmp_path / "run").exists()
        assert experiment.run(tmp_path / "run") == []
        assert estimate(experiment, tmp_path / "run") == []
    with Journals.open(tmp_path / "run") as journal:
        assert len(outcomes(journal)) == found.runs == sum(row.runs for row in rows) == 4


def test_a_plan_is_proven_at_the_store_state_it_is_run_at(planned: Callable[..., Plan], store: Path) -> None:
    with EvidenceStore.open(store) as now:
        assert resolve(planned(), now).seq == now.seq
        with pytest.raises(InputError, match=CASES[0]):
            resolve(planned(seq=0), now)


def test_nothing_is_printed_where_nobody_listens(store: Path, tmp_path: Path) -> None:
    code = QUIET.format(benchmark=str(BENCHMARK), store=str(store), case=CASES[0], folder=str(tmp_path / "run"))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
