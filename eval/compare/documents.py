"""A comparison as a file: Markdown or LaTeX to be read, CSV or Parquet to be computed with, JSON for programs, SVG.

Rules kept here
- The ending of the file's name says which. CSV and Parquet hold the table of metrics; the questions that were answered
  differently lie beside it, in a file with ``-cases`` in its name.
- Names from outside are text: what Markdown, LaTeX or a spreadsheet would obey is escaped.
- A file is replaced whole or not at all.

    write_comparison(comparison, Path("gated.md"))
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from evitrail.eval.compare.comparison import ComparedMetric, Comparison, Pair, by_metric
from evitrail.eval.compare.parted import Answered, Parted
from evitrail.eval.compare.rows import Table, metric_table, parted_table
from evitrail.eval.compare.sentences import summary
from evitrail.eval.compare.words import change, p_value, percent
from evitrail.eval.log.reviews import overridden_in_words
from evitrail.eval.metrics.stats import REPLICATES
from evitrail.eval.report.files import write_csv, write_json
from evitrail.eval.report.plots import difference_forest
from evitrail.eval.report.profile import COLUMNS
from evitrail.traces.whole_file import replace_bytes, replace_text

TITLES = {column.metric: column.title for column in COLUMNS}
HEADINGS = (
    "",
    "baseline",
    "other",
    "difference [95 %]",
    "n",
    "only baseline",
    "only other",
    "p",
    "p adjusted",
    "bootstrap p",
)
CASE_HEADINGS = ("case", "answer", "baseline chose", "other chose", "evidence out", "evidence in")
LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
}
"""What LaTeX would obey, and how it is written as text."""


def write_comparison(comparison: Comparison, target: Path) -> list[Path]:
    """Write it in the form that the file's name ends with; returns the files. Raises ``ValueError`` for another."""
    if target.suffix not in WRITERS:
        raise ValueError(f"{target}: expected a name that ends with one of {', '.join(WRITERS)}, got {target.suffix!r}")
    return WRITERS[target.suffix](comparison, target)


def _markdown(comparison: Comparison, target: Path) -> list[Path]:
    parts = [f"# Compared with {in_markdown(comparison.baseline)}\n\n{_note(comparison)}\n"]
    for pair in comparison.pairs:
        metrics = markdown_table(HEADINGS, _metric_cells(pair))
        sentences = " ".join((*summary(pair, comparison.baseline, pair.other), _said(pair)))
        parts.append(f"\n## {in_markdown(pair.other)}\n\n{in_markdown(sentences)}\n\n{metrics}")
        if pair.parted:
            parts.append(f"\n{markdown_table(CASE_HEADINGS, _case_cells(pair))}")
    replace_text(target, "".join(parts))
    return [target]


def _latex(comparison: Comparison, target: Path) -> list[Path]:
    told = [
        (f"{TITLES[name]}, {pair.other}", *metric_cells(metric))
        for name, both in by_metric(comparison).items()
        for pair, metric in both
    ]
    rows = [tuple(map(_in_latex, cells)) for cells in (HEADINGS, *told)]
    head, *body = (" & ".join(cells) + r" \\" for cells in rows)
    begin, end = rf"\begin{{tabular}}{{l{'r' * (len(HEADINGS) - 1)}}}", r"\end{tabular}"
    reviewed = ((pair.other, overridden_in_words(pair.overridden)) for pair in comparison.pairs if pair.overridden)
    overridden = "".join(f" {other}: {said}." for other, said in reviewed)
    caption = " ".join(f"% {_note(comparison)} Baseline: {comparison.baseline}.{overridden}".split())
    replace_text(target, "\n".join([caption, begin, r"\hline", head, r"\hline", *body, r"\hline", end]) + "\n")
    return [target]


def _csv(comparison: Comparison, target: Path) -> list[Path]:
    def write(path: Path, table: Table) -> Path:
        write_csv(path, table, list(table[0]) if table else [])
        return path

    return [write(target, metric_table(comparison)), *_cases_beside(comparison, target, write)]


