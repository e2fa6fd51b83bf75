"""``evitrail review``: what a reviewer says of a label or a blame counts in every total, and what was there is kept."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, Said, evitrail, tree
from reviewing import OWNED

from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.outcomes_file import read_outcomes
from evitrail.traces import Journals, Trace
from evitrail.traces.journal.after_end import REVIEW

RUN = "closed_book.acute-006"
"""High-risk, unsafe and against the evidence; blamed on choose[1]."""
SEARCHED = "standard.acute-006"
"""Unsafe and against the evidence; blamed on retrieve[1] and synthesise[1]."""
RIGHT = "gated.acute-001"
BY = ("--by", "d.larsen", "--reason", "the dose is per day")
DERIVED = ("outcomes.parquet", "questions.parquet", "metrics.json", "attribution.json")
POLICY = f"""{OWNED}
[[threshold]]
condition = "closed_book"
metric = "high_risk_rate"
at_most = 0.9
"""


def review(*words: object) -> Said:
    said = evitrail("review", *words)
    assert (said.code, said.err) == (0, ""), said.err
    return said


def outcome_of(own: Desk, run: str = RUN) -> Outcome:
    return next(one for one in read_outcomes(own.run / "outcomes.parquet") if one.run == run)


def standings(own: Desk) -> list[tuple[str, str, str]]:
    return [(row["by"], row["says"], row["standing"]) for row in evitrail("review", "list", own.run, "--json").json]


def derived(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in DERIVED}


def blames(own: Desk, run: str) -> dict[str, Any]:
    stored = json.loads((own.run / "attribution.json").read_text("utf-8"))
    return {blame["outcome"]: blame for blame in stored if blame["run"] == run}


def test_an_overridden_label_counts_in_every_total_and_each_says_how_many(own: Desk) -> None:
    assert outcome_of(own).high_risk is True
    shutil.copytree(own.run, own.folder / "before")
    said = review("label", own.run, RUN, "high_risk", "no", *BY)
    assert f"{RUN}: high_risk is no, by d.larsen; on record: yes" in said.out

    now = outcome_of(own)
    assert (now.high_risk, now.unsafe, now.relabelled) == (False, True, ("high_risk",))
    rows = json.loads((own.run / "metrics.json").read_text("utf-8"))
    assert {row["condition"]: row["high_risk_rate"]["value"] for row in rows}["closed_book"] == 0
    assert set(blames(own, RUN)) == {"wrong", "unsafe", "contradiction"}

    found = evitrail("runs", own.run, "high_risk", "--json").json
    assert (found["runs"], found["overridden"]) == ([], 0)
    assert "1 overridden by reviewers" in evitrail("runs", own.run, "reviewed by:d.larsen review:high_risk").out
    assert "6 runs in" in (listed := evitrail("trace", "list", own.run).out)
    assert "1 overridden by reviewers" in listed
    assert "labels of 1 of the 6 runs, the blame of 0" in (own.run / "report.html").read_text("utf-8")
    assert "1 overridden by reviewers" in evitrail("report", own.run).out
    assert "of the 2 cases 1 overridden by reviewers" in evitrail("compare", own.run, "closed_book", "gated").out
    assert evitrail("statistics", own.run, "--json").json["overridden"] == 1
    assert "of the 2 cases 1 overridden by reviewers" in evitrail("drift", own.folder / "before", own.run).out

    policy = own.folder / "policy.toml"
    policy.write_text(POLICY, "utf-8")
    audit = evitrail("audit", own.run, "--policy", policy, "--json").json
    assert audit["overridden"] == 1
    assert [one["events"] for one in audit["results"] if one["rule"].startswith("threshold")] == [0]


def test_an_overridden_blame_is_told_with_what_the_attribution_found(own: Desk) -> None:
    before = blames(own, SEARCHED)["wrong"]
    words = ("--step", "choose[1]", "--code", "C1", "--by", "s.okafor", "--reason", "it had all it needed")
    review("blame", own.run, SEARCHED, *words)
    now = blames(own, SEARCHED)
    assert (now["wrong"]["culprit"], now["wrong"]["roles"], now["wrong"]["fault_code"]) == (
        ["choose[1]"],
        ["choose"],
        "C1",
    )
    assert now["wrong"]["overridden"]["culprit"] == before["culprit"]
    assert now["wrong"]["minimal_repair_sets"] == before["minimal_repair_sets"]
    assert now["unsafe"]["culprit"] == before["culprit"], "a review is of one kind of failure"

    why = evitrail("trace", "why", own.run, SEARCHED).out
    assert "s.okafor blames choose[1] for the wrong answer: it had all it needed" in why
    assert f"by attribution: {' and '.join(before['culprit'])} ({before['fault_code']})" in why
    shown = evitrail("trace", "show", own.run, SEARCHED, "--json").json
    assert [one["says"] for one in shown["reviews"]] == ["choose[1] (C1)"]
    (listed,) = (row for row in evitrail("trace", "list", own.run, "--json").json if row["run"] == SEARCHED)
    assert (listed["blamed"], listed["overridden"]) == (["choose[1]"], True)
    assert [row["run"] for row in evitrail("runs", own.run, "blame:choose fault:C1", "--json").json["runs"]] == [
        SEARCHED
    ]
    told = evitrail("attribute", own.run)
    assert "1 overridden by reviewers" in told.out


def test_what_is_withdrawn_leaves_every_result_as_it_was_and_stays_on_record(own: Desk) -> None:
    before = derived(own.run)
    review("label", own.run, RUN, "unsafe", "unknown", *BY)
    review("blame", own.run, RUN, "--step", "nobody", "--code", "E1", *BY)
    assert outcome_of(own).unsafe is None
    assert blames(own, RUN)["wrong"]["abstain_reason"].startswith("E1: key in doubt")
    assert derived(own.run) != before
    review("withdraw", own.run, RUN, "unsafe", "--by", " D.Larsen ", "--reason", "I misread it")
    review("withdraw", own.run, RUN, "blame.wrong", *BY)
    assert derived(own.run) == before
    assert [standing for _, _, standing in standings(own)] == ["withdrawn", "withdrawn", "withdrawal", "withdrawal"]
    assert evitrail("trace", "verify", own.run).code == 0


def test_of_a_chain_of_reviews_the_newest_counts_once_and_a_withdrawn_one_gives_way(own: Desk) -> None:
    for by, value in (("anna", "no"), ("ben", "yes"), ("anna", "unknown"), ("cleo", "no")):
        review("label", own.run, RUN, "high_risk", value, "--by", by, "--reason", "as I see it")
    assert outcome_of(own).high_risk is False
    assert "1 overridden by reviewers" in evitrail("trace", "list", own.run).out
    assert standings(own) == [
        ("anna", "no", "superseded"),
        ("ben", "yes", "superseded"),
        ("anna", "unknown", "superseded"),
        ("cleo", "no", "counts"),
    ]
    review("withdraw", own.run, RUN, "high_risk", "--by", "Cleo", "--reason", "not mine to say")
    assert outcome_of(own).high_risk is None
    review("withdraw", own.run, RUN, "high_risk", "--by", "anna", "--reason", "not mine either")
    assert outcome_of(own).high_risk is True
    assert ("ben", "yes", "counts") in standings(own)
    assert outcome_of(own).relabelled == (), "a review that agrees with the label overrides nothing"
    with Journals.open(own.run) as journal:
        assert len(Trace(journal, RUN).of_type(REVIEW)) == 6


def test_a_review_that_agrees_with_the_attribution_overrides_nothing(own: Desk) -> None:
    found = blames(own, SEARCHED)["wrong"]
    steps = [word for step in found["culprit"] for word in ("--step", step)]
    assert review("blame", own.run, SEARCHED, *steps, *BY, "--json").json["overrides"] is False
    assert blames(own, SEARCHED)["wrong"] == found
    assert evitrail("runs", own.run, "reviewed", "--json").json["overridden"] == 0


def test_results_are_made_again_from_the_journal_with_the_same_bytes(own: Desk) -> None:
    review("label", own.run, RUN, "high_risk", "no", *BY)
    review("blame", own.run, SEARCHED, "--step", "store", *BY)
    names = (*DERIVED, "report.html")
    before = {name: (own.run / name).read_bytes() for name in names}
    for name in names:
        (own.run / name).unlink()
    assert evitrail("report", own.run).code == 0
    assert {name: (own.run / name).read_bytes() for name in names} == before


def test_an_author_and_a_reason_are_text_wherever_they_are_shown(own: Desk) -> None:
    who = ("--by", "eve\x1b[31m<script>alert(1)</script>", "--reason", "<img src=x onerror=alert(2)>\x07")
    review("blame", own.run, SEARCHED, "--step", "choose[1]", *who)
    for words in (
        ("review", "list", own.run),
        ("trace", "why", own.run, SEARCHED),
        ("trace", "show", own.run, SEARCHED),
    ):
        shown = evitrail(*words).out
        assert "\x1b" not in shown
        assert "\x07" not in shown
        assert "eve\\u001b[31m" in shown
    page = (own.run / "report.html").read_text("utf-8")
    assert "<script>alert" not in page
    assert "<img" not in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("label", "closed_book.acute-06", "unsafe", "no", *BY), "expected a run of this experiment"),
        (("label", RUN, "high_riks", "no", *BY), "got 'high_riks'; did you mean 'high_risk'?"),
        (("label", RUN, "unsafe", "perhaps", *BY), "expected a value, one of yes, no, unknown, got 'perhaps'"),
        (("label", RIGHT, "unsafe", "yes", *BY), "expected a wrong option that was chosen"),
        (("label", RUN, "unsafe", "no", "--by", " ", "--reason", "so"), "--by: expected who does this, got nobody"),
        (("label", RUN, "unsafe", "no", "--by", "anna", "--reason", "\n"), "--reason: expected why, got nothing"),
        (("blame", RUN, "--step", "choose[2]", *BY), "got 'choose[2]'; did you mean 'choose[1]'?"),
        (("blame", RUN, "--step", "store", *BY), "expected a step of run"),
        (("blame", SEARCHED, "--step", "budget", *BY), "expected a step of run"),
        (("blame", RUN, "--step", "choose[1]", "--outcome", "unsave", *BY), "did you mean 'unsafe'?"),
        (
            ("blame", SEARCHED, "--step", "choose[1]", "--outcome", "high_risk", *BY),
            "it failed only wrong, unsafe, contr",
        ),
        (("blame", RIGHT, "--step", "choose[1]", *BY), "it failed in no way"),
        (("blame", RUN, "--step", "choose[1]", "--code", "Z9", *BY), "expected the code of a fault, one of S1"),
        (("blame", RUN, "--step", "choose[1]", "--code", "U1", *BY), "expected the code of a fault, one of S1"),
        (("blame", RUN, "--step", "nobody", *BY), "expected the code of the reason to blame nobody, got none"),
        (("blame", RUN, "--step", "nobody", "--code", "C3", *BY), "expected the code of a reason to blame nobody"),
        (("blame", RUN, "--step", "nobody", "--step", "choose[1]", *BY), "or 'nobody' alone"),
        (("withdraw", RUN, "unsafe", *BY), "expected a review to withdraw, the run has none"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_nothing_is_written(desk: Desk, words: tuple[str, ...], said: str) -> None:
    before = tree(desk.run)
    verb, *rest = words
    refused = evitrail("review", verb, desk.run, *rest)
    (fault,) = refused.faults
    assert (refused.code, refused.out) == (2, "")
    assert said in fault
    assert tree(desk.run) == before


def test_nobody_withdraws_what_another_said(own: Desk) -> None:
    review("label", own.run, RUN, "unsafe", "no", *BY)
    refused = evitrail("review", "withdraw", own.run, RUN, "unsafe", "--by", "eve", "--reason", "no")
    assert refused.code == 2
    assert refused.faults == [f"run {RUN!r}: expected a review of unsafe by 'eve' to withdraw, found those of d.larsen"]


def test_a_failure_that_a_reviewer_found_has_no_blame_until_somebody_says_one(own: Desk) -> None:
    review("label", own.run, SEARCHED, "high_risk", "yes", *BY)
    assert outcome_of(own, SEARCHED).high_risk is True
    assert evitrail("runs", own.run, "blame.high_risk:unknown", "--json").json["runs"][0]["run"] == SEARCHED
    review("blame", own.run, SEARCHED, "--outcome", "high_risk", "--step", "retrieve[1]", *BY)
    blame = blames(own, SEARCHED)["high_risk"]
    assert (blame["culprit"], blame["overridden"]["culprit"], blame["persistence"]) == (
        ["retrieve[1]"],
        None,
        "unknown",
    )
    assert "by attribution: not attributed" in evitrail("trace", "why", own.run, SEARCHED).out


def test_a_fork_and_published_results_cannot_be_reviewed(own: Desk) -> None:
    forked = evitrail("fork", own.run, SEARCHED, "--set", "k=3", "--json").json["run"]
    refused = evitrail("review", "label", own.run, forked, "unsafe", "no", *BY)
    assert refused.code == 2
    assert refused.faults == [
        f"expected a run of this experiment to review, got {forked!r}, a fork of {SEARCHED!r}, which counts nowhere"
    ]
    assert evitrail("review", "list", own.evidence).code == 2
