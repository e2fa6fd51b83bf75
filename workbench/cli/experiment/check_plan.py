"""``evitrail run --check``: a plan proven against its benchmark and store, and the arms it comes to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from evitrail.workbench.cli.console import print_json, say

if TYPE_CHECKING:
    from evitrail.eval.plan.condition import Condition
    from evitrail.eval.plan.plan import Plan


def proven(plan: Plan, *, allow_code: bool, json: bool) -> None:
    """Prove cases, references, states, readers and masks, and list the arms; runs nothing, writes nothing."""
    from evitrail.eval.dataset.masking import masked
    from evitrail.eval.experiment.experiment import UNSERVED
    from evitrail.eval.plan.run_name import ReadCondition
    from evitrail.evidence_store import EvidenceStore
    from evitrail.workbench.setup import mask_of, prepared, readers_of

    mask = mask_of(plan, allow_code=allow_code)
    with EvidenceStore.open(Path(plan.store)) as store:
        cases, arms = prepared(plan, store, allow_code=allow_code)
        every = {
            str(ReadCondition(arm.name, label)): (
                arm,
                arm.lacking(reader) or (None if any(map(arm.serves, cases)) else UNSERVED),
            )
            for arm in arms
            for label, reader in readers_of(plan, store)
        }
        for case in cases:
            masked(case, mask)
    names = {name: arm for name, (arm, why) in every.items() if why is None}
    left_out = {name: why for name, (_, why) in every.items() if why is not None}
    if json:
        told = {"cases": len(cases), "conditions": list(names), "runs": len(cases) * len(names)}
        print_json({**told, "left_out": left_out})
        return
    say(f"sound: {len(cases)} cases, {len(names)} conditions, {len(cases) * len(names)} runs; nothing was run")
    for name, arm in names.items():
        say(f"{name}: {_said(arm)}", indent=2)
    for name, why in left_out.items():
        say(f"left out: {name}: {why}")


def _said(arm: Condition) -> str:
    """An arm in words: who answers, what finds the evidence, how much of it, and of which state of the store."""
    if not arm.retriever:
        return f"{arm.agent}, {f'{arm.curated} evidence of the case' if arm.curated else 'no evidence'}"
    return f"{arm.agent}, {arm.retriever}, k = {arm.k}" + (f", snapshot {arm.snapshot}" if arm.snapshot else "")
