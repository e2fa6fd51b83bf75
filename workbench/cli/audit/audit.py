"""``evitrail audit``: does an experiment keep to a policy?"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import CheckFailed, Json, print_json, say
from evitrail.workbench.cli.folder import Folder, StoreNow

if TYPE_CHECKING:
    from evitrail.eval.audit.audit import Audit, Baselines, RedTeams
    from evitrail.eval.audit.audited import Audited
    from evitrail.eval.audit.evidence import Citations
    from evitrail.eval.audit.policy import AuditPolicy

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
    from evitrail.eval.audit.audit import audit as judge
    from evitrail.eval.audit.audited import read_audited
    from evitrail.eval.audit.history import add, last_audit
    from evitrail.eval.audit.policy import read_policy

    asked = read_policy(policy)
    on = _day(day)
    if out is not None and not out.parent.is_dir():
        raise ValueError(f"--out: expected a file in a folder that exists, got {out}")
    audited = read_audited(folder)
    baselines = _baselines(asked, policy.parent, baseline)
    if any(one.folder.resolve() == folder.resolve() for one in baselines.values()):
        raise ValueError(f"--baseline: expected another experiment, got {folder} itself")
    citations = _citations(audited, store) if asked.evidence else None
    red_teams = _red_teams(asked, policy.parent, redteam)
    ledger = _ledger(folder, store) if asked.redteam else None
    first = next((last_audit(one.folder) for one in baselines.values()), None)
    found = add(
        folder,
        lambda last: judge(
            asked,
            audited,
            day=on,
            citations=citations,
            baselines=baselines,
            red_teams=red_teams,
            ledger=ledger,
            predecessor=last or first,
        ),
    )
    if out is not None:
        from evitrail.eval.audit.page import write_page

        write_page(out, found, asked, audited)
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


def _baselines(policy: AuditPolicy, beside: Path, given: Path | None) -> Baselines:
    """Every baseline that the command line or the policy names, read once."""
    from evitrail.eval.audit.audit import baselines_named
    from evitrail.eval.audit.audited import read_audited

    if given is not None:
        return {None: read_audited(given)}
    return {name: read_audited(beside / name) for name in baselines_named(policy)}


def _red_teams(policy: AuditPolicy, beside: Path, given: Path | None) -> RedTeams:
    """Every red team that the command line or the policy names, read once."""
    from evitrail.eval.audit.audit import red_teams_named
    from evitrail.eval.redteam.store.results import read_results

    if given is not None:
        return {None: read_results(given)}
    return {name: read_results(beside / name) for name in red_teams_named(policy)}


def _ledger(folder: Path, given: Path | None) -> Path:
    """The ledger of the store, where it should lie."""
    from evitrail.eval.plan.plan import plan_in
    from evitrail.eval.redteam.store.throwaway import LEDGER

    return Path(given or plan_in(folder).store) / LEDGER


def _citations(audited: Audited, given: Path | None) -> Citations | None:
    """What the store knows of what answers cite; None where no store is at hand and none was named."""
    from evitrail.eval.audit.evidence import read_citations
    from evitrail.eval.log.recorded_store import LostStore, recorded_store
    from evitrail.eval.plan.plan import plan_in
    from evitrail.traces import Journals

    try:
        with (
            Journals.open(audited.folder) as past,
            recorded_store(audited.folder, plan_in(audited.folder), past, given) as store,
        ):
            return read_citations(audited, store)
    except LostStore:
        return None
