"""Everything that an audit of an experiment reads: its journal, what the store knows, baselines, red teams.

Rules kept here
- What a policy names (a baseline, results of a red team) is looked for from the policy's own folder, unless another
  folder is given.
- An experiment is no baseline of itself.

    inputs = read_inputs(Path("my-run"), policy, Path("policies"))
    inputs.judged(date.today(), predecessor=None).verdict
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import NamedTuple

from evitrail.eval.audit.audit import Audit, Baselines, RedTeams, audit, baselines_named, red_teams_named
from evitrail.eval.audit.audited import Audited, read_audited
from evitrail.eval.audit.evidence import Citations, read_citations
from evitrail.eval.audit.history import last_audit
from evitrail.eval.audit.policy import AuditPolicy
from evitrail.eval.log.recorded_store import LostStore, recorded_store
from evitrail.eval.plan.plan import plan_in
from evitrail.eval.redteam.store.results import read_results
from evitrail.eval.redteam.store.throwaway import LEDGER
from evitrail.traces.journal.folder import Journals


class AuditInputs(NamedTuple):
    """See the module."""

    policy: AuditPolicy
    audited: Audited
    citations: Citations | None
    baselines: Baselines
    red_teams: RedTeams
    ledger: Path | None
    before: str | None
    """The last audit of the baseline, which the first one here follows."""

    def judged(self, day: date, predecessor: str | None) -> Audit:
        """The audit on a day, after another one."""
        return audit(
            self.policy,
            self.audited,
            day=day,
            citations=self.citations,
            baselines=self.baselines,
            red_teams=self.red_teams,
            ledger=self.ledger,
            predecessor=predecessor or self.before,
        )


def read_inputs(
    folder: Path,
    policy: AuditPolicy,
    beside: Path,
    *,
    baseline: Path | None = None,
    redteam: Path | None = None,
    store: Path | None = None,
) -> AuditInputs:
    """Read what an audit needs; ``beside`` is the policy's folder. Raises ``InputError`` for what is not there."""
    audited = read_audited(folder)
    baselines = _baselines(policy, beside, baseline)
    if any(one.folder.resolve() == folder.resolve() for one in baselines.values()):
        raise ValueError(f"--baseline: expected another experiment, got {folder} itself")
    return AuditInputs(
        policy=policy,
        audited=audited,
        citations=_citations(audited, store) if policy.evidence else None,
        baselines=baselines,
        red_teams=_red_teams(policy, beside, redteam),
        ledger=Path(store or plan_in(folder).store) / LEDGER if policy.redteam else None,
        before=next((last_audit(one.folder) for one in baselines.values()), None),
    )


def _baselines(policy: AuditPolicy, beside: Path, given: Path | None) -> Baselines:
    if given is not None:
        return {None: read_audited(given)}
    return {name: read_audited(beside / name) for name in baselines_named(policy)}


def _red_teams(policy: AuditPolicy, beside: Path, given: Path | None) -> RedTeams:
    if given is not None:
        return {None: read_results(given)}
    return {name: read_results(beside / name) for name in red_teams_named(policy)}


def _citations(audited: Audited, given: Path | None) -> Citations | None:
    """What the store knows of what answers cite; None where no store is available and none was named."""
    try:
        with (
            Journals.open(audited.folder) as past,
            recorded_store(audited.folder, plan_in(audited.folder), past, given) as store,
        ):
            return read_citations(audited, store)
    except LostStore:
        return None
