"""What ``run`` and ``attribute`` print of blame: who is blamed, what repairing would be worth, why nobody is blamed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from evitrail.workbench.cli.console import print_table, say

if TYPE_CHECKING:
    from evitrail.eval.attribution import Blame


def show_wrong_answers(blames: Iterable[Blame]) -> None:
    """Which steps the wrong answers of each condition are blamed on, and how many on none."""
    wrong = [blame for blame in blames if blame.outcome == "wrong"]
    if not wrong:
        return
    from evitrail.eval.attribution.record.summary import in_order
    from evitrail.eval.plan.run_name import ReadCondition
    from evitrail.eval.report.profile import table_order

    blamed: dict[str, list[Blame]] = {}
    for blame in wrong:
        blamed.setdefault(str(ReadCondition.of(blame.run, blame.condition)), []).append(blame)

    roles = in_order(role for blame in wrong for role in blame.roles)

    def share(ours: list[Blame], role: str | None) -> str:
        hit = [blame for blame in ours if (role in blame.roles if role else not blame.roles)]
        return f"{sum(1 / max(len(b.roles), 1) for b in hit):.3g}" if hit else "·"

    print_table(
        "who is blamed for wrong answers: runs by step, and where nobody can be named",
        ("condition", *roles, "abstained"),
        [
            (condition, *(share(blamed[condition], role) for role in (*roles, None)))
            for condition in sorted(blamed, key=table_order)
        ],
        whole=True,
    )


def show_blames(blames: Sequence[Blame]) -> None:
    """How many failures of each kind each step is blamed for, by condition."""
    from evitrail.eval.attribution import FAILS
    from evitrail.eval.log.reviews import overridden_in_words
    from evitrail.eval.plan.run_name import ReadCondition
    from evitrail.eval.report.profile import table_order

    counts: dict[tuple[str, str], Counter[str]] = {}
    for blame in blames:
        row = str(ReadCondition.of(blame.run, blame.condition)), _blamed(blame)
        counts.setdefault(row, Counter())[blame.outcome] += 1
    for run, said in _sentences(blames):
        say(f"{run}: {said}")
    print_table(
        "failures by condition and the steps that are blamed",
        ("condition", "blamed", *map(failure_in_words, FAILS)),
        [
            (*row, *(found[kind] or "·" for kind in FAILS))
            for row, found in sorted(counts.items(), key=lambda each: (table_order(each[0][0]), -each[1].total()))
        ],
        empty="no run failed",
        whole=True,
    )
    if said := overridden_in_words(sum(blame.overridden is not None for blame in blames)):
        say(f"of {len(blames)} failures {said}; `evitrail review list` says why")


def show_fix_values(blames: Sequence[Blame]) -> None:
    """How many failures repairing steps of each kind alone prevents, and why nobody is blamed for the others."""
    from evitrail.eval.attribution import ABSTENTIONS
    from evitrail.eval.attribution.record.summary import abstentions, fix_values
    from evitrail.eval.report.profile import table_order

    if not blames:
        return
    values = [value for value in fix_values(_of_readers(blames)) if value.prevents]
    print_table(
        "failures that repairing the steps of one kind alone prevents",
        ("condition", "failure", "repaired", "prevents", "95 % interval"),
        [
            (
                value.condition,
                failure_in_words(value.outcome),
                value.role,
                f"{value.prevents} of {value.n}",
                f"{100 * value.lo:.0f} to {100 * value.hi:.0f} %",
            )
            for value in sorted(values, key=lambda value: table_order(value.condition))
        ],
        empty="none",
        whole=True,
    )
    counts: Counter[tuple[str, str]] = Counter()
    for count in abstentions(blames):
        counts[count.code, count.outcome] += count.n
    print_table(
        "failures that nobody is blamed for, by reason",
        ("reason", "failure", "failures", "meaning"),
        [
            (code, failure_in_words(kind), n, ABSTENTIONS.get(code, "the record names no reason"))
            for (code, kind), n in sorted(counts.items())
        ],
        empty="none",
        whole=True,
    )


def _sentences(blames: Iterable[Blame]) -> list[tuple[str, str]]:
    """Each failed run with what its failures are blamed on, equal verdicts on several kinds of failure told once."""
    from evitrail.eval.report.failures import verdicts_of

    runs: dict[str, list[Blame]] = {}
    for blame in blames:
        runs.setdefault(blame.run, []).append(blame)
    told = ((run, verdict.sentence) for run, found in runs.items() for verdict in verdicts_of(found))
    return [(run, said) for run, said in told if said]


def _of_readers(blames: Sequence[Blame]) -> list[Blame]:
    """The records under the names of conditions that tell readers apart."""
    from evitrail.eval.plan.run_name import ReadCondition

    return [
        blame.model_copy(update={"condition": str(ReadCondition.of(blame.run, blame.condition))}) for blame in blames
    ]


def _blamed(blame: Blame) -> str:
    """The blamed steps, or why nobody is blamed."""
    return " + ".join(blame.culprit) or f"nobody ({(blame.abstain_reason or 'not attributed').partition(':')[0]})"


def failure_in_words(kind: str) -> str:
    return kind.replace("_", "-")
