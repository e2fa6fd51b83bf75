"""``evitrail store supersede``, ``contradiction`` and ``assess``: what is known of versions beside one another."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import STORE, By, Json, StorePath, actor_named, print_json, say
from evitrail.workbench.cli.store.vouching import (
    PublisherName,
    SignatureFile,
    acted,
    held_rows,
    held_since,
    say_waits,
    show_held,
    voucher_for,
)

if TYPE_CHECKING:
    from evitrail.evidence_store import Header
    from evitrail.evidence_store.curation.profile import Profile

Version = Annotated[str, typer.Argument(help="Evidence version.", metavar="ID@VERSION")]


def supersede(
    old: Annotated[list[str], typer.Argument(help="Evidence versions that are superseded.", metavar="OLD…")],
    kind: Annotated[
        str,
        typer.Option("--kind", help="Kind of supersession: {supersessions}.", metavar="KIND"),
    ],
    effective: Annotated[
        datetime,
        typer.Option(
            "--effective", help="Day from which the supersession applies.", metavar="DATE", formats=["%Y-%m-%d"]
        ),
    ],
    new: Annotated[
        list[str],
        typer.Option("--new", help="Superseding evidence version. May be repeated.", metavar="ID@VERSION"),
    ] = [],  # noqa: B006 -- typer takes a list's default so
    stated_by: Annotated[
        str, typer.Option("--stated-by", help="Who states the supersession: source, or curator.", metavar="WHO")
    ] = "source",
    note: Annotated[str, typer.Option("--note", help="Free-text note.", metavar="TEXT")] = "",
    publisher: PublisherName = None,
    by: By = "",
    store: StorePath = STORE,
    json: Json = False,
) -> None:
    """Record that versions took over from others: split, merged, narrowed, reaffirmed …"""
    from evitrail.evidence_store import EvidenceStore
    from evitrail.evidence_store.curation.relations import Supersession
    from evitrail.evidence_store.input_record import fitting

    edge = fitting(
        Supersession,
        {"kind": kind, "old": old, "new": new, "effective": effective.date(), "stated_by": stated_by, "note": note},
    )
    with EvidenceStore.open(store, actor=actor_named(by)) as opened:
        done = acted(opened, lambda: opened.supersede(edge, publisher=publisher))
    if json:
        print_json({"seq": done.seq, "id": edge.id, **edge.model_dump(mode="json"), "held": held_rows(done.held)})
        return
    if done.waits:
        say_waits(f"the supersession of {', '.join(edge.old)}", done, store)
        return
    takes = f" by {', '.join(edge.new)}" if edge.new else ""
    say(f"event {done.seq}: {', '.join(edge.old)} {_PAST[edge.kind]}{takes} from {edge.effective} on")


def contradiction(
    a: Version,
    b: Version,
    type: Annotated[
        str,
        typer.Option(
            "--type",
            help="Type of contradiction: {contradictions}.",
            metavar="TYPE",
        ),
    ],
    scope: Annotated[
        str,
        typer.Option(
            "--scope", help="Population, outcome, dose or time that the contradiction concerns.", metavar="TEXT"
        ),
    ],
    resolution: Annotated[
        str, typer.Option("--resolution", help="Resolution of the contradiction: {resolutions}.", metavar="WHICH")
    ] = "unresolved",
    reason: Annotated[str, typer.Option("--reason", help="Reason for the resolution.", metavar="TEXT")] = "",
    detector: Annotated[
        str,
        typer.Option(
            "--detector",
            help="Person or tool that found the contradiction; default: the person who records it.",
            metavar="NAME",
        ),
    ] = "",
    publisher: PublisherName = None,
    by: By = "",
    store: StorePath = STORE,
    json: Json = False,
) -> None:
    """Record a contradiction between two versions, or its resolution."""
    from evitrail.evidence_store import EvidenceStore
    from evitrail.evidence_store.curation.relations import Contradiction
    from evitrail.evidence_store.input_record import fitting

    given = {"a": a, "b": b, "scope": scope, "type": type, "resolution": resolution, "reason": reason}
    edge = fitting(Contradiction, {**given, "detector": detector or actor_named(by)})
    with EvidenceStore.open(store, actor=actor_named(by)) as opened:
        done = acted(opened, lambda: opened.dispute(edge, publisher=publisher))
    if json:
        print_json({"seq": done.seq, "id": edge.id, **edge.model_dump(mode="json"), "held": held_rows(done.held)})
        return
    if done.waits:
        say_waits(f"the contradiction of {a} and {b}", done, store)
        return
    stands = f"resolved for {edge.preferred}" if edge.preferred else edge.resolution.replace("_", " ")
    say(f"event {done.seq}: {a} and {b}: {edge.type.replace('_', ' ')}, {stands}")


def assess(
    file: Annotated[
        Path, typer.Argument(help="JSON Lines file with evidence profiles, or a folder of such files.", metavar="FILE")
    ],
    publisher: PublisherName = None,
    signature: SignatureFile = None,
    by: By = "",
    store: StorePath = STORE,
    check: Annotated[bool, typer.Option("--check", help="Check GRADE ratings and references; write nothing.")] = False,
    json: Json = False,
) -> None:
    """Record certainty ratings of versions: GRADE per outcome, and codes of other systems."""
    from evitrail.evidence_store import EvidenceStore
    from evitrail.evidence_store.curation.profile import Profile, profiling
    from evitrail.evidence_store.input_lines import jsonl_files, read_lines
    from evitrail.evidence_store.input_text import InputError

    read = read_lines(jsonl_files(file), Profile)
    profiles, voucher = [profile for _, profile in read], voucher_for(file, publisher, signature)
    with EvidenceStore.open(store, actor=actor_named(by)) as opened:
        before = {profile.ref: header for profile in profiles if (header := opened.headers.get(profile.ref))}
        if faults := profiling(profiles, opened.headers)[0]:
            raise InputError([f"{file}: {fault}" for fault in faults])
        seq = opened.seq
        if not check:
            opened.assess(profiles, publisher=voucher)
        held = held_since(opened, seq)
    changes = [(p.ref, _certainty(before[p.ref]), _rated(p, before[p.ref])) for p in profiles]
    if json:
        rows = [{"ref": ref, "was": was, "now": now} for ref, was, now in changes]
        print_json({"recorded": not check, "profiles": rows, "held": held_rows(held)})
        return
    if held:
        say(f"{len(held)} of {len(profiles)} assessments are held")
        show_held(held, store)
        waiting = {ref for one in held for ref in one.refs}
        changes = [change for change in changes if change[0] not in waiting]
    for ref, was, now in changes:
        say(f"{ref}: {(was or 'not rated').replace('_', ' ')} → {(now or 'not rated').replace('_', ' ')}")
    if check:
        say("sound; nothing was written")


def _certainty(header: Header) -> str | None:
    return header.grade.certainty if header.grade else None


def _rated(profile: Profile, header: Header) -> str | None:
    """What the certainty then is; other systems' codes alone leave it as it was."""
    return profile.overall.certainty if profile.assessments else _certainty(header)


_PAST = {
    "replaces": "replaced",
    "splits": "split",
    "merges": "merged",
    "narrows": "narrowed",
    "broadens": "broadened",
    "amends": "amended",
    "withdraws": "withdrawn",
    "reaffirms": "reaffirmed",
}