def _parquet(comparison: Comparison, target: Path) -> list[Path]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def write(path: Path, table: Table) -> Path:
        data = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(table), data, compression="zstd", version="2.6")
        replace_bytes(path, data.getvalue())
        return path

    return [write(target, metric_table(comparison)), *_cases_beside(comparison, target, write)]


def _cases_beside(comparison: Comparison, target: Path, write: Callable[[Path, Table], Path]) -> list[Path]:
    table = parted_table(comparison)
    return [write(target.with_stem(f"{target.stem}-cases"), table)] if table else []


def _json(comparison: Comparison, target: Path) -> list[Path]:
    write_json(target, comparison.model_dump(mode="json"))
    return [target]


def _svg(comparison: Comparison, target: Path) -> list[Path]:
    replace_text(target, difference_forest(comparison.baseline, metric_table(comparison)) + "\n")
    return [target]


WRITERS: dict[str, Callable[[Comparison, Path], list[Path]]] = {
    ".md": _markdown,
    ".tex": _latex,
    ".csv": _csv,
    ".parquet": _parquet,
    ".json": _json,
    ".svg": _svg,
}


def _note(comparison: Comparison) -> str:
    how = {"holm": "Holm", "benjamini_hochberg": "Benjamini and Hochberg"}[comparison.correction]
    return (
        "Per cent; a difference is the other condition less the baseline, on the questions that both answered. "
        f"p: McNemar's exact test; adjusted for {comparison.tests} tests after {how}."
    )


def _said(pair: Pair) -> str:
    differs = f" They are set differently in {', '.join(pair.differs_in)}." if pair.differs_in else ""
    overridden = overridden_in_words(pair.overridden)
    return f"{pair.cases} questions, {pair.moved} answered differently{overridden and f', {overridden}'}.{differs}"


def _metric_cells(pair: Pair) -> list[tuple[object, ...]]:
    return [(TITLES[name], *metric_cells(metric)) for name, metric in pair.metrics.items()]


def metric_cells(metric: ComparedMetric) -> tuple[object, ...]:
    """One metric's cells, under ``HEADINGS``."""
    return (
        percent(metric.baseline),
        percent(metric.other),
        change(metric),
        metric.n or None,
        metric.only_baseline,
        metric.only_other,
        p_value(metric.p),
        p_value(metric.p_adjusted),
        p_value(metric.p_bootstrap, smallest=1 / REPLICATES),
    )


def _case_cells(pair: Pair) -> list[tuple[object, ...]]:
    return [(one.case, one.answer, *case_cells(one)) for one in pair.parted]


def case_cells(one: Parted) -> tuple[object, ...]:
    """What both answered to one question, and the evidence that went and came, under ``CASE_HEADINGS``."""
    same = not one.evidence_out and not one.evidence_in
    return (
        answered_in_words(one.baseline),
        answered_in_words(one.other),
        "the same evidence, read otherwise" if same else ", ".join(one.evidence_out) or None,
        ", ".join(one.evidence_in) or None,
    )


def answered_in_words(said: Answered) -> str:
    """``C: high-risk, wrong``, or ``B: right``."""
    faults = ", ".join(fault.replace("_", "-") for fault in said.faults) or "right"
    return f"{said.chosen}: {faults}" if said.chosen else faults


def markdown_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table, whose cells are text."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(in_markdown(cell) for cell in line)} |\n" for line in lines)


def in_markdown(cell: object) -> str:
    """A cell as text: what Markdown would obey is escaped."""
    text = " ".join(str("–" if cell is None else cell).split())
    return re.sub(r"([\\`*_{}\[\]<>#|!~&])", r"\\\1", text)


def _in_latex(cell: object) -> str:
    text = " ".join(str("--" if cell is None else cell).split())
    return "".join(LATEX.get(mark, mark) for mark in text)
