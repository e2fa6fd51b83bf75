"""A drift as a file: Markdown to be read, CSV to be computed with, JSON for programs.

Rules kept here
- The ending of the file's name says which. CSV holds the changed answers; metrics and events lie beside it, in files
  with ``-metrics`` and ``-events`` in their names.
- Names from outside are text: what Markdown or a spreadsheet would obey is escaped.
- A file is replaced whole or not at all. What is unknown is empty.

    write_drift(found, Path("drift.md"))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from evitrail.eval.compare.documents import TITLES, answered_in_words, in_markdown, markdown_table, metric_cells
from evitrail.eval.drift.record import ChangedAnswer, ConditionDrift, Drift
from evitrail.eval.log.reviews import overridden_in_words
from evitrail.eval.report.files import write_csv, write_json
from evitrail.traces.whole_file import replace_text

METRIC_HEADINGS = ("", "A", "B", "B − A [95 %]", "n", "only A", "only B", "p", "p adjusted", "bootstrap p")
CHANGED_HEADINGS = ("case", "answer", "A", "B", "verdict", "harm", "cause")
CHANGED = (
    *("a", "b", "case", "answer", "verdict", "harm", "a_chose", "b_chose", "a_faults", "b_faults"),
    *("evidence_out", "evidence_in", "cause", "sentence", "events", "a_run", "b_run"),
)
"""The columns of the changed answers."""
METRICS = (
    *("a", "b", "metric", "n", "a_value", "b_value", "difference", "lo", "hi", "only_a", "only_b"),
    *("p", "p_adjusted", "p_bootstrap", "overridden"),
)
EVENTS = ("seq", "sentence", "better", "worse", "equal", "runs")


def write_drift(found: Drift, target: Path) -> list[Path]:
    """Write it in the form that the file's name ends with; returns the files. Raises ``ValueError`` for another."""
    expect_form(target)
    return WRITERS[target.suffix](found, target)


def expect_form(target: Path) -> None:
    """Raise ``ValueError`` for a name that ends with no known form."""
    if target.suffix not in WRITERS:
        raise ValueError(f"--out: expected a name that ends with one of {', '.join(WRITERS)}, got {str(target)!r}")


def _markdown(found: Drift, target: Path) -> list[Path]:
    parts = [f"# Drift from {in_markdown(found.a)} to {in_markdown(found.b)}\n"]
    for one in found.conditions:
        parts += [f"\n## {in_markdown(one.a)}, then {in_markdown(one.b)}\n\n{_said(one)}\n\n"]
        parts.append(markdown_table(METRIC_HEADINGS, [(TITLES[m], *metric_cells(v)) for m, v in one.metrics.items()]))
        if one.changed:
            parts.append(f"\n{markdown_table(CHANGED_HEADINGS, [_cells(each) for each in one.changed])}")
    for name, only in ((found.a, found.only_a), (found.b, found.only_b)):
        if only:
            parts.append(f"\nOnly in {in_markdown(name)}, and not compared: {in_markdown(', '.join(only))}.\n")
    if found.events:
        rows = [(event.sentence, event.better, event.worse, event.equal) for event in found.events]
        title = "## Events of the ledger, by the answers that each alone changed"
        parts.append(f"\n{title}\n\n{markdown_table(('event', 'better', 'worse', 'equal'), rows)}")
    replace_text(target, "".join(parts))
    return [target]


def _csv(found: Drift, target: Path) -> list[Path]:
    written = [target]
    write_csv(target, _changed_rows(found), CHANGED)
    for name, rows, columns in (("metrics", _metric_rows(found), METRICS), ("events", _event_rows(found), EVENTS)):
        written.append(target.with_stem(f"{target.stem}-{name}"))
        write_csv(written[-1], rows, columns)
    return written


def _json(found: Drift, target: Path) -> list[Path]:
    write_json(target, found.model_dump(mode="json"))
    return [target]


WRITERS: dict[str, Callable[[Drift, Path], list[Path]]] = {".json": _json, ".md": _markdown, ".csv": _csv}


def _said(one: ConditionDrift) -> str:
    verdicts = f"{one.better} better, {one.worse} worse, {one.equal} equal"
    told = f"{len(one.changed)} of {one.cases} answers changed: {verdicts}."
    told += f" A and B differ in {in_markdown(', '.join(one.differing) or 'no component')}."
    states = (", ".join(map(str, numbers)) or "unknown" for numbers in (one.state_a, one.state_b))
    told += " Ledger numbers: A {}, B {}.".format(*states)
    if one.only_a or one.only_b:
        told += f" Answered by one only, and not compared: {one.only_a} by A, {one.only_b} by B."
    overridden = overridden_in_words(one.overridden)
    return f"{told} Of the cases {overridden}." if overridden else told


def _cells(one: ChangedAnswer) -> tuple[object, ...]:
    said = (answered_in_words(each) for each in (one.a, one.b))
    return one.case, one.answer, *said, one.verdict, one.harm, f"{one.cause.kind}: {one.cause.sentence}"


def _changed_rows(found: Drift) -> Iterable[dict[str, Any]]:
    for condition in found.conditions:
        for one in condition.changed:
            cells: tuple[Any, ...] = (
                *(condition.a, condition.b, one.case, one.answer, one.verdict, one.harm, one.a.chosen, one.b.chosen),
                *(" ".join(each) for each in (one.a.faults, one.b.faults, one.evidence_out, one.evidence_in)),
                *(one.cause.kind, one.cause.sentence, " ".join(str(event.seq) for event in one.cause.events)),
                *(one.a.run, one.b.run),
            )
            yield dict(zip(CHANGED, cells, strict=True))


def _metric_rows(found: Drift) -> Iterable[dict[str, Any]]:
    for condition in found.conditions:
        for name, one in condition.metrics.items():
            cells: tuple[Any, ...] = (
                *(condition.a, condition.b, name, one.n, one.baseline, one.other, one.difference, one.lo, one.hi),
                *(one.only_baseline, one.only_other, one.p, one.p_adjusted, one.p_bootstrap, condition.overridden),
            )
            yield dict(zip(METRICS, cells, strict=True))


def _event_rows(found: Drift) -> Iterable[dict[str, Any]]:
    for event in found.events:
        yield event.model_dump(mode="json") | {"runs": " ".join(event.runs)}
