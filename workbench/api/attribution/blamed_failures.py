"""The failures behind a cell of the attribution: each with who is blamed, why, and what a reviewer overrode.

Rules kept here
- A cell is named by its row and by what it counts: ``blamed``, ``prevents``, a code, or a version of evidence.
- Failures are ordered by run, and a page begins behind the run that the last one ended with.

    blamed_failures(folder, "wrong", step="retrieve", cell="prevents").failures
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from evitrail.eval.attribution.blame import Blame, Kind, Overridden
from evitrail.eval.attribution.record.summary import code, repairs_alone
from evitrail.eval.metrics.run_columns import NOBODY
from evitrail.traces.record import Record
from evitrail.workbench.api.attribution.attribution import failures_meant

Cell = Literal["blamed", "prevents"]


class BlamedFailure(Record):
    """One failure of one run."""

    run: str
    case: str
    condition: str
    culprit: tuple[str, ...]
    """Empty where nobody is blamed."""
    code: str
    sentence: str
    repairs: tuple[str, ...]
    """Steps of which repairing one alone prevents it."""
    overridden: Overridden | None


class BlamedFailures(Record):
    """A page of them."""

    found: int
    failures: tuple[BlamedFailure, ...]
    after: str | None
    """The last run given, where more follow."""


def blamed_failures(
    folder: Path,
    outcome: Kind = "wrong",
    q: str = "",
    *,
    step: str = "",
    cell: Cell = "blamed",
    of_code: str = "",
    evidence: str = "",
    machine: bool = False,
    after: str = "",
    limit: int = 20,
) -> BlamedFailures:
    """The failures behind one cell; without a step and evidence, all of them."""
    blames, _ = failures_meant(folder, outcome, q, machine=machine)
    found = [
        blame
        for blame in sorted(blames, key=lambda one: one.run)
        if (not step or _is_behind(blame, step, cell))
        and (not of_code or code(blame) == of_code)
        and (not evidence or evidence in blame.records)
    ]
    rest = [blame for blame in found if blame.run > after]
    page = rest[:limit]
    return BlamedFailures(
        found=len(found),
        failures=tuple(map(_failure, page)),
        after=page[-1].run if len(rest) > len(page) else None,
    )


def _is_behind(blame: Blame, step: str, cell: Cell) -> bool:
    if step == NOBODY:
        return not blame.culprit
    return step in (blame.roles if cell == "blamed" else repairs_alone(blame))


def _failure(blame: Blame) -> BlamedFailure:
    return BlamedFailure(
        run=blame.run,
        case=blame.case,
        condition=blame.condition,
        culprit=blame.culprit,
        code=code(blame),
        sentence=blame.sentence,
        repairs=tuple(players[0] for players in blame.minimal_repair_sets if len(players) == 1),
        overridden=blame.overridden,
    )
