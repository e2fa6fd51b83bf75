"""``evitrail audit card``: a model card of an experiment, as XML."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evitrail.workbench.cli.console import Json, print_json, say
from evitrail.workbench.cli.folder import Folder


def card(
    folder: Folder,
    conditions: Annotated[
        list[str],
        typer.Option("--condition", help="Condition to describe; default: all. May be given again.", metavar="NAME"),
    ] = [],  # noqa: B006 -- typer takes a list's default so
    out: Annotated[Path, typer.Option("--out", help="XML file to write the card to.", metavar="FILE")] = Path(
        "model-card.xml"
    ),
    json: Json = False,
) -> None:
    """Write a CHAI Applied Model Card (version 0.2) of an experiment.

    Metrics, warnings and foundation models are filled from the record and the last audit. What a person must answer
    for is left blank and listed.
    """
    from evitrail.eval.audit.audited import read_audited
    from evitrail.eval.audit.history import read_history
    from evitrail.eval.audit.model_card import blanks, model_card
    from evitrail.traces.whole_file import replace_text

    if not out.parent.is_dir():
        raise ValueError(f"--out: expected a file in a folder that exists, got {out}")
    audited = read_audited(folder)
    named = [audited.condition(name, "--condition") for name in conditions] or sorted(audited.settings)
    text = model_card(audited, named, next(reversed(read_history(folder)), None))
    replace_text(out, text)
    blank = blanks(text)
    if json:
        print_json({"card": str(out), "blank": blank})
        return
    say(f"model card: {out}")
    say(f"left blank, for people to fill: {', '.join(blank)}")
