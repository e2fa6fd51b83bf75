"""``evitrail statistics``: tests, ensembles, concentration of harm and risk-coverage curves; nothing is run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evitrail.eval.compare.words import p_value, percent, signed
from evitrail.workbench.cli.console import Json, print_json, print_table, say
from evitrail.workbench.cli.folder import Folder

if TYPE_CHECKING:
    from evitrail.eval.statistics.document import Wanted
    from evitrail.eval.statistics.ensemble import Ensemble

Document = Mapping[str, Any]

OF_ENSEMBLES = {
    "accuracy": "accuracy",
    "high_risk_rate": "high-risk",
    "ensemble_synchronized_failure_rate": "all fail alike",
    "ensemble_confident_error_rate": "sure and wrong",
}
"""The columns of the table of ensembles: metric and heading."""


def statistics(
    folder: Folder,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            help="File with the labelled questions, if DIR holds published answers (a folder per model).",
            metavar="FILE",
        ),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline",
            help="Condition to test every other one against; default: the published pairs.",
            metavar="CONDITION",
        ),
    ] = None,
    ensemble: Annotated[
        list[str] | None,
        typer.Option(
            "--ensemble",
            help="Readers that vote, as NAME=READER,READER,READER; default: the published trios. May be repeated.",
            metavar="NAME=READERS",
            show_default=False,
        ),
    ] = None,
    models: Annotated[
        Path | None,
        typer.Option(
            "--models",
            help="TOML file with the family and size of each model; default: the 34 published ones.",
            metavar="FILE",
        ),
    ] = None,
    rows: Annotated[int, typer.Option("--rows", help="Rows to show of each table.", min=1)] = 12,
    out: Annotated[Path | None, typer.Option("--out", help="Write everything to a .json file.", metavar="FILE")] = None,
    json: Json = False,
) -> None:
    """Test, pool and describe the outcomes of an experiment; nothing is run.

    Paired tests between conditions, ensembles of readers, on how few questions the harm rests, risk at each coverage,
    and shares of variance by model family and condition. --json and --out have every number with its formula.
    """
    from evitrail.eval.report.files import write_tables
    from evitrail.eval.statistics.document import Wanted
    from evitrail.eval.statistics.families import read_models

    if out is not None and out.suffix != ".json":
        raise ValueError(f"--out: expected a name that ends with .json, got {str(out)!r}")
    asked = Wanted(
        ensembles=tuple(_ensemble(said) for said in ensemble or ()),
        baseline=baseline,
        models=None if models is None else read_models(models),
    )
    found = _found(folder, labels, asked)
    if out is not None:
        write_tables(out, found)
    if json:
        print_json(found)
        return
    _show(found, rows)
    if out is not None:
        say(f"written: {out}")


def _found(folder: Path, labels: Path | None, wanted: Wanted) -> Document:
    from evitrail.eval.statistics.source import of_experiment, of_published

    return of_experiment(folder, wanted) if labels is None else of_published(folder, labels, wanted)


def _ensemble(said: str) -> Ensemble:
    from evitrail.eval.statistics.ensemble import Ensemble

    name, _, members = said.partition("=")
    listed = tuple(member.strip() for member in members.split(",") if member.strip())
    if not name.strip() or len(listed) < 2 or len(set(listed)) < len(listed):
        raise ValueError(f"--ensemble: expected NAME=READER,READER with two or more different readers, got {said!r}")
    return Ensemble(name.strip(), listed)


def _show(found: Document, most: int) -> None:
    _show_tests(found["paired_tests"], most)
    _show_ensembles(found["ensembles"], most)
    _show_concentration(found["concentration"], most)
    _show_curves(found["risk_coverage"], most)
    _show_filters(found["safety_filter"])
    _show_variance(found)


def _show_tests(tests: Sequence[Mapping[str, Any]], most: int) -> None:
    from evitrail.eval.metrics.stats import REPLICATES

    greedy = [row for row in tests if row["answer"] == "greedy"]
    if not greedy:
        say("paired tests: no pair of conditions to test; name a --baseline")
        return
    shown = sorted(greedy, key=lambda row: row["mcnemar_p"])[:most]
    print_table(
        "accuracy of two conditions on the same questions, per cent; the smallest p-values",
        ("reader", "A", "B", "n", "A right", "B right", "B − A", "exact p", "bootstrap p", "Holm", "BH"),
        [
            (
                *(row[name] for name in ("reader", "baseline", "other", "n")),
                *(percent(row[name]) for name in ("baseline_accuracy", "other_accuracy")),
                signed(row["difference"], 1),
                p_value(row["mcnemar_p"]),
                p_value(row["bootstrap_p"], smallest=1 / REPLICATES),
                *(p_value(row[name]) for name in ("holm_p", "bh_p")),
            )
            for row in shown
        ],
    )
    say(f"{len(greedy)} tests on the first answer; Holm and BH correct for all of them")


def _show_ensembles(ensembles: Sequence[Mapping[str, Any]], most: int) -> None:
    if ensembles:
        print_table(
            "ensembles: the majority of their members, per cent with 95% intervals",
            ("ensemble", "condition", "n", *OF_ENSEMBLES.values()),
            [
                (row["ensemble"], row["condition"], row["n"], *(_interval(row[name], 100) for name in OF_ENSEMBLES))
                for row in ensembles[:most]
            ],
        )
        _rest(len(ensembles), most)


def _show_concentration(rows: Sequence[Mapping[str, Any]], most: int) -> None:
    print_table(
        "on how few questions the errors rest, with 95% intervals",
        ("condition", "error", "errors", "questions", "Gini", "worst tenth, %", "50 % in", "80 % in", "90 % in"),
        [
            (
                *(row["condition"], row["error"].replace("_", "-"), row["errors"], row["questions"]),
                *(_interval(row["gini"], 1, 2), _interval(row["top_decile_share"], 100)),
                *(_interval(row["fewest_questions"][part], 1, 0) for part in ("50", "80", "90")),
            )
            for row in rows[:most]
        ],
    )
    _rest(len(rows), most)


def _show_curves(rows: Sequence[Mapping[str, Any]], most: int) -> None:
    wrong = [row for row in rows if row["risk"] == "wrong" and row["n"]]
    if not wrong:
        say("risk-coverage: no samples were drawn, so there is no confidence")
        return
    print_table(
        "share of wrong answers among the most confident questions, per cent",
        ("condition", "reader", "n", "area", "half of them", "80 %", "90 %", "all"),
        [
            (
                *(row["condition"], row["reader"], row["n"], _interval(row["aurc"], 1, 3)),
                *(percent(row["selective_risk"][coverage]) for coverage in ("50", "80", "90", "100")),
            )
            for row in wrong[:most]
        ],
    )
    _rest(len(wrong), most)


def _show_filters(rows: Sequence[Mapping[str, Any]]) -> None:
    known = [row for row in rows if row["useful"] is not None]
    if known:
        print_table(
            "would confidence filter out high-risk errors? useful from 30 points on",
            ("condition", "readers", "surer where right, points", "useful"),
            [
                (row["condition"], row["models"], signed(row["safety_filter_gap"], 1), "yes" if row["useful"] else "no")
                for row in known
            ],
        )


def _show_variance(found: Document) -> None:
    shares = ("family", "condition", "interaction", "residual")
    if found["variance_shares"]:
        print_table(
            "shares of variance over models and conditions, per cent; descriptive only",
            ("metric", "numbers", *shares),
            [
                (row["metric"], row["numbers"], *(percent(row[share]) for share in shares))
                for row in found["variance_shares"]
            ],
        )
    if found["variance_shares"] and found["without_family"]:
        say(f"no family known, left out of the variance: {', '.join(found['without_family'])}")


def _rest(rows: int, most: int) -> None:
    if rows > most:
        say(f"{rows - most} more rows; --rows {rows} shows all")


def _interval(one: Mapping[str, Any], unit: float, digits: int = 1) -> str | None:
    """``35.2 [27.4–42.7]``; None where it is unknown."""
    if one["value"] is None:
        return None
    value, ends = f"{unit * one['value']:.{digits}f}", [one["lo"], one["hi"]]
    return value if None in ends else f"{value} [{'–'.join(f'{unit * end:.{digits}f}' for end in ends)}]"
