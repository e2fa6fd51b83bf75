"""The tables that ``evitrail statistics`` shows; every number is in ``--json`` too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evitrail.eval.compare.words import p_value, percent, signed
from evitrail.workbench.cli.console import print_table, say

Document = Mapping[str, Any]

OF_RETRIEVAL = {
    "nDCG@10": ("nDCG@10", 1, 2),
    "R@10": ("R@10", 1, 2),
    "RR": ("RR", 1, 2),
    "outdated_exposure": ("outdated served, %", 100, 0),
    "conflict_exposure": ("conflict served, %", 100, 0),
}
"""The columns of the table of retrieval: metric, heading, unit and digits."""

OF_CITATIONS = {
    "citation_verbatim_rate": "quoted word for word, %",
    "citation_agreement_rate": "read alike by others, %",
    "answer_supported_rate": "answer that claims support, %",
}
"""The columns of the table of citations: metric and heading."""

SCALED = {"retrieval_depth": "passages", "context_tokens": "prompt tokens", "tokens": "all tokens"}
"""What is scaled, in words."""

OF_GREEDY_COST = {
    "greedy_prompt_tokens": ("prompt tokens", 0),
    "greedy_completion_tokens": ("completion tokens", 0),
    "greedy_money": ("money", 6),
}
"""The columns of the table of what published greedy answers cost: metric, heading and digits."""

OF_COST = {
    "prompt_tokens": ("prompt tokens", 0),
    "completion_tokens": ("completion tokens", 0),
    "money": ("money", 6),
    "latency_ms": ("ms", 0),
}
"""The columns of the table of costs: metric, heading and digits."""

OF_ENSEMBLES = {
    "accuracy": "accuracy",
    "high_risk_rate": "high-risk",
    "ensemble_synchronized_failure_rate": "all fail alike",
    "ensemble_confident_error_rate": "sure and wrong",
}
"""The columns of the table of ensembles: metric and heading."""


def show(found: Document, most: int) -> None:
    """Every table that something stands in, with so many rows at most."""
    from evitrail.eval.log.reviews import overridden_in_words

    _show_tests(found["paired_tests"], most)
    _show_ensembles(found["ensembles"], most)
    _show_concentration(found["concentration"], most)
    _show_curves(found["risk_coverage"], most)
    _show_filters(found["safety_filter"])
    _show_variance(found)
    _show_resources(found["resource_scaling"], most)
    _show_retrieval(found.get("retrieval", ()), most)
    _show_citations(found.get("citations", ()), most)
    _show_cost(found.get("cost", ()), OF_COST, "what a run took: means, and the median of time", most)
    _show_cost(found.get("greedy_cost", ()), OF_GREEDY_COST, "what a greedy answer took: means", most)
    for model in found.get("without_price", ()):
        say(f"no price for {model}: the money of its runs is unknown")
    if said := overridden_in_words(found["overridden"]):
        say(f"of all runs {said}, and every number here honours it")


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


def _show_retrieval(rows: Sequence[Mapping[str, Any]], most: int) -> None:
    known = [row for row in rows if any(row[name]["value"] is not None for name in OF_RETRIEVAL)]
    if known:
        print_table(
            "what the searches served, by the evidence that each case names; with 95% intervals",
            ("condition", "reader", "n", *(heading for heading, *_ in OF_RETRIEVAL.values())),
            [
                (
                    *(row["condition"], row["reader"], row["n"]),
                    *(_interval(row[name], unit, digits) for name, (_, unit, digits) in OF_RETRIEVAL.items()),
                )
                for row in known[:most]
            ],
        )
        _rest(len(known), most)


def _show_citations(rows: Sequence[Mapping[str, Any]], most: int) -> None:
    if rows:
        print_table(
            "are answers faithful to what they cite? with 95% intervals",
            ("condition", "reader", "n", *OF_CITATIONS.values()),
            [
                (row["condition"], row["reader"], row["n"], *(_interval(row[name], 100) for name in OF_CITATIONS))
                for row in rows[:most]
            ],
        )
        _rest(len(rows), most)


def _show_resources(rows: Sequence[Mapping[str, Any]], most: int) -> None:
    if rows:
        print_table(
            "for ten times as much of it with the same reader, points; descriptive only",
            ("metric", "of", "reader", "conditions", "smallest", "largest", "change"),
            [
                (
                    *(row["metric"], SCALED[row["by"]], row["reader"], ", ".join(row["conditions"])),
                    *(f"{row[end]:.0f}" for end in ("smallest", "largest")),
                    signed(row["slope_per_tenfold"], 1),
                )
                for row in rows[:most]
            ],
        )
        _rest(len(rows), most)


def _show_cost(
    rows: Sequence[Mapping[str, Any]], columns: Mapping[str, tuple[str, int]], title: str, most: int
) -> None:
    known = [row for row in rows if any(row[name]["value"] is not None for name in columns)]
    if known:
        print_table(
            f"{title}, with 95% intervals",
            ("condition", "reader", "n", *(heading for heading, _ in columns.values())),
            [
                (
                    *(row["condition"], row["reader"], row["n"]),
                    *(_interval(row[name], 1, digits) for name, (_, digits) in columns.items()),
                )
                for row in known[:most]
            ],
        )
        _rest(len(known), most)


def _rest(rows: int, most: int) -> None:
    if rows > most:
        say(f"{rows - most} more rows; --rows {rows} shows all")


def _interval(one: Mapping[str, Any], unit: float, digits: int = 1) -> str | None:
    """``35.2 [27.4–42.7]``; None where it is unknown."""
    if one["value"] is None:
        return None
    value, ends = f"{unit * one['value']:.{digits}f}", [one["lo"], one["hi"]]
    return value if None in ends else f"{value} [{'–'.join(f'{unit * end:.{digits}f}' for end in ends)}]"
