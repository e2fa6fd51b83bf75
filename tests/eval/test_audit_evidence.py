"""Rules about what answers cite: one citation that breaks a rule fails it; what the store does not say is unknown."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from auditing import audited, policy
from ward import advice, opened

from evitrail.eval.audit.evidence import Cited, breaches, judge_evidence, read_citations
from evitrail.eval.audit.result import RuleResult

SOUND = Cited(
    ref="stroke@2009",
    status="current",
    retracted=False,
    certainty="moderate",
    published=date(2009, 3, 1),
    day=date(2019, 3, 1),
    signed_off=True,
)
RULES = {
    "nothing_superseded_cited": "",
    "nothing_retracted": "",
    "min_certainty": 'certainty = "moderate"',
    "max_age_years": "years = 10",
    "signed_off_only": "",
}


def judged(folder: Path, rule: str, *cited: Cited | str) -> RuleResult:
    """The verdict where the last of three answers cites this and the others something sound."""
    ours = audited(n=3)
    runs = [answer.run for answer in ours.outcomes]
    citations = dict.fromkeys(runs[:-1], (SOUND,)) | {runs[-1]: cited}
    (asked,) = policy(folder, f'[[evidence]]\nrule = "{rule}"', RULES[rule]).evidence
    return judge_evidence(asked, ours, citations)


@pytest.mark.parametrize("rule", RULES)
def test_sound_evidence_keeps(tmp_path: Path, rule: str) -> None:
    assert judged(tmp_path, rule, SOUND).verdict == "pass"


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("nothing_superseded_cited", {"status": "superseded"}),
        ("nothing_superseded_cited", {"status": "expired"}),
        ("nothing_superseded_cited", {"status": "withdrawn"}),
        ("nothing_retracted", {"retracted": True}),
        ("min_certainty", {"certainty": "low"}),
        ("max_age_years", {"day": date(2019, 3, 2)}),
        ("signed_off_only", {"signed_off": False}),
    ],
)
def test_one_citation_among_three_breaks(tmp_path: Path, rule: str, change: dict[str, Any]) -> None:
    found = judged(tmp_path, rule, SOUND, SOUND._replace(**change))
    assert (found.verdict, found.events, found.n) == ("fail", 1, 3)
    assert found.examples == ("gated.q0002",)
    assert "gated.q0002 cites stroke@2009" in found.because


def test_every_run_that_breaks_is_behind_the_verdict_though_few_are_named(tmp_path: Path) -> None:
    ours = audited(n=9)
    citations = {answer.run: (SOUND._replace(retracted=True),) for answer in ours.outcomes}
    (asked,) = policy(tmp_path, '[[evidence]]\nrule = "nothing_retracted"').evidence
    found = judge_evidence(asked, ours, citations)
    assert (found.events, len(found.examples)) == (9, 5)
    assert list(breaches(asked, ours, citations).behind) == [answer.run for answer in ours.outcomes]


@pytest.mark.parametrize(
    ("rule", "cited"),
    [
        ("min_certainty", SOUND._replace(certainty=None)),
        ("max_age_years", SOUND._replace(day=None)),
        *((rule, "elsewhere@1") for rule in RULES),
    ],
)
def test_what_the_store_does_not_say_cannot_be_told(tmp_path: Path, rule: str, cited: Cited | str) -> None:
    assert judged(tmp_path, rule, cited).verdict == "cannot tell"


def test_without_a_store_nothing_is_told(tmp_path: Path) -> None:
    (asked,) = policy(tmp_path, '[[evidence]]\nrule = "nothing_retracted"').evidence
    found = judge_evidence(asked, audited(n=3), None)
    assert (found.verdict, "--store" in found.because) == ("cannot tell", True)


def test_the_store_is_asked_as_it_stands_now_and_of_the_day_of_each_question(tmp_path: Path) -> None:
    ours = audited(n=1)
    run = ours.outcomes[0].run
    with opened(tmp_path) as store:
        store.ingest([advice("stroke", "B")])
        (ref,) = store.headers
        cites = audited(n=1, outcomes=[ours.outcomes[0].model_copy(update={"cited": (ref, "unheard-of@1")})])
        known, unknown = read_citations(cites, store)[run]
        assert unknown == "unheard-of@1"
        assert isinstance(known, Cited)
        assert (known.ref, known.retracted, known.signed_off) == (ref, False, False)
        store.retract(ref, "data were made up")
        now, _ = read_citations(cites, store)[run]
        assert isinstance(now, Cited)
        assert now.retracted
