"""``evitrail trace export``: recorded runs in a form that others can open.

Rules kept here
- The file is there whole or not at all: it is written under another name beside its place, and then moved.
- What was there before is not replaced unless that is asked for.
- Patient data stays out unless asked for, and what was left out is said.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from evitrail.workbench.cli.console import Json, print_json, say
from evitrail.workbench.cli.folder import Folder, find_run, open_journal

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from evitrail.traces.journal.view import JournalView

Write = Callable[["JournalView", Sequence[str], Path, bool], int]
"""Writes these runs there, with patient data or without; returns how many blobs it left out."""


class Format(NamedTuple):
    """A form that runs can be handed on in."""

    ending: str
    write: Write
    holds_many: bool
    """Whether a whole experiment fits in it."""
    forks: bool = True
    """Whether the forks and counterfactuals of an experiment go with it."""


def export(
    folder: Folder,
    format: Annotated[str, typer.Option("--format", help="prov, otlp, html, zip, graphml or crate.", metavar="NAME")],
    run: Annotated[str | None, typer.Argument(help="One run; without it all of them.", metavar="RUN")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="The file to write.", metavar="FILE")] = None,
    with_sensitive: Annotated[
        bool, typer.Option("--with-sensitive", help="Take patient data along, which stays out otherwise.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file when it is there.")] = False,
    to: Annotated[
        str | None, typer.Option("--to", help="Send otlp to this collector instead of writing a file.", metavar="URL")
    ] = None,
    json: Json = False,
) -> None:
    """One run, or all of an experiment, in a form that others can open."""
    chosen = _format(format)
    if to is not None and (out is not None or chosen is not FORMATS["otlp"]):
        raise ValueError(f"--to: expected --format otlp and no --out, got {format} and {str(out or 'no --out')!r}")
    if run is None and not chosen.holds_many:
        many = ", ".join(name for name, one in FORMATS.items() if one.holds_many)
        raise ValueError(f"expected a RUN, which {format} holds one of; {many} hold an experiment")
    with open_journal(folder) as journal:
        runs = _all(journal, chosen.forks) if run is None else [find_run(journal, run, redacted=True).run]
        if to is not None:
            _send(journal, runs, to, folder.resolve().name, with_sensitive, json)
            return
        target = out or Path(f"{(run or folder.resolve().name).replace(os.sep, '_')}.{chosen.ending}")
        _check(target, force)
        left_out = _whole_or_not_at_all(lambda there: chosen.write(journal, runs, there, with_sensitive), target)
    if json:
        print_json({"file": str(target), "format": format, "left_out": left_out})
        return
    say(f"{run if run is not None else f'{len(runs)} runs'}, as {format}: {target}")
    _say_left_out(left_out, with_sensitive)


def _say_left_out(blobs: int, with_sensitive: bool) -> None:
    if blobs:
        why = "redacted" if with_sensitive else "patient data, or redacted; --with-sensitive takes along what is there"
        say(f"left out: {blobs} blobs ({why})")


def _format(name: str) -> Format:
    from difflib import get_close_matches

    if name not in FORMATS:
        near = get_close_matches(name, FORMATS, n=3, cutoff=0.5)
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise ValueError(f"--format: expected one of {', '.join(FORMATS)}, got {name!r}{hint}")
    return FORMATS[name]


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


def _whole_or_not_at_all(write: Callable[[Path], int], target: Path) -> int:
    partial = target.with_name(f".{target.name}.partial")
    try:
        left_out = write(partial)
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return left_out


def _prov(journal: JournalView, runs: Sequence[str], target: Path, with_sensitive: bool) -> int:
    from evitrail.traces import Trace
    from evitrail.traces.export import prov

    return len(prov.write(Trace(journal, runs[0]), target, with_sensitive=with_sensitive))


def _graphml(journal: JournalView, runs: Sequence[str], target: Path, with_sensitive: bool) -> int:
    from evitrail.traces import Trace
    from evitrail.traces.export import graphml

    return len(graphml.write(Trace(journal, runs[0]), target, with_sensitive=with_sensitive))


def _crate(journal: JournalView, runs: Sequence[str], target: Path, with_sensitive: bool) -> int:
    from evitrail.traces import Trace
    from evitrail.traces.export import crate

    return len(crate.write(Trace(journal, runs[0]), target, with_sensitive=with_sensitive))


def _zip(journal: JournalView, runs: Sequence[str], target: Path, with_sensitive: bool) -> int:
    from evitrail.traces.bundle.bundle import write_bundle

    return len(write_bundle(journal, frozenset(runs), target, with_sensitive=with_sensitive).blobs_left_out)


def _html(journal: JournalView, runs: Sequence[str], target: Path, with_sensitive: bool) -> int:
    from evitrail.workbench.page import write_page

    return write_page(journal, runs, target, with_sensitive=with_sensitive).left_out


def _otlp(journal: JournalView, runs: Sequence[str], target: Path, with_sensitive: bool) -> int:
    from evitrail.traces.external.otlp import json_line

    left_out: set[str] = set()
    with target.open("w", encoding="utf-8") as file:
        file.writelines(map(json_line, _spans(journal, runs, left_out, with_sensitive)))
    return len(left_out)


def _send(journal: JournalView, runs: Sequence[str], to: str, project: str, with_sensitive: bool, json: bool) -> None:
    from evitrail.traces.external.otlp import send

    left_out: set[str] = set()
    sent = 0
    for spans in _spans(journal, runs, left_out, with_sensitive, project):
        send(spans, to)
        sent += len(spans)
    if json:
        print_json({"to": to, "format": "otlp", "spans": sent, "left_out": len(left_out)})
    else:
        what = runs[0] if len(runs) == 1 else f"{len(runs)} runs"
        say(f"{what}, as otlp: {sent} spans sent to {to}, project {project}")
        _say_left_out(len(left_out), with_sensitive)


def _spans(
    journal: JournalView, runs: Sequence[str], left_out: set[str], with_sensitive: bool, project: str | None = None
) -> Iterator[list[ReadableSpan]]:
    """Each run's spans; what is kept back is added to ``left_out``."""
    from evitrail.traces import Trace
    from evitrail.traces.export.disclosed import Disclosed
    from evitrail.workbench.openinference.step_spans import spans

    for name in runs:
        run = Disclosed(Trace(journal, name), with_sensitive=with_sensitive)
        yield spans(run, project=project)
        left_out.update(run.left_out)


FORMATS = {
    "prov": Format("prov.json", _prov, holds_many=False),
    "otlp": Format("otlp.jsonl", _otlp, holds_many=True),
    "html": Format("html", _html, holds_many=True, forks=False),
    "zip": Format("zip", _zip, holds_many=True),
    "graphml": Format("graphml", _graphml, holds_many=False),
    "crate": Format("crate.zip", _crate, holds_many=False),
}
