"""``evitrail store publisher``: who may publish, supersede, retract or regrade what."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from evitrail.workbench.cli.console import STORE, By, Json, Reason, StorePath, actor_named, print_json, print_table, say
from evitrail.workbench.cli.registered import Registered

app = typer.Typer(help="Register, list and revoke publishers of evidence.")

Many = list[str]
OPTIONS = {
    "--organizations": "--organization",
    "--kinds": "--kind",
    "--lineages": "--lineage",
    "--name": "NAME",
}
"""How what a publisher has is called where it is given one by one."""
OPTION = re.compile("|".join(OPTIONS))


@app.command(cls=Registered)
def add(
    reason: Reason,
    name: Annotated[
        str | None, typer.Argument(help="Publisher's name, in small letters, digits and '-'.", metavar="[NAME]")
    ] = None,
    from_: Annotated[
        Path | None, typer.Option("--from", help="File with many publishers (publishers.toml).", metavar="FILE")
    ] = None,
    organization: Annotated[
        Many,
        typer.Option(
            "--organization",
            help="Organization that its evidence may name; * stands for any letters. May be repeated.",
            metavar="NAME",
        ),
    ] = [],  # noqa: B006 -- typer takes a list's default so
    kind: Annotated[
        Many, typer.Option("--kind", help="Kind that it may publish: {kinds}. May be repeated.", metavar="KIND")
    ] = [],  # noqa: B006
    lineage: Annotated[
        Many,
        typer.Option(
            "--lineage",
            help="Evidence id that is its own whoever began it; * stands for any letters. May be repeated.",
            metavar="ID",
        ),
    ] = [],  # noqa: B006
    grades: Annotated[bool, typer.Option("--grades", help="It may state GRADE certainties.")] = False,
    retracts: Annotated[bool, typer.Option("--retracts", help="It may retract the evidence of others.")] = False,
    supersedes: Annotated[bool, typer.Option("--supersedes", help="It may supersede the evidence of others.")] = False,
    regrades: Annotated[bool, typer.Option("--regrades", help="It may grade the evidence of others.")] = False,
    backdate_days: Annotated[
        str,
        typer.Option(
            "--backdate-days",
            help="Days before the ingest that its evidence may have come into force, or any.",
            metavar="N",
        ),
    ] = "365",
    key: Annotated[
        str | None,
        typer.Option("--key", help="Its public key, or a file with it; then it must sign what it says.", metavar="KEY"),
    ] = None,
    by: By = "",
    store: StorePath = STORE,
    json: Json = False,
) -> None:
    """Register a publisher, or change what it may do; from the first one on, evidence of others is held."""
    from evitrail.evidence_store import EvidenceStore, InputError, Publisher, Registrar
    from evitrail.evidence_store.formats.publishers_toml import read_publishers
    from evitrail.evidence_store.input_record import fitting
    from evitrail.traces.audit.signed_note import public_key

    actor = actor_named(by)
    if (name is None) == (from_ is None):
        raise ValueError("expected either a publisher's name or --from FILE; give one of them")
    if from_ is not None:
        given = read_publishers(from_)
    else:
        days: Any = int(backdate_days) if backdate_days.isdecimal() else backdate_days
        told = {"name": name, "organizations": organization, "kinds": kind, "lineages": lineage, "grades": grades}
        told |= {"retracts": retracts, "supersedes": supersedes, "regrades": regrades, "backdate_days": days}
        try:
            given = [fitting(Publisher, {**told, "key": str(public_key(key)) if key else None})]
        except InputError as error:
            raise InputError([OPTION.sub(lambda found: OPTIONS[found[0]], fault) for fault in error.faults]) from error
    with EvidenceStore.open(store, create=True, actor=actor) as opened:
        before, known = opened.seq, set(opened.quarantine.publishers)
        seq = Registrar(opened).add(given, reason)
    if json:
        print_json({"seq": seq, "publishers": [one.model_dump(mode="json") for one in given]})
        return
    new, events = sum(one.name not in known for one in given), seq - before
    say(f"{new} publishers registered, {events - new} changed, {len(given) - events} as before; in {store}")


@app.command("list")
def list_(store: StorePath = STORE, json: Json = False) -> None:
    """List the registered publishers and what they may do."""
    from evitrail.evidence_store import EvidenceStore

    with EvidenceStore.open(store, read_only=True) as opened:
        known, revoked = opened.quarantine.publishers, opened.quarantine.revoked
    if json:
        rows = [one.model_dump(mode="json") for _, one in sorted(known.items())]
        print_json({"publishers": rows, "revoked": dict(revoked)})
        return
    rights = ("grades", "retracts", "supersedes", "regrades")
    print_table(
        f"{len(known)} publishers of {store}",
        ("publisher", "organizations", "kinds", "own lineages", "may", "signs"),
        [
            (
                one.name,
                ", ".join(one.organizations),
                ", ".join(one.kinds),
                ", ".join(one.lineages),
                ", ".join(right for right in rights if getattr(one, right)),
                "must sign" if one.key else "",
            )
            for _, one in sorted(known.items())
        ],
        empty="all were revoked, so new evidence is held" if revoked else "none, so all evidence is served",
    )
    for name, seq in sorted(revoked.items()):
        say(f"{name}: revoked by event {seq}")


@app.command()
def revoke(
    name: Annotated[str, typer.Argument(help="Publisher's name.", metavar="NAME")],
    reason: Reason,
    by: By = "",
    store: StorePath = STORE,
    json: Json = False,
) -> None:
    """Revoke a publisher: new evidence of it is held; what it published stays."""
    from evitrail.evidence_store import EvidenceStore, Registrar

    with EvidenceStore.open(store, actor=actor_named(by)) as opened:
        seq = Registrar(opened).revoke(name, reason)
    if json:
        print_json({"seq": seq, "revoked": name})
    else:
        say(f"event {seq}: {name} revoked; what it published stays")
