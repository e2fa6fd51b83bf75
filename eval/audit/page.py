"""An audit on one printable page: for the board that has five minutes, and the engineer who must answer it.

Rules kept here
- It prints on one sheet of A4: what is long is cut, what is many is counted, and rules that did not pass come first.
- The file stands alone: no script, no network, and a Content-Security-Policy that forbids both.
- What came from policies, questions or models is text, never markup.
- Equal input gives equal bytes. The day is that of the audit; no clock is read.

    write_page(Path("audit.html"), found, policy, audited)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from evitrail.eval.audit.audit import Audit, judged
from evitrail.eval.audit.audited import Audited
from evitrail.eval.audit.policy import AuditPolicy
from evitrail.eval.audit.result import RuleResult, percent
from evitrail.eval.metrics.table import metric_rows
from evitrail.eval.plan.run_name import ReadCondition
from evitrail.eval.report.failures import FailedQuestion, failed_runs, questions
from evitrail.eval.report.page_templates import templates
from evitrail.eval.report.profile import profile_rows
from evitrail.traces.whole_file import replace_text

TEMPLATES = Path(__file__).parent / "templates"
RULES = 9
"""Rules that have a line of their own."""
CHANGES = 3
WORST = 5
WAIVERS = 3
LONG = 110
"""Characters of a text that is shown."""
SHORT = 28
"""Characters of a name that is shown."""

VERDICTS = {
    "pass": "Passes",
    "fail": "Does not pass",
    "cannot tell": "Cannot be told from these cases",
}

NOT_SHOWN = (
    "The cases are a sample: a bound holds for cases like these, and says nothing of others.",
    "Keys, labels and evidence are taken as they were entered. Nobody was treated: this is no clinical evaluation.",
    "A rule that is waived has not passed. A rule that cannot be told has not failed.",
    "A rewrite of the whole record is not noticed unless its seal is kept elsewhere.",
)


class Worst(NamedTuple):
    """One of the worst questions."""

    id: str
    stem: str
    failures: str
    blamed: str


def write_page(path: Path, found: Audit, policy: AuditPolicy, audited: Audited) -> None:
    """Write the page, whole or not at all."""
    replace_text(path, render(found, policy, audited))


def render(found: Audit, policy: AuditPolicy, audited: Audited) -> str:
    """The page as HTML."""
    environment = templates(TEMPLATES, cut=_cut, short=_short, **NUMBERS)
    return environment.get_template("audit.html").render(**parts(found, policy, audited))


def parts(
    found: Audit, policy: AuditPolicy, audited: Audited, *, rules: int = RULES, changes: int = CHANGES
) -> dict[str, Any]:
    """What the body of the page is filled with, for a frame that holds so many rules and changes."""
    ordered = sorted(found.results, key=_gravity)
    waived = [one for one in ordered if one.waived]
    changed = None if found.changed is None else sorted(found.changed, key=lambda one: one.allowed is not False)
    return {
        "audit": found,
        "words": VERDICTS[found.verdict],
        "rules": ordered[:rules],
        "more_rules": ordered[rules:],
        "changed": changed and changed[:changes],
        "more_changed": max(len(changed or ()) - changes, 0),
        "waived": waived[:WAIVERS],
        "more_waived": max(len(waived) - WAIVERS, 0),
        "worst": worst_questions(policy, audited),
        "not_shown": NOT_SHOWN,
        "behind": None,
        "asked": None,
    }


def worst_questions(policy: AuditPolicy, audited: Audited) -> list[Worst]:
    """The questions that failed worst in the conditions that the policy is about, the gravest first."""
    about = judged(policy, audited)
    asked = [one for one in audited.outcomes if str(ReadCondition.of(one.run, one.condition)) in about]
    if not asked:
        return []
    shown = profile_rows(asked, metric_rows(asked, replicates=1))
    failed = questions(shown, failed_runs(shown, audited.blames, audited.cases), audited.cases)
    return [_worst(one) for one in failed[:WORST]]


def _worst(question: FailedQuestion) -> Worst:
    kinds = dict.fromkeys(kind.replace("_", "-") for run in question.failed for kind in run.kinds)
    told = [run.told.blame for run in question.failed if run.told is not None]
    blamed = dict.fromkeys(step for blame in told for step in blame.culprit or ("nobody",))
    stem = question.case.stem if question.case else ""
    return Worst(question.id, stem, ", ".join(kinds), ", ".join(blamed) or "not attributed")


def _gravity(one: RuleResult) -> tuple[bool, int]:
    return one.holds, ("fail", "cannot tell", "pass").index(one.verdict)


def _cut(text: str, most: int = LONG) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _short(values: Sequence[str] | str) -> str:
    """A name, or several, cut where they are long."""
    return _cut(values if isinstance(values, str) else ", ".join(values) or "none", SHORT)


def _number(one: RuleResult) -> str:
    if one.value is None:
        return "–"
    sign = "+" if one.value > 0 and one.rule.startswith("no_regression") else ""
    return sign + _minus(percent(one.value))


def _bounds(one: RuleResult) -> str:
    if one.lower is None or one.upper is None:
        return "–"
    return _minus(f"{percent(one.lower)} to {percent(one.upper)}")


def _minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")


NUMBERS: dict[str, Callable[..., Any]] = {"pct": percent, "number": _number, "bounds": _bounds}
"""The filters that write numbers."""
