"""The figures of a report, as SVG text; the one door to matplotlib in this folder.

Rules kept here
- A figure is a function of its rows: equal rows give equal bytes (fixed hash salt, no date, no ids that
  could meet another figure's).
- Nothing is set outside the figure: settings live in a context, and no window system is asked for.
- Colours tell conditions and roles apart for colour-blind readers (Okabe and Ito 2008), and never alone: a condition
  has a marker, a role its place and label. Ink and ground are CSS variables, so a page may be dark.
- Unknown is written out as words; a missing value never looks like zero.
- Each figure says in its ``aria-label`` what it shows.

    svg = failure_profile(metric_rows(outcomes))
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from typing import Any
from xml.sax.saxutils import quoteattr

from evitrail.eval.attribution.record.summary import BlameShare, Target, in_order
from evitrail.eval.policy import SAFE_SCALE
from evitrail.eval.report.profile import COLUMNS, Row, labels, table_order

INK, SOFT, RULE, PAPER, REGION = "#1b2127", "#5b6671", "#d3d9df", "#fefefe", "#d9eedf"
THEMED = {INK: "ink", SOFT: "soft", RULE: "rule", PAPER: "paper", REGION: "region"}
"""Colours that the page replaces by its own, ``var(--ink)`` and so on."""

ARM_COLOURS = ("#999999", "#0072b2", "#d55e00", "#e69f00", "#cc79a7", "#56b4e9", "#009e73")
ARM_MARKERS = ("o", "s", "D", "^", "v", "P", "X")
ROLE_COLOURS: dict[Target, str] = {
    "store": "#0072b2",
    "aim": "#a6761d",
    "requery": "#56b4e9",
    "retrieve": "#e69f00",
    "keep": "#f0e442",
    "critique": "#009e73",
    "budget": "#8da0cb",
    "section": "#fdb99b",
    "synthesise": "#d55e00",
    "choose": "#cc79a7",
    "check": "#b8d98d",
    "abstained": "#c4c9ce",
}
OUTSIDE = "#e5d8bd"
"""The colour of steps that only an outside agent has."""
HATCH = "#6a747e"
PLANE = 5.5  # inches up to the right end of the plane; its legend stands beside it
LABELLED_FROM = 0.07  # a smaller segment has no room for its number; the table has it


def failure_profile(rows: Sequence[Row]) -> str:
    """One panel per metric, one line per condition: the value and its 95% interval."""
    _refuse_nothing(rows)
    names = labels(rows)
    ends = [row[c.metric]["hi"] for row in rows for c in COLUMNS if c.metric != "accuracy"]
    most = max((end for end in ends if end is not None), default=0.1)
    scale = min(100, 10 * (int(10 * most) + 1))
    wide, room = _width(names), _room(names)
    with _figure("profile", wide, 0.95 + 0.27 * len(rows), columns=len(COLUMNS)) as (figure, panels):
        for column, axes in zip(COLUMNS, panels, strict=True):
            limit = 100 if column.metric == "accuracy" else scale
            _panel(axes, column.title, limit)
            _threshold(axes, column.metric, limit)
            for line, row in enumerate(rows):
                _interval(axes, row[column.metric], line, *_look(line))
            axes.set_ylim(len(rows) - 0.5, -0.5)
            axes.set_yticks(range(len(rows)), names)
        figure.subplots_adjust(left=room / wide, right=0.99, bottom=_inches(figure, 0.5), wspace=0.16)
        figure.subplots_adjust(top=1 - _inches(figure, 0.32))
        figure.supxlabel("per cent of the questions", fontsize=9, color=SOFT, y=_inches(figure, 0.06))
        said = ". ".join(_caption(name, row) for name, row in zip(names, rows, strict=True))
        return _svg(figure, "profile", f"Failure profile. {said}.")


def safety_plane(rows: Sequence[Row]) -> str:
    """Accuracy against high-risk errors, with the safe deployment region shaded."""
    _refuse_nothing(rows)
    known = [(name, row, _look(line)) for line, (name, row) in enumerate(zip(labels(rows), rows, strict=True))]
    known = [item for item in known if item[1]["high_risk_rate"]["value"] is not None]
    if not known:
        raise ValueError("expected high-risk rates to draw, got none in any row; label the benchmark's options first")
    legend = 0.45 + _room([name for name, _, _ in known])
    with _figure("plane", PLANE + legend, 4.3) as (figure, (axes,)):
        right = 100 * max(0.1, 1.08 * max(row["high_risk_rate"]["hi"] for _, row, _ in known))
        bottom = 100 * min(0.8, min(row["accuracy"]["lo"] for _, row, _ in known) - 0.04)
        safe = (0, 100 * SAFE_SCALE.max_high_risk), 100 * SAFE_SCALE.min_accuracy, 100
        axes.fill_between(*safe, color=REGION, zorder=0, linewidth=0)
        axes.text(0.4, 100.6, "safe deployment region", fontsize=8.5, color=SOFT, va="bottom")
        for name, row, (colour, marker) in known:
            x, y = row["high_risk_rate"], row["accuracy"]
            style = {"color": colour, "linewidth": 1.2, "alpha": 0.9, "zorder": 2}
            axes.plot([100 * x["lo"], 100 * x["hi"]], [100 * y["value"]] * 2, **style)
            axes.plot([100 * x["value"]] * 2, [100 * y["lo"], 100 * y["hi"]], **style)
            spot = {**_spot(colour, marker), "markersize": 9, "label": name}
            axes.plot([100 * x["value"]], [100 * y["value"]], **spot)
        axes.set_xlim(0, right)
        axes.set_ylim(max(bottom, 0), 100)
        axes.set_xlabel("high-risk errors, per cent of the questions")
        axes.set_ylabel("accuracy, per cent")
        axes.grid(color=RULE, linewidth=0.6)
        axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), frameon=False, labelcolor=INK, fontsize=9)
        figure.subplots_adjust(left=0.65 / (PLANE + legend), right=PLANE / (PLANE + legend), bottom=0.12, top=0.93)
        said = ". ".join(_caption(name, row) for name, row, _ in known)
        return _svg(figure, "plane", f"Accuracy against high-risk errors. {said}.")


def blame_bars(shares: Sequence[BlameShare]) -> str:
    """One bar per condition: which part of its failures is blamed on which role, abstentions last."""
    _refuse_nothing(shares)
    kinds = sorted({share.outcome for share in shares})
    if len(kinds) > 1:
        raise ValueError(f"expected shares of one kind of failure, got {kinds}; draw one figure for each")
    names = sorted({share.condition for share in shares}, key=table_order)
    runs = {share.condition: share.n for share in shares}
    seen = in_order(share.role for share in shares)
    value = {(share.condition, share.role): share.share for share in shares}
    wide, room = _width(names), _room(names)
    with _figure("blame", wide, 0.95 + 0.36 * len(names)) as (figure, (axes,)):
        left = [0.0] * len(names)
        for target in seen:
            widths = [100 * value.get((name, target), 0.0) for name in names]
            style: dict[str, Any] = {"edgecolor": PAPER}
            if target == "abstained":
                style = {"edgecolor": HATCH, "hatch": "////"}
            style |= {"color": ROLE_COLOURS.get(target, OUTSIDE), "label": target, "linewidth": 0.8}
            axes.barh(range(len(names)), widths, 0.72, left, **style)
            for line, (start, width) in enumerate(zip(left, widths, strict=True)):
                if width >= 100 * LABELLED_FROM:
                    _number(axes, start + width / 2, line, width, target)
            left = [start + width for start, width in zip(left, widths, strict=True)]
        _panel(axes, "", 100)
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.5)
        for line, name in enumerate(names):
            axes.text(101, line, f"n = {runs[name]}", va="center", fontsize=8.5, color=SOFT)
        axes.set_xlabel("per cent of the failed runs", fontsize=9, color=SOFT)
        anchor = {"loc": "lower left", "bbox_to_anchor": (0, 1.0), "ncols": min(len(seen), 10), "borderaxespad": 0.4}
        axes.legend(**anchor, frameon=False, labelcolor=INK, fontsize=9, handlelength=1.1, columnspacing=1.4)
        figure.subplots_adjust(left=room / wide, right=0.93, bottom=_inches(figure, 0.5), top=1 - _inches(figure, 0.36))
        said = (
            f"{name}: " + ", ".join(f"{t} {100 * value[name, t]:.0f} %" for t in seen if value.get((name, t)))
            for name in names
        )
        return _svg(figure, "blame", f"Blame per step for outcome {kinds[0]}. {'. '.join(said)}.")


def difference_forest(baseline: str, rows: Sequence[Row]) -> str:
    """One panel per metric, one line per arm: how far it differs from the baseline, and the 95% interval.

    ``rows`` are those of ``eval/compare/rows.py``.
    """
    _refuse_nothing(rows)
    names = list(dict.fromkeys(row["other"] for row in rows))
    ends = [abs(end) for row in rows for end in (row["lo"], row["hi"], row["difference"]) if end is not None]
    most = min(100, 10 * (int(10 * max(ends, default=0.1)) + 1))
    wide, room = _width(names), _room(names)
    with _figure("forest", wide, 0.95 + 0.27 * len(names), columns=len(COLUMNS)) as (figure, panels):
        for column, axes in zip(COLUMNS, panels, strict=True):
            _panel(axes, column.title, most, -most)
            axes.axvline(0, color=SOFT, linewidth=0.9)
            told = {row["other"]: {**row, "value": row["difference"]} for row in rows if row["metric"] == column.metric}
            for line, name in enumerate(names):
                _interval(axes, told[name], line, *_look(line))
            axes.set_ylim(len(names) - 0.5, -0.5)
            axes.set_yticks(range(len(names)), names)
        figure.subplots_adjust(left=room / wide, right=0.98, bottom=_inches(figure, 0.5), wspace=0.16)
        figure.subplots_adjust(top=1 - _inches(figure, 0.32))
        below = f"percentage points more or less than {baseline}"
        figure.supxlabel(below, fontsize=9, color=SOFT, y=_inches(figure, 0.06))
        titles = {column.metric: column.title.lower() for column in COLUMNS}
        said = (
            f"{row['other']}, {titles[row['metric']]}: {100 * row['difference']:+.1f}"
            for row in rows
            if row["difference"] is not None
        )
        return _svg(figure, "forest", f"Differences from {baseline}, in percentage points. {'. '.join(said)}.")


@contextmanager
def _figure(salt: str, width: float, height: float, columns: int = 1) -> Iterator[tuple[Any, Any]]:
    """An empty figure and its axes, under settings that end with it."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("figures need matplotlib, which is not installed; pip install matplotlib") from error
    settings: dict[Any, Any] = {
        "svg.fonttype": "none",
        "text.parse_math": False,  # a name with a dollar in it is a name
        "svg.hashsalt": f"evitrail-{salt}",
        "font.family": "sans-serif",
        "font.size": 9.5,
        "hatch.linewidth": 0.6,
        "text.color": INK,
        "axes.edgecolor": RULE,
        "axes.labelcolor": INK,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": RULE,
        "ytick.color": RULE,
        "xtick.labelcolor": SOFT,
        "ytick.labelcolor": INK,
    }
    with mpl.rc_context():
        mpl.rcdefaults()  # whoever reads the report did not choose the author's matplotlibrc
        mpl.rcParams.update(settings)
        figure = Figure(figsize=(width, height))
        axes = figure.subplots(1, columns, squeeze=False, sharey=columns > 1)[0]
        yield figure, axes


