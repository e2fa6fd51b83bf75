"""``evitrail trace export``: recorded runs in a form that others can open.

Rules kept here
- The file is there whole or not at all: it is written under another name beside its place, and then moved.
- What was there before is not replaced unless that is asked for.
- Patient data stays out unless asked for, and what was left out is said.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import Json, print_json, say
from evitrail.workbench.cli.folder import Folder, find_run, open_journal

if TYPE_CHECKING:
    from evitrail.traces.export import ExportFormat
    from evitrail.traces.journal.view import JournalView


def export(
    folder: Folder,
    format: Annotated[str, typer.Option("--format", help="Format to write: {export_formats}.", metavar="NAME")],
    run: Annotated[str | None, typer.Argument(help="Name of one run; default: all runs.", metavar="RUN")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="File to write.", metavar="FILE")] = None,
    with_sensitive: Annotated[
        bool, typer.Option("--with-sensitive", help="Include patient data; by default it is excluded.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file if it exists.")] = False,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", help="Send the spans to this OTLP collector instead of writing a file (otlp only).", metavar="URL"
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Export one run, or all runs of an experiment."""
    chosen = _format(format)
    if to is not None and (out is not None or format != "otlp"):
        raise ValueError(f"--to: expected --format otlp and no --out, got {format} and {str(out or 'no --out')!r}")
    if run is None and not chosen.holds_many:
        raise ValueError(f"expected a RUN: {format} exports a single run; use {_holding_many()} for an experiment")
    with open_journal(folder) as journal:
        runs = _all(journal, chosen.forks) if run is None else [find_run(journal, run, redacted=True).run]
        if to is not None:
            _send(journal, runs, to, folder.resolve().name, with_sensitive, json)
            return
        target = out or Path(f"{(run or folder.resolve().name).replace(os.sep, '_')}.{chosen.ending}")
        _check(target, force)
        write = chosen.write
        names = _whole_or_not_at_all(lambda at: write(journal, runs, at, with_sensitive=with_sensitive), target)
        left_out = len(names)
    if json:
        print_json({"file": str(target), "format": format, "left_out": left_out})
        return
    say(f"{run if run is not None else f'{len(runs)} runs'}, as {format}: {target}")
    _say_left_out(left_out, with_sensitive)


def _say_left_out(blobs: int, with_sensitive: bool) -> None:
    if blobs:
        why = "redacted" if with_sensitive else "patient data, or redacted; --with-sensitive takes along what is there"
        say(f"left out: {blobs} blobs ({why})")


def _format(name: str) -> ExportFormat:
    from evitrail.evidence_store.did_you_mean import nearest
    from evitrail.workbench.export import FORMATS

    if name not in FORMATS:
        raise ValueError(f"--format: expected one of {', '.join(FORMATS)}, got {name!r}{nearest(name, FORMATS)}")
    return FORMATS[name]


def _holding_many() -> str:
    from evitrail.workbench.export import FORMATS

    return ", ".join(name for name, one in FORMATS.items() if one.holds_many)


def _all(journal: JournalView, forks: bool) -> list[str]:
    from evitrail.traces import Trace
    from evitrail.traces.audit.seal import SEAL_RUN

    named = [name for name in journal.runs() if name != SEAL_RUN]
    return [name for name in named if forks or Trace(journal, name).parent is None]


def _check(target: Path, force: bool) -> None:
    if target.is_dir() or not target.parent.is_dir():
        raise ValueError(f"--out: expected a file in a folder that is there, got {str(target)!r}")
    if target.exists() and not force:
        raise ValueError(f"--out: {str(target)!r} is there already; name another file, or give --force to replace it")


def _whole_or_not_at_all(write: Callable[[Path], tuple[str, ...]], target: Path) -> tuple[str, ...]:
    partial = target.with_name(f".{target.name}.partial")
    try:
        left_out = write(partial)
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return left_out


def _send(journal: JournalView, runs: Sequence[str], to: str, project: str, with_sensitive: bool, json: bool) -> None:
    from evitrail.workbench.export.otlp import send_runs

    sent = send_runs(journal, runs, to, project, with_sensitive=with_sensitive)
    if json:
        print_json({"to": to, "format": "otlp", "spans": sent.spans, "left_out": len(sent.left_out)})
    else:
        what = runs[0] if len(runs) == 1 else f"{len(runs)} runs"
        say(f"{what}, as otlp: {sent.spans} spans sent to {to}, project {project}")
        _say_left_out(len(sent.left_out), with_sensitive)
