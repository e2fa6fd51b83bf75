"""An experiment to audit that nobody ran: answers of chosen number, blame, settings and record.

audited(wrong=7, n=92).answers("gated")
policy("[[threshold]]", 'metric = "high_risk_rate"', "at_most = 0.03")
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from report_pages import LABELS, case, outcome

from evitrail.eval.attribution import Blame
from evitrail.eval.audit.audited import Audited
from evitrail.eval.audit.policy import AuditPolicy, read_policy
from evitrail.eval.audit.settings import SETTINGS, Settings
from evitrail.eval.dataset.case import Case
from evitrail.traces import Verdicts

HEAD = '[policy]\nname = "gated answers"\nversion = "1"\nowner = "A. Meyer"\n'
HIGH_RISK = '[[threshold]]\nmetric = "high_risk_rate"\nat_most = 0.03\n'
SOUND = Verdicts((), ())


def questions(n: int, unlabelled: int = 0, start: int = 0) -> list[Case]:
    """Labelled questions, the first of them without labels."""
    return [case(f"q{at:04}", labels={} if at - start < unlabelled else LABELS) for at in range(start, start + n)]


def settings(**changed: str) -> Settings:
    """The settings of one condition; ``k="5"`` stands for ``retriever.k``, ``release`` for ``store.release``."""
    named = {"k": "retriever.k", "release": "store.release"}
    found = {name: (f"{name} of old",) for name in SETTINGS}
    return found | {named.get(name, name): (value,) for name, value in changed.items()}


def audited(
    wrong: int = 0,
    n: int = 92,
    *,
    condition: str = "gated",
    unlabelled: int = 0,
    cases: Sequence[Case] = (),
    wrong_cases: Sequence[int] | None = None,
    blames: Sequence[Blame] = (),
    used: Settings | None = None,
    **changes: Any,
) -> Audited:
    """An experiment of one condition in which so many of the last answers are high-risk errors."""
    asked = list(cases) or questions(n, unlabelled)
    broken = set(range(len(asked) - wrong, len(asked)) if wrong_cases is None else wrong_cases)
    answers = [outcome(one, "B" if at in broken else "A", condition) for at, one in enumerate(asked)]
    whole = Audited(
        folder=Path("nightly"),
        outcomes=tuple(answers),
        cases={one.id: one for one in asked},
        days={answer.run: None for answer in answers},
        blames=tuple(blames),
        settings={condition: used or settings()},
        record=SOUND,
        root="sha256:" + "f" * 64,
        redacted=(),
    )
    return replace(whole, **changes)


def policy(folder: Path, *lines: str, head: str = HEAD) -> AuditPolicy:
    """A policy, read from a file as a user's is."""
    return read_policy(written(folder, *lines, head=head))


def written(folder: Path, *lines: str, head: str = HEAD) -> Path:
    """The file of a policy."""
    path = folder / "policy.toml"
    path.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def verdicts(found: Any) -> Mapping[str, str]:
    """The verdict on each rule, by its id."""
    return {one.rule: one.verdict for one in found.results}
