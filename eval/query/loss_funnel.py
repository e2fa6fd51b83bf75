"""The loss funnel: on its way from the store to the answer, where was the evidence lost that decides a case?

    in store → in force → retrieved → served → quoted → supports → chosen

Rules kept here
- A run is lost at the first stage that none of its case's deciding evidence reached: *chosen*, where the evidence
  supported the right option in the run's claims, and another was chosen.
- Counted are runs whose case names what decides it; the others are told beside it, never as lost.
- A right answer does not bring evidence back: right answers that rest on something else are told beside it, too.
- Whether the store held the evidence, in force on that day, only the store can say, as it stood for the run. Without
  it these two stages are unknown. Of a reader that makes no claims, *quoted* and *supports* are.

    loss_funnel(Columns.of(folder), selection.runs, standing_in(store))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from evitrail.eval.plan.run_name import ReadCondition
from evitrail.eval.query.columns import Columns
from evitrail.evidence_store.store import EvidenceStore
from evitrail.traces.record import Record

FunnelStage = Literal["in_store", "in_force", "retrieved", "served", "quoted", "supports", "chosen"]
STAGES: tuple[FunnelStage, ...] = get_args(FunnelStage)
OF_STORE, OF_CLAIMS = STAGES[:2], STAGES[4:6]
WANTED = ("run", "case", "condition", "correct", "day", "seq", "lost", "quoted")

Standing = Callable[[Sequence[str], date | None, int], FunnelStage | None]
"""For evidence, a day and a ledger number: the stage of the store that none of it reached, or None."""


class StageCount(Record):
    """How many runs the evidence reached a stage in."""

    stage: FunnelStage
    reached: int | None
    """None where it is unknown of every run."""
    lost: int | None
    """Those that had reached the stage before."""
    unknown: int
    """Runs of which it is unknown, and that were not lost before."""


class Funnel(Record):
    """Where the runs of one condition lost what decides their cases."""

    condition: str
    runs: int
    """Runs whose case names the evidence that decides it."""
    unlabelled: int
    """Runs whose case does not."""
    stages: tuple[StageCount, ...]
    right_without: int
    """Right answers of runs that had lost the evidence before they chose."""


def loss_funnel(columns: Columns, places: NDArray[np.int64], standing: Standing | None) -> list[Funnel]:
    """The funnel of each condition, by name; ``standing`` asks the store, None where it is not available."""
    decides = columns.decides()
    columns.expect("lost", "quoted", "seq", "day")
    rows = columns.rows(places, WANTED)
    conditions = [str(ReadCondition.of(row["run"], row["condition"])) for row in rows]
    both = sorted(zip(conditions, range(len(rows)), strict=True))
    return [
        _funnel(condition, [rows[place] for _, place in group], decides, standing)
        for condition, group in groupby(both, key=lambda pair: pair[0])
    ]


def standing_in(store: EvidenceStore) -> Standing:
    """What a store held, and what of it was in force."""
    known: dict[tuple[date | None, int, tuple[str, ...]], FunnelStage | None] = {}

    def look_up(refs: Sequence[str], day: date | None, seq: int) -> FunnelStage | None:
        snapshot = store.snapshot(as_of=day, seq=seq)
        held = [ref for ref in refs if ref in snapshot.headers]
        if not held:
            return "in_store"
        return None if any(snapshot.status(ref) == "current" for ref in held) else "in_force"

    def standing(refs: Sequence[str], day: date | None, seq: int) -> FunnelStage | None:
        key = (day, seq, tuple(refs))
        if key not in known:
            known[key] = look_up(refs, day, seq)
        return known[key]

    return standing


def _funnel(
    condition: str, rows: list[dict[str, Any]], decides: dict[str, tuple[str, ...]], standing: Standing | None
) -> Funnel:
    labelled = [row for row in rows if row["lost"] is not None]
    lost = [_lost_at(row, decides[row["case"]], standing) for row in labelled]
    return Funnel(
        condition=condition,
        runs=len(labelled),
        unlabelled=len(rows) - len(labelled),
        stages=tuple(_count(stage, labelled, lost, standing is not None) for stage in STAGES),
        right_without=sum(row["correct"] and at < len(STAGES) for row, at in zip(labelled, lost, strict=True)),
    )


def _lost_at(row: dict[str, Any], refs: Sequence[str], standing: Standing | None) -> int:
    """The place of the stage where a run lost it; past the last where it did not."""
    gone = standing(refs, row["day"], row["seq"]) if standing else None
    at = gone or row["lost"]
    return STAGES.index(at) if at in STAGES else len(STAGES)


def _count(stage: FunnelStage, rows: list[dict[str, Any]], lost: list[int], asked: bool) -> StageCount:
    place = STAGES.index(stage)
    if stage in OF_STORE and not asked:
        return StageCount(stage=stage, reached=None, lost=None, unknown=len(rows))
    here = [(row, at) for row, at in zip(rows, lost, strict=True) if at >= place]
    silent = [at for row, at in here if stage in OF_CLAIMS and row["quoted"] is None]
    reached, gone = sum(at > place for _, at in here) - len(silent), sum(at == place for _, at in here)
    told = bool(here) and len(silent) == len(here)
    return StageCount(stage=stage, reached=None if told else reached, lost=None if told else gone, unknown=len(silent))
