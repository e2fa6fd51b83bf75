"""The experiments that are served, each in one line: what was run, how it came out, whether it can be trusted so far.

Rules kept here
- A line is made from the results in the folder; the journal is asked for its seal alone. No run is read.
- A range goes over the conditions, and is absent where no condition has the metric.
- Of a folder that cannot be read, the line says why; the others are told all the same.

    for line in experiments(folders):
        print(line.exp, line.runs, line.accuracy)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from evitrail.eval.audit.bounds import Verdict
from evitrail.eval.audit.history import AUDITS, read_history
from evitrail.eval.metrics.outcomes_file import OUTCOMES
from evitrail.eval.report.questions_file import QUESTIONS
from evitrail.traces.audit.seal import ends_sealed, seals, unsealed
from evitrail.traces.journal.errors import JournalError
from evitrail.traces.journal.folder import Journals
from evitrail.traces.record import Record
from evitrail.workbench.api.folders import ExperimentFolders
from evitrail.workbench.api.fresh import Fresh, journal_files
from evitrail.workbench.api.store.state import StoreState, store_state
from evitrail.workbench.one_line import one_line

METRICS = "metrics.json"


class MetricRange(Record):
    """The lowest and the highest value of a metric over the conditions."""

    min: float
    max: float


class SealState(Record):
    """What the newest seal of a journal covers."""

    sealed: bool
    root: str | None = None
    newer: int = 0
    """Runs that are new or have grown since."""


class LastAudit(Record):
    """The newest audit of an experiment that is on record."""

    verdict: Verdict
    failed: int
    """Rules that fail and that nobody waived."""
    policy: str
    day: date


class ExperimentLine(Record):
    """One line of the list of experiments."""

    exp: str
    """The name that addresses it."""
    folder: str
    """The folder as it was given: what commands take."""
    conditions: int
    cases: int | None
    """None where the results do not say."""
    runs: int
    """Runs with results."""
    accuracy: MetricRange | None
    high_risk: MetricRange | None
    """The high-risk rate; None where no case is labelled."""
    seal: SealState | None
    """None where there is no journal: results of others."""
    store: StoreState
    audit: LastAudit | None
    """None where none is on record."""
    changed: str | None
    """When the journal or the results last changed, in UTC."""
    fault: str = ""
    """Why it cannot be read; empty where it can."""


def experiments(folders: ExperimentFolders) -> list[ExperimentLine]:
    """Every experiment that is served, by name."""
    return [experiment_line(name, folder) for name, folder in folders.all().items()]


def experiment_line(name: str, folder: Path) -> ExperimentLine:
    """One experiment in one line."""
    fault, seal, audited = "", None, None
    rows: list[dict[str, Any]] = []
    runs, cases = 0, None
    try:
        rows, (runs, cases), seal = _metrics(folder), _counts(folder), seal_state(folder)
        audited = last_audit(folder)
    except (JournalError, ValueError, OSError) as error:
        fault = one_line(error)
    return ExperimentLine(
        exp=name,
        folder=str(folder),
        conditions=len({(row["condition"], row["reader"]) for row in rows}),
        cases=cases,
        runs=runs,
        accuracy=_range(rows, "accuracy"),
        high_risk=_range(rows, "high_risk_rate"),
        seal=seal,
        store=store_state(folder),
        audit=audited,
        changed=_changed(folder),
        fault=fault,
    )


def metric_rows_in(folder: Path) -> list[dict[str, Any]]:
    """The rows of metrics.json; none where there are no results yet."""
    return _metrics(folder)


def _read_metrics(folder: Path) -> list[dict[str, Any]]:
    path = folder / METRICS
    if not path.is_file():
        return []
    try:
        return list(json.loads(path.read_text("utf-8")))
    except ValueError as error:
        do = f"`evitrail report {folder}` writes it again"
        raise ValueError(f"{path}: expected the metrics of an experiment as JSON, got {error}; {do}") from None


def _read_counts(folder: Path) -> tuple[int, int | None]:
    """How many runs and cases the results have, told by the ends of the files."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def rows(name: str) -> int | None:
        path = folder / name
        try:
            return int(pq.read_metadata(path).num_rows) if path.is_file() else None
        except pa.ArrowInvalid as error:
            raise ValueError(f"expected a parquet file at {str(path)!r}, got: {error}") from None

    return rows(OUTCOMES) or 0, rows(QUESTIONS)


def _read_seal(folder: Path) -> SealState | None:
    if not journal_files(folder):
        return None
    with Journals.open(folder) as journal:
        found = seals(journal)
        newer = len(unsealed(journal, *found)) if found and not ends_sealed(journal) else 0
        return SealState(sealed=bool(found), root=found[-1].root if found else None, newer=newer)


def _read_audit(folder: Path) -> LastAudit | None:
    history = read_history(folder)
    if not history:
        return None
    last = history[-1]
    failed = len(last.by_verdict("fail"))
    return LastAudit(verdict=last.verdict, failed=failed, policy=last.policy.name, day=last.day)


_metrics = Fresh(_read_metrics, lambda folder: [folder / METRICS])
_counts = Fresh(_read_counts, lambda folder: [folder / OUTCOMES, folder / QUESTIONS])
seal_state = Fresh(_read_seal, journal_files)
"""What the newest seal of an experiment covers; None where there is no journal."""
last_audit = Fresh(_read_audit, lambda folder: [folder / AUDITS])


def _range(rows: list[dict[str, Any]], metric: str) -> MetricRange | None:
    values = list(_values(rows, metric))
    return MetricRange(min=min(values), max=max(values)) if values else None


def _values(rows: list[dict[str, Any]], metric: str) -> Iterator[float]:
    for row in rows:
        stated: Mapping[str, Any] = row.get(metric) or {}
        if stated.get("value") is not None:
            yield float(stated["value"])


def _changed(folder: Path) -> str | None:
    files = [*journal_files(folder), folder / OUTCOMES]
    times = [file.stat().st_mtime for file in files if file.exists()]
    return datetime.fromtimestamp(max(times), UTC).isoformat(timespec="seconds") if times else None
