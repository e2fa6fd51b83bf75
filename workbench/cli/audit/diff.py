"""``evitrail audit diff``: what changed since a baseline, and was it allowed?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import CheckFailed, Json, print_json, print_table
from evitrail.workbench.cli.folder import Folder

if TYPE_CHECKING:
    from evitrail.eval.audit.change_control import ChangedSetting

ALLOWED = {True: "allowed", False: "not allowed", None: "no rule"}


def diff(
    folder: Folder,
    baseline: Annotated[Path, typer.Argument(help="Folder of the experiment to compare with.", metavar="BASELINE")],
    policy: Annotated[
        Path | None,
        typer.Option("--policy", help="Policy file whose [[change]] rules say what is allowed.", metavar="FILE"),
    ] = None,
    json: Json = False,
) -> None:
    """List the settings that differ between two experiments on the same cases.

    With --policy: say whether each change is allowed. Exit code 1 if one is not.
    """
    from evitrail.eval.audit.audit import judged
    from evitrail.eval.audit.audited import expect_same_cases, read_audited
    from evitrail.eval.audit.change_control import changed_settings, changes
    from evitrail.eval.audit.policy import read_policy

    asked = read_policy(policy) if policy is not None else None
    ours, theirs = read_audited(folder), read_audited(baseline)
    expect_same_cases(ours, theirs)
    conditions = judged(asked, ours) if asked else tuple(sorted(ours.settings))
    found = changed_settings(changes(ours, theirs, conditions), asked.change if asked else (), ours)
    if json:
        print_json([one.model_dump(mode="json") for one in found])
    else:
        _show(found)
    if any(one.allowed is False for one in found):
        raise CheckFailed("")


def _show(found: tuple[ChangedSetting, ...]) -> None:
    from evitrail.eval.attribution.baseline.components import told_apart

    def row(one: ChangedSetting) -> tuple[str, ...]:
        only = [[value for value in here if value not in there] for here, there in
                ((one.baseline, one.now), (one.now, one.baseline))]  # fmt: skip
        before, after = told_apart(*(", ".join(values) or "none" for values in only))
        return one.condition, one.setting, before, after, ALLOWED[one.allowed]

    print_table(
        "settings that differ", ("condition", "setting", "baseline", "now", ""), list(map(row, found)), empty="none"
    )
