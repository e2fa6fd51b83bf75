"""An experiment's results, rebuilt from its journal: outcomes, timings, metrics, blame, the report.

Rules kept here
- The journal is the only truth. Every file here can be deleted and made again, with the same bytes
  (``timings.parquet`` apart, which a clock decides and the journal remembers).
- Blame is worked out once per failed run, stored in that run's own chain, and read back from there.
- A file is replaced whole or not at all.
- No file here holds the text of a sensitive case. A redacted run is left out of all of them, and counted.

    blame_failures(journal, store, reader)
    write_results(folder)
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from agent.reader.base import Reader
from eval.attribution import Blame, attribute
from eval.benchmark import Case
from eval.experiment import JOURNAL, RunConfig, outcomes, redacted, traces
from eval.metrics.table import metric_rows
from eval.outcome import write_outcomes
from eval.report import render
from evidence_store.store import EvidenceStore
from traces.integrity import seal, sealed_root
from traces.journal import Journal
from traces.memory import secret_of
from traces.record import Record
from traces.trace import Trace
from traces.view import JournalView

BLAMED = "attribution"
"""The record type that closes a run's inquiry."""


class Blames(Record):
    """Everything one run is blamed for."""

    blames: tuple[Blame, ...]


def blame_failures(
    journal: Journal, store: EvidenceStore, reader: Reader, progress: Callable[[int, int], None] = lambda done, of: None
) -> None:
    """Attribute every failed run that has not been attributed yet, then seal the journal again."""
    todo = [trace for trace in traces(journal) if trace.ended and not trace.of_type(BLAMED)]
    for done, trace in enumerate(todo):
        progress(done, len(todo))
        with journal.transaction():  # one for the whole inquiry: a hundred replays need not wait for the disk each
            blames = Blames(blames=tuple(attribute(journal, trace.run, store, reader)))
            journal.append(trace.run, BLAMED, {"blames": _stored(journal, trace.run, blames)})
    progress(len(todo), len(todo))
    seal(journal)


def blames(journal: JournalView) -> list[Blame]:
    """Every stored blame record, by run and kind of failure."""
    return [blame for trace in traces(journal) for blame in blames_of(trace)]


def blames_of(trace: Trace) -> tuple[Blame, ...]:
    """What one run is blamed for; empty before attribution, and for a run that did not fail."""
    stored = trace.of_type(BLAMED)
    return trace.journal.get(stored[-1].body["blames"], Blames).blames if stored else ()


def cases(journal: JournalView) -> dict[str, Case]:
    """The cases that were asked, by id."""
    return {case.id: case for trace in traces(journal) for case in [trace.config(RunConfig).case]}


def write_results(folder: Path) -> list[dict[str, object]]:
    """Rebuild every derived file of an experiment's folder; returns the rows of metrics.json."""
    with Journal.open(folder / JOURNAL, create=False) as journal:
        scored, blamed = outcomes(journal), blames(journal)
        rows = metric_rows(scored)
        write_outcomes(folder / "outcomes.parquet", scored)
        _write_timings(folder / "timings.parquet", journal)
        write_json(folder / "metrics.json", rows)
        write_json(folder / "attribution.json", [blame.model_dump(mode="json") for blame in blamed])
        page = render(
            title=folder.name,
            outcomes=scored,
            rows=rows,
            blames=blamed,
            cases={key: case.covered for key, case in cases(journal).items()},
            root=sealed_root(journal),
            redacted=len(redacted(journal)),
        )
        replace_text(folder / "report.html", page)
    return rows


def _stored(journal: Journal, run: str, blames: Blames) -> str:
    """Among the run's own records, so that what is said of patient data is redacted with it."""
    secret = secret_of(journal, run)
    return journal.secret(secret).put(blames) if secret else journal.put(blames)


def _write_timings(path: Path, journal: Journal) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [
        {"run": trace.run, "step": step.path, "kind": step.kind, "by": step.by, "milliseconds": step.milliseconds}
        for trace in traces(journal)
        for step in trace.activities
    ]
    pq.write_table(pa.Table.from_pylist(rows), path)


def write_json(path: Path, value: object) -> None:
    """One JSON document, whole or not at all."""
    replace_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def replace_text(path: Path, text: str) -> None:
    """A file's text, whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)
