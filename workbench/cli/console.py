"""What every verb says and how: tables and progress for people, JSON for programs, one line for mistakes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="Machine-readable output on stdout.")]
StorePath = Annotated[Path, typer.Option("--store", help="The evidence store's folder.", metavar="PATH")]
OutFolder = Annotated[Path, typer.Option("--out", help="The folder that results go to.", metavar="DIR")]
STORE = Path("evitrail-store")
"""Where a store is looked for when none is named."""


class CheckFailed(Exception):
    """Something was checked and did not hold; exit code 1."""


class Interrupted(Exception):
    """Stopped by the user with the work saved; exit code 3."""


def out() -> Console:
    """Where results go; made anew each time so that a redirected stdout is seen. Wide when it is no terminal."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 160)


def err() -> Console:
    """Where everything else goes."""
    return Console(stderr=True, highlight=False)


def complain(message: str, code: int = 2) -> int:
    """One line a fault on stderr; returns the exit code."""
    for line in message.splitlines() or [""]:
        sys.stderr.write(f"evitrail: {line}\n")
    return code


def print_json(value: object) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(value, indent=1, ensure_ascii=False, default=str) + "\n")


def print_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str = "nothing"
) -> None:
    """A table, or a sentence where it would be empty. Cells are text: nothing in them is markup."""
    if not rows:
        out().print(f"{title}: {empty}", markup=False)
        return
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    out().print(table)


def _cell(value: object) -> Any:
    from rich.text import Text

    return Text("–" if value is None else str(value))


def interval(metric: dict[str, float | None]) -> str:
    """A rate as per cent with its interval; a dash where it is not labelled."""
    value, lo, hi = metric["value"], metric["lo"], metric["hi"]
    if value is None:
        return "–"
    if lo is None or hi is None:
        return f"{100 * value:.1f}"
    return f"{100 * value:.1f} [{100 * lo:.0f}–{100 * hi:.0f}]"


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, silence elsewhere; tell it how many are done, of how many."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err(), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
