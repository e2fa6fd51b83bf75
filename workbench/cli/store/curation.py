"""How a version comes to be published here: ``evitrail store draft``, ``submit``, ``sign-off``, ``publish`` and kin."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import STORE, By, Json, Reason, StorePath, actor_named, print_json, print_table, say
from evitrail.workbench.cli.store.vouching import acted, held_rows, say_waits

if TYPE_CHECKING:
    from collections.abc import Callable

    from evitrail.evidence_store import EvidenceStore
    from evitrail.evidence_store.curator import Curator

Ref = Annotated[str, typer.Argument(help="Evidence version.", metavar="ID@VERSION")]
Scores = Annotated[
    list[str],
    typer.Option("--rubric", help="Rubric score from 1 to 5, as accuracy=5. May be repeated.", metavar="WHAT=N"),
]


def draft(
    file: Annotated[Path, typer.Argument(help="File with the proposed versions (evidence.jsonl).", metavar="FILE")],
    reason: Reason = "",
    by: By = "",
    store: StorePath = STORE,
    json: Json = False,
) -> None:
    """Propose evidence versions or new texts of proposed ones; searches do not find them until they are published."""
    from evitrail.evidence_store import EvidenceStore
    from evitrail.evidence_store.curator import Curator
    from evitrail.evidence_store.input_lines import jsonl_files, read_lines
    from evitrail.evidence_store.model import Evidence

    proposed = [evidence for _, evidence in read_lines(jsonl_files(file), Evidence)]
    with EvidenceStore.open(store, create=True, actor=actor_named(by)) as opened:
        names = Curator(opened).draft(proposed, reason)
    if json:
        print_json(names)
    else:
        for name in names:
            say(f"drafted {name}; next: evitrail store submit {name.partition('~')[0]}")


def submit(ref: Ref, reason: Reason = "", by: By = "", store: StorePath = STORE, json: Json = False) -> None:
    """Submit a draft for review by another person."""
    _perform(store, by, ref, json, lambda curator: curator.submit(ref, reason))


def sign_off(
    ref: Ref,
    reason: Reason,
    rubric: Scores = [],  # noqa: B006 -- typer takes a list's default so
    by: By = "",
    store: StorePath = STORE,
    json: Json = False,
) -> None:
    """Approve a draft that another person wrote."""
    _perform(store, by, ref, json, lambda curator: curator.sign_off(ref, reason, scores(rubric)))


def hand_back(ref: Ref, reason: Reason, by: By = "", store: StorePath = STORE, json: Json = False) -> None:
    """Return a draft to its authors for changes."""
    _perform(store, by, ref, json, lambda curator: curator.hand_back(ref, reason))


def publish(
    refs: Annotated[list[str], typer.Argument(help="Evidence versions.", metavar="ID@VERSION…")],
    by: By = "",
    store: StorePath = STORE,
    json: Json = False,
) -> None:
    """Publish signed-off drafts: all of them, or none if one is refused."""
    _perform(store, by, refs[0], json, lambda curator: curator.publish(refs))


def withdraw(ref: Ref, reason: Reason, by: By = "", store: StorePath = STORE, json: Json = False) -> None:
    """Withdraw a published version; earlier store states still contain it."""
    _perform(store, by, ref, json, lambda curator: curator.withdraw(ref, reason))


def review(
    on: Annotated[
        datetime | None,
        typer.Option("--on", help="Day to decide expiry by; default: today.", metavar="DATE", formats=["%Y-%m-%d"]),
    ] = None,
    store: StorePath = STORE,
    json: Json = False,
) -> None:
    """List open tasks: what is held, drafts, versions due for review, retracted sources, open contradictions."""
    from evitrail.evidence_store import EvidenceStore
    from evitrail.evidence_store.review import queue

    day = on.date() if on else date.today()  # the clock is read here, and nowhere below
    with EvidenceStore.open(store, read_only=True) as opened:
        tasks = queue(opened.snapshot(), opened.dossiers, day, opened.quarantine.waiting)
    if json:
        print_json([task.model_dump(mode="json") for task in tasks])
        return
    print_table(
        f"{len(tasks)} waiting on {day} in {store}",
        ("version", "what", "since", "by", "next"),
        [(task.ref, task.what, task.since, task.by, task.next) for task in tasks],
        empty="nothing to do",
    )


def scores(given: list[str]) -> dict[str, int]:
    """``accuracy=5`` as a score."""
    found: dict[str, int] = {}
    for one in given:
        what, equals, score = one.partition("=")
        if not (what.strip() and equals and score.strip().isdecimal()):
            raise ValueError(f"--rubric: expected WHAT=N with a whole number, as accuracy=5, got {one!r}")
        found[what.strip()] = int(score)
    return found


def _perform(store: Path, by: str, ref: str, json: bool, act: Callable[[Curator], int]) -> None:
    from evitrail.evidence_store import EvidenceStore
    from evitrail.evidence_store.curator import Curator

    with EvidenceStore.open(store, actor=actor_named(by)) as opened:
        done = acted(opened, lambda: act(Curator(opened)))
        stands = {"ref": ref, "stage": "held", "next": "release"} if done.waits else _stands(opened, ref)
    if json:
        print_json({"seq": done.seq, **stands, "held": held_rows(done.held)})
        return
    if done.waits:
        say_waits(f"the withdrawal of {ref}", done, store)
        return
    follows = f"; next: {stands['next']}" if stands["next"] else ""
    say(f"event {done.seq}: {ref} is {stands['stage']}{follows}")


def _stands(store: EvidenceStore, ref: str) -> dict[str, str]:
    dossier = store.dossiers[ref]
    return {"ref": ref, "stage": dossier.stage.replace("_", " "), "next": dossier.next}
