"""``evitrail store``: look at evidence, and check it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import STORE, CheckFailed, Json, StorePath, print_json, print_table, progress, say

if TYPE_CHECKING:
    from evitrail.evidence_store import EvidenceStore, Header, Held
    from evitrail.evidence_store.index.embed import Embedder

HELD = "held"
"""What stands in the place of a status where evidence is held."""

app = typer.Typer(help="Ingest, list, show, curate and verify evidence.")


@app.command("list")
def list_(
    store: StorePath = STORE,
    current: Annotated[bool, typer.Option("--current", help="List only evidence that is current now.")] = False,
    unpublished: Annotated[bool, typer.Option("--unpublished", help="Include drafts and withdrawn versions.")] = False,
    json: Json = False,
) -> None:
    """List the evidence versions in the store, and those that are held."""
    from evitrail.evidence_store import EvidenceStore

    with EvidenceStore.open(store, read_only=True) as opened:
        snapshot = opened.snapshot(unpublished=unpublished)
        rows: list[tuple[Header, str]] = [
            (header, snapshot.status(ref)) for ref, header in sorted(snapshot.headers.items())
        ]
        rows += [(held_header(one), HELD) for one in opened.quarantine.waiting if one.what == "evidence"]
    rows = [(header, status) for header, status in rows if status == "current" or not current]
    if json:
        print_json([{**header.model_dump(mode="json"), "status": status} for header, status in rows])
        return
    print_table(
        f"{len(rows)} versions in {store}",
        ("version", "kind", "valid", "certainty", "status", "title"),
        [(h.ref, h.kind, validity(h), certainty(h), status, h.title) for h, status in rows],
        empty="the store is empty; `evitrail store ingest` fills it",
    )


@app.command()
def show(
    name: Annotated[
        str, typer.Argument(help="Evidence version id@version, or an id for its newest version.", metavar="ID[@V]")
    ],
    store: StorePath = STORE,
    json: Json = False,
) -> None:
    """Show one evidence version: text, dates, certainty and its judgements."""
    from evitrail.evidence_store import EvidenceStore
    from evitrail.evidence_store.grading.strength import SITUATIONS, discordant

    with EvidenceStore.open(store, read_only=True) as opened:
        ref = name if "@" in name else newest(opened.headers, name)
        if held := _held(opened, ref):
            _show_held(held, json=json)
            return
        snapshot = opened.snapshot(unpublished=True)
        opened.get(ref)  # names the store where it holds no such version at all
        evidence, header, status = snapshot.evidence(ref), snapshot.headers[ref], snapshot.status(ref)
        dossier = opened.dossiers.get(ref.partition("~")[0])
        profile, disputes, due = snapshot.profile(ref), snapshot.disputes(ref), snapshot.review_due(ref)
        publisher = snapshot.publisher(ref)
    if json:
        rated = {"profile": profile and profile.model_dump(mode="json"), "discordant": discordant(header.grade)}
        more = {**rated, "review_due": due.isoformat()}
        edges = {"disputes": [dispute.model_dump(mode="json") for dispute in disputes], "publisher": publisher}
        print_json({**evidence.model_dump(mode="json"), **header.model_dump(mode="json"), **more, **edges})
        return
    say(f"{header.ref}  {header.title}", style="bold")
    say(f"{header.organization or 'no organization'} · {header.kind} · valid {validity(header)}")
    if publisher:
        say(f"publisher: {publisher}")
    say(f"certainty: {header.grade.sum_in_words() if header.grade else 'not rated'}")
    for assessed in profile.assessments if profile else ():
        say(f"{assessed.outcome} ({assessed.importance}): {assessed.sum_in_words()}", indent=2)
    if header.grade and header.grade.strength:
        say(f"recommendation: {header.grade.strength}")
    if discordant(header.grade):
        reason = f"the profile's reason: {profile.reason}" if profile else "no reason is on record; GRADE knows five"
        say(f"discordant with {certainty(header)} certainty; {reason}", indent=2)
        for situation in () if profile else SITUATIONS:
            say(situation, indent=4)
    for rating in profile.ratings if profile else ():
        say(f"{rating.system} {rating.edition}: {rating.code}", indent=2)
    if header.supersedes:
        say(f"supersedes {header.supersedes}")
    for dispute in disputes:
        what = dispute.type.replace("_", " ")
        say(f"contradicts {dispute.other(ref)}: {what}, {dispute.scope} ({dispute.resolution.replace('_', ' ')})")
    say(f"review due {due}")
    if header.retracted:
        say("RETRACTED", style="bold red")
    if status == "withdrawn":
        say("WITHDRAWN", style="bold red")
    if dossier and dossier.stage != "published":
        say(f"{dossier.stage.replace('_', ' ')} by {dossier.entries[-1].actor}{', not published' * bool(dossier.next)}")
    say()
    say(evidence.text)


@app.command()
def history(
    lineage: Annotated[str, typer.Argument(help="Evidence id, without the version.", metavar="ID")],
    store: StorePath = STORE,
    json: Json = False,
) -> None:
    """Show all events recorded about one evidence id."""
    from evitrail.evidence_store import EvidenceStore
    from evitrail.workbench.explain.event_gist import event_gist

    with EvidenceStore.open(store, read_only=True) as opened:
        events = opened.history(lineage.partition("@")[0])
    if json:
        print_json([event.model_dump(mode="json") for event in events])
        return
    print_table(
        f"history of {lineage}",
        ("seq", "recorded", "by", "what", "subject", "detail"),
        [(e.seq, e.at, e.actor, e.type, e.subject, event_gist(e)) for e in events],
    )


@app.command()
def verify(store: StorePath = STORE, json: Json = False) -> None:
    """Verify the ledger's hash chain and compare tables and index with the ledger."""
    from evitrail.evidence_store import EvidenceStore

    with EvidenceStore.open(store) as opened:
        faults = opened.verify()
    if json:
        print_json({"sound": not faults, "faults": faults})
    elif not faults:
        say(f"sound: the ledger's chain holds and the index agrees with it ({store})")
    if faults:
        raise CheckFailed("" if json else "\n".join(faults))


