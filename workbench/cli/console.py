"""What every verb says and how: lines, tables and progress for people, JSON for programs, one line for mistakes.

Rules kept here
- What is shown is text: no markup is read in it, and a control character in it (a terminal obeys those) is
  written out as ``\\u001b``; a secret that is known is withheld. That holds for lines, tables, JSON and complaints.
- Lines are folded on a terminal, and where ``COLUMNS`` says how wide it is; in a pipe they stay whole.
- A number is never broken over two lines of its cell.
"""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from evitrail.traces.known_secrets import SECRETS, masked
from evitrail.workbench.cli.table_lines import table_lines
from evitrail.workbench.control_characters import written_out

if TYPE_CHECKING:
    from rich.tree import Tree

    from evitrail.eval.injection.table import Share

Json = Annotated[bool, typer.Option("--json", help="Print JSON to stdout.")]
By = Annotated[
    str,
    typer.Option(
        "--by",
        envvar="EVITRAIL_ACTOR",
        help="Name of the person who does this; it is recorded.",
        metavar="NAME",
        show_default=False,
    ),
]
Reason = Annotated[str, typer.Option("--reason", help="Reason; it is recorded.", metavar="TEXT", show_default=False)]
Check = Annotated[bool, typer.Option("--check", help="Show what would be recorded; write nothing.")]
StorePath = Annotated[Path, typer.Option("--store", help="Folder of the evidence store.", metavar="PATH")]
OutFolder = Annotated[Path, typer.Option("--out", help="Folder to write the results to.", metavar="DIR")]
STORE = Path("evitrail-store")
"""Where a store is looked for when none is named."""

WIDE = 160
"""Columns of a table that goes into a pipe or file."""

LONGEST = 1_000_000
"""Columns of what must stay on one line."""

Branch = tuple[str, Sequence["Branch"]]
"""A line of a tree, and the branches that hang on it."""


class CheckFailed(Exception):
    """Something was checked and did not hold; exit code 1."""


def out() -> Console:
    """Where results go; made anew each time so that a redirected stdout is seen."""
    return Console(highlight=False, width=None if _folds() else WIDE)


def err() -> Console:
    """Where everything else goes."""
    return Console(stderr=True, highlight=False)


def actor_named(by: str) -> str:
    """Who does it; raises ``ValueError`` where nobody is named."""
    if not (actor := " ".join(by.split())):
        raise ValueError("--by: expected who does this, got nobody; give --by NAME, or set EVITRAIL_ACTOR")
    return actor


def visible(text: str) -> str:
    """The text without the secrets that are known, its control characters written out."""
    return written_out(SECRETS.hidden(text))


def say(text: str = "", *, indent: int = 0, style: str = "") -> None:
    """A line of results, or several."""
    console, line = out(), Text(visible(text), style=style)
    lines = line.wrap(console, console.width - indent) if _folds() else line.split("\n", allow_blank=True)
    for one in lines:
        one.rstrip()
        console.print(Text(" " * indent if one.plain else "") + one, soft_wrap=True)


def print_whole(text: str) -> None:
    """A text to be copied, such as a signature: never folded."""
    sys.stdout.write(visible(text) + "\n")


def complain(message: str, code: int = 2) -> int:
    """One line a fault on stderr; returns the exit code."""
    for line in message.splitlines() or [""]:
        sys.stderr.write(f"evitrail: {visible(masked(line))}\n")
    return code


def print_json(value: object) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(visible(json.dumps(value, indent=1, ensure_ascii=False, default=str)) + "\n")


