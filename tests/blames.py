"""A blame record to test with, given the roles that are blamed."""

from __future__ import annotations

from typing import Any

from evitrail.eval.attribution import ABSTENTIONS, ROLES, Blame, Share


def blamed(*roles: str, case: str = "c1", condition: str = "agentic", **changes: Any) -> Blame:
    """A blame record for one wrong run; without roles, one that abstains."""
    given_: dict[str, Any] = {
        "run": f"{condition}.{case}",
        "case": case,
        "condition": condition,
        "outcome": "wrong",
        "tier": "T1",
        "culprit": roles,
        "roles": roles,
        "fault_code": "R1" if roles else None,
        "records": (),
        "phi": {role: Share(value=0, lo=0, hi=0) for role in ROLES},
        "necessity": {},
        "sufficiency": {},
        "responsibility": {},
        "minimal_repair_sets": (),
        "persistence": "systematic",
        "contract_breaks": (),
        "p_rep": 1,
        "v_none": 0,
        "n": 1,
        "replays": 0,
        "executed": 0,
        "cache_hits": 0,
        "oracle_leak": "none",
        "seed": 0,
        "replay_ids": (),
        "abstain_reason": None if roles else f"U3: {ABSTENTIONS['U3']}",
    }
    return Blame(**given_ | changes)
