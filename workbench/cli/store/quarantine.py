"""``evitrail store release``, ``reject``, ``sign`` and ``register-questions``: what is held, and what keeps it free."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import STORE, By, Json, Reason, StorePath, actor_named, print_json, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from evitrail.evidence_store import Reviewer

Names = Annotated[list[str], typer.Argument(help="What is held, as held-N or its evidence version.", metavar="HELD…")]


def release(names: Names, reason: Reason, by: By = "", store: StorePath = STORE, json: Json = False) -> None:
    """Release what is held, as a second person: all of it, or none if one is refused."""
    _decide(names, by, store, json, "released", lambda reviewer: reviewer.release(names, reason))


def reject(names: Names, reason: Reason, by: By = "", store: StorePath = STORE, json: Json = False) -> None:
    """Reject what is held, as a second person; it stays on record and is not served."""
    _decide(names, by, store, json, "rejected", lambda reviewer: reviewer.reject(names, reason))


def sign(
    file: Annotated[Path, typer.Argument(help="File with evidence, assessments or notices.", metavar="FILE")],
    publisher: Annotated[
        str, typer.Option("--publisher", help="Publisher in whose name it is signed.", metavar="NAME")
    ],
    key: Annotated[Path, typer.Option("--key", help="File with the private key.", metavar="FILE", show_default=False)],
    out: Annotated[
        Path | None, typer.Option("--out", help="New file for the signature; default: FILE.sig.", metavar="FILE")
    ] = None,
    json: Json = False,
) -> None:
    """Sign a file in a publisher's name; `store ingest` finds the signature beside the file."""
    from evitrail.evidence_store.quarantine.voucher import SUFFIX, sign_batch
    from evitrail.traces.audit.signed_note import SigningKey

    signing = SigningKey.read(key)
    target = out or file.with_name(file.name + SUFFIX)
    note = sign_batch(file, publisher, signing)
    with target.open("x", encoding="utf-8") as written:
        written.write(note)
    if json:
        print_json({"signature": str(target), "publisher": publisher, "public": str(signing.public)})
    else:
        say(f"{file} signed as {publisher}: {target}")


def register_questions(
    file: Annotated[Path, typer.Argument(help="Benchmark file, or a folder of *.jsonl files.", metavar="FILE")],
    reason: Reason,
    name: Annotated[
        str | None, typer.Option("--name", help="Name of the benchmark; default: the file's.", metavar="NAME")
    ] = None,
    by: By = "",
    store: StorePath = STORE,
    json: Json = False,
) -> None:
    """Register a benchmark's questions, so that evidence that copies one is held."""
    from evitrail.eval.dataset.case import load
    from evitrail.evidence_store import EvidenceStore, Registrar

    called, stems = name or file.stem, [case.stem for case in load(file)]
    with EvidenceStore.open(store, create=True, actor=actor_named(by)) as opened:
        seq = Registrar(opened).add_questions(called, stems, reason)
    if json:
        print_json({"seq": seq, "name": called, "questions": len(stems)})
    else:
        say(f"{len(stems)} questions of {called} registered in {store}; no text of them is stored")


def _decide(names: list[str], by: str, store: Path, json: bool, done: str, act: Callable[[Reviewer], int]) -> None:
    from evitrail.evidence_store import EvidenceStore, Reviewer

    with EvidenceStore.open(store, actor=actor_named(by)) as opened:
        seq = act(Reviewer(opened))
        left = len(opened.quarantine.waiting)
    if json:
        print_json({"seq": seq, done: names, "waiting": left})
    else:
        say(f"event {seq}: {', '.join(names)} {done}; {left} waiting in {store}")
