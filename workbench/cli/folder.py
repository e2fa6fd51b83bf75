"""The folder that a verb is about, or a bundle of it, and a run in it by its name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from evitrail.traces import Trace
    from evitrail.traces.journal.view import JournalView

Folder = Annotated[Path, typer.Argument(help="An experiment's folder.", metavar="DIR")]
AllowCode = Annotated[bool, typer.Option("--allow-code", help="Run the retrievers that the plan names as code.")]
Recorded = Annotated[Path, typer.Argument(help="An experiment's folder, or a bundle of it.", metavar="DIR")]


@contextmanager
def open_journal(folder: Path) -> Iterator[JournalView]:
    """The journals of an experiment's folder, or a bundle of one, to read as one."""
    from evitrail.traces import Journals

    if folder.is_file():
        from evitrail.traces.bundle.bundle import read_bundle

        with read_bundle(folder) as bundle:
            yield bundle
        return
    with Journals.open(folder) as journal:
        yield journal


def find_run(journal: JournalView, name: str, *, redacted: bool = False) -> Trace:
    """A run or counterfactual by its name; raises ``ValueError`` naming near ones.

    One that was redacted cannot be read any more: raises ``Redacted``, unless it is asked for as it is.
    """
    from difflib import get_close_matches

    from evitrail.eval.log.runs import traces
    from evitrail.traces import Trace
    from evitrail.traces.audit.seal import SEAL_RUN
    from evitrail.traces.journal.errors import Redacted
    from evitrail.traces.journal.redacted import redacted_runs

    trace = Trace(journal, name)
    if not trace.records or name == SEAL_RUN:
        near = get_close_matches(name, [trace.run for trace in traces(journal)], n=3, cutoff=0.6)
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise ValueError(f"expected a run of this experiment, got {name!r}{hint}; `evitrail trace list` shows them")
    if not redacted and (said := redacted_runs(journal).get(name)):
        raise Redacted(str(said))
    return trace
