"""Which step to repair first, told by hand: what is blamed, what repairing one step alone prevents, typical faults."""

from __future__ import annotations

import pytest
from blames import blamed

from evitrail.eval.attribution import Blame
from evitrail.eval.attribution.blame import Overridden
from evitrail.eval.attribution.record.by_step import failures_by_step
from evitrail.eval.attribution.record.reviewed_blame import was_attributed, without_review
from evitrail.eval.query.before_run import picks_before_run
from evitrail.eval.query.parse import parse

STALE = blamed(
    "retrieve",
    "synthesise",
    case="c1",
    culprit=("retrieve[1]", "synthesise[1]"),
    fault_code="S2",
    records=("old@1",),
    minimal_repair_sets=(("retrieve[1]",), ("synthesise[1]",)),
)
MISREAD = blamed(
    "synthesise", case="c2", culprit=("synthesise[1]",), fault_code="Y2", minimal_repair_sets=(("synthesise[1]",),)
)
BOTH = blamed(
    "store",
    "choose",
    case="c3",
    culprit=("store", "choose[1]"),
    fault_code="S1",
    minimal_repair_sets=(("store", "choose[1]"),),
)
SILENT = blamed(case="c4")
TOY = [STALE, MISREAD, BOTH, SILENT]


def test_blame_is_split_and_sums_to_one_and_what_a_repair_prevents_is_counted_whole() -> None:
    found = failures_by_step(TOY)
    rows = {row.role: row for row in found.steps}
    assert (found.n, found.cases) == (4, 4)
    assert {role: (row.blamed.n, row.runs, row.prevents.n) for role, row in rows.items() if row.runs} == {
        "store": (0.5, 1, 0),
        "retrieve": (0.5, 1, 1),
        "synthesise": (1.5, 2, 2),
        "choose": (0.5, 1, 0),
    }
    assert sum(row.blamed.share for row in found.steps) + found.nobody.share == pytest.approx(1, abs=1e-5)
    assert rows["synthesise"].prevents.share == 0.5
    assert rows["store"].prevents.n == 0, "only together with the choice, which is not alone"


def test_a_fault_is_that_of_the_step_that_is_named_first_and_the_most_frequent_comes_first() -> None:
    rows = {row.role: row for row in failures_by_step([*TOY, MISREAD.model_copy(update={"case": "c5"})]).steps}
    assert [(one.code, one.found.n) for one in rows["retrieve"].faults] == [("S2", 1)]
    assert [(one.code, one.found.n) for one in rows["synthesise"].faults] == [("Y2", 2)], "S2 is the search's"
    assert rows["choose"].faults == ()


def test_why_nobody_is_blamed_and_which_evidence_it_takes_is_counted() -> None:
    found = failures_by_step(TOY)
    assert [(one.code, one.found.n) for one in found.reasons] == [("U3", 1)]
    assert found.nobody.n == 1
    assert found.evidence == (("old@1", 1),)


def test_failures_that_are_no_sample_have_no_interval_and_none_gives_no_row() -> None:
    shares = [row.blamed for row in failures_by_step(TOY, is_sample=False).steps]
    assert {(one.lo, one.hi) for one in shares} == {(None, None)}
    assert all(row.blamed.lo is not None for row in failures_by_step(TOY).steps)
    assert failures_by_step([]).steps == ()


def test_what_the_attribution_found_can_be_had_without_what_a_reviewer_says() -> None:
    said = Overridden(
        by="d.larsen", reason="r", culprit=STALE.culprit, code="S2", tier="T1", records=("old@1",), sentence="found"
    )
    changed = {
        "culprit": (),
        "roles": (),
        "fault_code": None,
        "abstain_reason": "E1: x",
        "overridden": said,
        "records": (),
    }
    reviewed: Blame = STALE.model_copy(update=changed)
    own = without_review(reviewed)
    assert own is not None
    assert (own.culprit, own.roles, own.fault_code, own.records) == (STALE.culprit, STALE.roles, "S2", ("old@1",))
    alone = reviewed.model_copy(update={"overridden": said.model_copy(update={"culprit": None})})
    assert without_review(alone) is None
    assert (was_attributed(reviewed), was_attributed(alone)) == (True, False)
    assert without_review(STALE) is STALE


@pytest.mark.parametrize(
    ("query", "is_sample"),
    [("", True), ("condition:gated", True), ("nodule OR day:>2020-01-01", True), ("stale", False),
     ("-(case:x wrong)", False), ("blame:retrieve", False), ('"wrong"', True), ("cites:superseded", False)],
)  # fmt: skip
def test_runs_that_are_picked_by_what_came_of_them_are_no_sample(query: str, is_sample: bool) -> None:
    assert picks_before_run(parse(query)) is is_sample
