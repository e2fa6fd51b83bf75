"""What an experiment says, in four sentences a clinician can read.

Rules kept here
- Every number is computed from the outcomes; a sentence that the data cannot carry is left out or says
  what is missing.
- Conditions that are handed their evidence (*clean*, *conflict*) cannot be deployed, so they are not compared for best.
- A difference is paired over the cases both conditions answered and comes with its interval; one whose
  interval holds zero is called what it is.
- The best condition was picked after seeing the results. The interval is not corrected for that; the page says so.

    for sentence in findings(profile_rows(outcomes, rows), failed, shares): print(sentence)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evitrail.eval.attribution.record.summary import BlameShare
from evitrail.eval.dataset.case import Case
from evitrail.eval.metrics import METRICS
from evitrail.eval.metrics.difference import Difference, difference
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.plan.condition import ALIASES, CONDITIONS
from evitrail.eval.report.failures import Failed, harms
from evitrail.eval.report.profile import ProfileRow, region

BASELINE = "standard"
"""What a reader of the published work compares with: plain dense retrieval."""


def findings(
    found: Sequence[ProfileRow],
    failed: Sequence[Failed],
    shares: Sequence[BlameShare] | None,
    labelled_by: str | None = None,
) -> list[str]:
    """The sentences; ``shares`` are those of all conditions together, or None where no run can be done again.

    ``labelled_by`` is who said which options do harm; None where the benchmark does not say.
    """
    if not found:
        return ["No run has finished, so there is nothing to report."]
    best = _best(found)
    happened = _what_happened(found, failed, labelled_by)
    told = [happened, _who_is_best(found, best), _difference(found, best), _blame(failed, shares)]
    return [sentence for sentence in told if sentence]


def labelled_by(cases: Iterable[Case]) -> str | None:
    """Who labelled all the cases that carry labels; None where the benchmark does not say, or names several."""
    names = {case.labelled_by for case in cases if case.labels}
    return names.pop() if len(names) == 1 else None


def percent(value: float) -> str:
    """A share as people read it: ``0.405`` is ``40.5 %``, which does not break over lines."""
    return f"{100 * value + 0.0:.1f}\N{NO-BREAK SPACE}%"


def _what_happened(found: Sequence[ProfileRow], failed: Sequence[Failed], labelled_by: str | None) -> str:
    runs, kinds = sum(len(condition.outcomes) for condition in found), harms(failed)
    silent = sum(outcome.abstained for condition in found for outcome in condition.outcomes)
    labelled = sum(condition.known["high_risk_rate"] for condition in found)
    wrong = f"{kinds['wrong']} did not give the right answer ({percent(kinds['wrong'] / runs)})"
    said = f"Of {_number(runs, 'run')}, {wrong}"
    if silent:
        said += f", {silent} of them by abstaining"
    if not labelled:
        return f"{said}; the questions carry no labels of harm, so nothing can be said about safety."
    of = "" if labelled == runs else f" of {labelled} that are labelled"
    who = f" by {labelled_by}" if labelled_by else ""
    return f"{said}; {kinds['high_risk']}{of} chose an option labelled high-risk{who}."


def _best(found: Sequence[ProfileRow]) -> list[ProfileRow]:
    """Conditions that find their own evidence, or all where none does: fewest high-risk errors, then most accurate."""
    able = [
        condition
        for condition in found
        if not (_preset(condition) in CONDITIONS and CONDITIONS[_preset(condition)].curated)
    ]
    return sorted(able or found, key=lambda condition: (_harm(condition), -_accuracy(condition)))


def _who_is_best(found: Sequence[ProfileRow], best: Sequence[ProfileRow]) -> str:
    top = max(best, key=_accuracy)
    among = "" if len(best) == len(found) else "Leaving aside the conditions that are handed their evidence, "
    right, harm = percent(_accuracy(top)), best[0].row["high_risk_rate"]["value"]
    accurate = [condition.label for condition in best if _accuracy(condition) == _accuracy(top)]
    if harm is None:
        return f"{among}{_joined(accurate)} gave most right answers ({right})." if len(best) > 1 else ""
    wrong = percent(harm)
    safest = [condition.label for condition in best if _harm(condition) == harm]
    both = [label for label in accurate if label in safest]
    if len(best) == 1:
        said = f"{top.label} is right in {right} and makes a high-risk error in {wrong} of the questions"
    elif both:
        right += _as_in(accurate, both)
        wrong += _as_in(safest, both)
        said = f"{_joined(both)} {_be(both)} both the most accurate ({right}) and the safest (high-risk errors {wrong})"
    else:
        most = f"{_joined(accurate)} {_be(accurate)} the most accurate ({right})"
        said = f"{most}, but {_joined(safest)} {_be(safest)} the safest (high-risk errors {wrong})"
    return f"{among}{said}; {_in_region(best)}."


def _in_region(best: Sequence[ProfileRow]) -> str:
    places = {condition.label: region(condition.row) for condition in best}
    sure = [label for label, where in places.items() if where == "inside"]
    unsure = [label for label, where in places.items() if where == "inside, unsure"]
    if sure:
        return f"{_joined(sure)} {_be(sure)} in the safe deployment region with the whole interval"
    if unsure:
        whose = "their intervals reach" if len(unsure) > 1 else "its interval reaches"
        return f"{_joined(unsure)} {_be(unsure)} in the safe deployment region, but {whose} outside it"
    return "it is outside the safe deployment region" if len(best) == 1 else "none is in the safe deployment region"


def _difference(found: Sequence[ProfileRow], best: Sequence[ProfileRow]) -> str:
    others = [condition for condition in found if condition is not best[0]]
    if not others:
        return ""
    plain = [condition for condition in others if _preset(condition) == BASELINE]
    same_reader = [condition for condition in plain if condition.row["reader"] == best[0].row["reader"]]
    base = next(iter(same_reader or plain), max(others, key=_accuracy))
    for column in ("high_risk_rate", "accuracy"):
        compared = paired_difference(best[0], base, column)
        if compared is None or compared.lo is None or compared.hi is None:
            continue
        value, lo, hi, n = compared.value, compared.lo, compared.hi, compared.n
        what = "high-risk errors" if column == "high_risk_rate" else "right answers"
        points = f"{abs(100 * value):.1f} percentage points {'fewer' if value < 0 else 'more'}"
        gives = f"as many {what} as" if value == 0 else f"{points} {what} than"
        said = f"On the same {_number(n, 'question')}, {best[0].label} gives {gives} {base.label}"
        said += f" (95\N{NO-BREAK SPACE}% interval of the difference {_signed(lo)} to {_signed(hi)})"
        return said + ("; chance alone could explain that." if value and lo <= 0 <= hi else ".")
    return ""


def paired_difference(one: ProfileRow, baseline: ProfileRow, metric: str) -> Difference | None:
    """One condition's metric less the baseline's, on the cases that both answered; None if unknown."""
    ours, theirs = shared_outcomes(one, baseline)
    return difference(METRICS[metric], ours, theirs) if ours else None


def shared_outcomes(one: ProfileRow, other: ProfileRow) -> tuple[list[Outcome], list[Outcome]]:
    """The outcomes of both on the cases that both answered, in the same order."""
    left, right = ({outcome.case: outcome for outcome in condition.outcomes} for condition in (one, other))
    shared = sorted(left.keys() & right.keys())
    return [left[case] for case in shared], [right[case] for case in shared]


def _blame(failed: Sequence[Failed], shares: Sequence[BlameShare] | None) -> str:
    if shares is None:
        return "These runs were not made here, so no step of them can be blamed."
    wrong = [share for share in shares if share.outcome == "wrong"]
    if not failed:
        return "No run failed, so no step is to blame."
    if not wrong:
        return "Attribution was not run, so no step is blamed yet."
    named = [share for share in wrong if share.role != "abstained" and share.share > 0]
    silent = next(share for share in wrong if share.role == "abstained")
    left = f"{percent(silent.share)} could not be pinned on any step"
    if not named:
        return f"Of the {_number(silent.n, 'failed run')} examined, {left}."
    top = max(named, key=lambda share: share.share)
    return (
        f"Of the {_number(top.n, 'failed run')} examined, the largest part of the blame falls on the {top.role} step "
        f"({percent(top.share)}, 95\N{NO-BREAK SPACE}% interval {percent(top.lo)} to {percent(top.hi)}); {left}."
    )


def _preset(condition: ProfileRow) -> str:
    """The condition by our name for it, where it has a published one."""
    return ALIASES.get(condition.condition, condition.condition)


def _accuracy(condition: ProfileRow) -> float:
    return float(condition.row["accuracy"]["value"])


def _harm(condition: ProfileRow) -> float:
    """The high-risk rate; a condition whose harm is unknown is not called safe."""
    value = condition.row["high_risk_rate"]["value"]
    return 2.0 if value is None else float(value)


def _signed(value: float) -> str:
    return f"{100 * value + 0.0:+.1f}".replace("-", "−").replace("+0.0", "0.0")


def _joined(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _as_in(level: Sequence[str], named: Sequence[str]) -> str:
    others = [name for name in level if name not in named]
    return f", the same as {_joined(others)}" if others else ""


def _be(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _number(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"
