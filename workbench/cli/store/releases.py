"""``evitrail store tag`` and ``store diff``: a name for a state of the store, and what came between two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import STORE, By, Json, StorePath, print_json, print_table, say
from evitrail.workbench.cli.store.vouching import named_or_nobody

if TYPE_CHECKING:
    from evitrail.evidence_store.diff import Difference, Moved, StatusChange

State = "now, a ledger number, or a release."


def tag(
    name: Annotated[
        str | None, typer.Argument(help="Name of the release; default: list all releases.", metavar="NAME")
    ] = None,
    at: Annotated[
        str, typer.Option("--at", help=f"Store state that the release names: {State}", metavar="STATE")
    ] = "now",
    by: By = "",
    store: StorePath = STORE,
    json: Json = False,
) -> None:
    """Give a store state a release name, or list the releases."""
    from evitrail.evidence_store import EvidenceStore

    with EvidenceStore.open(store, actor=named_or_nobody(by)) as opened:
        if name is not None:
            opened.tag(name, opened.seq_of(at))
        tags = opened.tags()
    if json:
        print_json(tags)
    elif name is not None:
        say(f"{name}: event {tags[name]} of {store}")
    else:
        print_table(f"{len(tags)} releases of {store}", ("release", "event"), list(tags.items()), empty="none is named")


def diff(
    then: Annotated[str, typer.Argument(help=f"Earlier store state: {State}", metavar="A")],
    now: Annotated[str, typer.Argument(help=f"Later store state: {State}", metavar="B")] = "now",
    text: Annotated[bool, typer.Option("--text", help="Also show changes in the text.")] = False,
    store: StorePath = STORE,
    json: Json = False,
) -> None:
    """Compare two store states: versions added, superseded, regraded, retracted."""
    from evitrail.evidence_store import EvidenceStore
    from evitrail.evidence_store.diff import difference

    with EvidenceStore.open(store, read_only=True) as opened:
        told = difference(
            opened.snapshot(seq=opened.seq_of(then)),
            opened.snapshot(seq=opened.seq_of(now)),
        )
    if json:
        print_json(told.model_dump(mode="json"))
        return
    _show(told, then, now, text=text)


def _show(told: Difference, then: str, now: str, *, text: bool) -> None:
    rows: list[tuple[object, ...]] = [("added", ref, "") for ref in told.added]
    for one in told.moved:
        rows.append(("superseded", f"{one.was} → {one.now}", _grades(one) if one.regraded else ""))
    rows += [("ended", ref, "") for ref in told.ended]
    rows += [(one.change, one.ref, _grades(one) if one.change == "regraded" else "") for one in told.standing]
    print_table(f"from {then} to {now}", ("what", "version", "certainty"), rows, empty="nothing that counts changed")
    if text:
        for one in told.moved:
            say()
            for line in one.text or (f"{one.was} → {one.now}: the same words",):
                say(line)


def _grades(one: Moved | StatusChange) -> str:
    return " → ".join((grade or "not rated").replace("_", " ") for grade in (one.certainty_was, one.certainty_now))