@app.command()
def reindex(
    store: StorePath = STORE,
    model: Annotated[str | None, typer.Option("--model", help="Embedding model to switch to.", metavar="NAME")] = None,
    search: Annotated[
        str | None,
        typer.Option(
            "--search",
            help="How to search by meaning from now on: exact, or approximate (a graph; faster in large stores).",
            metavar="exact|approximate",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Rebuild the tables of what is known and the index; known embeddings are reused."""
    from evitrail.evidence_store import EvidenceStore
    from evitrail.evidence_store.index.manifest import mode_named

    mode = mode_named(search) if search else None
    with EvidenceStore.open(store, rebuild=True) as opened:
        with progress("indexing") as told:
            opened.reindex(progress=told, embedder=embedder(model), mode=mode)
        stats = opened.stats()
    if json:
        print_json(stats.model_dump(mode="json"))
    else:
        say(f"{stats.passages} passages of {stats.versions} versions indexed")


def embedder(model: str | None) -> Embedder | None:
    """The model by that name; a folder by its whole path, for it is the name by which the store finds it again."""
    from evitrail.evidence_store.index.embed import Embedder

    if model is None:
        return None
    return Embedder(str(Path(model).resolve()) if Path(model).is_dir() else model)


def _held(store: EvidenceStore, name: str) -> Held | None:
    """What is held by that name, where nothing is published by it."""
    if name in store.known.every:
        return None
    return next((one for one in store.quarantine.held.values() if name in (one.name, one.refs[0])), None)


def _show_held(held: Held, *, json: bool) -> None:
    if json:
        print_json(held.model_dump(mode="json"))
        return
    say(f"{held.name}  {held.what} of {', '.join(held.refs)}", style="bold")
    say(f"{held.state.upper()}, by {held.by}, event {held.seq}; no evidence", style="bold red")
    say(f"publisher: {held.publisher or 'none named'}")
    for stop in held.stops:
        say(f"{stop.rule}: {stop.reason}", indent=2)
    say()
    for key, value in held.content.items():
        say(f"{key}: {value}")


def held_header(held: Held) -> Header:
    """The header of evidence that is held."""
    from evitrail.evidence_store import Evidence

    return Evidence.model_validate(held.content).header()


def newest(headers: Mapping[str, Header], lineage: str) -> str:
    """The newest version of a lineage; the lineage itself where there is none, for the store to refuse."""
    from evitrail.evidence_store.headers import named

    versions = named(headers, [lineage]).values()
    return max(versions, key=lambda h: (h.valid_from, h.version)).ref if versions else lineage


def validity(header: Header) -> str:
    """``2014-01-01 – now``."""
    return f"{header.valid_from} – {header.valid_to or 'now'}"


def certainty(header: Header) -> str | None:
    """The stated certainty, None where it was not rated."""
    return header.grade.certainty.replace("_", " ") if header.grade else None