def print_csv(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> None:
    """Comma-separated values on stdout, the names of the columns first; what is unknown is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    sys.stdout.write(visible(text.getvalue()))


def print_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str = "nothing", whole: bool = False
) -> None:
    """A table, or a sentence where it would be empty.

    Cells are folded at spaces; where words would have to be broken, each row becomes a paragraph. ``whole`` keeps
    cells on one line: what is then too wide is set in parts, the first column before each.
    """
    if not rows:
        say(f"{title}: {empty}")
        return
    cells = [[visible("–" if value is None else str(value)) for value in row] for row in rows]
    everything, width = [list(columns), *cells], out().width
    if not whole and sum(_widths(everything, str.split)) >= width:
        say(f"{title}\n{' · '.join(columns)}", style="bold")
        for first, *rest in cells:
            say(first)
            say(" · ".join(cell for cell in rest if cell), indent=2)
        return
    say(title, style="bold")
    most = LONGEST if whole else width
    for part in _parts(everything, width) if whole else [range(len(columns))]:
        drawn = table_lines([columns[place] for place in part], [[row[place] for place in part] for row in cells], most)
        for line in drawn:
            out().print(Text(line, style="bold"), soft_wrap=True) if line[0] == "┃" else sys.stdout.write(f"{line}\n")


def print_tree(tree: Branch) -> None:
    """A line and what hangs on it, each folded beside its branch."""
    from rich.tree import Tree

    def grown(branch: Branch, onto: Tree | None = None) -> Tree:
        text, twigs = branch
        label = Text(visible(text))
        node = Tree(label) if onto is None else onto.add(label)
        for twig in twigs:
            grown(twig, node)
        return node

    console = out() if _folds() else Console(highlight=False, width=LONGEST)
    for line in console.render_lines(grown(tree), pad=False):
        console.print(Text("".join(segment.text for segment in line).rstrip()), soft_wrap=True)


def interval(metric: dict[str, float | None], cases: int) -> str:
    """A rate as per cent with its interval, and of how many if not of all cases; a dash where it is not labelled."""
    value, lo, hi = metric["value"], metric["lo"], metric["hi"]
    n = metric.get("n", cases)  # files of earlier versions do not say
    if value is None:
        return "–"
    of = "" if n == cases else f" of {n}"
    if lo is None or hi is None:
        return f"{100 * value:.1f}{of}"
    return f"{100 * value:.1f} [{100 * lo:.0f}–{100 * hi:.0f}]{of}"


def rate(share: Share | None, digits: int = 0) -> str:
    """A share as per cent with its interval; a dash where nothing was counted."""
    if share is None or not share.n:
        return "–"
    return f"{100 * share.value:.{digits}f} [{100 * share.lo:.0f}–{100 * share.hi:.0f}]"


@contextmanager
def sweeping() -> Iterator[Callable[[int, int, int, int, int], None]]:
    """How far a sweep is, on a terminal: done, failed, in flight, tokens a second and the time left; silence elsewhere.

    Both rates are of this sweep since it began; tokens are those of runs that have ended.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    said = "{task.fields[failed]} failed · {task.fields[in_flight]} in flight · {task.fields[rate]}"
    columns = (TextColumn("running"), BarColumn(), MofNCompleteColumn(), TextColumn(said), TimeRemainingColumn())
    with Progress(*columns, console=err(), disable=not sys.stderr.isatty(), transient=True) as bar:
        task, began = bar.add_task("running", total=None, failed=0, in_flight=0, rate="– tokens/s"), monotonic()

        def draw(done: int, of: int, failed: int, running: int, tokens: int) -> None:
            rate = f"{tokens / max(monotonic() - began, 1e-9):,.0f} tokens/s"
            bar.update(task, completed=done, total=of, failed=failed, in_flight=running, rate=rate)

        yield draw


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, silence elsewhere; tell it how many are done, of how many."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err(), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _folds() -> bool:
    return sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit()


def _widths(rows: Sequence[Sequence[str]], pieces: Callable[[str], list[str]]) -> list[int]:
    """How wide each column is with its borders, when a cell may be folded into these pieces."""
    return [max(cell_len(piece) for cell in column for piece in pieces(cell)) + 3 for column in zip(*rows, strict=True)]


def _parts(rows: Sequence[Sequence[str]], width: int) -> Sequence[Sequence[int]]:
    """The columns of each part of a table that must not be wider than ``width``."""
    widths = _widths(rows, lambda cell: [cell])
    parts, room = [[0]], width - 1 - widths[0]
    for place, wide in list(enumerate(widths))[1:]:
        if wide > room and len(parts[-1]) > 1:
            parts.append([0])
            room = width - 1 - widths[0]
        parts[-1].append(place)
        room -= wide
    return parts