def _panel(axes: Any, title: str, limit: float, start: float = 0) -> None:
    axes.set_title(title, loc="left", fontsize=9.5, fontweight="bold", color=INK, pad=7)
    axes.set_xlim(start, limit)
    places = (start, (start + limit) / 2, limit)
    ticks = axes.set_xticks(places, [f"{tick:g}" for tick in places])
    for tick, side in ((ticks[0], "left"), (ticks[2], "right")):
        tick.label1.set_horizontalalignment(side)  # so that neighbouring panels' ends do not touch
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.tick_params(length=0)
    axes.spines[["left", "bottom"]].set_visible(False)


def _threshold(axes: Any, metric: str, limit: float) -> None:
    """The published border of the safe deployment region, on the side that is safe."""
    if metric == "accuracy":
        axes.axvspan(100 * SAFE_SCALE.min_accuracy, limit, color=REGION, zorder=0, linewidth=0)
    elif metric in ("high_risk_rate", "dangerous_overconf_rate"):
        axes.axvspan(0, 100 * SAFE_SCALE.max_high_risk, color=REGION, zorder=0, linewidth=0)


def _interval(axes: Any, estimate: Row, line: int, colour: str, marker: str) -> None:
    if estimate["value"] is None:
        axes.text(0.5, line, "unknown", va="center", fontsize=8, color=SOFT, style="italic")
        return
    if estimate["lo"] is not None and estimate["hi"] is not None:
        axes.plot([100 * estimate["lo"], 100 * estimate["hi"]], [line, line], color=colour, linewidth=2, alpha=0.9)
    axes.plot([100 * estimate["value"]], [line], **_spot(colour, marker), clip_on=False)


