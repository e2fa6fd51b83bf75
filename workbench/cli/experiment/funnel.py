"""``evitrail funnel``: where the evidence that decides a case is lost, condition by condition."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from evitrail.workbench.cli.console import Json, complain, print_json, print_table, say
from evitrail.workbench.cli.experiment.queried import Query, selected
from evitrail.workbench.cli.folder import Folder, StoreNow

if TYPE_CHECKING:
    from evitrail.eval.query.columns import Columns
    from evitrail.eval.query.loss_funnel import Funnel, StageCount
    from evitrail.eval.query.select import Selection

HEADINGS = ("condition", "runs", "in store", "in force", "retrieved", "served", "quoted", "supports", "chosen")


def funnel(folder: Folder, query: Query = "", store: StoreNow = None, json: Json = False) -> None:
    """Show at which stage the deciding evidence is lost.

    Stages: in the store, in force on the day, retrieved by a search, served to the reader, quoted by a claim, claimed
    to support the right answer, and the right option chosen. Counted are runs whose case names what decides it.
    """
    columns, found = selected(folder, query)
    funnels = _funnels(folder, columns, found, store)
    if json:
        print_json([one.model_dump(mode="json") for one in funnels])
        return
    print_table(
        f"{sum(one.runs for one in funnels)} runs in {folder}: how many the deciding evidence reached each stage in, "
        "and how many lost it there",
        HEADINGS,
        [(one.condition, one.runs, *map(_cell, one.stages)) for one in funnels],
        empty="no run is meant",
    )
    for one in funnels:
        if one.right_without:
            say(f"{one.condition}: {one.right_without} right answers rest on something else")
    if unlabelled := sum(one.unlabelled for one in funnels):
        say(f"{unlabelled} runs are not counted: their cases do not name what decides them")
    if worst := _worst(funnels):
        say(f"who was lost there: `evitrail runs {folder} 'condition:{worst[0]} lost:{worst[1]}'`")


def _funnels(folder: Path, columns: Columns, found: Selection, given: Path | None) -> list[Funnel]:
    """The funnels, as the store knows what it held; without it where it is not available and none was named."""
    from evitrail.eval.log.recorded_store import LostStore
    from evitrail.eval.query.loss_funnel import loss_funnel
    from evitrail.eval.query.recorded_standing import recorded_standing

    try:
        with recorded_standing(folder, given) as standing:
            return loss_funnel(columns, found.runs, standing)
    except LostStore:
        complain("the evidence store is not available: what it held is unknown; name its folder with --store")
        return loss_funnel(columns, found.runs, None)


def _cell(count: StageCount) -> str | None:
    if count.reached is None:
        return None
    lost = f" −{count.lost}" if count.lost else ""
    unknown = f" ({count.unknown} unknown)" if count.unknown else ""
    return f"{count.reached}{lost}{unknown}"


def _worst(funnels: list[Funnel]) -> tuple[str, str] | None:
    """The condition and stage that lost most, though not all, among those that a query can ask for."""
    counts = [
        (count.lost, one.condition, count.stage)
        for one in funnels
        for count in one.stages
        if count.lost and count.lost < one.runs and not count.stage.startswith("in_")
    ]
    return max(counts, key=lambda one: one[0])[1:] if counts else None
