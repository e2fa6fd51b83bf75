"""The runs behind each rule of an audit, as a query of the list of runs, or one by one where no query finds just these.

Rules kept here
- A query is given only if it finds exactly the runs behind the verdict: it is tried on the results first. So a number
  and the list that it leads to never differ, whatever the store came to know after the results were written.
- By fields where that does, such as ``cites:retracted``; else by the versions that are cited; else by the runs' names,
  as far as an address holds them.
- What a red team did lies in a folder of its own, and is no run of this experiment.

    runs_behind(folder, inputs)["evidence.nothing_retracted.gated"].query
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from evitrail.eval.attribution.scene.players import STORE
from evitrail.eval.audit.blame_rules import suspects
from evitrail.eval.audit.evidence import LAPSED, breaches
from evitrail.eval.audit.inputs import AuditInputs
from evitrail.eval.audit.rules import AttributionRule, EvidenceRule, NoRegression, Rule, Threshold
from evitrail.eval.metrics.run_columns import KINDS, NOBODY
from evitrail.eval.query.parse import QueryError, parse
from evitrail.eval.query.select import select
from evitrail.eval.query.tree import Op, Value, Where
from evitrail.eval.report.profile import COLUMNS
from evitrail.evidence_store.input_text import InputError
from evitrail.traces.record import Record
from evitrail.workbench.api.runs.pack import columns_of

BREAKS = {one.metric: one.flag for one in COLUMNS} | {"accuracy": "-right"}
"""By metric, the term of a query that finds the runs that count against it."""
LONGEST = 3000
"""Characters of a query in an address."""


class RunsBehind(Record):
    """The runs behind the verdict on one rule."""

    query: str | None
    """What finds them in the list of runs; None where no query finds just these."""
    runs: tuple[str, ...] = ()
    """All of them, where no query does."""


def runs_behind(folder: Path, inputs: AuditInputs) -> dict[str, RunsBehind]:
    """By rule, the runs behind its verdict; rules that no run of this experiment breaks are left out."""
    policy, found = inputs.policy, {}
    for rule in policy.rules:
        if isinstance(rule, (Threshold, NoRegression)) and rule.metric in BREAKS:
            found[rule.id] = RunsBehind(query=f"{_condition(rule, inputs)} {BREAKS[rule.metric]}")
        elif isinstance(rule, EvidenceRule) and inputs.citations is not None:
            cited = breaches(rule, inputs.audited, inputs.citations)
            found[rule.id] = _found_by(folder, tuple(cited.behind), _evidence_queries(rule, cited.behind, inputs))
        elif isinstance(rule, AttributionRule):
            runs = suspects(rule, inputs.audited).behind
            found[rule.id] = _found_by(folder, runs, _blame_queries(rule, inputs))
    return {rule: one for rule, one in found.items() if one.query is not None or one.runs}


def _found_by(folder: Path, runs: tuple[str, ...], queries: Iterator[str]) -> RunsBehind:
    """The first of these queries that finds just these runs; or their names."""
    if not runs:
        return RunsBehind(query=None)
    with suppress(FileNotFoundError, InputError):
        columns = columns_of(folder)
        names, sought = columns.names("run"), set(runs)
        for query in queries:
            with suppress(QueryError):
                if (
                    len(query) <= LONGEST
                    and {names.at(place) for place in select(parse(query), columns).runs} == sought
                ):
                    return RunsBehind(query=query)
        by_name = _where("run", *runs)
        if len(by_name) <= LONGEST and sought <= set(names.distinct):
            return RunsBehind(query=by_name)
    return RunsBehind(query=None, runs=runs)


def _evidence_queries(rule: EvidenceRule, cited: Mapping[str, str], inputs: AuditInputs) -> Iterator[str]:
    condition = _condition(rule, inputs)
    if rule.rule == "nothing_superseded_cited":
        yield f"{condition} {_where('cites', *LAPSED)}"
    if rule.rule == "nothing_retracted":
        yield f"{condition} {_where('cites', 'retracted')}"
    if rule.rule == "min_certainty":
        yield f"{condition} {_where('grade', str(rule.certainty), op='<')}"
        yield f"{condition} {_where('grade', 'unknown')}"
    yield f"{condition} {_where('cites', *sorted(set(cited.values())))}"


def _blame_queries(rule: AttributionRule, inputs: AuditInputs) -> Iterator[str]:
    condition = _condition(rule, inputs)
    for step in (STORE, NOBODY):
        yield f"{condition} ({' OR '.join(str(Where('blame', ':', (Value(step),), part=kind)) for kind in KINDS)})"


def _condition(rule: Rule, inputs: AuditInputs) -> str:
    return _where("condition", inputs.audited.condition(rule.condition, rule.id))


def _where(name: str, *values: str, op: Op = ":") -> str:
    return str(Where(name, op, tuple(Value(value) for value in values)))
