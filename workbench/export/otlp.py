"""Runs as OpenTelemetry spans with OpenInference attributes: to a file, or to a collector."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from opentelemetry.sdk.trace import ReadableSpan

from evitrail.traces.export.disclosed import Disclosed
from evitrail.traces.external.otlp import json_line, send
from evitrail.traces.journal.view import JournalView
from evitrail.traces.trace import Trace
from evitrail.workbench.openinference.step_spans import spans


def write(journal: JournalView, runs: Sequence[str], target: Path, *, with_sensitive: bool) -> tuple[str, ...]:
    """Write a line for each run; returns the names of what was left out."""
    left_out: dict[str, None] = {}
    with target.open("w", encoding="utf-8") as file:
        file.writelines(map(json_line, _each(journal, runs, left_out, with_sensitive, None)))
    return tuple(left_out)


class Sent(NamedTuple):
    """What a collector was sent."""

    spans: int
    left_out: tuple[str, ...]


def send_runs(journal: JournalView, runs: Sequence[str], to: str, project: str, *, with_sensitive: bool) -> Sent:
    """Send these runs to the collector at this address; raises ``ValueError`` where it does not take them."""
    left_out: dict[str, None] = {}
    sent = 0
    for ours in _each(journal, runs, left_out, with_sensitive, project):
        send(ours, to)
        sent += len(ours)
    return Sent(sent, tuple(left_out))


def _each(
    journal: JournalView, runs: Sequence[str], left_out: dict[str, None], with_sensitive: bool, project: str | None
) -> Iterator[list[ReadableSpan]]:
    """Each run's spans; the names of what is kept back are added to ``left_out``."""
    for name in runs:
        run = Disclosed(Trace(journal, name), with_sensitive=with_sensitive)
        yield spans(run, project=project)
        left_out |= dict.fromkeys(run.left_out)
