"""``evitrail audit``: does an experiment keep to a policy?"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import CheckFailed, Json, print_json, say
from evitrail.workbench.cli.folder import Folder, StoreNow

if TYPE_CHECKING:
    from evitrail.eval.audit.audit import Audit

PolicyFile = Annotated[
    Path, typer.Option("--policy", help="Policy file: rules, owner, waivers.", metavar="FILE", show_default=False)
]


def audit(
    folder: Folder,
    policy: PolicyFile,
    baseline: Annotated[
        Path | None,
        typer.Option(
            "--baseline",
            help="Folder of an experiment on the same cases to compare with; default: as the policy says.",
            metavar="DIR",
        ),
    ] = None,
    redteam: Annotated[
        Path | None,
        typer.Option(
            "--redteam",
            help="Folder that `evitrail redteam store` wrote, for [[redteam]] rules; default: as the policy says.",
            metavar="DIR",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="HTML file to write the audit to, as one printable page.", metavar="FILE"),
    ] = None,
    day: Annotated[
        str | None,
        typer.Option(
            "--day",
            help="Day of the audit, for waivers and the policy's last day (YYYY-MM-DD); default: today.",
            metavar="DAY",
        ),
    ] = None,
    store: StoreNow = None,
    json: Json = False,
) -> None:
    """Audit an experiment against a policy.

    Each rule passes, fails, or cannot be told from so few cases. Exit code 0 only if all pass or are waived. The audit
    is added to audits.jsonl in the experiment's folder. See also: `evitrail audit diff` for what changed since a
    baseline, `evitrail audit history` for earlier audits, `evitrail audit sign` to sign it, `evitrail audit card` for a
    model card.
    """
    from evitrail.eval.audit.history import add
    from evitrail.eval.audit.inputs import read_inputs
    from evitrail.eval.audit.policy import read_policy

    asked = read_policy(policy)
    on = _day(day)
    if out is not None and not out.parent.is_dir():
        raise ValueError(f"--out: expected a file in a folder that exists, got {out}")
    inputs = read_inputs(folder, asked, policy.parent, baseline=baseline, redteam=redteam, store=store)
    found = add(folder, lambda last: inputs.judged(on, last))
    if out is not None:
        from evitrail.eval.audit.page import write_page

        write_page(out, found, asked, inputs.audited)
    if json:
        print_json(found.model_dump(mode="json"))
    else:
        show(found)
        if out is not None:
            say(f"page: {out}")
    if found.verdict != "pass":
        raise CheckFailed("")


def show(found: Audit) -> None:
    """Each rule with its verdict and why, and the verdict over all."""
    from evitrail.eval.log.reviews import overridden_in_words

    for one in found.results:
        signed = f", signed by {one.waived.signed_by}" if one.waived and one.waived.signed_by else ""
        waived = f" (waived by {one.waived.by} until {one.waived.until}{signed})" if one.waived else ""
        say(f"{one.verdict}: {one.states}{waived}")
        say(f"{one.because} [{one.rule}]", indent=2)
    counts = ", ".join(f"{len(ours)} {verdict}" for verdict in ("pass", "fail", "cannot tell")
                       if (ours := found.by_verdict(verdict)))  # fmt: skip
    waived_ = sum(one.waived is not None for one in found.results)
    if said := overridden_in_words(found.overridden):
        say(f"of the audited runs {said}; `evitrail review list` says why")
    say(f"audit: {found.verdict} ({counts}{f', {waived_} waived' if waived_ else ''})")


def _day(given: str | None) -> date:
    if given is None:
        return date.today()
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise ValueError(f"--day: expected a day such as 2026-05-05, got {given!r}") from None
