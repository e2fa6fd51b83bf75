"""``evitrail store ingest``: evidence from files into a store, and what of it is held.

Rules kept here
- All files are one batch: recorded whole, or not at all.
- Who vouches is said file by file (``evidence_files.py``); the store decides what that is worth.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import STORE, By, Json, StorePath, print_json, progress, say
from evitrail.workbench.cli.store.evidence_files import FieldMap, Published, defaults_of, read_all
from evitrail.workbench.cli.store.store import embedder
from evitrail.workbench.cli.store.vouching import (
    PublisherName,
    SignatureFile,
    held_rows,
    must_be_named,
    named_or_nobody,
    say_open,
    show_held,
)

if TYPE_CHECKING:
    from evitrail.evidence_store import Evidence, Held
    from evitrail.evidence_store.quarantine.voucher import Voucher


def ingest(
    files: Annotated[
        list[Path], typer.Argument(help="Evidence files, or folders of files of one format.", metavar="FILE…")
    ],
    store: StorePath = STORE,
    publisher: PublisherName = None,
    signature: SignatureFile = None,
    by: By = "",
    questions: Annotated[
        Path | None,
        typer.Option(
            "--questions",
            help="Benchmark of which no evidence may copy a question; see register-questions.",
            metavar="FILE",
        ),
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(
            "--format", help="Format of the files: {evidence_formats}. Default: by file ending.", metavar="NAME"
        ),
    ] = None,
    ledger: Annotated[
        str | None,
        typer.Option(
            "--ledger", help="Address of a PostgreSQL ledger; default: a file in the store's folder.", metavar="URL"
        ),
    ] = None,
    index: Annotated[
        str | None,
        typer.Option(
            "--index", help="Index of a new store: {indexes}, or the address of a Qdrant server.", metavar="WHERE"
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", help="Embedding model of a new store.", metavar="NAME")
    ] = None,
    map: FieldMap = None,
    published: Published = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Check references, dates, GRADE ratings and what would be held; write nothing."),
    ] = False,
    json: Json = False,
) -> None:
    """Ingest evidence: all of it, or none if anything is wrong; what a rule stops is held for a second person."""
    from evitrail.evidence_store import EvidenceStore

    if signature is not None and len(files) > 1:
        raise ValueError(f"--signature: expected one file to go with it, got {len(files)}; ingest them one by one")
    evidence, vouchers, notes = read_all(
        files,
        store,
        defaults_of(map, published),
        publisher=publisher,
        signature=signature,
        ledger=ledger,
        index=index,
        format=format,
    )
    stems = _stems(questions)
    for note in () if json else notes:
        say(note)
    if check:
        versions, lineages = len(evidence), len({item.id for item in evidence})
        held = _would_hold(store, index, ledger, evidence, vouchers, stems)
        if json:
            print_json(
                {"versions": versions, "lineages": lineages, "notes": notes, "faults": [], "held": held_rows(held)}
            )
            return
        say(f"sound: {versions} versions of {lineages} lineages; nothing was written")
        for one in held:
            say(f"{one.refs[0]} would be held: {one.reason}", indent=2)
        return
    from evitrail.evidence_store.index.unread import unread

    actor = named_or_nobody(by)
    with EvidenceStore.open(
        store, create=True, embedder=embedder(model), index=index, ledger=ledger, actor=actor
    ) as opened:
        must_be_named(opened, by)
        with progress("embedding") as told:
            done = opened.ingest(evidence, progress=told, publisher=vouchers, questions=stems)
            known = opened.snapshot()
            new = [passage for ref in done.published for passage in known.passages(ref)]
            beyond = unread(opened.encoder, new) if new else None
        say_open(opened)
        stats = opened.stats()
    if json:
        body = {**done.model_dump(mode="json", exclude={"held"}), "held": held_rows(done.held), "notes": notes}
        unseen = beyond.model_dump(mode="json") if beyond else None
        print_json({**body, "unread": unseen, "stats": stats.model_dump(mode="json")})
        return
    stopped = f"{len(done.held)} held, " if done.held else ""
    say(
        f"{len(done.published)} versions published, {stopped}{len(done.unchanged)} known before; "
        f"{stats.versions} versions of {stats.lineages} lineages in {store}"
    )
    if beyond and beyond.passages:
        say(
            f"{beyond.passages} of {beyond.of_passages} passages are longer than the {beyond.window} word pieces that "
            f"the model reads: search by meaning leaves {beyond.pieces / beyond.of_pieces:.1%} of all word pieces "
            "unread, search by words none; --model takes a model that reads more"
        )
    show_held(list(done.held), store)


def _would_hold(
    store: Path,
    index: str | None,
    ledger: str | None,
    evidence: list[Evidence],
    vouchers: dict[str, Voucher],
    stems: list[str],
) -> list[Held]:
    """What a store that is there would hold."""
    from evitrail.evidence_store import EvidenceStore

    if not (store / "manifest.json").is_file():
        return []
    with EvidenceStore.open(store, index=index, ledger=ledger) as opened:
        return opened.would_hold(evidence, vouchers, stems)


def _stems(file: Path | None) -> list[str]:
    """The questions of a benchmark."""
    from evitrail.eval.dataset.case import load

    return [case.stem for case in load(file)] if file else []
