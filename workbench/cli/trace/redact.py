"""``evitrail trace redact``: a run's patient data goes, and the record that it was there stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from evitrail.workbench.cli.console import Json, print_json, print_table, say
from evitrail.workbench.cli.folder import Folder, find_run, open_journal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from evitrail.traces.journal.view import JournalView


def redact(
    folder: Folder,
    run: Annotated[
        str,
        typer.Argument(help="Name of a run or of a fork of it; the run and all its forks are redacted.", metavar="RUN"),
    ],
    reason: Annotated[
        str,
        typer.Option(
            "--reason",
            help="Reason, recorded in the journal; it must not contain patient data.",
            metavar="TEXT",
            show_default=False,
        ),
    ],
    by: Annotated[
        str,
        typer.Option(
            "--by",
            envvar="EVITRAIL_ACTOR",
            help="Name of the person who redacts, recorded in the journal.",
            metavar="NAME",
            show_default=False,
        ),
    ] = "",
    json: Json = False,
) -> None:
    """Delete a run's patient data permanently; its record stays and still verifies.

    Its forks and counterfactuals are redacted too, the journal is sealed again, the report is rewritten without it.
    """
    from evitrail.eval.redact_run import redact_run

    actor, why = " ".join(by.split()), " ".join(reason.split())
    if not actor:
        raise ValueError("--by: expected who redacts, got nobody; give --by NAME, or set EVITRAIL_ACTOR")
    if not why:
        raise ValueError("--reason: expected why the run is redacted, got nothing; it stays on record")
    if folder.is_file():
        raise ValueError(f"expected an experiment's folder, got {str(folder)!r}; redact there, then bundle again")
    with open_journal(folder) as journal:
        find_run(journal, run, redacted=True)
    dropped = redact_run(folder, run, by=actor, reason=why)
    said = dropped.said
    if json:
        print_json({**said._asdict(), "runs": dropped.runs, "blobs": dropped.blobs, "root": dropped.root})
        return
    if dropped.blobs:
        others = len(dropped.runs) - 1
        also = f" and {others} forks and counterfactuals of it" if others else ""
        say(f"redacted: run {said.run!r}{also}; {dropped.blobs} blobs of patient data and their key are gone")
    else:
        say(f"nothing was left to redact: {said}; the files were scrubbed, sealed and written again")
    say("left: what was done and when, under names that say nothing any more, and the record of this redaction")
    say("not reached: copies, backups and exports of this folder")
    say(f"root: {dropped.root}")


def rows_of(journal: JournalView, condition: str | None) -> list[dict[str, Any]]:
    """The redacted runs of a condition, or of all, each as a line of a list."""
    from evitrail.traces.journal.redacted import redacted_runs

    if not redacted_runs(journal):
        return []
    from evitrail.eval.log.runs import redacted
    from evitrail.eval.plan.run_name import ran_under

    found = redacted(journal).items()
    return [
        {"run": run, "redacted": {"at": said.at, "by": said.by, "reason": said.reason}}
        for run, said in found
        if condition is None or ran_under(run, condition)
    ]


def list_redacted(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    """The runs as a table."""
    cells = [(row["run"], *row["redacted"].values()) for row in rows]
    print_table(f"{len(rows)} runs in {folder}, redacted", ("run", "at", "by", "reason"), cells)
