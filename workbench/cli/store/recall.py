"""``evitrail store recall``: how much of what an exact search finds is found by the way this store is searched."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from evitrail.workbench.cli.console import STORE, Json, StorePath, print_json, print_table


def recall(
    queries: Annotated[
        int, typer.Option("--queries", help="Number of queries, drawn from the titles in the store.", metavar="N")
    ] = 100,
    k: Annotated[int, typer.Option("-k", help="Number of best passages to compare.", metavar="N")] = 10,
    store: StorePath = STORE,
    json: Json = False,
) -> None:
    """Measure the recall of this store's search by meaning against exact search."""
    from evitrail.evidence_store import EvidenceStore
    from evitrail.evidence_store.recall import measured

    for option, number in (("--queries", queries), ("-k", k)):
        if number < 1:
            raise ValueError(f"{option}: expected 1 or more, got {number}")
    with EvidenceStore.open(store, read_only=True) as opened:
        rows = measured(opened, queries, k)
    if json:
        print_json([asdict(row) for row in rows])
        return
    print_table(
        f"recall@{k} against exact search; {store} is searched {rows[0].search}",
        ("versions", "queries", "recall", "lowest", "ms CPU", "exact, ms CPU"),
        [
            (r.filter, r.queries, _share(r.mean), _share(r.lowest), *map(_one, (r.milliseconds, r.exact_milliseconds)))
            for r in rows
        ],
    )


def _share(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.3f}"


def _one(number: float) -> str:
    return f"{number:.1f}"
