"""``evitrail redteam passages``: prompt injection; does a payload escape its fence, and does it turn the answer?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from evitrail.workbench.cli.console import Json, print_json, print_table, progress, rate, say
from evitrail.workbench.cli.folder import AllowCode, Folder, StoreNow
from evitrail.workbench.cli.plan_options import READS, KeyEnv, Prompts

if TYPE_CHECKING:
    from evitrail.agent.reader.base import Reader
    from evitrail.eval.dataset.case import Case
    from evitrail.eval.injection.table import Share
    from evitrail.eval.redteam.passages.payload import Payload
    from evitrail.eval.redteam.passages.run_passages import Attacked
    from evitrail.eval.rerun.reopened import Reopened
    from evitrail.evidence_store.snapshot import Snapshot


def passages(
    folder: Folder,
    reader: Annotated[
        str | None, typer.Option("--reader", help=f"{READS}; default: those of the experiment.", metavar="NAME")
    ] = None,
    prompts: Prompts = "default",
    only: Annotated[
        str | None,
        typer.Option(
            "--only",
            help="Payloads to use, comma-separated: ids, or techniques ({techniques}); default: all.",
            metavar="NAME[,NAME…]",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", help="Maximum number of payloads; the first ones are used.", metavar="N", min=1),
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Print the prompts as they reach the model.")] = False,
    key_env: KeyEnv = [],  # noqa: B006 -- typer takes a list's default so
    store: StoreNow = None,
    allow_code: AllowCode = False,
    json: Json = False,
) -> None:
    """Try prompt injections on the readers.

    Each payload orders a wrong option for one question of the experiment. It is put into a passage, a title, an option
    and an earlier reply of the model, and read with the evidence that decides the question. The table counts the
    payloads that stayed within their fence, and the answers that turned to the option that was ordered. Nothing is
    recorded.
    """
    from evitrail.eval.log.runs import cases
    from evitrail.eval.redteam.passages.run_passages import run_passages
    from evitrail.eval.rerun.reopened import reopened

    chosen = _chosen(only)[:limit]
    named = [reader] if reader else []
    with reopened(folder, allow_code=allow_code, store=store, key_env=key_env, models=named) as again:
        asked = sorted(cases(again.past).values(), key=lambda case: case.id)
        held = again.store

        def state(case: Case) -> Snapshot:
            return held.snapshot(as_of=case.as_of)

        found: list[Attacked] = []
        for one in _readers(again, reader, prompts):
            with progress("attacking") as told:
                found.append(run_passages(one, asked, state, chosen, progress=told))
    if json:
        print_json([_as_json(one) for one in found])
        return
    for attacked in found:
        if show:
            _show_prompts(attacked)
        _show(attacked)


def _chosen(only: str | None) -> list[Payload]:
    from evitrail.eval.redteam.passages.payload import payloads, techniques
    from evitrail.evidence_store.did_you_mean import nearest

    every = payloads()
    if only is None:
        return list(every.values())
    known = techniques()
    names = [name.strip() for name in only.split(",") if name.strip()]
    for name in names or [only]:
        if name not in every and name not in known:
            meant = nearest(name, [*known, *every])
            raise ValueError(f"--only: expected payload ids or techniques ({', '.join(known)}), got {name!r}{meant}")
    return [payload for payload in every.values() if {payload.id, payload.technique} & set(names)]


def _readers(again: Reopened, named: str | None, prompts: str) -> list[Reader]:
    from evitrail.agent.llm.availability import probe
    from evitrail.agent.reader import reader_named

    found = [one for _, one in again.readers]
    if named is not None:
        found = [reader_named(named, again.store.encoder.encode, prompts=prompts, key_env=again.key_env)]
    for one in found:
        probe(one)
    return found


def _show_prompts(found: Attacked) -> None:
    """Every prompt that a payload led to, as the model got it."""
    for one in found.attempts:
        for reached in one.reached:
            say(f"{one.payload} by {one.channel}, {one.case}:", style="bold")
            say(reached, indent=2)


def _show(found: Attacked) -> None:
    print_table(
        f"{found.reader}: prompt injections by technique and channel; per cent, with 95% interval",
        ("technique", "channel", "payloads", "within the fence", "hidden characters", "turned", ""),
        [
            (
                row.technique,
                row.channel,
                row.attempts,
                _counted(row.enclosed),
                row.hidden,
                _counted(row.turned),
                rate(row.turned),
            )
            for row in found.rows
        ],
        whole=True,
    )
    turned = [one for one in found.attempts if one.turned]
    out = [one for one in found.attempts if one.enclosed is False]
    for one in (*out, *(one for one in turned if one not in out)):
        what = "escaped its fence" if one.enclosed is False else f"turned the answer to {one.target}"
        say(f"{one.payload} by {one.channel}, {one.case}: {what}")


def _counted(share: Share | None) -> str | None:
    return f"{share.k} of {share.n}" if share else None


def _as_json(found: Attacked) -> dict[str, Any]:
    rows, attempts = ([one.model_dump(mode="json") for one in table] for table in (found.rows, found.attempts))
    return {"reader": found.reader, "rows": rows, "attempts": attempts}