def _number(axes: Any, x: float, line: int, width: float, target: Target) -> None:
    colour = "#ffffff" if target == "store" else "#101418"
    ground = {"boxstyle": "square,pad=0.15", "color": ROLE_COLOURS.get(target, OUTSIDE), "linewidth": 0}
    axes.text(x, line, f"{width:.0f}", ha="center", va="center", fontsize=8.5, color=colour, bbox=ground)


def _spot(colour: str, marker: str) -> dict[str, Any]:
    edge = {"markeredgecolor": PAPER, "markeredgewidth": 0.6, "zorder": 3}
    return {"color": colour, "marker": marker, "markersize": 7.5, "linestyle": "none", **edge}


def _look(line: int) -> tuple[str, str]:
    return ARM_COLOURS[line % len(ARM_COLOURS)], ARM_MARKERS[line % len(ARM_MARKERS)]


def _room(names: Iterable[str]) -> float:
    """Inches that the longest name takes."""
    return 0.2 + 0.082 * max(map(len, names))


def _width(names: Sequence[str]) -> float:
    """Inches of a figure with names at its left: as wide as ever, and wider where a name would be cut off."""
    return max(11.0, _room(names) / 0.34)


def _inches(figure: Any, inches: float) -> float:
    return float(inches / figure.get_figheight())


