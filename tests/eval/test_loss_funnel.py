"""The funnel counts each run at the first stage that its deciding evidence did not reach, and says what is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from ward import WardReader, advice, arm, ask, case, opened

from evitrail.eval.query.columns import Columns
from evitrail.eval.query.loss_funnel import STAGES, Funnel, FunnelStage, loss_funnel, standing_in
from evitrail.eval.report.results import write_results
from evitrail.evidence_store import EvidenceStore

DAY = date(2020, 1, 1)


def funnel(lost: Sequence[str | None], standing: Any = None, *, claims: bool = True, right: int = 0) -> Funnel:
    """The funnel of runs that lost it there, each with a case of its own; the first so many chose right."""
    runs = [
        {"run": f"one.c{place}", "case": f"c{place}", "condition": "one", "day": DAY, "seq": 1, "lost": at}
        | {"quoted": [] if claims else None, "correct": place < right}
        for place, at in enumerate(lost)
    ]
    types = {"seq": pa.int64(), "day": pa.date32(), "quoted": pa.list_(pa.string()), "correct": pa.bool_()}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in runs[0]])
    cases = [{"case": run["case"], "text": "", "decides": [f"{run['case']}@1"]} for run in runs]
    columns = Columns(pa.Table.from_pylist(runs, schema=schema), pa.Table.from_pylist(cases))
    (found,) = loss_funnel(columns, np.arange(len(runs)), standing)
    return found


def held(refs: Sequence[str], day: date | None, seq: int) -> FunnelStage | None:
    """The store lacks what decides c0; what decides c1 was not in force."""
    return {"c0@1": "in_store", "c1@1": "in_force"}.get(refs[0])  # type: ignore[return-value]


def counts(found: Funnel) -> dict[str, tuple[int | None, int | None, int]]:
    return {one.stage: (one.reached, one.lost, one.unknown) for one in found.stages}


def test_a_run_is_lost_once_at_the_first_stage_not_reached() -> None:
    lost = ("retrieved", "retrieved", "retrieved", "served", "quoted", "supports", "chosen", "nothing")
    found = funnel(lost, held)
    assert counts(found) == {
        "in_store": (7, 1, 0),
        "in_force": (6, 1, 0),
        "retrieved": (5, 1, 0),
        "served": (4, 1, 0),
        "quoted": (3, 1, 0),
        "supports": (2, 1, 0),
        "chosen": (1, 1, 0),
    }
    assert (found.runs, found.unlabelled) == (8, 0)


def test_what_the_store_held_is_unknown_without_it() -> None:
    found = counts(funnel(("retrieved", "nothing")))
    assert (found["in_store"], found["in_force"]) == ((None, None, 2), (None, None, 2))
    assert (found["retrieved"], found["chosen"]) == ((1, 1, 0), (1, 0, 0))


def test_a_case_that_does_not_name_what_decides_is_not_counted() -> None:
    found = funnel((None, "nothing", None), held)
    assert (found.runs, found.unlabelled) == (1, 2)


def test_of_a_reader_without_claims_two_stages_are_unknown_and_the_others_are_known() -> None:
    found = counts(funnel(("served", "chosen", "nothing"), lambda *_: None, claims=False))
    assert found["served"] == (2, 1, 0)
    assert (found["quoted"], found["supports"]) == ((None, None, 2), (None, None, 2))
    assert found["chosen"] == (1, 1, 0)


@pytest.mark.parametrize(("right", "without"), [(0, 0), (2, 2), (3, 2)])
def test_a_right_answer_that_rests_on_something_else_is_told_apart(right: int, without: int) -> None:
    assert funnel(("retrieved", "supports", "nothing"), lambda *_: None, right=right).right_without == without


def test_a_store_of_an_earlier_state_is_asked_as_it_stood_for_the_run(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.ingest([advice("heparin", "B")])
        early = store.seq
        store.ingest([advice("insulin", "B")])
        standing = standing_in(store)
        assert standing(["insulin@1"], DAY, store.seq) is None
        assert standing(["insulin@1"], DAY, early) == "in_store"
        assert standing(["insulin@1"], date(1990, 1, 1), store.seq) == "in_force"
        assert standing(["insulin@1", "heparin@1"], DAY, early) is None
        found = _of_experiment(tmp_path, store)
    assert counts(found)["in_store"] == (2, 0, 0)
    assert [one.stage for one in found.stages] == list(STAGES)


def _of_experiment(folder: Path, store: EvidenceStore) -> Funnel:
    ask(folder / "x", store, [case("heparin"), case("insulin")], [arm()], WardReader())
    write_results(folder / "x")
    columns = Columns.of(folder / "x")
    (found,) = loss_funnel(columns, np.arange(columns.n), standing_in(store))
    return found
