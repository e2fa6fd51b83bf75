"""``evitrail whatif``: which answers change if the store moves on, a draft is published, or a version falls."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evitrail.workbench.cli.console import Json, print_json, print_table, progress, say
from evitrail.workbench.cli.folder import AllowCode, Folder, StoreNow

if TYPE_CHECKING:
    from evitrail.eval.rerun.whatif import WhatIf

Refs = Annotated[
    list[str],
    typer.Option("--retract", help="Assume that this version was retracted. May be repeated.", metavar="ID@VERSION"),
]
Drafts = Annotated[
    list[str],
    typer.Option(
        "--publish",
        help="Assume that the last draft of this version was published. May be repeated.",
        metavar="ID@VERSION",
    ),
]
Grades = Annotated[
    list[str],
    typer.Option(
        "--grade", help="Assume this GRADE certainty for the version. May be repeated.", metavar="ID@VERSION=CERTAINTY"
    ),
]


def whatif(
    folder: Folder,
    snapshot: Annotated[
        str | None,
        typer.Option(
            "--snapshot", help="Store state to search: now, a ledger number, or a day.", metavar="now|SEQ|DATE"
        ),
    ] = None,
    publish: Drafts = [],  # noqa: B006 -- typer takes a list's default so
    retract: Refs = [],  # noqa: B006 -- the same
    grade: Grades = [],  # noqa: B006 -- the same
    store: StoreNow = None,
    allow_code: AllowCode = False,
    json: Json = False,
) -> None:
    """Show which answers would change if evidence were added, published, retracted or downgraded.

    Only runs that the change affects are executed again, each as a fork.
    """
    from evitrail.eval.log.runs import JOURNAL
    from evitrail.eval.rerun.reopened import reopened
    from evitrail.eval.rerun.whatif import whatif as asked
    from evitrail.traces import Journal
    from evitrail.traces.audit.seal import seal

    with (
        reopened(folder, allow_code=allow_code, store=store) as again,
        Journal.open(folder / JOURNAL) as journal,
        progress("asking") as told,
    ):
        changes = _supposed(snapshot, publish, retract, grade, again.store.seq)
        answered = asked(journal, changes, again.store, again.readers, past=again.past, progress=told)
        seal(journal, over=again.past)
    if json:
        rows = [{**flip._asdict(), "flipped": flip.flipped} for flip in answered.affected]
        print_json({"asked": answered.asked, "affected": rows})
        return
    _show(folder, answered)


def _supposed(at: str | None, publish: list[str], retract: list[str], grade: list[str], newest: int) -> dict[str, Any]:
    from evitrail.eval.rerun.changes import certainty_named, snapshot_change

    changes: dict[str, Any] = snapshot_change(at, newest) if at else {}
    if publish:
        changes["publish"] = publish
    if retract:
        changes["retract"] = retract
    for one in grade:
        ref, equals, certainty = one.partition("=")
        if not equals:
            raise ValueError(f"--grade: expected ID@VERSION=CERTAINTY, got {one!r}")
        changes["grade"] = changes.get("grade", {}) | {ref: certainty_named(certainty)}
    if not changes:
        raise ValueError("expected --snapshot, --publish, --retract or --grade, got none; say what to suppose")
    return changes


def _show(folder: Path, answered: WhatIf) -> None:
    flips = [flip for flip in answered.affected if flip.flipped]
    print_table(
        f"{len(flips)} of {answered.asked} decisions flip; {len(answered.affected)} runs are affected",
        ("run", "was", "now", "answer", "first changed step"),
        [(f.run, f.before or "abstained", f.after or "abstained", f.answer, f.step) for f in flips],
        empty="all options stay",
    )
    if flips:
        first = flips[0]
        say(f"why: evitrail diff {quote(str(folder))} {quote(first.run)} {quote(first.fork)}")
