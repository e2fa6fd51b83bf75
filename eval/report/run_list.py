"""What a list of runs shows of each: its outcome and whom it is blamed on, kept in a table of the journal's file.

Rules kept here
- The table is a shortcut (``traces/journal/run_rows.py``): a run that has no row, or has grown since, is read.
- It is brought up to date with the other results; ``verify`` makes each row again and compares.
- Listed is a run as it was first checked and attributed, and as reviewers overrode that. Forks, seals and external runs
  are known by their rows, and not scored.

    [listed.outcome for listed in run_list(journal) if listed.kind == "own" and listed.outcome]
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from evitrail.eval.metrics.outcome import Outcome
from evitrail.traces.audit.seal import SEAL_RUN
from evitrail.traces.journal.errors import JournalError
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.journal import Journal
from evitrail.traces.journal.redacted import redacted_runs
from evitrail.traces.journal.run_rows import keep_rows, rows, stored_rows
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import Record


class ListedRun(Record):
    """One line of a list of runs."""

    run: str
    kind: Literal["own", "fork", "elsewhere", "seal"]
    outcome: Outcome | None = None
    """None for a run that has not ended, and where ``kind`` is another than ``own``."""
    blamed: tuple[str, ...] | None = None
    """The steps to blame for a wrong answer, empty for nobody; None where it is not wrong, or was not attributed."""
    reason: str = ""
    """The code of the reason why nobody is blamed."""
    reblamed: bool = False
    """Whether a reviewer overrode that blame."""

    @property
    def overridden(self) -> bool:
        """Whether a reviewer overrode a label of its answer, or whom it is blamed on."""
        return self.reblamed or bool(self.outcome and self.outcome.relabelled)


def run_list(journal: JournalView) -> list[ListedRun]:
    """Every run that can be read, by name."""
    known, gone = rows(journal), redacted_runs(journal)
    names = [name for name in journal.runs() if name not in gone]
    return [ListedRun.model_validate_json(known[name]) if name in known else _listed(journal, name) for name in names]


def keep_run_list(folder: Path) -> None:
    """Bring the table of each file in an experiment's folder up to date."""
    with Journals.open(folder) as journal:
        known = rows(journal)
        missing = [name for name in journal.runs() if name not in known]
        said = {name: text for name in missing if (text := _row(journal, name))}
        paths = [file.path for file in journal.files]
    for path in paths if said else ():
        try:
            with Journal.open(path) as file:
                keep_rows(file, said)
        except JournalError:  # of a newer version, say: it is read all the same, only not as fast
            continue


def wrong_rows(journal: JournalView) -> Iterator[str]:
    """Every row that does not say what its run's records say; one that is behind is none."""
    heads = journal.heads()
    for row in stored_rows(journal):
        holds = row.sound and (heads.get(row.run) != row.head or row.said == _row(journal, row.run))
        if not holds:
            do = "delete the table run_row, `evitrail report` makes it again"
            yield f"run {row.run!r}: its row in the table of runs is not what its records say; {do}"


def _row(journal: JournalView, name: str) -> str | None:
    """What a row says; None where there may be none."""
    records = journal.records(name)
    if records and records[0].body.get("secret"):
        return None
    return _listed(journal, name).model_dump_json(exclude_defaults=True)


def _listed(journal: JournalView, name: str) -> ListedRun:
    # What reads a run is loaded where a row is missing only.
    from evitrail.agent.model import Answer
    from evitrail.eval.attribution.record.reviewed_blame import counting_blames
    from evitrail.eval.log.runs import reviewed_outcome
    from evitrail.traces.external.external_run import recorded_elsewhere
    from evitrail.traces.trace import Trace

    if name == SEAL_RUN:
        return ListedRun(run=name, kind="seal")
    trace = Trace(journal, name)
    if trace.parent is not None:
        return ListedRun(run=name, kind="fork")
    if recorded_elsewhere(trace):
        return ListedRun(run=name, kind="elsewhere")
    said = trace.output(Answer)
    blame = next((one for one in counting_blames(trace, trace) if one.outcome == "wrong"), None)
    return ListedRun(
        run=name,
        kind="own",
        outcome=reviewed_outcome(trace, said) if said else None,
        blamed=blame and tuple(blame.culprit),
        reason=(blame.abstain_reason or "").partition(":")[0] if blame else "",
        reblamed=bool(blame and blame.overridden),
    )
