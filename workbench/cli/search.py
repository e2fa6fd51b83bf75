"""``evitrail search``: ask one retriever, and see why each passage is there and what each gate did."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.console import STORE, Json, StorePath, out, print_json, print_table
from workbench.cli.store import certainty, validity


def search(
    query: Annotated[str, typer.Argument(help="What to search for.")],
    retriever: Annotated[str, typer.Option("--retriever", help="dense, bm25, hybrid, full or clean.")] = "hybrid",
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The day asked about; default: now known.")
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="Hits at most.")] = 10,
    explain: Annotated[bool, typer.Option("--explain", help="Also say what each gate dropped and why.")] = False,
    store: StorePath = STORE,
    json: Json = False,
) -> None:
    """The best passages for a query, as one retriever sees it."""
    from evidence_store import EvidenceStore
    from retrieval import RETRIEVERS

    if retriever not in RETRIEVERS:
        raise ValueError(f"expected a retriever among {', '.join(RETRIEVERS)}, got {retriever!r}")
    with EvidenceStore.open(Path(store)) as opened:
        snapshot = opened.snapshot(as_of=as_of.date() if as_of else None)
        found = RETRIEVERS[retriever].search(query, snapshot, k)
        status = {hit.passage.ref: snapshot.status(hit.passage.ref) for hit in found.hits}
    if json:
        print_json(found.model_dump(mode="json"))
        return
    rows = [
        (h.rank, h.passage.id, validity(h.passage.header), certainty(h.passage.header), status[h.passage.ref], h.why)
        for h in found.hits
    ]
    columns = ("rank", "passage", "valid", "certainty", "status", "why")
    print_table(f"{retriever}: {query}", columns, rows, empty="no hits; the store may be empty")
    if explain:
        for gate in found.gates:
            out().print(f"gate {gate.gate}: kept {len(gate.kept)}, dropped {len(gate.dropped)}", markup=False)
            for dropped in gate.dropped:
                out().print(f"  {dropped.passage}: {dropped.why}", markup=False)
        for hit in found.hits:
            out().print(f"\n{hit.rank}. {hit.passage.id}\n{hit.passage.text}", markup=False)
