"""``evitrail store retract``, ``concern``, ``reinstate`` and ``notices``: what publishers say after the fact."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import (
    STORE,
    By,
    Check,
    Json,
    Reason,
    StorePath,
    actor_named,
    print_json,
    print_table,
    say,
)
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
    from collections.abc import Callable

    from evitrail.evidence_store.curation.notices import Nature

Ref = Annotated[str, typer.Argument(help="Evidence version.", metavar="ID@VERSION")]
On = Annotated[datetime | None, typer.Option("--on", help="Day of the notice.", metavar="DATE", formats=["%Y-%m-%d"])]
Doi = Annotated[str | None, typer.Option("--notice", help="DOI of the notice.", metavar="DOI")]


def _verb(nature: Nature, words: str) -> Callable[..., None]:
    """The verb that records one nature of notice; ``words`` are its help."""

    def record(
        ref: Ref,
        reason: Reason,
        by: By = "",
        publisher: PublisherName = None,
        on: On = None,
        notice: Doi = None,
        store: StorePath = STORE,
        json: Json = False,
    ) -> None:
        from evitrail.evidence_store import EvidenceStore
        from evitrail.evidence_store.curation.notices import Notice

        doi = notice.lower() if notice else None
        said = Notice(ref=ref, nature=nature, reason=reason, on=on.date() if on else None, notice=doi)
        with EvidenceStore.open(store, actor=actor_named(by)) as opened:
            done = acted(opened, lambda: opened.notify([said], publisher=publisher))
        if json:
            print_json({"seq": done.seq, **said.model_dump(mode="json"), "held": held_rows(done.held)})
            return
        if done.waits:
            say_waits(f"{nature} of {ref}", done, store)
            return
        say(f"event {done.seq}: {nature} of {ref}")
        say(f"which answers rest on it: evitrail trace impact DIR {ref}")

    record.__doc__ = words
    return record


retract = _verb("retraction", "Record the retraction of a version; earlier store states do not change.")
concern = _verb("concern", "Record an expression of concern about a version.")
reinstate = _verb("reinstatement", "Record that a retraction or an expression of concern was withdrawn.")


def notices(
    file: Annotated[
        Path, typer.Argument(help="Table with doi and kind, or Retraction Watch's CSV; plain or .gz.", metavar="FILE")
    ],
    publisher: PublisherName = None,
    signature: SignatureFile = None,
    by: By = "",
    store: StorePath = STORE,
    check: Check = False,
    json: Json = False,
) -> None:
    """Import a list of retractions, in the order of their days; papers are matched by DOI, else by PMID."""
    from evitrail.evidence_store import EvidenceStore
    from evitrail.evidence_store.curation.notices import matched, on_record
    from evitrail.evidence_store.formats.notices_tsv import read_notice_list

    actor, listed = actor_named(by), read_notice_list(file)
    voucher = voucher_for(file, publisher, signature)
    with EvidenceStore.open(store, actor=actor) as opened:
        known = on_record(opened.events())
        found = matched(listed.notices, opened.headers, reason=f"listed in {file.name}", recorded=known)
        before = opened.seq
        if not check:
            opened.notify(found, publisher=voucher)
        held = held_since(opened, before)
    if json:
        rows = [one.model_dump(mode="json") for one in found]
        counted = {"listed": len(listed.notices), "corrections": listed.corrections}
        print_json({**counted, "notices": rows, "recorded": not check, "held": held_rows(held)})
        return
    if listed.corrections:
        say(f"{listed.corrections} corrections are listed too; a correction does not change a version's standing")
    print_table(
        f"{len(listed.notices)} notices listed, {len(found)} change the standing of a version in {store}",
        ("version", "nature", "day", "notice"),
        [(one.ref, one.nature, one.on, one.notice) for one in found],
        empty="nothing to record",
    )
    if held:
        say(f"{len(held)} of them are held")
        show_held(held, store)
    elif found:
        say("nothing was written" if check else f"which answers rest on them: evitrail trace impact DIR {found[0].ref}")
