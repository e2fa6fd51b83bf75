"""Who relies on a piece of evidence: the runs whose answer cites it, and those that only saw it, by outcome.

Rules kept here
- Everything is counted from the results by a query that is told beside the number: the link shows the runs counted.
- Every experiment that was run on the same store is asked. Where its results do not tell, the line says so; that a run
  is not known to have met the evidence is no zero.
- No journal is opened.

    reliance(folders, opened.place, "aspirin@2016").experiments[0].cited.counts["wrong"].runs
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from evitrail.eval.query.tree import quoted
from evitrail.evidence_store.input_text import InputError
from evitrail.traces.record import Record
from evitrail.workbench.api.folders import ExperimentFolders
from evitrail.workbench.api.runs.pack import columns_of
from evitrail.workbench.api.runs.runs import listed_runs, selection
from evitrail.workbench.api.store.opened import StorePlace
from evitrail.workbench.one_line import one_line

Group = Literal["cited", "seen"]
MET = ("cited", "served", "retrieved")
"""Columns that name the evidence a run met."""
PLAIN = re.compile(r"[\w.@-]+")
"""Names that need no quotes in a query; two points would make a range of one."""
OUTCOMES = ("right", "wrong", "abstained", "high_risk", "unsafe", "contradicts", "overconfident", "stale")
"""Flags that each group is counted by."""
SHOWN = 20
"""Runs that are listed by name."""
TOLD = ("run", "condition", "case", "chosen", "answer", "correct", "abstained", *OUTCOMES[3:])
"""Columns of a run that is listed."""


class CountedRuns(Record):
    """How many runs a query means."""

    query: str
    runs: int
    unknown: int
    """Runs of which it cannot be told whether they are meant."""


class RelyingRuns(Record):
    """One group of runs, by outcome."""

    all: CountedRuns
    counts: dict[str, CountedRuns]
    runs: tuple[dict[str, Any], ...]
    """The first of them, by name."""


class ExperimentReliance(Record):
    """The runs of one experiment that met the evidence."""

    exp: str
    total: int | None
    """Runs with results; None where there are none."""
    cited: RelyingRuns | None
    """Runs whose answer cites it."""
    seen: RelyingRuns | None
    """Runs that found it, or gave it to the reader, and do not cite it."""
    lacking: str = ""
    """Why it cannot be told; empty where it can."""


class Reliance(Record):
    """Who relies on a version, or on any version of a lineage."""

    ref: str
    experiments: tuple[ExperimentReliance, ...]


def reliance(folders: ExperimentFolders, place: StorePlace, ref: str) -> Reliance:
    """The runs that met this version, or where no version is named any of its lineage."""
    known = folders.all()
    asked = [(exp, known[exp]) for exp in place.shared if exp in known]
    return Reliance(ref=ref, experiments=tuple(_in_experiment(exp, folder, ref) for exp, folder in asked))


def _in_experiment(exp: str, folder: Path, ref: str) -> ExperimentReliance:
    value = ref if PLAIN.fullmatch(ref) and ".." not in ref else quoted(ref)
    try:
        columns = columns_of(folder)
        met = {one for name in MET for one in columns.lists(name).distinct}
        if ref not in met and all(one.partition("@")[0] != ref for one in met):
            return ExperimentReliance(exp=exp, total=columns.n, cited=None, seen=None)
        cited = _relying(folder, (f"cites:{value}",), listed=SHOWN)
        seen = _relying(folder, (f"(evidence:{value} OR retrieved:{value})", f"-cites:{value}"), listed=0)
        return ExperimentReliance(exp=exp, total=columns.n, cited=cited, seen=seen)
    except (InputError, FileNotFoundError) as error:
        return ExperimentReliance(exp=exp, total=None, cited=None, seen=None, lacking=one_line(error))


def _relying(folder: Path, terms: Sequence[str], listed: int) -> RelyingRuns:
    group = " ".join(terms)
    rows = listed_runs(folder, group, limit=listed).runs
    return RelyingRuns(
        all=_counted(folder, group),
        counts={flag: _counted(folder, f"{group} {flag}") for flag in OUTCOMES},
        runs=tuple({name: row.get(name) for name in TOLD} for row in rows),
    )


def _counted(folder: Path, query: str) -> CountedRuns:
    found = selection(folder, query)
    return CountedRuns(query=query, runs=len(found.places), unknown=found.unknown)
