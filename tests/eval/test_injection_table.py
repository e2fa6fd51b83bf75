"""The table counts first names, codes, sets, false blame and abstentions, each beside the baselines."""

from __future__ import annotations

from typing import Any

from evitrail.eval.attribution.blame import Blame
from evitrail.eval.injection.table import CONSTANT, table
from evitrail.eval.injection.trial import Trial


def made(operator: str, truth: tuple[str, ...], roles: tuple[str, ...] | None, **changes: Any) -> Trial:
    """A trial as if it had been done; ``roles`` None is a run that did not fail."""
    blame = None
    if roles is not None:
        empty: dict[str, Any] = {key: {} for key in ("phi", "necessity", "sufficiency", "responsibility")}
        none: dict[str, Any] = dict.fromkeys(("records", "minimal_repair_sets", "contract_breaks", "replay_ids"), ())
        blame = Blame.model_validate(
            {
                "run": "r",
                "case": "c",
                "condition": "i",
                "outcome": "wrong",
                "tier": "T1",
                "culprit": roles,
                "roles": roles,
                "fault_code": changes.pop("said", None),
                "persistence": "systematic",
                "p_rep": None,
                "v_none": 0.0,
                "n": 1,
                "replays": 1,
                "executed": changes.pop("executed", 10),
                "cache_hits": 0,
                "oracle_leak": "none",
                "seed": 0,
                "abstain_reason": None if roles else "U3: nothing",
                **empty,
                **none,
            }
        )
    given = {"sort": "single", "data": "d", "reader": "table", "case": "c", "run": "r", "code": None, "blame": blame}
    return Trial.model_validate({"operator": operator, "truth": truth, "failed": roles is not None, **given, **changes})


def test_the_table_counts_first_names_codes_sets_false_blame_and_abstentions() -> None:
    guess = {"guesses": {"contracts only": ("store",)}}
    found = [
        *(made("a", ("store",), ("store", "choose"), code="S1", said="S1", **guess) for _ in range(3)),
        made("a", ("store",), ("choose", "store"), code="S1", said="C1", executed=90, **guess),
        made("b", ("choose",), (), code="C1", **guess),
        made("c", ("choose", "store"), ("store", "choose"), sort="AND"),
        made("p", (), None, sort="placebo"),
        made("k", (), (), sort="wrong key"),
        made("k", (), ("choose",), sort="wrong key"),
    ]
    rows = {row.name: row for row in table(found)}

    def counts(name: str) -> tuple[int, int]:
        ours = rows[name].ours
        assert ours is not None
        return ours.k, ours.n

    assert counts("first name right, all") == (3, 5)
    assert counts("first name right: store") == (3, 4)
    assert counts("first name right: choose") == (0, 1)
    assert counts("S1") == (3, 4)
    assert counts("exact set") == (1, 1)
    assert counts("false blame: placebo") == (0, 1)
    assert counts("false blame: wrong key") == (1, 2)
    assert counts("precision: abstentions that were due") == (1, 2)
    assert counts("recall: due abstentions that were made") == (1, 2)
    beside = rows["first name right, all"].baselines
    assert (beside["contracts only"].k, beside["contracts only"].n) == (4, 5)
    assert beside[CONSTANT].k == 4, "the store, seen from any of the others"
    cost = rows["steps executed for one failure"]
    assert (cost.median, cost.p90) == (10.0, 34.0)
    assert "first name right: check" not in rows


def test_a_baseline_is_beaten_where_the_intervals_do_not_meet() -> None:
    ours = [made("a", ("store",), ("store",), guesses={"first step": ("aim",), "last step": ("store",)})] * 30
    (row,) = [row for row in table(ours) if row.name == "first name right, all"]
    assert row.beaten == ("first step",)
    false = [made("k", (), (), sort="wrong key", guesses={"first step": ("aim",)})] * 30
    (row,) = [row for row in table(false) if row.name == "false blame: wrong key"]
    assert row.beaten == ("first step",), "fewer is better here"
