"""``evitrail grade check``: whether published GRADE certainties are what their own judgements add up to."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import CheckFailed, Json, print_json, say

if TYPE_CHECKING:
    from evitrail.evidence_store.formats.grade_bodies import PublishedBody

app = typer.Typer(help="Check GRADE certainty ratings against their judgements.")


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="JSON Lines file with bodies of evidence, or a folder of such files.")],
    json: Json = False,
) -> None:
    """Check that each published certainty equals the sum of its judgements."""
    from evitrail.evidence_store.formats.grade_bodies import read_bodies, way_of

    bodies = read_bodies(file)
    way = str(way_of(item.body for item in bodies))
    count = Counter(item.verdict for item in bodies)
    if json:
        counts = {verdict: count[verdict] for verdict in ("agrees", "overridden", "differs", "unknown")}
        print_json({"start": way, **counts, "bodies": [_row(item) for item in bodies]})
    else:
        say(f"{count['agrees']} of {len(bodies)} published certainties are what their judgements add up to")
        say(f"start: {way}")
        for item in bodies:
            if item.verdict != "agrees":
                say(f"{item.place}: {item.body.outcome}")
                say(_difference_line(item), indent=2)
    if count["differs"] or count["unknown"]:
        raise CheckFailed("")


def _row(item: PublishedBody) -> dict[str, object]:
    return {
        "place": str(item.place),
        "question": item.body.question,
        "verdict": item.verdict,
        "published": item.published,
        "computed": item.assessment.computed,
        "sum": item.assessment.sum_in_words(),
        "override_reason": item.body.override_reason,
        "assessment": item.assessment.model_dump(mode="json", exclude={"certainty", "override_reason"}),
    }


def _difference_line(item: PublishedBody) -> str:
    """``published moderate, the sum gives low: high - 1 (indirectness) - 1 (imprecision) = low``."""
    published, added = _readable(item.published), item.assessment.sum_in_words()
    if item.assessment.computed is None:
        return f"published {published}, {added}"
    because = f"; overridden: {item.body.override_reason}" if item.verdict == "overridden" else ""
    return f"published {published}, the sum gives {_readable(item.assessment.computed)}: {added}{because}"


def _readable(level: str) -> str:
    return level.replace("_", " ")