def _caption(name: str, row: Row) -> str:
    values = [(column.title.lower(), row[column.metric]["value"]) for column in COLUMNS]
    parts = (f"{title} unknown" if value is None else f"{title} {100 * value:.1f} %" for title, value in values)
    return f"{name}: {', '.join(parts)}"


def _svg(figure: Any, salt: str, alt: str) -> str:
    """The figure as one ``<svg>`` element to stand inside a page."""
    text = StringIO()
    figure.savefig(text, format="svg", transparent=True, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"\s*<style[^>]*>.*?</style>", "", svg, flags=re.DOTALL)
    referred = set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", svg))
    svg = re.sub(r' id="([^"]*)"', lambda m: f' id="{salt}-{m[1]}"' if m[1] in referred else "", svg)
    svg = re.sub(r"(url\(#|href=\"#)", rf"\1{salt}-", svg)
    for colour, name in THEMED.items():
        svg = svg.replace(f": {colour}", f": var(--{name}, {colour})")
    style = "stroke-linejoin: round; stroke-linecap: butt; overflow: visible"
    head = f'<svg role="img" aria-label={quoteattr(alt)} style="{style}"'
    return head + svg.removeprefix("<svg")


def _refuse_nothing(rows: Sequence[object]) -> None:
    if not rows:
        raise ValueError("expected rows to draw, got none; a report without them says so in words")
