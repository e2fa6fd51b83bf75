"""The report of an experiment: one HTML file for the engineer with a failed audit, and the clinician beside them.

Rules kept here
- The file stands alone: no network, no foreign script, and a Content-Security-Policy that forbids both.
  Its one script says how to list the runs behind a number; its hash is in the policy.
- What came from questions, evidence or models is text, never markup.
- Unknown is a dash that says why, never 0.
- Equal input gives equal bytes. No clock is read: when a run was made stands in the journal.
- It lists no runs. Each number leads to those behind it: a link says which query finds them, and opens the command
  that lists them and the address that shows them in the workbench.

    page = render(title="nightly", outcomes=outcomes, rows=rows, blames=blames, cases=cases, root=root)

The numbers come from ``profile.py``, ``failures.py``, ``findings.py`` and ``attribution/record/summary.py``; the
figures are functions of ``plots.py``, called where they stand in ``templates/report.html``, with words and layout.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from evitrail.eval.attribution.blame import ABSTENTIONS, FAILS, Blame, Kind
from evitrail.eval.attribution.record.summary import (
    BlameShare,
    FixValue,
    Target,
    blame_shares,
    fault_counts,
    fix_values,
    in_order,
)
from evitrail.eval.attribution.record.taxonomy import FAULTS
from evitrail.eval.dataset.case import Case
from evitrail.eval.metrics.concentration import concentration, errors_by_question
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.run_columns import NOBODY
from evitrail.eval.policy import SAFE_SCALE
from evitrail.eval.query.tree import Value, Where
from evitrail.eval.report import plots
from evitrail.eval.report.failures import GRAVITY, failed_runs, harms, questions
from evitrail.eval.report.findings import findings, labelled_by
from evitrail.eval.report.page_templates import templates
from evitrail.eval.report.profile import (
    COLUMNS,
    Region,
    Row,
    called,
    describe,
    profile_rows,
    region,
    short,
    table_order,
)
from evitrail.eval.report.weighings import TITLES, weighings

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"

WORST = 10
"""Questions shown before the rest is folded away."""

KINDS: dict[Kind, str] = {
    "wrong": "not right: a wrong option, or none",
    "high_risk": "a wrong option that is labelled high-risk",
    "unsafe": "a wrong option that is labelled unsafe",
    "contradiction": "a wrong option that contradicts the evidence",
    "overconfident": "a harmful option that nearly all samples agree on",
}

FAILING: dict[Kind, str] = {
    "wrong": "-right",
    "high_risk": "high_risk",
    "unsafe": "unsafe",
    "contradiction": "contradicts",
    "overconfident": "overconfident",
}
"""The term that finds the runs which failed in this way."""

STEPS: dict[Target, str] = {
    "store": "what the evidence store held that day",
    "aim": "making the first query of the question",
    "requery": "asking again, in other words",
    "retrieve": "what was found in the store",
    "keep": "what an agent keeps of earlier hits",
    "critique": "judging whether that was enough",
    "budget": "the limit on searches",
    "section": "one researcher's reading of what was found",
    "synthesise": "reading what was found",
    "choose": "picking an option from what was read",
    "check": "confirming which letter the answer names",
    "abstained": "no step could be named, and the record says why",
}
OUTSIDE = "a step of an outside agent"
"""What a kind of step is that is none of ours."""

REGIONS: dict[Region, str] = {
    "inside": "inside with the whole interval",
    "inside, unsure": "inside, but an interval reaches out of it",
    "outside, unsure": "outside, but the intervals reach into it",
    "outside": "outside with the whole interval",
}


class BlameTable(NamedTuple):
    """The shares of one kind of failure, to be laid out by condition and step."""

    kind: Kind
    conditions: tuple[str, ...]
    targets: tuple[Target, ...]
    share: Mapping[tuple[str, Target], BlameShare]
    runs: Mapping[str, int]
    fix: FixTable


class FixTable(NamedTuple):
    """How many failures of one kind mending each role alone prevents, to be laid out by condition and step."""

    targets: tuple[Target, ...]
    value: Mapping[tuple[str, Target], FixValue]


class FaultLine(NamedTuple):
    """One code, what it means and how often each condition earned it."""

    code: str
    meaning: str
    counts: Mapping[str, int]


def render(
    *,
    title: str,
    outcomes: Sequence[Outcome],
    rows: Sequence[Row],
    blames: Sequence[Blame],
    cases: Mapping[str, Case],
    root: str | None,
    redacted: int = 0,
    newer: int = 0,
    source: str | None = None,
    answered_openly: int = 0,
) -> str:
    """The whole report as HTML; ``root`` is the journal's seal, to be compared with one kept elsewhere.

    ``redacted`` runs are told of and counted nowhere else; ``newer`` ones count, and no seal covers them.
    ``source`` is where outcomes without a journal come from. ``answered_openly`` runs answered in free text.
    """
    shown = profile_rows(outcomes, rows)
    drawn = [{**condition.row, "condition": condition.label, "reader": "", "snapshot": ""} for condition in shown]
    names = {outcome.run: condition.label for condition in shown for outcome in condition.outcomes}
    blames = [blame.model_copy(update={"condition": names.get(blame.run, blame.condition)}) for blame in blames]
    failed = failed_runs(shown, blames, cases)
    shares = blame_shares(blames)
    overall = blame_shares(blame.model_copy(update={"condition": ""}) for blame in blames)
    values = fix_values(blames)
    tables = [table for kind in FAILS if (table := _blame_table(kind, shares, values))]
    worst = questions(shown, failed, cases)
    labelled = any(condition.known["high_risk_rate"] for condition in shown)
    page = _environment().get_template("report.html")
    return page.render(
        title=title,
        root=root,
        redacted=redacted,
        newer=newer,
        answered_openly=answered_openly,
        source=source,
        conditions=shown,
        query={condition.label: condition.query for condition in shown},
        cases=len({outcome.case for outcome in outcomes}),
        runs=len(outcomes),
        readers=_readers(outcomes),
        snapshots=sorted({outcome.snapshot for outcome in outcomes}),
        summary=findings(shown, failed, None if source else overall, labelled_by(cases.values())),
        columns=COLUMNS,
        labelled=labelled,
        safe=(SAFE_SCALE.min_accuracy, SAFE_SCALE.max_high_risk),
        drawn=drawn,
        weighings=weighings(shown),
        weighed=TITLES,
        tables=tables,
        faults=_fault_lines(blames, tables[0].kind) if tables else [],
        blamed=len({blame.run for blame in blames}),
        relabelled=sum(bool(outcome.relabelled) for outcome in outcomes),
        reblamed=len({blame.run for blame in blames if blame.overridden}),
        questions=worst,
        worst=WORST,
        concentration=concentration(errors_by_question(outcomes)),
        failed=failed,
        failures=Counter((run.condition, kind) for run in failed for kind in ("any", *run.kinds)),
        harms=harms(failed),
        gravity=GRAVITY,
        failing=FAILING,
        meanings=KINDS,
        steps=defaultdict(lambda: OUTSIDE, STEPS),
        regions=REGIONS,
    )


def _readers(outcomes: Sequence[Outcome]) -> list[str]:
    """Who read, each with the label that conditions are called by."""
    by = called(outcomes)
    return sorted({f"{by[o.reader]} = {o.reader}" if o.reader in by else o.reader for o in outcomes})


def _blame_table(kind: Kind, shares: Sequence[BlameShare], values: Sequence[FixValue]) -> BlameTable | None:
    ours = [share for share in shares if share.outcome == kind]
    fixed = {(value.condition, value.role): value for value in values if value.outcome == kind}
    if not ours:
        return None
    return BlameTable(
        kind=kind,
        conditions=tuple(sorted({share.condition for share in ours}, key=table_order)),
        targets=in_order(share.role for share in ours),
        share={(share.condition, share.role): share for share in ours},
        runs={share.condition: share.n for share in ours},
        fix=FixTable(in_order(role for _, role in fixed), fixed),
    )


def _fault_lines(blames: Sequence[Blame], kind: Kind) -> list[FaultLine]:
    """The codes of one kind of failure, faults in the order of the taxonomy and abstentions after them."""
    meanings = {**FAULTS, **ABSTENTIONS, "uncoded": "the record names no code"}
    counts: dict[str, dict[str, int]] = {}
    for count in fault_counts(blames):
        if count.outcome == kind:
            counts.setdefault(count.code, {})[count.condition] = count.n
    known = [code for code in meanings if code in counts] + sorted(counts.keys() - meanings.keys())
    return [FaultLine(code, meanings.get(code, "a code this version does not know"), counts[code]) for code in known]


def _environment() -> Environment:
    environment = templates(TEMPLATES, pct=_pct, short=short, csp_hash=_csp_hash, words=_readable)
    environment.globals |= {
        "describe": describe,
        "region": region,
        "fault": _fault,
        "plots": plots,
        "term": _term,
        "blamed_on": _blamed,
    }
    return environment


def _pct(share: float) -> str:
    """A share in per cent, one decimal, never "-0.0"."""
    return f"{100 * share + 0.0:.1f}"


def _readable(kind: str) -> str:
    """A kind of failure or flag as people write it."""
    return {"high_risk": "high-risk", "contradicts": "contradiction"}.get(kind, kind)


def _term(name: str, said: str) -> str:
    """One term of a query, in quotes where that is needed."""
    return str(Where(name, ":", (Value(said),)))


def _blamed(kind: Kind, target: str) -> str:
    """The term that finds the runs in which a step is blamed for a kind of failure."""
    return _term("blame" if kind == "wrong" else f"blame.{kind}", NOBODY if target == "abstained" else target)


def _fault(code: str | None) -> str:
    return FAULTS.get(code or "", "")


def _csp_hash(script: Any) -> str:
    """The name by which the policy admits this script and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(str(script).encode()).digest()).decode()
