"""An experiment judged by a policy now, what changed since the last audit on record, and the audits on record.

Rules kept here
- A policy is one of those known: files called like policies in the experiment's folder and in the one above, and the
  example that ``evitrail init`` writes. A request names one of them; no path comes from it.
- The page records nothing: `evitrail audit` does.
- Judging reads the whole journal. What was judged is kept until the journal, the policy, the ledger or the day changes.

    audit_view(folder, "policy.toml", day=date.today()).audit.verdict
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from evitrail.eval import starter
from evitrail.eval.audit.audit import Audit
from evitrail.eval.audit.history import AUDITS, read_history
from evitrail.eval.audit.inputs import AuditInputs, read_inputs
from evitrail.eval.audit.page import NOT_SHOWN
from evitrail.eval.audit.policy import read_policy
from evitrail.eval.audit.signatures import named_signers
from evitrail.eval.audit.since import Since, since
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.evidence_store.input_text import InputError
from evitrail.traces.audit.seal import sealed_root, seals
from evitrail.traces.journal.folder import Journals
from evitrail.traces.record import Record, content_id
from evitrail.workbench.api.audit_runs import runs_behind
from evitrail.workbench.api.folders import UnknownName
from evitrail.workbench.api.fresh import Fresh, journal_files
from evitrail.workbench.api.store.kept import store_files
from evitrail.workbench.one_line import one_line

EXAMPLE = "example"
"""The name of the policy that every experiment can be judged by, to begin with."""


class PolicyChoice(Record):
    """A policy that may be asked for."""

    name: str
    title: str
    """What the policy is called; empty where it cannot be read."""
    version: str
    fault: str


class RecordedAudit(Record):
    """An audit on record."""

    id: str
    day: date
    verdict: str
    policy: str
    failed: tuple[str, ...]
    """The rules that did not pass and that nobody waived."""
    signers: tuple[str, ...]
    """Who the signatures say signed; `evitrail audit verify` checks them."""


class AuditView(Record):
    """See the module."""

    policies: tuple[PolicyChoice, ...]
    chosen: str | None
    command: str
    """What records the audit."""
    audit: Audit | None
    """The experiment judged now; None where no policy was chosen."""
    behind: dict[str, str]
    """By rule, the query that finds the runs that count against it."""
    listed: dict[str, tuple[str, ...]]
    """By rule, these runs, where no query finds just these."""
    since: Since | None
    """What changed since the newest audit on record by a policy of this name."""
    history: tuple[RecordedAudit, ...]
    """The newest first."""
    root: str | None
    """The root of the newest seal."""
    checkpoint: bool
    """Whether somebody signed that seal."""
    not_covered: tuple[str, ...] = NOT_SHOWN


class Judged(NamedTuple):
    """An experiment judged by a policy."""

    inputs: AuditInputs
    audit: Audit


def known_policies(folder: Path) -> dict[str, Path]:
    """The policies by which an experiment may be judged, by name: its own first, the example last."""
    own = {path.name: path for path in sorted(folder.glob("*policy*.toml"))}
    parent = folder.resolve().parent
    above = {f"{parent.name}/{path.name}": path for path in sorted(parent.glob("*policy*.toml"))}
    return own | above | {EXAMPLE: Path(starter.__file__).parent / "policy.toml"}


def policy_named(folder: Path, name: str) -> Path:
    """The file of a policy; raises ``UnknownName``."""
    known = known_policies(folder)
    if name not in known:
        raise UnknownName(f"expected a policy among {', '.join(known)}, got {name!r}{nearest(name, known)}")
    return known[name]


def chosen_policy(folder: Path) -> str | None:
    """The policy that is meant where none is named: the experiment's own; None where there is none."""
    return next((name for name in known_policies(folder) if name != EXAMPLE), None)


def judged_now(folder: Path, name: str, day: date) -> Judged:
    """The experiment by a policy on a day; raises ``InputError`` where the policy does not fit it."""
    return _judged(folder, policy_named(folder, name), day)


def is_judged(folder: Path, name: str, day: date) -> bool:
    """Whether the result is there already, so that nobody has to wait for it."""
    return _judged.has(folder, policy_named(folder, name), day)


def audit_view(folder: Path, name: str | None, *, day: date, judge: bool = True) -> AuditView:
    """All of it; without ``judge`` only what is on record. Raises as ``judged_now`` does."""
    history = read_history(folder)
    found = judged_now(folder, name, day) if name is not None and judge else None
    behind = runs_behind(folder, found.inputs) if found else {}
    root, checkpoint = _sealed(folder)
    return AuditView(
        policies=tuple(_choice(one, path) for one, path in known_policies(folder).items()),
        chosen=name,
        command=f"evitrail audit {quote(str(folder))} --policy {_file(folder, name)}",
        audit=found.audit if found else None,
        behind={rule: one.query for rule, one in behind.items() if one.query is not None},
        listed={rule: one.runs for rule, one in behind.items() if one.runs},
        since=_since(found.audit, history) if found else None,
        history=_recorded(folder, history),
        root=root,
        checkpoint=checkpoint,
    )


def _judge(folder: Path, policy: Path, day: date) -> Judged:
    asked = read_policy(policy)
    inputs = read_inputs(folder, asked, policy.parent)
    history = read_history(folder)
    return Judged(inputs, inputs.judged(day, content_id(history[-1]) if history else None))


def _read_for(folder: Path, policy: Path, _: date) -> list[Path]:
    return [*journal_files(folder), policy, folder / AUDITS, *store_files(folder)]


_judged = Fresh(_judge, _read_for, 4)


def _file(folder: Path, name: str | None) -> str:
    """What the command line takes for a policy."""
    return "policy.toml" if name in (None, EXAMPLE) else quote(str(known_policies(folder)[str(name)]))


def _choice(name: str, path: Path) -> PolicyChoice:
    try:
        head = read_policy(path).policy
    except InputError as error:
        return PolicyChoice(name=name, title="", version="", fault=one_line(error))
    return PolicyChoice(name=name, title=head.name, version=head.version, fault="")


def _since(found: Audit, history: list[Audit]) -> Since | None:
    ours = [one for one in history if one.policy.name == found.policy.name]
    return since(found, ours[-1]) if ours else None


def _recorded(folder: Path, history: list[Audit]) -> tuple[RecordedAudit, ...]:
    signers = named_signers(folder)
    return tuple(
        RecordedAudit(
            id=content_id(one),
            day=one.day,
            verdict=one.verdict,
            policy=f"{one.policy.name} {one.policy.version}",
            failed=tuple(result.rule for result in one.results if not result.holds),
            signers=tuple(signers.get(content_id(one), ())),
        )
        for one in reversed(history)
    )


def _sealed(folder: Path) -> tuple[str | None, bool]:
    if not journal_files(folder):
        return None, False
    with Journals.open(folder) as journal:
        found = seals(journal)
        return sealed_root(journal), bool(found and found[-1].note)
