"""The argument by which verbs are asked for some of an experiment's runs: a query of the filter language.

Rules kept here
- A query may begin with ``-``, as in ``-stale``: these verbs have no short options, so it is taken for no option.
- What the query leaves unsaid is told on stderr: of how many runs it is unknown, and words that look like flags.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evitrail.workbench.cli.console import complain, progress
from evitrail.workbench.cli.registered import Registered

if TYPE_CHECKING:
    from evitrail.eval.query.columns import Columns
    from evitrail.eval.query.select import Selection

Query = Annotated[
    str,
    typer.Argument(
        help="Which runs: flags ({flags}), fields as in cites:superseded ({fields}), words of the question or of a "
        "name; with OR, NOT or -, and brackets. Default: all.",
        metavar="QUERY",
        show_default=False,
    ),
]


class Queried(Registered):
    """A verb that takes a query."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See ``Command.parse_args``."""
        asked = [] if "--" in args else [each for each in args if each.startswith("-") and not each.startswith("--")]
        rest = [each for each in args if each not in asked]
        return super().parse_args(ctx, [*rest, "--", *asked] if asked else args)


def selected(folder: Path, query: str) -> tuple[Columns, Selection]:
    """The results in a folder, and the runs that are asked for."""
    from evitrail.eval.query.columns import Columns
    from evitrail.eval.query.parse import parse
    from evitrail.eval.query.select import select

    tree, columns = parse(query), Columns.of(folder)
    with progress("reading") as told:
        found = select(tree, columns, told)
    for note in found.notes:
        complain(note)
    if found.unknown:
        complain(f"of {found.unknown} of {found.total} runs it is unknown whether they are meant; they are left out")
    return columns, found
