"""Write external runs to a journal, marked as such.

Rules kept here
- All runs are imported, or none. A trace that is in the journal already is not imported again.
- A trace that has grown since (its file has further spans, or spans that have ended now) becomes a run beside the
  earlier one, which stays as it is: ``week+2`` after ``week``. Steps that were there before are reused from it.
- The journal's times say when a run was imported. The original times are in the steps' parameters, in ``run.begin``
  and in ``run.end``. A run whose root failed has its error in its output.

    with Journal.open(path) as journal:
        import_runs(journal, incoming_runs(read_spans(file), file, interpret), interpret)

Nothing here checks whether the imported data is true.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple

from evitrail.traces.external.external_run import ELSEWHERE
from evitrail.traces.external.incoming_run import Imported, IncomingRun, Interpret
from evitrail.traces.external.recorded_times import iso_time
from evitrail.traces.external.step_records import RunRecords, run_records
from evitrail.traces.journal.journal import Journal, JournalView
from evitrail.traces.trace import Trace

PLACED = frozenset({"path", "reused_from"})
"""Fields of a step that say where it is, and not what was done."""


class ImportedRuns(NamedTuple):
    """The names of the runs of a file."""

    new: tuple[str, ...]
    known: tuple[str, ...]
    """In the journal already."""
    grown: tuple[str, ...] = ()
    """Runs of traces of which the journal has less."""


def import_runs(journal: Journal, runs: Iterable[IncomingRun], interpret: Interpret) -> ImportedRuns:
    """Write the runs to the journal; raises ``ValueError`` if a name is taken by another run."""
    new, known, grown = [], [], []
    with journal.transaction():
        imported = _by_trace(journal)
        for one in runs:
            earlier = _of_family(imported[one.config.trace], one.family)
            records = run_records(one, interpret)
            if not earlier:
                new.append(name := _free_name(journal, one))
                _write(journal, name, one, records)
            elif _is_known(journal, earlier, one, records):
                known.append(earlier[-1])
            else:
                grown.append(name := _next_name(journal, earlier[0]))
                _write(journal, name, one, records, earlier[-1])
    return ImportedRuns(tuple(new), tuple(known), tuple(grown))


def _write(journal: Journal, name: str, run: IncomingRun, records: RunRecords, earlier: str | None = None) -> None:
    """All records of the run."""
    for record in records.blobs.values():
        journal.put(record)
    config, whole = journal.put(run.config), run.tree.outcome
    spans = [whole] if whole else [step.span for step in run.tree.steps]
    began = iso_time(min((span.start for span in spans if span.start), default=0))
    ended = iso_time(max((span.end for span in spans), default=0))
    begin = {"config": config, "config_type": "Imported", "parent": None, "recorded": ELSEWHERE, "began": began}
    continued = {} if earlier is None else {"continues": earlier}
    journal.append(name, "run.begin", {**begin, "digest": run.config.digest, **continued})
    before = _steps(journal, earlier) if earlier is not None else {}
    for kind, body in records.steps:
        same = before.get(body["parameters"]["span"]) == _done(kind, body)
        journal.append(name, kind, {**body, "reused_from": earlier if same else None})
    journal.append(name, "run.end", {"output": records.output, "output_type": "Foreign", "ended": ended})


def _by_trace(journal: JournalView) -> defaultdict[str, list[str]]:
    """The imported runs of each trace, the earliest first."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for run in journal.runs():
        begin = journal.records(run)[0].body
        if begin.get("config_type") == "Imported" and begin["config"] not in journal.redacted():
            found[journal.get(begin["config"], Imported).trace].append(run)
    return defaultdict(list, {trace: sorted(runs, key=_number) for trace, runs in found.items()})


def _of_family(runs: Sequence[str], family: str | None) -> list[str]:
    """Those of the runs that the caller's name means: all if the caller gave none."""
    if family is None:
        return list(runs)
    return [run for run in runs if re.fullmatch(rf"{re.escape(family)}(\.\d+)?(\+\d+)?", run)]


def _is_known(journal: JournalView, earlier: Sequence[str], run: IncomingRun, records: RunRecords) -> bool:
    """Whether the journal has this file's trace already, or the newest run of the trace has all of it."""
    configs = [journal.get(journal.records(name)[0].body["config"], Imported) for name in earlier]
    if any(config.digest == run.config.digest for config in configs):
        return True
    before = _steps(journal, earlier[-1])
    if any(before.get(body["parameters"]["span"]) != _done(kind, body) for kind, body in records.steps):
        return False
    output = Trace(journal, earlier[-1]).of_type("run.end")[0].body["output"]
    whole = output == records.output and configs[-1].attributes == run.config.attributes
    return whole or run.tree.root is None


def _steps(journal: JournalView, run: str) -> dict[str, Any]:
    """What each span of an imported run did."""
    kept = [record for record in Trace(journal, run).records if record.type in ("activity.end", "activity.error")]
    return {record.body["parameters"]["span"]: _done(record.type, record.body) for record in kept}


def _done(kind: str, body: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return kind, {field: value for field, value in body.items() if field not in PLACED}


def _free_name(journal: JournalView, run: IncomingRun) -> str:
    """The run's name, or the next number of the caller's; raises ``ValueError`` if the name is taken."""
    if not journal.records(run.run):
        return run.run
    if run.family is not None and run.run != run.family:
        return next(name for n in count(1) if not journal.records(name := f"{run.family}.{n}"))
    raise ValueError(f"another run in {str(journal.path)!r} has the name {run.run!r}; give a different --name")


def _next_name(journal: JournalView, first: str) -> str:
    """The name of a further run of a trace: ``week+2``, ``week+3``, …"""
    return next(name for n in count(2) if not journal.records(name := f"{_base(first)}+{n}"))


def _base(run: str) -> str:
    return re.sub(r"\+\d+$", "", run)


def _number(run: str) -> tuple[str, int]:
    """Sorts the runs of a trace by name and number."""
    return _base(run), int(run[len(_base(run)) + 1 :] or 1)
