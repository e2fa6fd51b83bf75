"""The runs that were done again from one run: what was changed, and what came of it.

Rules kept here
- Re-runs that an attribution made to find a blame are counted, not listed: the blame names them.
- What a fork is stands in its own first record; its name only says where to look.

    [fork.changes for fork in forks_of(folder, journal, "standard.radiology-003")]
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from evitrail.agent.model import Answer
from evitrail.eval.plan.run_name import ForkName, change_text
from evitrail.eval.rerun.fork_record import Fork
from evitrail.traces.journal.errors import JournalError
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import Record, stored_name
from evitrail.traces.trace import Trace
from evitrail.workbench.api.fresh import Fresh, journal_files


class ForkLine(Record):
    """One fork of a run."""

    run: str
    at: str | None
    """The first step that was done otherwise; None for all of them."""
    changes: str
    chosen: str | None
    """The option it came to; None where it abstained or has not ended."""
    ended: bool


def _by_parent(folder: Path) -> dict[str, list[str]]:
    with Journals.open(folder) as journal:
        found: dict[str, list[str]] = {}
        for name in journal.runs():
            if "~" in name and (fork := ForkName.parse(name)) is not None:
                found.setdefault(fork.parent, []).append(name)
        return found


_forks = Fresh(_by_parent, journal_files)


def forks_of(folder: Path, journal: JournalView, run: str) -> tuple[ForkLine, ...]:
    """The forks of a run, by name; those that cannot be read are left out."""
    return tuple(_lines(journal, _forks(folder).get(run, [])))


def _lines(journal: JournalView, names: list[str]) -> Iterator[ForkLine]:
    for name in names:
        try:
            trace = Trace(journal, name)
            if trace.records[0].body["config_type"] != stored_name(Fork):
                continue
            fork, said = trace.config(Fork), trace.output(Answer)
        except (JournalError, ValueError, KeyError, IndexError):
            continue
        yield ForkLine(
            run=name,
            at=fork.at,
            changes=change_text(fork.changes),
            chosen=said.option if said else None,
            ended=trace.ended,
        )
