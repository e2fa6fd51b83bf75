"""Which step to repair first: the failures of one kind by step, among the runs that a query finds.

Rules kept here
- The numbers are those of ``eval/attribution/record``; each has the query that finds its runs.
- A query that selects runs by their results leaves no sample: the shares then have no intervals.
- A failure without a blame is counted as not attributed; runs that are not labelled for it are counted as unknown.
- ``machine`` is what the attribution found, without the overrides of reviewers. Runs are then not found by a
  query, for the results have what counts; the list of failures has both.

    found = attribution(folder, "wrong", "condition:gated")
    found.table.steps[0].prevents.n
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from evitrail.eval.attribution.blame import ABSTENTIONS, FAILS, Blame, Kind
from evitrail.eval.attribution.record.by_step import FailuresByStep, failures_by_step
from evitrail.eval.attribution.record.reviewed_blame import without_review
from evitrail.eval.attribution.record.taxonomy import FAULTS
from evitrail.eval.attribution.roles.roles import ROLES
from evitrail.eval.metrics.run_columns import NOBODY
from evitrail.eval.query.before_run import picks_before_run
from evitrail.eval.query.parse import parse
from evitrail.eval.query.tree import Either
from evitrail.eval.report.blame_shares_file import ATTRIBUTION
from evitrail.traces.record import Record
from evitrail.workbench.api.attribution.blames import recorded_blames
from evitrail.workbench.api.attribution.results_writer import ResultsState, results_state
from evitrail.workbench.api.fresh import Fresh
from evitrail.workbench.api.profile import profile
from evitrail.workbench.api.runs.pack import columns_of, result_files
from evitrail.workbench.api.runs.runs import ChosenRuns, chosen_runs

FAILED: dict[Kind, str] = {
    "wrong": "-right",
    "high_risk": "high_risk",
    "unsafe": "unsafe",
    "contradiction": "contradicts",
    "overconfident": "overconfident",
}
"""By kind of failure, the term of a query that finds its runs."""
MOST_EVIDENCE = 12


class KindCount(Record):
    """How many failures of one kind there are among the runs that the query finds."""

    outcome: Kind
    attributed: int


class ConditionChoice(Record):
    """A condition that may be asked for."""

    label: str
    query: str


class CellQueries(Record):
    """Which queries find the runs behind a row of the table; empty where none does."""

    blamed: str
    prevents: str
    codes: dict[str, str]


class Attribution(Record):
    """See the module."""

    outcome: Kind
    q: str
    machine: bool
    kinds: tuple[KindCount, ...]
    conditions: tuple[ConditionChoice, ...]
    runs: int
    """Runs that the query finds."""
    total: int
    unknown: int
    """Runs for which the query cannot be decided."""
    notes: tuple[str, ...]
    not_attributed: int
    """Failures of this kind without a blame."""
    not_attributed_query: str
    not_labelled: int
    """Runs that are not labelled for this failure."""
    overridden: int
    """Failures of which a reviewer overrode the blame."""
    is_sample: bool
    table: FailuresByStep
    queries: dict[str, CellQueries]
    """By kind of step, and under ``nobody``."""
    steps: dict[str, str]
    """By kind of step, who acts in it."""
    codes: dict[str, str]
    results: ResultsState


def attribution(folder: Path, outcome: Kind = "wrong", q: str = "", *, machine: bool = False) -> Attribution:
    """The table; raises ``QueryError`` as ``eval/query`` does, ``FileNotFoundError`` where there are no results."""
    return _attribution(folder, outcome, q, machine).model_copy(update={"results": results_state(folder)})


def failures_meant(folder: Path, outcome: Kind, q: str, *, machine: bool) -> tuple[list[Blame], ChosenRuns]:
    """The blame records of one kind of failure among the runs that a query finds, by run."""
    chosen = chosen_runs(folder, q)
    found = [blame for blame in recorded_blames(folder) if blame.outcome == outcome and blame.run in chosen.runs]
    return (counting(found, machine=machine), chosen)


def counting(blames: Sequence[Blame], *, machine: bool) -> list[Blame]:
    """The blames that count, or what the attribution found in their place."""
    if not machine:
        return list(blames)
    return [own for blame in blames if (own := without_review(blame)) is not None]


def _make(folder: Path, outcome: Kind, q: str, machine: bool) -> Attribution:
    blames, chosen = failures_meant(folder, outcome, q, machine=machine)
    is_sample = picks_before_run(parse(q))
    table = failures_by_step(blames, is_sample=is_sample)
    ours = [blame for blame in recorded_blames(folder) if blame.run in chosen.runs]
    failed, unlabelled = _failed(folder, outcome, chosen)
    attributed = len(blames)
    return Attribution(
        outcome=outcome,
        q=q,
        machine=machine,
        kinds=tuple(KindCount(outcome=kind, attributed=sum(one.outcome == kind for one in ours)) for kind in FAILS),
        conditions=tuple(ConditionChoice(label=row.label, query=row.query) for row in profile(folder).rows),
        runs=len(chosen.runs),
        total=chosen.total,
        unknown=chosen.unknown,
        notes=chosen.notes,
        not_attributed=max(failed - attributed, 0),
        not_attributed_query=within(q, f"{FAILED[outcome]} {_field('blame', outcome)}:unknown"),
        not_labelled=unlabelled,
        overridden=sum(blame.overridden is not None for blame in ours if blame.outcome == outcome),
        is_sample=is_sample,
        table=table.model_copy(update={"evidence": table.evidence[:MOST_EVIDENCE]}),
        queries={} if machine else _queries(q, outcome, table),
        steps={row.role: ROLES[row.role].in_words for row in table.steps if row.role in ROLES},
        codes={**FAULTS, **ABSTENTIONS},
        results="current",
    )


_attribution = Fresh(_make, lambda folder, *_: [*result_files(folder), folder / ATTRIBUTION], 32)


def within(q: str, term: str) -> str:
    """A query with one more term, as it was typed; in brackets where that is needed."""
    typed = q.strip()
    return f"({typed}) {term}" if isinstance(parse(q), Either) else f"{typed} {term}".strip()


def _queries(q: str, outcome: Kind, table: FailuresByStep) -> dict[str, CellQueries]:
    blame, fault, fix = (_field(name, outcome) for name in ("blame", "fault", "fix"))
    found = {
        row.role: CellQueries(
            blamed=within(q, f"{blame}:{row.role}"),
            prevents=within(q, f"{fix}:{row.role}"),
            codes={one.code: within(q, f"{blame}:{row.role} {fault}:{one.code}") for one in row.faults},
        )
        for row in table.steps
    }
    nobody = f"{blame}:{NOBODY}"
    reasons = {one.code: within(q, f"{nobody} {fault}:{one.code}") for one in table.reasons}
    return found | {NOBODY: CellQueries(blamed=within(q, nobody), prevents="", codes=reasons)}


def _field(name: str, outcome: Kind) -> str:
    """``blame``, or ``blame.high_risk``."""
    return name if outcome == "wrong" else f"{name}.{outcome}"


def _failed(folder: Path, outcome: Kind, chosen: ChosenRuns) -> tuple[int, int]:
    """Of the runs that are meant, how many failed so, and of how many that is unknown."""
    columns = columns_of(folder)
    flag = ~columns.flag("correct") if outcome == "wrong" else columns.flag(FAILED[outcome])
    names = columns.names("run")
    is_meant = np.array([name in chosen.runs for name in names.distinct], dtype=np.bool_)[names.codes]
    return int((flag.true & is_meant).sum()), int((flag.unknown & is_meant).sum())
