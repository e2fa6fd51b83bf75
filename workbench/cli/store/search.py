"""``evitrail search``: ask one retriever, and see why each passage is there and what each gate did."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from evitrail.workbench.cli.console import STORE, Json, StorePath, print_json, print_table, say
from evitrail.workbench.cli.store.store import certainty, validity


def search(
    query: Annotated[str, typer.Argument(help="Search query.", metavar="QUERY")],
    retriever: Annotated[
        str, typer.Option("--retriever", help="Retriever to use: {retrievers}.", metavar="NAME")
    ] = "hybrid",
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            help="Day that the question is about, as 2019-05-31; default: the newest evidence.",
            metavar="DATE",
        ),
    ] = None,
    jurisdiction: Annotated[
        str | None,
        typer.Option(
            "--jurisdiction", help="Country that the question is about, as GB; used by clean.", metavar="COUNTRY"
        ),
    ] = None,
    k: Annotated[int, typer.Option("-k", help="Maximum number of passages.", metavar="N")] = 10,
    unpublished: Annotated[bool, typer.Option("--unpublished", help="Include drafts and withdrawn versions.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Also show what each gate dropped, and whole texts.")
    ] = False,
    store: StorePath = STORE,
    json: Json = False,
) -> None:
    """Search for passages and show why each was found."""
    from evitrail.evidence_store import EvidenceStore
    from evitrail.retrieval import RETRIEVERS, Clean

    if retriever not in RETRIEVERS:
        raise ValueError(f"--retriever: expected one of {', '.join(RETRIEVERS)}, got {retriever!r}")
    if jurisdiction and retriever != "clean":
        raise ValueError(f"--jurisdiction: expected --retriever clean, whose gates look at it, got {retriever!r}")
    if not query.strip():
        raise ValueError(f"expected a query in words, got {query!r}")
    if k < 1:
        raise ValueError(f"-k: expected 1 or more, got {k}")
    day = _day(as_of)
    with EvidenceStore.open(store, read_only=True) as opened:
        snapshot = opened.snapshot(as_of=day, unpublished=unpublished)
        found = (Clean(jurisdiction=jurisdiction) if jurisdiction else RETRIEVERS[retriever]).search(query, snapshot, k)
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
            say(f"gate {gate.gate}: kept {len(gate.kept)}, dropped {len(gate.dropped)}")
            for dropped in gate.dropped:
                say(f"{dropped.passage}: {dropped.why}", indent=2)
            for noted in gate.noted:
                say(f"{noted.passage}: {noted.why} (kept)", indent=2)
        if not found.gates:
            say(f"{retriever} has no gates; `--retriever clean` has")
        for hit in found.hits:
            say(f"\n{hit.rank}. {hit.passage.id}", style="bold")
            say(hit.passage.text)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError(f"--as-of: expected a date as 2019-05-31, got {text!r}") from None
