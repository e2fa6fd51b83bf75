"""The folder that a verb is about, or a bundle of it, and a run in it by its name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import say

if TYPE_CHECKING:
    from evitrail.traces import Trace
    from evitrail.traces.journal.view import JournalView

Folder = Annotated[Path, typer.Argument(help="Folder of the experiment.", metavar="DIR")]
AllowCode = Annotated[bool, typer.Option("--allow-code", help="Import and run retrievers that the plan names as code.")]
StoreNow = Annotated[
    Path | None,
    typer.Option(
        "--store",
        help="Folder of the evidence store; default: as the plan says, or beside the experiment.",
        metavar="PATH",
    ),
]
Recorded = Annotated[Path, typer.Argument(help="Folder of the experiment, or a bundle of it.", metavar="DIR")]


@contextmanager
def open_journal(folder: Path) -> Iterator[JournalView]:
    """The journals of an experiment's folder, or a bundle of one, to read as one."""
    from evitrail.traces import Journals

    if folder.is_file():
        from evitrail.traces.bundle.bundle import read_bundle

        expect_bundle(folder)
        with read_bundle(folder) as bundle:
            yield bundle
        return
    with Journals.open(folder) as journal:
        yield journal


def expect_bundle(file: Path) -> None:
    """Raise ``ValueError`` for a file that is no bundle, nor was one."""
    with file.open("rb") as opened:
        if opened.read(2) != b"PK" and file.suffix != ".zip":
            raise ValueError(f"{file}: expected the folder of an experiment, or a bundle of one, got another file")


def find_run(journal: JournalView, name: str, *, redacted: bool = False) -> Trace:
    """A run by its name, as ``eval/log/runs.py`` finds it; loaded when a verb asks, so that ``--help`` stays quick."""
    from evitrail.eval.log import runs

    return runs.find_run(journal, name, redacted=redacted)


def say_recorded(folder: Path, trace: Trace) -> None:
    """Where a run is recorded, and how many of its records are ignored."""
    if trace.ignored:
        do = "`evitrail trace verify` names them"
        say(f"records ignored, since they follow the run's end against the rules: {trace.ignored}; {do}")
    say(f"recorded in {folder}")
