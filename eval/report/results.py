"""An experiment's results, rebuilt from its journal: outcomes, timings, metrics, cost, blame, the report.

Rules kept here
- The journal is the only truth. Every file here can be deleted and made again, with the same bytes.
- A clock decides ``timings.parquet`` and the latency in ``cost.json``, and the journal remembers it. All other files
  are the same for equal seeds.
- Blame is worked out once per failed run, stored in that run's own chain, and read back from there.
- A file is replaced whole or not at all.
- ``mismatches.jsonl`` is there where words were checked: the answers that a person should look at.
- No file here holds the text of a sensitive case. A redacted run is left out of all of them, and counted.

    blame_failures(journal, store, reader)
    write_results(folder)
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from evitrail.agent.model import Answer
from evitrail.agent.reader.base import Reader
from evitrail.eval.attribution import Blame, attribute
from evitrail.eval.dataset.case import Case
from evitrail.eval.experiment.experiment import JOURNAL, RunConfig, outcomes, redacted, traces
from evitrail.eval.log.latest_check import counted, rechecked
from evitrail.eval.log.mismatches import MISMATCHES, mismatches
from evitrail.eval.log.scored_runs import scored_runs
from evitrail.eval.metrics.evidence_weighting import weighted
from evitrail.eval.metrics.outcome import write_outcomes
from evitrail.eval.metrics.table import cost_rows, metric_rows
from evitrail.eval.plan.plan import PLAN, read_plan
from evitrail.eval.plan.readers import Readers
from evitrail.eval.report import render
from evitrail.evidence_store.store import EvidenceStore
from evitrail.traces.audit.seal import seal, sealed_root
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.journal import Journal
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import Record
from evitrail.traces.run.memory import secret_of
from evitrail.traces.trace import Trace

BLAMED = "attribution"
"""The record type that closes a run's inquiry."""


class Blames(Record, stored_as="Blames"):
    """Everything one run is blamed for."""

    blames: tuple[Blame, ...]


def blame_failures(
    journal: Journal,
    store: EvidenceStore,
    reader: Reader | Readers,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> None:
    """Attribute every failed run that has not been attributed yet, then seal the journal again."""
    _blame(journal, store, reader, progress)
    seal(journal)


def blame_folder(
    folder: Path,
    store: EvidenceStore,
    reader: Reader | Readers,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> None:
    """``blame_failures`` where several wrote: in each file of the folder, then one seal over all of them."""
    with Journals.open(folder) as journals:
        paths = [file.path for file in journals.files]
    for path in paths:
        with Journal.open(path) as journal:
            _blame(journal, store, reader, progress)
    with Journal.open(folder / JOURNAL) as journal, Journals.open(folder) as whole:
        seal(journal, over=whole)


def _blame(
    journal: Journal, store: EvidenceStore, reader: Reader | Readers, progress: Callable[[int, int], None]
) -> None:
    todo = [trace for trace in traces(journal) if trace.ended and not trace.of_type(BLAMED)]
    for done, trace in enumerate(todo):
        progress(done, len(todo))
        with journal.transaction():  # one for the whole inquiry: a hundred replays need not wait for the disk each
            blames = Blames(blames=tuple(attribute(journal, trace.run, store, reader)))
            journal.append(trace.run, BLAMED, {"blames": _stored(journal, trace.run, blames)})
    progress(len(todo), len(todo))


def blames(journal: JournalView) -> list[Blame]:
    """Every stored blame record, by run and kind of failure.

    One of an answer that does not count any more, because a re-check came to another, is left out.
    """
    latest = rechecked(journal)
    return [blame for trace in traces(journal) if _counts(trace, latest) for blame in blames_of(trace)]


def _counts(trace: Trace, latest: Mapping[str, str]) -> bool:
    """Whether the run's own option is the one that counts."""
    if trace.run not in latest:
        return True
    own, other = trace.output(Answer), counted(trace, latest).output(Answer)
    return own is not None and other is not None and own.option == other.option


def blames_of(trace: Trace) -> tuple[Blame, ...]:
    """What one run is blamed for; empty before attribution, and for a run that did not fail."""
    stored = trace.of_type(BLAMED)
    return trace.journal.get(stored[-1].body["blames"], Blames).blames if stored else ()


def cases(journal: JournalView) -> dict[str, Case]:
    """The cases that were asked, by id; one that was asked of several days has none."""
    found: dict[str, Case] = {}
    for trace in traces(journal):
        case = trace.config(RunConfig).case
        other = found.setdefault(case.id, case)
        if other.as_of != case.as_of:
            found[case.id] = other.model_copy(update={"as_of": None})
    return found


def write_results(folder: Path) -> list[dict[str, object]]:
    """Rebuild every derived file of an experiment's folder; returns the rows of metrics.json."""
    with Journals.open(folder) as journal:
        plan = read_plan(folder / PLAN) if (folder / PLAN).exists() else None
        scored = weighted(outcomes(journal), journal, plan.confidence_weights if plan else None)
        blamed, shown = blames(journal), {key: case.covered for key, case in cases(journal).items()}
        runs = scored_runs(scored, journal, shown, plan)
        rows = metric_rows(runs)
        write_outcomes(folder / "outcomes.parquet", scored)
        _write_timings(folder / "timings.parquet", journal)
        write_json(folder / "metrics.json", rows)
        write_json(folder / "cost.json", cost_rows(runs))
        write_json(folder / "attribution.json", [blame.model_dump(mode="json") for blame in blamed])
        if (queue := mismatches(journal)) is not None:
            replace_text(folder / MISMATCHES, "".join(f"{row.model_dump_json()}\n" for row in queue))
        page = render(
            title=folder.name,
            outcomes=scored,
            rows=rows,
            blames=blamed,
            cases=shown,
            root=sealed_root(journal),
            redacted=len(redacted(journal)),
        )
        replace_text(folder / "report.html", page)
    return rows


def _stored(journal: Journal, run: str, blames: Blames) -> str:
    """Among the run's own records, so that what is said of patient data is redacted with it."""
    secret = secret_of(journal, run)
    return journal.secret(secret).put(blames) if secret else journal.put(blames)


def _write_timings(path: Path, journal: JournalView) -> None:
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
