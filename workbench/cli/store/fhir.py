"""``evitrail store export`` and ``store import-fhir``: a state of the store as FHIR R5, and evidence from it.

Rules kept here
- The file is there whole or not at all: it is written under another name beside its place, and then moved.
- What a file tells is checked whole, and compared with the store, before anything of it is recorded.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import STORE, By, Check, Json, StorePath, actor_named, print_json, progress, say
from evitrail.workbench.cli.store.evidence_files import Published, defaults_of
from evitrail.workbench.cli.store.vouching import (
    PublisherName,
    SignatureFile,
    held_rows,
    held_since,
    show_held,
    voucher_for,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evitrail.evidence_store import Held
    from evitrail.evidence_store.formats.fhir import Taken

FORMATS = {"fhir": "a FHIR R5 Bundle"}
"""The forms that a store state can be written in."""
HELP = f"The form to write: {', '.join(f'{name} ({form})' for name, form in FORMATS.items())}."


def export(
    out: Annotated[Path, typer.Option("--out", help="File to write.", metavar="FILE")],
    refs: Annotated[
        list[str] | None, typer.Argument(help="Evidence versions to export; default: all.", metavar="[ID@VERSION]…")
    ] = None,
    format: Annotated[str, typer.Option("--format", help=HELP, metavar="NAME")] = "fhir",
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", help="Day that the question is about.", metavar="DATE", formats=["%Y-%m-%d"]),
    ] = None,
    at: Annotated[
        str, typer.Option("--at", help="Store state to export: now, a ledger number, or a release.", metavar="STATE")
    ] = "now",
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file if it exists.")] = False,
    store: StorePath = STORE,
    json: Json = False,
) -> None:
    """Export a store state for other systems."""
    from evitrail.evidence_store import EvidenceStore
    from evitrail.evidence_store.formats.fhir import bundle

    if format not in FORMATS:
        raise ValueError(f"--format: expected {' or '.join(FORMATS)}, got {format!r}")
    _check(out, force)
    with EvidenceStore.open(store, read_only=True) as opened:
        snapshot = opened.snapshot(as_of=as_of.date() if as_of else None, seq=opened.seq_of(at))
        text = bundle(snapshot, opened.dossiers, refs or None)
    _write(text, out)
    told = {"versions": len(set(refs) if refs else snapshot.headers), "seq": snapshot.seq, "snapshot": snapshot.id}
    if json:
        print_json({"file": str(out), "format": format, **told})
    else:
        say(f"{told['versions']} versions as known at event {snapshot.seq}, as {format}: {out}")


def import_fhir(
    file: Annotated[
        Path, typer.Argument(help="FHIR R5 Bundle or resource as JSON, or a folder of them.", metavar="FILE")
    ],
    publisher: PublisherName = None,
    signature: SignatureFile = None,
    by: By = "",
    store: StorePath = STORE,
    published: Published = None,
    check: Check = False,
    json: Json = False,
) -> None:
    """Import FHIR R5 Evidence, Citation and ArtifactAssessment: all of it, or none if anything is wrong."""
    from evitrail.evidence_store import EvidenceStore, InputError
    from evitrail.evidence_store.curation.lineage import lineage_faults
    from evitrail.evidence_store.formats.fhir import news, read_fhir, take_in
    from evitrail.evidence_store.store_manifest import expect_store_folder

    actor, taken = actor_named(by), read_fhir(file, defaults_of(None, published))
    voucher = voucher_for(file, publisher, signature)
    expect_store_folder(store)
    if check and not (store / "manifest.json").is_file():
        if faults := lineage_faults([(item.ref, item) for item in taken.evidence], {}):
            raise InputError(faults)
        _show_import(taken, store, known=0, recorded=False, json=json)
        return
    with EvidenceStore.open(store, create=not check, actor=actor) as opened, progress("embedding") as told:
        before = opened.seq
        if check:
            fresh = news(taken, opened.snapshot(unpublished=True))
        else:
            fresh = take_in(opened, taken, told, publisher=voucher)
        held = held_since(opened, before)
    known = len(taken.evidence) - len(fresh.evidence)
    _show_import(fresh, store, known=known, recorded=not check, json=json, held=held)


def _show_import(
    fresh: Taken, store: Path, *, known: int, recorded: bool, json: bool, held: Sequence[Held] = ()
) -> None:
    counted = {name: len(getattr(fresh, name)) for name in ("profiles", "notices", "contradictions")}
    stopped = {ref for one in held if one.what == "evidence" for ref in one.refs}
    new = [item for item in fresh.evidence if item.ref not in stopped]
    if json:
        aside = {"left_aside": fresh.left_aside, "notes": fresh.notes, "recorded": recorded, "held": held_rows(held)}
        print_json({"published": [item.ref for item in new], "known": known, **counted, **aside})
        return
    for note in fresh.notes:
        say(note)
    say(f"{len(new)} versions {'published' if recorded else 'to publish'}, {known} known before; in {store}")
    if any(counted.values()):
        say("with them: " + ", ".join(f"{n} {name}" for name, n in counted.items() if n))
    if fresh.left_aside:
        say("left aside: " + ", ".join(f"{n} {name}" for name, n in fresh.left_aside.items()))
    if held:
        say(f"{len(held)} held")
        show_held(list(held), store)
    if not recorded:
        say("nothing was written")


def _check(target: Path, force: bool) -> None:
    if target.is_dir() or not target.parent.is_dir():
        raise ValueError(f"--out: expected a file in a folder that is there, got {str(target)!r}")
    if target.exists() and not force:
        raise ValueError(f"--out: {str(target)!r} is there already; name another file, or give --force to replace it")


def _write(text: str, target: Path) -> None:
    partial = target.with_name(f".{target.name}.partial")
    try:
        with partial.open("w", encoding="utf-8") as written:
            written.write(text)
            written.flush()
            os.fsync(written.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
